"""The console's lists are read from DynamoDB each time, and taken apart only when they have changed."""

from datetime import date
from typing import Any

import pytest

from functions.records.list_lines import Line
from functions.store import lists as module
from functions.store.lists import Lists, Part


class OneItem:
    """A table of one item, as far as lists ask for it."""

    def __init__(self) -> None:
        self.item: dict[str, Any] = {}

    def put_item(self, **put: Any) -> None:
        """Store the item."""
        self.item = put["Item"]

    def transact_write_items(self, **writes: Any) -> None:
        """Store the item, and count nothing."""
        self.item = writes["TransactItems"][0]["Put"]["Item"]

    def get_paginator(self, _: str) -> "OneItem":
        """Return what pages through the table."""
        return self

    def paginate(self, **_: object) -> list[dict[str, Any]]:
        """Return the only page."""
        return [{"Items": [self.item]}]


def test_a_part_is_taken_apart_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Until it has other content: whoever reads again is never told what was."""
    table, taken_apart = OneItem(), []
    lists = Lists(table, "console")  # type: ignore[arg-type]
    loads = module.json.loads
    monkeypatch.setattr(module.json, "loads", lambda text: taken_apart.append(1) or loads(text))

    def put(*lines: Line) -> None:
        lists.put("student", "0", lines, instead_of=Part({}, 0), day=date(2026, 3, 2))

    put(Line("1", "Able, Ann"))
    assert [line.name for _ in range(3) for line in lists.all("student")] == ["Able, Ann"] * 3
    assert len(taken_apart) == 1
    # A release that makes lines otherwise does not know this part, until it is made again, though it be the same.
    table.item["format"] = 0
    assert lists.all("student") == []
    table.item["format"] = module.FORMAT
    assert len(lists.all("student")) == 1
    # The table was restored, say: another content under the revision that was read.
    put(Line("1", "Baker, Ann"), Line("2", "Cole, Bob"))
    assert [line.name for line in lists.all("student")] == ["Baker, Ann", "Cole, Bob"]
