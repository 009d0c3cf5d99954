"""Whether a write that was cut off at its commit counts: the rows themselves tell, unless somebody has changed them since."""

from collections.abc import Iterator
from typing import Literal

from shared.receipts import WriteReceipt
from shared.writeback.comparing import by_key, differing
from shared.writeback.rows import Image, Row
from shared.writeback.tables import WriteTable, WriteTables

Standing = Literal["written", "not written", "unclear"]


def standing_of(tables: WriteTables, receipt: WriteReceipt, current: Image) -> Standing:
    """Return how the rows that a write touched stand to what its receipt says of before and after."""
    before, after = receipt.before or Image(), receipt.after or Image()
    touched = [found for table in tables for found in _touched(table, before, after, current)]
    if all(as_after for as_after, _ in touched):
        return "written"
    return "not written" if all(as_before for _, as_before in touched) else "unclear"


def _touched(table: WriteTable, before: Image, after: Image, current: Image) -> Iterator[tuple[bool, bool]]:
    """Say of each row that the write touched whether it is as the write left it, and whether it is as it was before."""
    was, made, now = (by_key(table, image.rows(table.name)) for image in (before, after, current))
    for key in was.keys() | made.keys():
        if not _same(table, was.get(key), made.get(key)):
            yield _same(table, made.get(key), now.get(key)), _same(table, was.get(key), now.get(key))


def _same(table: WriteTable, one: Row | None, other: Row | None) -> bool:
    if one is None or other is None:
        return one is other
    return not differing(table.content, one.values, other.values)
