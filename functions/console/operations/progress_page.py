"""How far a resync has come, step by step; the page renews itself until nothing more comes."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated

from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.openapi.params import Path
from pydantic import BaseModel

from functions.console.operations.following import SYNERGETIC, Facts, One, Step, is_finished, kinds_of, poll_seconds, steps_of
from functions.console.people.explaining import SOURCES, explain, state_of
from functions.console.web.addresses import record_address
from functions.console.web.pages import Pages
from functions.records.projection import line_of
from functions.records.runs import Run
from functions.runtime.wiring import exchange, lists, records_table, runs_table, settings, snapshot_line, stops
from functions.store.exchange import MissingObjectError
from shared.keys import REQUESTS
from shared.manifests import ResyncManifest, parse_manifest
from shared.owners import Kind, bucket_of

pages = Pages()
_ASKED = len("20260131T120000")


class Progress(BaseModel):
    """How far a resync has come.

    Attributes:
        about: What it is about, in plain words.
        see: The page of the one record it is about, or nothing.
        finished: Nothing more comes of it.
        poll: After how many seconds to look again; 0 for not by itself.
    """

    name: str
    about: str
    see: str
    steps: list[Step]
    finished: bool
    poll: int


@pages.page("/progress/<name>", "progress.html.j2")
def show(name: Annotated[str, Path(pattern="^[A-Za-z0-9-]{1,100}$")]) -> Progress:
    """Show how far a resync has come.

    Raises:
        NotFoundError: There is no such request, or not any more, or it is of another kind.
    """
    try:
        request = parse_manifest(exchange().read(f"{REQUESTS}{name}.json"))
    except MissingObjectError:
        raise NotFoundError from None
    if not isinstance(request, ResyncManifest):
        raise NotFoundError
    run = runs_table().run_of(f"{REQUESTS}{name}.json")
    listed = [(kind, one) for kind, ids in request.listed().items() for one in ids]
    about, see, one = _about(request, listed)
    kinds = tuple(dict.fromkeys(kind for kind, _ in listed)) or kinds_of(request)
    facts = Facts(request=request, asked_at=_asked_at(name, run), now=datetime.now(UTC), run=run, one=one)
    if run is not None and run.state == "done":
        facts = _followed(facts, run, kinds, listed)
    steps = steps_of(facts)
    return Progress(name=name, about=about, see=see, steps=steps, finished=is_finished(steps), poll=poll_seconds(facts, steps))


def _followed(facts: Facts, run: Run, kinds: tuple[Kind, ...], listed: list[tuple[Kind, str]]) -> Facts:
    """Return what is known besides of a request that was taken in: of another one no step has come as far."""
    done, parts = _parts(facts.request, run, kinds, listed)
    head, one = snapshot_line().head(), facts.one
    pending = sum(1 for kind in kinds for _ in records_table().waiting("pending", kind)) if one is None else 0
    moves = one.state == "on-its-way" if one is not None else pending > 0
    return facts._replace(
        heard=exchange().heartbeat() if facts.request.full_read else None,
        newest=head.sequence if head is not None else 0,
        done=done,
        parts=parts,
        selected=_selected(kinds) if one is None else 0,
        pending=pending,
        stop=next((stop for stop in stops().all() if stop.work == "apply"), None) if moves else None,
    )


def _about(request: ResyncManifest, listed: list[tuple[Kind, str]]) -> tuple[str, str, One | None]:
    """Return what a request is about, the page of the one record it is about, and where that stands."""
    if len(listed) != 1:
        everything = f"what is made from {request.row_set}" if request.row_set else "everything"
        return (f"{len(listed)} records" if listed else everything), "", None
    ((kind, record_id),) = listed
    staged = records_table().get(kind, record_id)
    if staged is None:
        return record_id, "", None
    line = line_of(staged)
    explanation = explain(staged, archives=settings().archive_policy == "archive")
    source = SYNERGETIC if staged.origin == "synergetic" else SOURCES[staged.origin]
    return line.name, record_address(kind, record_id), One(state_of(line), staged.selected, explanation, source)


def _parts(request: ResyncManifest, run: Run, kinds: Iterable[Kind], listed: list[tuple[Kind, str]]) -> tuple[int, int]:
    """Return how many parts are done, and how many there are: buckets to be staged, and looks at what is staged."""
    staged = list(_buckets(kinds, listed)) if request.step == "map" or run.answered_at else []
    return sum(staged) + run.parts - len(run.waiting), len(staged) + run.parts


def _buckets(kinds: Iterable[Kind], listed: list[tuple[Kind, str]]) -> Iterable[bool]:
    """Yield of each bucket that a request is about whether it is staged."""
    head = snapshot_line().head()
    if listed and head is not None:
        for kind, bucket in {(kind, bucket_of(one, head.digits)) for kind, one in listed}:
            state = snapshot_line().bucket_state(kind, bucket)
            yield state is None or bool(state.source)
        return
    for kind in kinds:
        yield from (bool(state.source) for state in snapshot_line().bucket_states(kind).values())


def _selected(kinds: Iterable[Kind]) -> int:
    return sum(line.present and line.selected for kind in kinds for line in lists().all(kind))


def _asked_at(name: str, run: Run | None) -> datetime:
    """Return when a request was asked for: its name has it, if the console made it."""
    try:
        return datetime.strptime(name.removeprefix("console-")[:_ASKED], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return datetime.fromisoformat(run.at) if run is not None else datetime.now(UTC)
