"""The contract with Synergetic: the only place where one of its tables or columns is named.

From these declarations come the SELECTs, the sample school's tables and, later, the compatibility check and the grants. Nothing
here connects to anything: it returns text and values.
"""

from shared.synergetic.access import Access, accesses
from shared.synergetic.ddl import create_statements
from shared.synergetic.dialect import SQLITE, TSQL, Dialect
from shared.synergetic.fingerprint import schema_fingerprint
from shared.synergetic.layout import Layout, refuse_stale_copy
from shared.synergetic.row_sets import CHUNK_COLUMNS, ROW_SETS, RowSet
from shared.synergetic.settings import SynergeticSettings
from shared.synergetic.statements import Queries, Statement, version_statement
from shared.synergetic.table_model import Column, Mode, Table
from shared.synergetic.tables import TABLES
from shared.synergetic.version import Version

__all__ = [
    "CHUNK_COLUMNS",
    "ROW_SETS",
    "SQLITE",
    "TABLES",
    "TSQL",
    "Access",
    "Column",
    "Dialect",
    "Layout",
    "Mode",
    "Queries",
    "RowSet",
    "Statement",
    "SynergeticSettings",
    "Table",
    "Version",
    "accesses",
    "create_statements",
    "refuse_stale_copy",
    "schema_fingerprint",
    "version_statement",
]
