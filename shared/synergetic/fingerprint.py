"""One value for the contract as it stands: it changes when rows come to mean something else, and never by a school's data."""

from shared.digests import digest
from shared.synergetic.dialect import TSQL
from shared.synergetic.layout import Layout
from shared.synergetic.row_sets import CHUNK_COLUMNS, ROW_SETS
from shared.synergetic.settings import SynergeticSettings
from shared.synergetic.statements import column_name, table_name
from shared.synergetic.tables import TABLES
from shared.synergetic.version import Version


def schema_fingerprint(settings: SynergeticSettings, version: Version) -> str:
    """Return the SHA-256 over row sets, tables and columns as they are read under this version's layout.

    Raises:
        ContractError: A configured database is a stale copy.
    """
    layout = Layout.of(version, settings)
    row_sets = {
        name: [row_set.columns, row_set.owner, row_set.key, sorted(row_set.tables), CHUNK_COLUMNS[name]]
        for name, row_set in ROW_SETS.items()
    }
    tables = {
        table_name(table, settings, layout, TSQL): [
            [column.name, column_name(table, column, settings, version), column.type.sql] for column in table.read
        ]
        for table in TABLES.values()
    }
    return digest({"row_sets": row_sets, "tables": tables})
