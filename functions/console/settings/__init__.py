"""The school's settings: tried first, then kept as versions."""
