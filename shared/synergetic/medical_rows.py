"""From a medical profile to the rows that ought to be in Synergetic.

The whole contract is filled, whatever a school lacks of it: that is left out, and counted, where the rows are written. Texts
are carried whole: how much a column holds is known there. What was not stated is in no row, so that it stays as it is.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from shared.errors import RejectedRecordError
from shared.medical.codes import CodeBook
from shared.medical.items import Condition, Consent, Item, Linked
from shared.medical.profile import LINK_UNKNOWN, LISTS, MedicalProfile, ParkedItem
from shared.private import Private
from shared.synergetic.medical_columns import (
    ASTHMA,
    CONDITION,
    ITEMS,
    JOINS,
    ONE_TEXT,
    PER_CONDITION,
    PLACES,
    SECTIONS,
    Coded,
    Columns,
)
from shared.writeback.rows import Desired, DesiredRow, Value

_UNSTATED = object()


@dataclass(frozen=True)
class Mapped:
    """What ought to be in Synergetic, and all that is parked of the profile: what could not be read, and what has no code."""

    desired: Desired
    parked: tuple[ParkedItem, ...]


def desired_rows(profile: MedicalProfile, codes: CodeBook) -> Mapped:
    """Return the rows that state a profile, in the school's codes."""
    mapper = _Mapper(profile, codes)
    mapper.map()
    tables = {name: tuple(rows) for name, rows in mapper.rows.items()}
    desired = Desired(student=profile.student, tables=tables, incomplete=tuple(sorted(mapper.incomplete & tables.keys())))
    return Mapped(desired, tuple(mapper.parked))


class _Mapper:
    """Maps one profile, field by field."""

    def __init__(self, profile: MedicalProfile, codes: CodeBook) -> None:
        self._profile = profile
        self._codes = codes
        self._unread = {one.field for one in profile.parked if one.code != LINK_UNKNOWN}
        self._none = {name: self._saying_none(name, words) for name, words in profile.none.items() if name != "consents"}
        # An entry that says none beside others contradicts them: nothing is removed for it.
        self._torn = {name for name, coded in self._none.items() if None in coded.values() and self._list(name)}
        self._unlinked = {one.field for one in profile.parked} | self._torn
        self.rows: dict[str, list[DesiredRow]] = {}
        self.incomplete: set[str] = set()
        self.parked = list(profile.parked)

    def map(self) -> None:
        """Map everything that was stated."""
        for name, columns in SECTIONS.items():
            if self._states(name):
                self._add(name, columns, getattr(self._profile, name), DesiredRow(ref=name, values={}))
        for name, places in PLACES.items():
            self._in_places(name, places)
        for name, (table, column, of) in ONE_TEXT.items():
            self._as_one_text(name, table, column, of)
        for name, columns in ITEMS.items():
            if self._states(name):
                self._items(name, columns)
        for name, columns in PER_CONDITION.items():
            if self._states(name):
                self._per_condition(name, columns)

    def _states(self, name: str) -> bool:
        return name in self._profile.model_fields_set

    def _list(self, name: str) -> Sequence[Item]:
        items: Sequence[Item] = getattr(self._profile, name)
        return (*items, *filter(None, self._none.get(name, {}).values()))

    def _saying_none(self, name: str, words: Sequence[str]) -> dict[str, Item | None]:
        """Return words that say none, and the item that one is if the school has a code for it, as for no known allergies."""
        there = {one.ref for one in getattr(self._profile, name)}
        found: dict[str, Item | None] = {}
        for word in words:
            coded = (one for one in _columns_of(name).coded.items() if one[1].needed)
            if path := next((path for path, one in coded if self._codes.match(one.kind, word).found is not None), ""):
                item = LISTS[name].model_validate({path: word})
                found |= (
                    {} if item.natural_ref in there else {item.natural_ref: item.model_copy(update={"ref": item.natural_ref})}
                )
            else:
                found[word] = None
        return found

    def _open(self, table: str, *, complete: bool) -> None:
        """State a table, even if no row follows."""
        self.rows.setdefault(table, [])
        if not complete:
            self.incomplete.add(table)

    def _in_places(self, name: str, places: Sequence[Columns]) -> None:
        """State a list that stands in columns of one row; with one item unread nobody knows whose place is whose."""
        if not self._states(name) or name in self._unread:
            return
        items = self._list(name)
        for place, columns in enumerate(places):
            self._open(columns.table, complete=True)
            row = DesiredRow(ref=f"{name}:{place + 1}", values={})
            if place < len(items):
                self._add(name, columns, items[place], row)
            else:
                coded = (one.column for one in columns.coded.values())
                empty: dict[str, Value] = dict.fromkeys((*columns.plain.values(), *coded), "")
                self.rows[columns.table].append(row.model_copy(update={"values": empty}))
        for item in items[len(places) :]:
            why = RejectedRecordError(f"Synergetic has room for {len(places)} of them.", code="no-place")
            self._park(name, item.ref, why)

    def _as_one_text(self, name: str, table: str, column: str, of: str) -> None:
        """State a list that stands in one column; with one item unread the rest would say too little."""
        if self._states(name) and name not in self._unread:
            text = "; ".join(dict.fromkeys(filter(None, (getattr(one, of) for one in self._list(name)))))
            self._open(table, complete=True)
            self.rows[table].append(DesiredRow(ref=name, values={column: _value(text)}))

    def _items(self, name: str, columns: Columns) -> None:
        """State a list of which each item is a row, and what belongs to it."""
        complete = name not in self._unread | self._torn
        self._open(columns.table, complete=complete)
        for item in self._list(name):
            if isinstance(item, Consent) and not item.given:
                continue
            added = self._add(name, columns, item, DesiredRow(ref=item.ref, values={}))
            if isinstance(item, Condition):
                self._asthma(item)
            if name in JOINS and isinstance(item, Linked):
                self._join(item, *JOINS[name], added=added)
        if name in JOINS and self._states("conditions"):
            self._open(JOINS[name][0], complete=self._links_all(name))
        if name == "conditions":
            self._open(ASTHMA.table, complete=complete and self._all_state(name, "asthma"))

    def _links_all(self, name: str) -> bool:
        return name not in self._unlinked and self._all_state(name, "conditions")

    def _all_state(self, name: str, of: str) -> bool:
        return all(of in item.model_fields_set for item in self._list(name))

    def _asthma(self, item: Condition) -> None:
        if item.asthma is not None:
            row = DesiredRow(ref=f"{item.ref}+asthma", values={}, parents={CONDITION: item.ref})
            self._add("conditions", ASTHMA, item.asthma, row)

    def _join(self, item: Linked, table: str, column: str, *, added: bool) -> None:
        for condition in item.conditions:
            self._open(table, complete=added)
            parents = {column: item.ref, CONDITION: condition}
            self.rows[table].append(DesiredRow(ref=f"{item.ref}+{condition}", values={}, parents=parents))

    def _per_condition(self, name: str, columns: Columns) -> None:
        self._open(columns.table, complete=self._links_all(name))
        for item in self._list(name):
            if isinstance(item, Linked) and item.conditions:
                for condition in item.conditions:
                    row = DesiredRow(ref=f"{item.ref}+{condition}", values={}, parents={CONDITION: condition})
                    self._add(name, columns, item, row)
            else:
                self._add(name, columns, item, DesiredRow(ref=item.ref, values={CONDITION: 0}))

    def _add(self, name: str, columns: Columns, thing: Private, row: DesiredRow) -> bool:
        """Add a row, or a part of one; if it has no code, park it. Say whether it was added."""
        self._open(columns.table, complete=True)
        try:
            values = {**row.values, **dict(_plain(columns, thing)), **dict(self._coded(columns, thing))}
        except _UncodedError as why:
            self._park(name, row.ref, why)
            self.incomplete.add(columns.table)
            return False
        self.rows[columns.table].append(row.model_copy(update={"values": values}))
        return True

    def _coded(self, columns: Columns, thing: Private) -> Iterator[tuple[str, Value]]:
        for path, coded in columns.coded.items():
            word = _stated(thing, path)
            if coded.needed or (word is not _UNSTATED and self._codes.has(coded.kind)):
                yield coded.column, self._code(coded, "" if word is _UNSTATED else str(word))

    def _code(self, coded: Coded, word: str) -> str:
        if not (word or coded.needed):
            return ""
        match = self._codes.match(coded.kind, word)
        if match.found is None:
            raise _UncodedError(coded, match.code, word, candidates=match.candidates)
        return match.found

    def _park(self, name: str, ref: str, why: RejectedRecordError) -> None:
        parked = ParkedItem(field=name, ref=ref, code=why.code, reason=why.what)
        if isinstance(why, _UncodedError):
            parked = parked.model_copy(update={"word": why.word, "kind": why.kind, "candidates": why.candidates})
        self.parked.append(parked)


def _columns_of(name: str) -> Columns:
    """Return the columns of a list of which each item is a row; none of another list."""
    return ITEMS.get(name) or PER_CONDITION.get(name) or Columns("")


class _UncodedError(RejectedRecordError):
    """The school has no code, or not one only, for what a family says."""

    code = "code-unmatched"

    def __init__(self, coded: Coded, code: str, word: str, *, candidates: tuple[str, ...]) -> None:
        super().__init__(f"No code of the kind {coded.kind} was found for it.", code=code)
        self.word = word
        self.kind = coded.kind
        self.candidates = candidates


def _stated(thing: object, path: str) -> object:
    """Return what stands in a field, a nested one too, if it was stated."""
    for name in path.split("."):
        if not isinstance(thing, Private) or name not in thing.model_fields_set:
            return _UNSTATED
        thing = getattr(thing, name)
    return thing


def _plain(columns: Columns, thing: Private) -> Iterator[tuple[str, Value]]:
    yield from columns.always.items()
    for path, column in columns.plain.items():
        value = _stated(thing, path)
        if value is not _UNSTATED:
            yield column, _value(value)
    for path, column in columns.people.items():
        person = str(_stated(thing, path))
        if person.isascii() and person.isdecimal():
            yield column, int(person)
    for column, parts in columns.texts.items():
        found = [(label, _stated(thing, path)) for label, path in parts]
        if any(value is not _UNSTATED for _, value in found):
            yield column, _value(_lines(found))


def _lines(found: Sequence[tuple[str, object]]) -> str:
    texts = ((label, str(value)) for label, value in found if value is not _UNSTATED and value)
    return "\n".join(f"{label}: {text}" if label else text for label, text in texts)


def _value(value: object) -> Value:
    """Return a value as a row holds it: days in ISO form, lines ended as Windows programs expect."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, date):
        return value.isoformat()
    return str(value).replace("\n", "\r\n")
