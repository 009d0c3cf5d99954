"""Holds: many who are gone at once, or lose everybody in them; a person lets it happen, or keeps them as they are."""

from typing import Annotated, Literal

from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.openapi.params import Form, Query
from pydantic import BaseModel

from functions.console.asking import ask, some_of
from functions.console.people.finding import by_name
from functions.console.web.addresses import from_segment, record_address, segment
from functions.console.web.pages import Done, FormKey, Pages
from functions.console.web.paging import PageNumber, paged
from functions.records.list_lines import Line
from functions.records.runs import Hold, run_of_snapshot
from functions.runtime.wiring import holds, lists, runs_table, settings
from functions.store.audit import AuditEntry
from shared.digests import digest
from shared.errors import IntegrationError
from shared.manifests import ApproveManifest, DiscardManifest
from shared.owners import Kind

pages = Pages()
Decision = Literal["approve", "discard"]
Effect = Literal["archived", "unlinked", "emptied"]
_DONE: dict[Effect, str] = {"archived": "archived", "unlinked": "let go of", "emptied": "emptied"}
_SHOWN_NAMES = 12


class HeldRecord(BaseModel):
    """Somebody who would be archived, or a group that would be emptied.

    Attributes:
        gone_at: When the run began that found them gone, or empty; empty if that is not kept any more.
    """

    id: str
    name: str
    photo: str
    year_level: str
    place: str
    gone_at: str


class HoldView(BaseModel):
    """A hold.

    Attributes:
        records: A page of those it is about.
        linked: How many of the kind were in Operoo when it was held.
        earlier: How many were let through within a day before, and count as well.
        effect: What approving does to each.
        run: Which run found that so many are gone, or empty.
    """

    hold: str
    kind: Kind
    effect: Effect
    state: str
    at: str
    run: str
    run_place: str
    records: list[HeldRecord]
    total: int
    page: int
    pages: int
    linked: int
    earlier: int
    place: str


class HoldDecision(BaseModel):
    """What deciding a hold would do, for a person to confirm.

    Attributes:
        only: Whom they have marked; empty for all.
        seen: What stands for those whom this is about.
        effect: What approving does to each.
        stay: How many of the kind stay in Operoo as they are, about whom nobody decides here.
        left: How many go on waiting in the hold.
    """

    hold: str
    kind: Kind
    decision: Decision
    effect: Effect
    only: list[str]
    seen: str
    count: int
    names: list[str]
    stay: int
    left: int
    place: str


class HoldChangedError(IntegrationError):
    """A hold is not what was shown when somebody decided."""

    code = "hold-changed"


@pages.page("/holds/<hold>", "hold.html.j2")
def show_hold(hold: str, page: PageNumber = 1) -> HoldView:
    """Show who would be archived, or which groups would be emptied."""
    found = _found(hold)
    lines = _lines(found, lists().all(found.kind))
    part = paged(sorted((lines.get(one) or Line(one, one) for one in found.records), key=by_name), page)
    since = {line.changed: "" for line in part.shown}
    for sequence in since:
        run = runs_table().run(run_of_snapshot(sequence))
        since[sequence] = run.at if run is not None else ""
    return HoldView(
        hold=found.hold,
        kind=found.kind,
        effect=_effect(found),
        state=found.state,
        at=found.at,
        run=found.run,
        run_place=f"/runs/{segment(found.run)}",
        records=[_held(line, found.kind, since[line.changed]) for line in part.shown],
        total=part.total,
        page=part.page,
        pages=part.pages,
        linked=found.linked,
        earlier=found.earlier,
        place=_place(found),
    )


@pages.page("/holds/<hold>/decide", "hold_decide.html.j2", role="administrator")
def confirm_decision(
    hold: str,
    decision: Decision,
    ids: Annotated[list[str], Query()] = [],  # noqa: B006 - Powertools copies it
) -> HoldDecision:
    """Show what a decision would do: about the marked, or about all.

    Raises:
        HoldChangedError: It was decided already, or does not hold them any more.
    """
    found = _found(hold)
    about = _about(found, ids)
    everyone = lists().all(found.kind)
    lines = _lines(found, everyone)
    bound = sum(line.link == "linked" for line in everyone)
    return HoldDecision(
        hold=found.hold,
        kind=found.kind,
        decision=decision,
        effect=_effect(found),
        only=ids,
        seen=_seen(about, _effect(found)),
        count=len(about),
        names=[line.name for line in sorted((lines.get(one) or Line(one, one) for one in about), key=by_name)[:_SHOWN_NAMES]],
        stay=max(0, bound - (len(about) if decision == "approve" else 0)),
        left=len(found.records) - len(about),
        place=_place(found),
    )


@pages.action("/holds/<hold>/decide", role="administrator")
def decide(
    hold: str,
    decision: Annotated[Decision, Form()],
    seen: Annotated[str, Form()],
    forms: FormKey,  # noqa: ARG001 - checked before
    only: Annotated[list[str], Form(description="Identifiers; none for all.")] = [],  # noqa: B006 - Powertools copies it
) -> Done:
    """Approve or discard what was confirmed.

    Raises:
        HoldChangedError: It is not what was shown any more.
    """
    found = _found(hold)
    about = _about(found, only)
    effect = _effect(found)
    if _seen(about, effect) != seen:
        raise _changed()
    whole = len(about) == len(found.records)
    # A later snapshot may add to the hold before this is carried out: it is about those who were shown.
    wish = {"hold": found.hold, "as_of": found.sequence} | ({} if whole else {"only": tuple(about)})
    manifest = ApproveManifest(kind="approve", **wish) if decision == "approve" else DiscardManifest(kind="discard", **wish)
    after = effect if decision == "approve" else "kept"
    to = f"{found.hold}, {some_of(about)}"
    ask(manifest, AuditEntry(who=pages.visit().who, what=decision, to=to, before="held", after=after))
    is_one = len(about) == 1
    if decision == "approve":
        said = f"{'is' if is_one else 'are'} {_DONE[effect]} within a minute or two"
    else:
        said = "stays in Operoo as it is" if is_one else "stay in Operoo as they are"
    return Done(said=f"{len(about)} {said}.", see=_place(found) if not whole else "/")


def _found(hold: str) -> Hold:
    found = holds().get(from_segment(hold))
    if found is None:
        raise NotFoundError
    return found


def _effect(hold: Hold) -> Effect:
    if hold.about == "emptied":
        return "emptied"
    return "archived" if settings().archive_policy == "archive" else "unlinked"


def _about(hold: Hold, ids: list[str]) -> list[str]:
    strangers = set(ids) - set(hold.records)
    if hold.state != "open" or strangers:
        raise _changed()
    # Who is named twice is one: as many names as records would be taken for all of them.
    return sorted(set(ids) or hold.records)


def _changed() -> HoldChangedError:
    return HoldChangedError(
        "This was decided meanwhile, or is about others or something else now; nothing was done.",
        remedy="Look at what waits, and decide again.",
    )


def _lines(hold: Hold, everyone: list[Line]) -> dict[str, Line]:
    wanted = set(hold.records)
    return {line.id: line for line in everyone if line.id in wanted}


def _held(line: Line, kind: Kind, gone_at: str) -> HeldRecord:
    place = record_address(kind, line.id)
    return HeldRecord(id=line.id, name=line.name, photo=line.photo, year_level=line.year_level, place=place, gone_at=gone_at)


def _seen(ids: list[str], effect: Effect) -> str:
    return digest([effect, *ids])[:16]


def _place(hold: Hold) -> str:
    return f"/holds/{segment(hold.hold)}"
