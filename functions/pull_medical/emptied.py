"""Of whom nothing is said any more that was said before: if they are many at once, something is wrong with the source."""

from shared.receipts import WriteReceipt
from shared.synergetic.writing import contract_tables
from shared.writeback.case import holds
from shared.writeback.comparing import is_nothing
from shared.writeback.rows import Desired, Row
from shared.writeback.tables import WriteTable

# So many families may well take all back on one day; of more a person decides.
MOST_EMPTIED = 5


def is_emptied(desired: Desired, seen: WriteReceipt | None) -> bool:
    """Say whether all that is stated is that there is nothing, where there was something.

    Args:
        desired: What is stated.
        seen: The receipt that shows the rows as they were seen last.
    """
    rows = seen.shown if seen else None
    if rows is None or any(value for stated in desired.tables.values() for row in stated for value in row.values.values()):
        return False
    named = [table for table in contract_tables() if table.name in desired.tables]
    return any(_would_go(table, row, desired) for table in named for row in rows.rows(table.name))


def _would_go(table: WriteTable, row: Row, desired: Desired) -> bool:
    if not table.single:
        return bool(row.ref) and holds(table, row)
    columns = {name for stated in desired.tables[table.name] for name in stated.values}
    return any(not is_nothing(table.by_name[name], row.values.get(name)) for name in columns)
