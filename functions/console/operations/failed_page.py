"""What failed: the records with a problem, and trying them again."""

from typing import Annotated, Literal

from aws_lambda_powertools.event_handler.openapi.params import Form
from pydantic import BaseModel

from functions.console.asking import ask, some_of
from functions.console.people.finding import sorting
from functions.console.web.addresses import PLURALS, record_address
from functions.console.web.pages import Done, FormKey, Pages
from functions.console.web.problems import words_of
from functions.records.staged import StagedRecord, work_of
from functions.runtime.wiring import lists, records_table
from functions.store.audit import AuditEntry
from shared.errors import IntegrationError
from shared.manifests import ResyncManifest
from shared.owners import KINDS, Kind

pages = Pages()
OneKind = Kind | Literal[""]
_MOST_SHOWN = 500


class FailedRecord(BaseModel):
    """A record with a problem.

    Attributes:
        key: What stands for it in the form.
        reason: What Operoo or the mapping said.
        remedy: What to do.
    """

    key: str
    kind: Kind
    id: str
    name: str
    photo: str
    place: str
    code: str
    short: str
    reason: str
    remedy: str


class Failed(BaseModel):
    """What failed.

    Attributes:
        kind: Only records of this kind are shown; empty for all.
        counts: How many there are of each kind that has any.
        total: How many there are of those that are asked for; no more than the first are shown.
    """

    kind: OneKind
    counts: dict[Kind, int]
    records: list[FailedRecord]
    total: int


class NothingFailedError(IntegrationError):
    """Something was to be tried again, and nothing of it has a problem."""

    code = "nothing-failed"


@pages.page("/failed", "failed.html.j2")
def show_failed(kind: OneKind = "") -> Failed:
    """Show what could not be brought to Operoo, and why."""
    parked = {one: [line for line in lists().all(one) if line.work == "parked"] for one in KINDS}
    names = {(one, line.id): line for one, lines in parked.items() if kind in {"", one} for line in lines}
    keys = sorted(names, key=lambda key: (key[0], sorting(names[key].name), key[1]))
    stored = {
        (of_kind, one): record
        for of_kind in KINDS
        for one, record in records_table().get_many(of_kind, [one for of, one in keys[:_MOST_SHOWN] if of == of_kind]).items()
    }
    records = [
        _told(stored[key], name=names[key].name, photo=names[key].photo)
        for key in keys
        if key in stored and work_of(stored[key]) == "parked"
    ]
    total = len(keys) if len(keys) > _MOST_SHOWN else len(records)
    counts = {one: len(lines) for one, lines in parked.items() if lines}
    return Failed(kind=kind, counts=counts, records=records, total=total)


@pages.action("/failed", role="administrator")
def try_again(
    forms: FormKey,  # noqa: ARG001 - checked before
    kind: Annotated[OneKind, Form(description="Only records of this kind.")] = "",
    ids: Annotated[list[str], Form(description="Which, each as `key` of the page; none for all.")] = [],  # noqa: B006 - copied
) -> Done:
    """Try again what failed: the marked, or all, or all of a kind.

    Raises:
        NothingFailedError: None of them has a problem (any more).
    """
    marked = {tuple(mark.split(" ", 1)) for mark in ids}
    wanted = [(one, line.id) for one in KINDS if kind in {"", one} for line in lists().all(one) if line.work == "parked"]
    chosen = [key for key in wanted if not marked or key in marked]
    stored = [
        record
        for of_kind in KINDS
        for record in records_table().get_many(of_kind, [one for of, one in chosen if of == of_kind]).values()
        if work_of(record) == "parked"
    ]
    if not stored:
        raise NothingFailedError("None of these has a problem any more.", remedy="Load the page again to see what is left.")
    # What could not be mapped is mapped again; what Operoo did not take is sent again.
    for step, unmapped in (("map", True), ("apply", False)):
        if some := [one for one in stored if (one.fault is not None) == unmapped]:
            _ask_again(step, some)
    return Done(said=f"{len(stored)} tried again. What fails again comes back to this list.", see="/failed")


def _ask_again(step: str, some: list[StagedRecord]) -> None:
    listed = {name: [one.id for one in some if one.kind == kind] for kind, name in PLURALS.items()}
    manifest = ResyncManifest.model_validate({"kind": "resync", "step": step, "reason": "tried again", **listed})
    codes = ", ".join(sorted({code for one in some if (code := _code(one))}))
    to = some_of([f"{one.kind} {one.id}" for one in some])
    ask(manifest, AuditEntry(who=pages.visit().who, what="try again", to=to, before=codes, after=f"resync {step}"))


def _code(record: StagedRecord) -> str:
    problem = record.fault or record.problem
    return problem.code if problem is not None else ""


def _told(record: StagedRecord, *, name: str, photo: str) -> FailedRecord:
    problem = record.fault or record.problem
    words = words_of(_code(record))
    return FailedRecord(
        key=f"{record.kind} {record.id}",
        kind=record.kind,
        id=record.id,
        name=name,
        photo=photo,
        place=record_address(record.kind, record.id),
        code=_code(record),
        short=words.short,
        reason=problem.reason if problem is not None else "",
        remedy=words.remedy,
    )
