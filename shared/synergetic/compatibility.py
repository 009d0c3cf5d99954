"""Whether a database has what a mode names, in types that can be read and written: what differs, how bad it is, what to do.

Pure: the contract on one side, what the catalogue says on the other. It is what `operoo-relay check` shows, and write-back
refuses to write anything while there is any error that stops writing.

A name that the settings give, or leave as it is, and that the database lacks is an error even if one could do without it. The
SELECT would fail; and were it read as empty without anybody's word, a column that a release renamed would look as if every
family had emptied it. Where a name is open the finding proposes a setting: the only candidate that is there, or the empty name.
Once the setting is made there is nothing left to find. What only two-way needs is not looked at in one-way mode. Types are
compared loosely for reading and strictly for writing. A text that is too long for its column is parked by itself, so a short
column is an error only below the contract's `least`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from shared.synergetic.access import Access, NeededColumn, accesses
from shared.synergetic.catalogue import Catalogue, FoundColumn, FoundTable, Trigger
from shared.synergetic.column_types import INT, MAX
from shared.synergetic.open_names import Proposal, column_proposal, table_proposal, unused_names
from shared.synergetic.settings import SynergeticSettings
from shared.synergetic.table_model import Column, Mode
from shared.synergetic.version import Version

Severity = Literal["error", "warning", "note"]

_WHOLE = ("tinyint", "smallint", "int", "bigint")
_SHORT_TEXT = frozenset({"varchar", "nvarchar", "char", "nchar"})
_LONG_TEXT = frozenset({"text", "ntext"})
# Not `real`, which has no 68.24.
_NUMBERS = frozenset({*_WHOLE, "decimal", "numeric", "float"})
_MOMENT = frozenset({"datetime", "datetime2", "smalldatetime", "date"})
_BYTES = frozenset({"varbinary", "binary", "image"})
_SUPPORT = "Tell support, with the version of Synergetic: a newer relay puts this right."
# A rowversion is the only column that fills itself without a default.
_SELF_FILLED = frozenset({"timestamp"})


@dataclass(frozen=True)
class Finding:
    """One way in which the database is not what the contract says.

    Attributes:
        severity: An error stops `mode`; of a warning somebody should decide something; a note is to be known.
        mode: What it is about: reading (`one-way`) or writing back (`two-way`).
        code: The anchor in `docs/troubleshooting.md`.
        table: The table, as it is called here.
        column: The column, as it is called here; empty if the whole table is meant.
        what: What is the matter, in plain words.
        remedy: What to do.
        proposal: The setting that would put it right.
    """

    severity: Severity
    mode: Mode
    code: str
    table: str
    column: str
    what: str
    remedy: str
    proposal: Proposal | None = None

    @classmethod
    def stops_writing(cls, *, code: str, table: str, what: str, remedy: str, column: str = "") -> "Finding":
        """Return a finding for which nothing is written at all; reading goes on."""
        return cls("error", "two-way", code, table, column, what, remedy)


@dataclass(frozen=True)
class _Told:
    code: str
    what: str
    remedy: str
    severity: Severity = "error"
    proposal: Proposal | None = None


def findings(mode: Mode, version: Version, settings: SynergeticSettings, found: Catalogue) -> tuple[Finding, ...]:
    """Return all that stands between a mode and a database.

    Raises:
        ContractError: A configured database is a stale copy.
    """
    differing = (one for access in accesses(mode, version, settings) for one in _of_table(access, found))
    unused = (_unused(proposal) for proposal in unused_names(mode, version, settings, found))
    return (*differing, *unused)


def trigger_findings(triggers: Iterable[Trigger], settings: SynergeticSettings) -> tuple[Finding, ...]:
    """Return the triggers on tables that two-way writes, but for those that the settings allow: they stop writing."""
    allowed = {name.casefold() for name in settings.allowed_triggers}
    return tuple(_of_trigger(trigger) for trigger in triggers if trigger.name.casefold() not in allowed)


def _of_trigger(trigger: Trigger) -> Finding:
    does = "runs instead of what is written" if trigger.instead else "runs when the table is written"
    return Finding.stops_writing(
        code="trigger-found",
        table=trigger.table,
        what=f"The table {trigger.table} has the trigger {trigger.name}, which {does}.",
        remedy="Have the database administrator say what it does. If it may run, name it in `allowed_triggers`.",
    )


def _of_table(access: Access, found: Catalogue) -> Iterator[Finding]:
    table = found.table(access.spot, access.called)
    if table is None:
        yield _missing_table(access, found)
        return
    if table.view and access.writes and not access.procedures:
        yield _view(access)
    for needed in access.columns:
        column = table.column(needed.called)
        yield from [_missing_column(access, needed, table)] if column is None else _of_column(access, needed, column)
    yield from _shared(access)
    if access.inserts and not access.procedures:
        yield from _unnumbered(access, table)
        yield from _required(access, table)


def _missing_table(access: Access, found: Catalogue) -> Finding:
    table = access.table
    remedy = "Check that this is the live Synergetic database, its version, and that the grants were run for this mode."
    if table.optional:
        remedy = f"{remedy} If the table has another name here, or there is none, say so under `{table.name}` in `table_names`."
    return Finding(
        severity="error",
        mode=table.mode,
        code="table-missing",
        table=access.called,
        column="",
        what=f"The table {access.called} is not there, or this login may not see it.",
        remedy=remedy,
        proposal=table_proposal(access, found),
    )


def _view(access: Access) -> Finding:
    return Finding.stops_writing(
        code="table-view",
        table=access.called,
        what=f"{access.called} is a view: what its tables ask of a row, and what their triggers do, is not seen from here.",
        remedy=f"Name the table behind it under `{access.table.name}` in `table_names`, or use `write_by_procedure`.",
    )


def _missing_column(access: Access, needed: NeededColumn, table: FoundTable) -> Finding:
    key = f"{access.table.name}.{needed.column.name}"
    remedy = f"If the column has another name here, name it under `{key}` in `column_names`."
    if needed.column.optional:
        remedy = f"{remedy} An empty name says that there is none."
    what = f"The table {access.called} has no column {needed.called}."
    proposal = column_proposal(access, needed.column, table)
    return _finding(access, needed, _Told(code="column-missing", what=what, remedy=remedy, proposal=proposal))


def _of_column(access: Access, needed: NeededColumn, found: FoundColumn) -> Iterator[Finding]:
    name = f"{access.called}.{needed.called}"
    if found.type not in _readable(needed.column, needed.column.mode or access.table.mode):
        wanted = needed.column.type.sql
        what = f"The column {name} is of type {found.type}; {wanted} or one like it is needed."
        yield _finding(access, needed, _Told(code="column-type", what=what, remedy=_SUPPORT))
    elif needed.write:
        told = (*_not_writable(name, needed, found), *_of_length(name, needed, found))
        yield from (_finding(access, needed, one) for one in told)


def _readable(column: Column, mode: Mode) -> frozenset[str]:
    """Return the types that a column may have: whatever drivers give the same values for."""
    kind = column.type
    if column.stamp == "who":
        return frozenset(_WHOLE) | _SHORT_TEXT
    if kind.is_text:
        # SQL Server compares, trims and ranks no value of the old long types: only a text that is merely passed on may be one.
        passed_on = not column.code and (column.write or kind.name == "text" or kind.length == MAX)
        return _SHORT_TEXT | (_LONG_TEXT if passed_on else frozenset()) | (_NUMBERS if column.numeric else frozenset())
    if kind.is_bytes:
        return _BYTES
    if kind.name in _MOMENT:
        return _MOMENT
    if kind.name == "bit":
        return frozenset(_WHOLE) | {"bit"}
    # Who reads a row takes an identifier with a fraction of nothing for the whole one. What is written is compared strictly,
    # and years, semesters and year levels become part of a text.
    return _NUMBERS if kind == INT and mode == "one-way" else frozenset(_WHOLE)


def _not_writable(name: str, needed: NeededColumn, found: FoundColumn) -> Iterator[_Told]:
    kind = needed.column.type.name
    # What is numbered unless somebody says otherwise may be written.
    if found.computed or (found.numbered and not found.has_default):
        yield _Told(code="column-not-writable", what=f"The database itself fills the column {name}.", remedy=_SUPPORT)
    # When a row was changed is always written.
    if kind in _MOMENT and needed.column.nullable and not (found.nullable or needed.column.stamp):
        yield _Told(code="column-not-writable", what=f"The column {name} cannot hold “no date”.", remedy=_SUPPORT)
    if kind in _WHOLE and found.type in _WHOLE and _WHOLE.index(found.type) < _WHOLE.index(kind):
        what = f"The column {name} is a {found.type}, too small for every {kind}."
        yield _Told(code="column-too-short", what=what, remedy=_SUPPORT)


def _of_length(name: str, needed: NeededColumn, found: FoundColumn) -> Iterator[_Told]:
    column = needed.column
    if not column.type.is_text or found.length is None or found.length == MAX:
        return
    what = f"The column {name} has room for {found.length} characters"
    if found.length < column.least:
        remedy = "Have the database administrator widen it, if it was narrowed; otherwise tell support."
        yield _Told(code="column-too-short", what=f"{what}; {column.least} are needed at least.", remedy=remedy)
    elif not (column.code or column.stamp) and (column.type.length == MAX or found.length < (column.type.length or 0)):
        remedy = "Nothing has to be done: a longer text is not cut off, it waits for a person."
        what = f"{what}, fewer than families may write."
        yield _Told(code="column-short", what=what, remedy=remedy, severity="note")


def _shared(access: Access) -> Iterator[Finding]:
    """Yield a finding for each column that would be written for another one, too: what is read may be the same twice."""
    for needed in access.written:
        of = [one.column.name for one in access.columns if one.called.casefold() == needed.called.casefold()]
        if len(of) > 1:
            yield Finding.stops_writing(
                code="column-not-writable",
                table=access.called,
                column=needed.called,
                what=f"The column {access.called}.{needed.called} stands for several: {', '.join(of)}.",
                remedy=f"Correct `{access.table.name}.{needed.column.name}` in `column_names`: each needs a column of its own.",
            )


def _unnumbered(access: Access, table: FoundTable) -> Iterator[Finding]:
    """Yield a finding for a key that is no IDENTITY: of whatever else numbers rows nobody would tell a new row's number."""
    for needed in access.columns:
        column = table.column(needed.called)
        if needed.column.identity and column is not None and not column.numbered:
            what = f"The column {access.called}.{needed.called} is not numbered by the database itself (IDENTITY)."
            yield _finding(access, needed, _Told(code="column-required", what=what, remedy=_SUPPORT))


def _required(access: Access, table: FoundTable) -> Iterator[Finding]:
    """Yield a finding for each column that a new row would have to fill in, and that we do not know."""
    known = {column.called.casefold() for column in access.columns if column.write or column.column.identity}
    for column in table.columns:
        fills = column.nullable or column.has_default or column.numbered or column.computed or column.type in _SELF_FILLED
        if not fills and column.name.casefold() not in known:
            yield Finding.stops_writing(
                code="column-required",
                table=access.called,
                column=column.name,
                what=f"Every new row of {access.called} needs a value in {column.name}, and nothing says which.",
                remedy="Tell support: a default on the column, or a newer relay that knows it, puts this right.",
            )


def _unused(proposal: Proposal) -> Finding:
    table, _, column = proposal.of.partition(".")
    return Finding(
        severity="warning",
        mode="two-way",
        code="name-found",
        table=table,
        column=column,
        what=f"The database has {proposal.value}, which may be what the contract calls {proposal.of} and does not use yet.",
        remedy=f"If it is, name it in `{proposal.setting}`; if not, give it an empty name there.",
        proposal=proposal,
    )


def _finding(access: Access, needed: NeededColumn, told: _Told) -> Finding:
    mode = needed.column.mode or access.table.mode
    return Finding(told.severity, mode, told.code, access.called, needed.called, told.what, told.remedy, told.proposal)
