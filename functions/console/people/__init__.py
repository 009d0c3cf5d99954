"""The staging area: students, staff and groups, why they are or are not in Operoo, and choosing them by name or by rule."""
