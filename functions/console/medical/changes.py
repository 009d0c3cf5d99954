"""Puts rows of a case into words: what a person at the school sees of them, and what their answers mean. Pure functions."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from functools import cache
from typing import Literal

from pydantic import BaseModel

from functions.records.case import CaseItem
from shared.errors import IntegrationError, RejectedRecordError
from shared.medical.codes import Code, CodeKind
from shared.medical.values import clean_text
from shared.receipts import LeftRow, WrittenRow
from shared.synergetic.plain_words import PEOPLE, TABLE_WORDS, code_kinds, column_words
from shared.synergetic.settings import SynergeticSettings
from shared.synergetic.version import NEWEST, Version
from shared.synergetic.writing import write_tables
from shared.wording import day
from shared.writeback.comparing import by_key, check_fits, comparable, is_nothing, key_of
from shared.writeback.rows import Image, Row, Value
from shared.writeback.tables import ValueKind, WriteColumn, WriteTable, WriteTables

Effect = Literal["adds", "changes", "ends", "returns", "removes"]
Codes = Mapping[CodeKind, tuple[Code, ...]]
_DAY = len("2026-01-31")
_LONG = 200
_YES, _NO = "yes", "no"
_WHOLE = re.compile(r"-?[0-9]{1,18}")
_HOLDS: Mapping[ValueKind, str] = {
    "bit": "yes or no",
    "moment": "a day, written as 2026-03-31",
    "whole": "a whole number that is not too large",
    "text": "letters, digits and signs of European languages; it has others, such as an emoji",
}
_NOUGHT_TIME = frozenset({"", "00:00:00", "00:00:00.000"})


class EditRefusedError(IntegrationError):
    """A value was typed that its column cannot hold."""

    code = "review-invalid"


class Change(BaseModel):
    """One value of an item.

    Attributes:
        column: As the case names it.
        called: The same in plain words.
        old: What Synergetic holds, in plain words.
        new: What would be there, in plain words.
        value: The same as a form takes it.
        takes: What a form takes: `code` is one of `choices`.
        long: It needs room for some lines.
        changed: Old and new differ; what does not is only told.
        rejected: A person rejected or edited the same before, beside other values of the item.
    """

    column: str
    called: str
    old: str
    new: str
    value: str
    takes: Literal["text", "number", "day", "yes-no", "code"]
    choices: CodeKind | None = None
    long: bool = False
    changed: bool = True
    rejected: bool = False


class Item(BaseModel):
    """One row of the school's.

    Attributes:
        thing: What kind of thing it is, such as an allergy.
        name: Which one, such as `EGG (Egg)`; nothing where there is one only.
        rejected: A person rejected the same before.
        contested: What somebody at the school did to it meanwhile; nothing if nobody did.
    """

    number: int
    thing: str
    name: str = ""
    effect: Effect
    changes: list[Change]
    rejected: bool = False
    contested: str = ""


class Left(BaseModel):
    """A row that is not as it was asked for, and the code of why."""

    thing: str
    name: str = ""
    code: str
    columns: list[str]


@cache
def tables() -> WriteTables:
    """Return the tables that are written, as the contract has them."""
    return write_tables(Version(NEWEST), SynergeticSettings())


class Describer:
    """Puts the rows of one case into words.

    Args:
        codes: The school's codes.
        before: The student's rows, by which one row is told from the next; None if they are no longer kept.
        after: The rows as they would be, which say what new ones are.
        people: The names of those whose numbers the rows may hold.
    """

    def __init__(self, codes: Codes, before: Image | None, after: Image | None = None, people: Mapping[str, str] = {}) -> None:
        self._codes = codes
        self._people = people
        self._before = before or Image()
        self._after = after or Image()

    def items(self, items: Iterable[CaseItem], conflicts: Iterable[LeftRow] = ()) -> list[Item]:
        """Return items in words, with what somebody did meanwhile to the same row."""
        contested = list(conflicts)
        return [self._item(one, contested) for one in items if one.row.table in tables()]

    def left(self, rows: Iterable[LeftRow]) -> list[Left]:
        """Return rows that are not as they were asked for."""
        return [
            Left(
                thing=TABLE_WORDS.get(row.table, "Something"),
                name=self._name(tables()[row.table], row.ref, row.where) if row.table in tables() else "",
                code=row.code,
                columns=[column_words(name) for name in row.columns],
            )
            for row in rows
        ]

    def _item(self, item: CaseItem, contested: Iterable[LeftRow]) -> Item:
        row, table = item.row, tables()[item.row.table]
        return Item(
            number=item.number,
            thing=TABLE_WORDS[row.table],
            name=self._name(table, row.ref, row.where, row.new or row.old),
            effect=effect_of(table, row),
            changes=[
                one.model_copy(update={"rejected": one.column in item.rejected_columns}) for one in self._changes(table, row)
            ],
            rejected=item.rejected,
            contested=next((one.code for one in contested if _same(table, one, row)), ""),
        )

    def _changes(self, table: WriteTable, row: WrittenRow) -> Iterator[Change]:
        before = dict(found.values) if (found := self._row(self._before, table, row.where)) else {}
        ends = effect_of(table, row) in {"ends", "removes", "returns"}
        for column in table.content:
            if column.name in {table.owner, table.identity, table.active} or column.refers:
                continue
            given = column.name in row.new
            old = row.old.get(column.name, before.get(column.name) if ends else None)
            new = row.new.get(column.name) if given else (old if row.kind != "delete" else None)
            if given or (ends and not is_nothing(column, old)):
                if given and is_nothing(column, old) and is_nothing(column, new):
                    continue
                yield self._change(table, column, old, new, changed=given)

    def _change(self, table: WriteTable, column: WriteColumn, old: Value, new: Value, *, changed: bool) -> Change:
        kind = code_kinds().get((table.name, column.name))
        return Change(
            column=column.name,
            called=column_words(column.name),
            old=self.told(column, old, kind),
            new=self.told(column, new, kind),
            value=typed(column, new),
            takes=_takes(column.kind, kind if kind in self._codes else None),
            choices=kind if kind in self._codes else None,
            long=column.kind == "text" and (column.length is None or column.length > _LONG),
            changed=changed,
        )

    def told(self, column: WriteColumn, value: Value, kind: CodeKind | None) -> str:
        """Return a value in plain words."""
        if is_nothing(column, value):
            return "No" if column.kind == "bit" else ""
        if column.kind == "bit":
            return "Yes"
        if column.kind == "moment":
            return _moment(typed(column, value))
        text = str(value)
        if column.name in PEOPLE and text in self._people:
            return f"{self._people[text]} ({text})"
        if kind:
            wanted = text.strip().casefold()
            found = next((one for one in self._codes.get(kind, ()) if one.code.strip().casefold() == wanted), None)
            if found and found.description:
                return f"{found.description} ({text.strip()})"
        return text

    def _name(self, table: WriteTable, ref: str, where: Mapping[str, Value], values: Mapping[str, Value] = {}) -> str:
        """Return which thing of its kind a row is: by its code or name, or by the things that it joins."""
        found = self._row(self._before, table, where) or self._by_ref(table, ref)
        held = {**(found.values if found else {}), **values, **where}
        named = table.same or tuple(one.name for one in table.content if (table.name, one.name) in code_kinds())
        if named and not table.single:
            parts = [self.told(table.by_name[name], held.get(name), code_kinds().get((table.name, name))) for name in named]
            return ", ".join(filter(None, parts))
        joined = [self._joined(column, held.get(column.name)) for column in table.references]
        return ", ".join(filter(None, joined)) or ", ".join(filter(None, map(self._new, ref.split("+"))))

    def _joined(self, column: WriteColumn, number: Value) -> str:
        """Return which thing a number stands for."""
        table = tables()[column.refers]
        row = self._row(self._before, table, {table.identity: number}) if number else None
        return self._name(table, "", {}, row.values) if row else ""

    def _new(self, ref: str) -> str:
        """Return which thing an item will be that is new itself."""
        found = ((table, self._by_ref(table, ref)) for table in tables())
        return next((self._name(table, "", {}, row.values) for table, row in found if row is not None), "")

    def _by_ref(self, table: WriteTable, ref: str) -> Row | None:
        rows = (*self._after.rows(table.name), *self._before.rows(table.name))
        return next((row for row in rows if ref and row.ref == ref), None)

    def _row(self, image: Image, table: WriteTable, where: Mapping[str, Value]) -> Row | None:
        return by_key(table, image.rows(table.name)).get(key_of(table, where)) if where else None


def effect_of(table: WriteTable, row: WrittenRow) -> Effect:
    """Return what becomes of a row."""
    if row.kind == "insert":
        return "adds"
    if row.kind == "delete":
        return "removes"
    if table.active in row.new:
        column = table.by_name[table.active]
        was, will = comparable(column, row.old.get(table.active)), comparable(column, row.new[table.active])
        if was != will:
            return "returns" if will else "ends"
    return "changes"


def reversed_row(row: WrittenRow) -> WrittenRow:
    """Return what taking a row back would do."""
    turned = {"insert": "delete", "delete": "insert", "update": "update"}[row.kind]
    return row.model_copy(update={"kind": turned, "old": row.new, "new": row.old})


def typed(column: WriteColumn, value: Value) -> str:
    """Return a value as a form takes it."""
    if column.kind == "bit":
        return _YES if comparable(column, value) else _NO
    if is_nothing(column, value):
        return ""
    text = str(value)
    if column.kind == "moment" and text[_DAY:].lstrip("T ") in _NOUGHT_TIME:
        return text[:_DAY]
    return text.replace("\r\n", "\n")


def _moment(text: str) -> str:
    """Return a day as pages show it; a time of day, which families do not state, stays as it is."""
    try:
        return day(date.fromisoformat(text))
    except ValueError:
        return text


def read(item: int, row: WrittenRow, name: str, given: str) -> Value:
    """Return the value that somebody typed for a column of an item.

    Raises:
        EditRefusedError: The column cannot hold it. How long a text may be is known at the school alone.
    """
    column = tables()[row.table].by_name[name]
    text = clean_text(given)
    try:
        value = _meant(column.kind, text)
        if value is not None:
            check_fits(replace(column, length=None), value)
    except RejectedRecordError:
        value = None
    if value is None and text:
        raise EditRefusedError(
            f"{column_words(name)}, at item {item}, takes {_HOLDS[column.kind]}.", remedy="Go back and correct it."
        )
    return value


def _meant(kind: ValueKind, text: str) -> Value:
    """Return what a text means; nothing, if it is none of its kind."""
    match kind:
        case "bit":
            return {_YES: True, _NO: False}.get(text)
        case "moment":
            return text or None
        case "whole":
            return int(text) if _WHOLE.fullmatch(text) else None
        case "text":
            return text.replace("\n", "\r\n")


def _takes(kind: ValueKind, codes: CodeKind | None) -> Literal["text", "number", "day", "yes-no", "code"]:
    if codes:
        return "code"
    takes: dict[ValueKind, Literal["text", "number", "day", "yes-no"]] = {
        "text": "text",
        "whole": "number",
        "moment": "day",
        "bit": "yes-no",
    }
    return takes[kind]


def _same(table: WriteTable, left: LeftRow, row: WrittenRow) -> bool:
    if left.table != row.table:
        return False
    if left.ref and left.ref == row.ref:
        return True
    return bool(left.where and row.where) and key_of(table, left.where) == key_of(table, row.where)
