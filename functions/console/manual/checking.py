"""Checks what somebody brings, row by row, against what the staging area has: what it would create, change, or may not be."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, NamedTuple

from pydantic import BaseModel

from functions.console.manual.known import Known
from functions.console.manual.reading import ERRORS, Cells, Read, Reader, error_in, ids_in, plain
from functions.console.manual.restating import laid_over
from functions.console.people.finding import bare
from functions.operoo.best_contact import asked_at
from functions.operoo.settings import OperooSettings
from functions.records.list_lines import Line
from functions.records.mailboxes import mailbox
from functions.records.manual_records import ManualRecord
from functions.records.staged import StagedRecord, content_of
from shared.owners import Kind, is_manual, manual_id, number_of
from shared.records import Group, Staff, Student

Effect = Literal["creates", "updates", "unchanged", "rejected"]
Fetch = Callable[[Kind, Iterable[str]], Mapping[str, StagedRecord]]
_SHOWN_NUMBERS = 5
_LONGEST_NAME = 100
_LONGEST_NUMBER = 40


class Numbered(NamedTuple):
    """A row with its number as a spreadsheet program shows it."""

    row: int
    cells: Cells


class Checked(BaseModel):
    """What becomes of a row.

    Attributes:
        reasons: Why it is rejected.
        warnings: What a person should look at although it is taken.
    """

    row: int
    number: str
    name: str
    effect: Effect
    reasons: list[str] = []
    warnings: list[str] = []


@dataclass
class Outcome:
    """What a file would do.

    Attributes:
        given: What is to be staged; what would change nothing is not in it.
        asked: Who would be asked by e-mail about those of whom Operoo has no profile, once they are selected (`mailbox`).
        groups_made: How many groups are made because somebody is in them.
        groups_joined: How many groups get more people.
    """

    rows: list[Checked] = field(default_factory=list)
    given: list[ManualRecord] = field(default_factory=list)
    asked: set[str] = field(default_factory=set)
    groups_made: int = 0
    groups_joined: int = 0

    def count(self, effect: Effect) -> int:
        """Return how many rows have an effect."""
        return sum(row.effect == effect for row in self.rows)


class Checker:
    """Checks rows of one kind.

    Args:
        known: What the staging area has, in lines.
        fetch: Reads whole records of the staging area.
        settings: How the school's Operoo is spoken to.
    """

    def __init__(self, known: Known, fetch: Fetch, settings: OperooSettings) -> None:
        self._known = known
        self._fetch = fetch
        self._settings = settings

    def check(self, kind: Kind, rows: Sequence[Numbered]) -> Outcome:
        """Return what rows of a kind would do."""
        return self._groups(rows) if kind == "group" else self._people(kind, rows)

    def _people(self, kind: Kind, rows: Sequence[Numbered]) -> Outcome:
        reader = Reader(kind, self._settings)
        alone = [(one, reader.read(one.cells)) for one in rows]
        stored = self._fetch(kind, {manual_id(read.number) for _, read in alone if read.number})
        reads = [(one.row, self._in_full(reader, one.cells, read, stored)) for one, read in alone]
        self._reject_doubles(kind, reads)
        twins = _twins(reads)
        outcome = Outcome()
        joins: dict[str, tuple[str, list[str]]] = {}
        for row, read in reads:
            record = None if read.reasons else read.record
            effect = "rejected" if record is None else _effect(ManualRecord(record=record), stored)
            warnings = []
            if record is not None:
                warnings = [*self._namesakes(kind, record, effect), *self._join(read.groups, record.id, joins)]
                if effect == "creates" and row in twins:
                    warnings.append(f"Row {twins[row]} has the same name: perhaps it is the same person.")
                if effect != "unchanged":
                    outcome.given.append(ManualRecord(record=record))
                    address = "" if _in_operoo(stored.get(record.id)) else asked_at(record, self._settings.contacts)
                    outcome.asked |= {mailbox(address)} if address else set()
            outcome.rows.append(
                Checked(row=row, number=read.number, name=read.shown, effect=effect, reasons=read.reasons, warnings=warnings)
            )
        self._add_joins(kind, joins, outcome)
        return outcome

    def _in_full(self, reader: Reader, cells: Cells, read: Read, stored: Mapping[str, StagedRecord]) -> Read:
        """Return what a row says of somebody who is here already, with all that its file is silent about."""
        before = stored.get(manual_id(read.number))
        if before is None or not before.present or read.record is None:
            return read
        record = before.record()
        return read if isinstance(record, Group) else reader.read(laid_over(record, cells, read.record, self._settings))

    def _reject_doubles(self, kind: Kind, reads: Sequence[tuple[int, Read]]) -> None:
        first: dict[str, int] = {}
        for row, read in reads:
            if not read.number:
                continue
            if self._known.taken(kind, read.number):
                read.reasons.append(
                    f"The number {read.number} is that of somebody in Synergetic: who is there comes from there. Leave it out."
                )
            if read.number in first:
                read.reasons.append(f"The same number stands in row {first[read.number]}. Leave one of them out.")
            first.setdefault(read.number, row)

    def _namesakes(self, kind: Kind, record: Student | Staff, effect: Effect) -> list[str]:
        if effect != "creates":
            return []
        born = record.birth_date if isinstance(record, Student) else None
        found = self._known.namesakes(kind, record.name, born, but=record.id)
        return [f"Perhaps the same person as {_described(line)}." for line in found]

    def _join(self, names: Iterable[str], person: str, joins: dict[str, tuple[str, list[str]]]) -> list[str]:
        warnings = []
        for name in names:
            if self._known.synergetic_group(name):
                warnings.append(f"The group {name} comes from Synergetic, where it is decided who is in it.")
            else:
                joins.setdefault(self._known.group_id(name), (name, []))[1].append(person)
        return warnings

    def _add_joins(self, kind: Kind, joins: Mapping[str, tuple[str, list[str]]], outcome: Outcome) -> None:
        stored = self._fetch("group", joins)
        for group_id, (name, people) in joins.items():
            before = _group_in(stored.get(group_id))
            there = set(() if before is None else before.members if kind == "student" else before.staff)
            if before is not None and there >= set(people):
                continue
            # In the order in which whoever joins later is put among them, so that the same people are the same group.
            named = tuple(sorted({*people}))
            members, staff = (named, ()) if kind == "student" else ((), named)
            group = Group(id=group_id, type="custom", code=name, name=name, members=members, staff=staff)
            outcome.given.append(ManualRecord(record=group, join=True))
            outcome.groups_made += before is None
            outcome.groups_joined += before is not None

    def _groups(self, rows: Sequence[Numbered]) -> Outcome:
        checked: list[tuple[Numbered, str, Group | None, list[str], list[str]]] = []
        first: dict[str, int] = {}
        for one in rows:
            name = plain(" ".join(one.cells.get("group_name", ())))
            reasons, warnings = self._about_name(name)
            members, unknown = self._people_of("student", one.cells.get("member_ids", ()))
            staff, unknown_staff = self._people_of("staff", one.cells.get("staff_ids", ()))
            reasons += [*unknown, *unknown_staff]
            group_id = self._known.group_id(name) if name else ""
            if group_id and group_id in first:
                reasons.append(f"The same group stands in row {first[group_id]}. Put everybody into one row.")
            first.setdefault(group_id, one.row)
            whole = Group(id=group_id, type="custom", code=name, name=name, members=members, staff=staff)
            checked.append((one, name, None if reasons else whole, reasons, warnings))
        stored = self._fetch("group", [group.id for _, _, group, _, _ in checked if group is not None])
        outcome = Outcome()
        for one, name, group, reasons, warnings in checked:
            effect = "rejected" if group is None else _effect(ManualRecord(record=group), stored)
            outcome.rows.append(Checked(row=one.row, number="", name=name, effect=effect, reasons=reasons, warnings=warnings))
            if group is not None and effect != "unchanged":
                outcome.given.append(ManualRecord(record=group))
        return outcome

    def _about_name(self, name: str) -> tuple[list[str], list[str]]:
        if not name:
            return ["group_name is empty. Fill it in; staff of the whole school are given their place in Operoo itself."], []
        if len(name) > _LONGEST_NAME:
            return [f"group_name is longer than {_LONGEST_NAME} characters. Shorten it."], []
        if name in ERRORS:
            return [error_in("group_name", name)], []
        if self._known.synergetic_group(name):
            return ["A group of this name comes from Synergetic, where it is decided who is in it. Choose another name."], []
        return [], ["The name is taken as it is: a slash makes no group within a group here."] if "/" in name else []

    def _people_of(self, kind: Kind, cells: Sequence[str]) -> tuple[tuple[str, ...], list[str]]:
        numbers = ids_in(",".join(cells))
        found = {number: self._known.person(kind, number) for number in numbers}
        unknown = [number[:_LONGEST_NUMBER] for number, person in found.items() if not person]
        shown = ", ".join(unknown[:_SHOWN_NUMBERS]) + (" and others" if len(unknown) > _SHOWN_NUMBERS else "")
        who = "student" if kind == "student" else "member of staff"
        column = "member_ids" if kind == "student" else "staff_ids"
        reasons = [f"{column}: no {who} here has the number {shown}. Correct it, or bring them first."] if unknown else []
        return tuple(sorted({person for person in found.values() if person})), reasons


def _effect(given: ManualRecord, stored: Mapping[str, StagedRecord]) -> Effect:
    before = stored.get(given.id)
    if before is None or not before.present:
        return "creates"
    return "unchanged" if before.content == content_of(given.record) else "updates"


def _twins(reads: Iterable[tuple[int, Read]]) -> dict[int, int]:
    """Return the rows of those whose name stands in an earlier row, with the same date of birth, and that row."""
    first: dict[tuple[str, date | None], int] = {}
    twins = {}
    for row, read in reads:
        if read.record is not None and not read.reasons:
            born = read.record.birth_date if isinstance(read.record, Student) else None
            earlier = first.setdefault((bare(read.shown), born), row)
            if earlier != row:
                twins[row] = earlier
    return twins


def _in_operoo(before: StagedRecord | None) -> bool:
    """Return whether Operoo has a profile of somebody, or had: it is not made anew, and nobody is asked by e-mail."""
    return before is not None and (before.link != "none" or bool(before.operoo_id))


def _group_in(staged: StagedRecord | None) -> Group | None:
    record = staged.record() if staged is not None and staged.present and staged.content else None
    return record if isinstance(record, Group) else None


def _described(line: Line) -> str:
    where = "who was brought by hand" if is_manual(line.id) else "who comes from Synergetic"
    return f"{line.name} ({number_of(line.id)}), {where}"
