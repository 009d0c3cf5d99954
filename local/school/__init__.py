"""A school that does not exist, as a Synergetic database in an SQLite file, read through a real ODBC driver.

It plays the other side of the contract, so it is the one place besides `shared/synergetic/` that names Synergetic's tables.
"""

from local.school.create import create_school
from local.school.facts import SchoolFacts
from local.school.odbc import connection_string

__all__ = ["SchoolFacts", "connection_string", "create_school"]
