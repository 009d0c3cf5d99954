"""One value each for what is read and what is written: it changes when that comes to mean something else, never by data."""

from shared.digests import digest
from shared.synergetic.access import accesses
from shared.synergetic.dialect import TSQL
from shared.synergetic.layout import Layout
from shared.synergetic.row_sets import CHUNK_COLUMNS, ROW_SETS
from shared.synergetic.settings import SynergeticSettings
from shared.synergetic.statements import column_name, table_name
from shared.synergetic.tables import TABLES
from shared.synergetic.version import Version


def schema_fingerprint(settings: SynergeticSettings, version: Version) -> str:
    """Return the SHA-256 over row sets, tables and columns as one-way reads them under this version's layout.

    Raises:
        ContractError: A configured database is a stale copy.
    """
    layout = Layout.of(version, settings)
    row_sets = {
        name: [row_set.columns, row_set.owner, row_set.key, sorted(row_set.tables), CHUNK_COLUMNS[name]]
        for name, row_set in ROW_SETS.items()
        if row_set.mode == "one-way"
    }
    tables = {
        table_name(table, settings, layout, TSQL): [
            [column.name, column_name(table, column, settings, version), column.type.sql] for column in table.needed("one-way")
        ]
        for table in TABLES.values()
        if table.mode == "one-way"
    }
    return digest({"row_sets": row_sets, "tables": tables})


def write_fingerprint(settings: SynergeticSettings, version: Version) -> str:
    """Return the SHA-256 over what two-way mode reads and writes of the tables that it writes, under this version's layout.

    Raises:
        ContractError: A configured database is a stale copy.
    """
    tables = [
        [
            [access.spot.database, access.spot.schema, access.called, access.inserts, access.deletes, *access.procedures],
            [[one.called, one.column.type.sql, one.write, one.column.insert_only, one.column.stamp] for one in access.columns],
        ]
        for access in accesses("two-way", version, settings)
        if access.writes
    ]
    return digest({"written": tables})
