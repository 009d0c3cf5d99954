"""The contract with Synergetic: the only place where one of its tables or columns is named.

From these declarations come the SELECTs, the compatibility check, the grants, the administrator's page and the sample school's
tables. Nothing here connects to anything: it returns text and values.
"""

from shared.synergetic.access import Access, accesses
from shared.synergetic.catalogue import Catalogue, connected_statement
from shared.synergetic.compatibility import Finding, findings
from shared.synergetic.ddl import create_statements
from shared.synergetic.dialect import SQLITE, TSQL, Dialect
from shared.synergetic.fingerprint import schema_fingerprint, write_fingerprint
from shared.synergetic.layout import Layout, refuse_stale_copy
from shared.synergetic.row_sets import CHUNK_COLUMNS, ROW_SETS, RowSet, row_sets_of
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
    "Catalogue",
    "Column",
    "Dialect",
    "Finding",
    "Layout",
    "Mode",
    "Queries",
    "RowSet",
    "Statement",
    "SynergeticSettings",
    "Table",
    "Version",
    "accesses",
    "connected_statement",
    "create_statements",
    "findings",
    "refuse_stale_copy",
    "row_sets_of",
    "schema_fingerprint",
    "version_statement",
    "write_fingerprint",
]
