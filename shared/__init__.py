"""The words both sides speak: rows, records, manifests, messages, errors.

No I/O, no logging and no vendor library may enter this room: only the standard library and pydantic.
"""
