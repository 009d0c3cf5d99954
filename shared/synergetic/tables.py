"""Synergetic's tables and columns as far as we name them: where each stands, its type, whether it may be empty, since when.

Every column here is named by a statement, or is marked `sample` if it only makes the sample school's tables like the real ones.
What may be granted, checked and created follows from these declarations. `certainty` is how far public facts bear a name: A the
vendor says so, B seen in working code, C in an integrating vendor's page, D inferred. Lengths are inferred unless a source
gives them.
"""

from shared.synergetic.care_tables import MEDICAL_LOOKUPS, STUDENTS
from shared.synergetic.class_tables import CLASSES, FILE_SEMESTERS, LOOKUPS, SYN_DATABASES
from shared.synergetic.medical_tables import MEDICAL
from shared.synergetic.people_tables import PEOPLE, PHOTOS
from shared.synergetic.table_model import Table

__all__ = ["FILE_SEMESTERS", "PHOTOS", "SYN_DATABASES", "TABLES"]

TABLES: dict[str, Table] = {table.name: table for table in (*PEOPLE, *CLASSES, *LOOKUPS, STUDENTS, *MEDICAL, *MEDICAL_LOOKUPS)}
