"""Follows a resync step by step: asked, taken in, read by the relay, staged, applied; and if not, why not. Pure functions."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from pydantic import BaseModel

from functions.console.people.explaining import Explanation
from functions.records.kinds import ROW_SETS_OF
from functions.records.runs import Run, Stop
from shared.heartbeats import Heartbeat
from shared.manifests import ResyncManifest
from shared.owners import KINDS, Kind

StepState = Literal["done", "now", "asked", "waiting", "skipped", "failed"]
_FINAL: frozenset[StepState] = frozenset({"done", "skipped", "failed"})
_SOON_S, _SLOWLY_S = 3, 20
# Nobody watches a page longer than that; who comes back loads it again.
_FOLLOWED_FOR = timedelta(hours=1)
SYNERGETIC = "what Synergetic said"


class Step(BaseModel):
    """One step.

    Attributes:
        at: A time that belongs to what is said, or nothing.
        done: How much of it is done, where that can be counted.
        of: Of how much; 0 where it cannot be counted.
    """

    name: str
    state: StepState
    said: str = ""
    at: str = ""
    done: int = 0
    of: int = 0


class One(NamedTuple):
    """Where the one record stands that is synchronised: in a list's word, and explained.

    Attributes:
        source: Whence it comes, as a sentence has it.
    """

    state: str
    selected: bool
    explanation: Explanation
    source: str = SYNERGETIC


class Facts(NamedTuple):
    """What is known of a resync now.

    Attributes:
        asked_at: When it was asked for.
        run: What became of the manifest; None until it is taken in.
        heard: What the relay said of itself last.
        newest: The newest snapshot that was accepted.
        done: Parts that are staged, or looked at again.
        parts: How many parts there are.
        selected: How many records are selected, of those that are meant.
        pending: How many of them wait to be sent.
        one: If it is about one record, where that stands.
        stop: Why nothing can be brought to Operoo now, if that is so.
    """

    request: ResyncManifest
    asked_at: datetime
    now: datetime
    run: Run | None = None
    heard: Heartbeat | None = None
    newest: int = 0
    done: int = 0
    parts: int = 0
    selected: int = 0
    pending: int = 0
    one: One | None = None
    stop: Stop | None = None


def steps_of(facts: Facts) -> list[Step]:
    """Return the steps, in order, as far as they have come."""
    by = f"by {facts.request.by}" if facts.request.by else ""
    asked = Step(name="Asked", state="done", said=by, at=facts.asked_at.isoformat(timespec="seconds"))
    taken = _taken_in(facts)
    return [asked, taken, *_what_follows(facts, is_taken=taken.state == "done", is_refused=taken.state == "failed")]


def poll_seconds(facts: Facts, steps: list[Step]) -> int:
    """Return after how many seconds it is worth looking again; 0 if nothing more comes."""
    if is_finished(steps) or facts.now - facts.asked_at > _FOLLOWED_FOR:
        return 0
    relay_only = {step.name for step in steps if step.state not in _FINAL} == {READ}
    return _SLOWLY_S if relay_only else _SOON_S


def is_finished(steps: list[Step]) -> bool:
    """Return whether nothing more comes."""
    return all(step.state in _FINAL for step in steps)


def kinds_of(request: ResyncManifest) -> tuple[Kind, ...]:
    """Return the kinds of record that are made from the row set of a request, or all."""
    return tuple(kind for kind in KINDS if request.row_set is None or request.row_set in ROW_SETS_OF[kind])


READ = "Read by the relay at the school"


def _taken_in(facts: Facts) -> Step:
    run, name = facts.run, "Taken in"
    if run is None:
        return Step(name=name, state="now", said="This takes some seconds.")
    if run.state == "refused":
        return Step(name=name, state="failed", said=f"Refused, and nothing was done. {run.detail}", at=run.at)
    return Step(name=name, state="done" if run.state == "done" else "now", at=run.at)


def _what_follows(facts: Facts, *, is_taken: bool, is_refused: bool) -> Iterator[Step]:
    state: StepState = "skipped" if is_refused else "waiting"
    if facts.request.full_read:
        yield _read(facts) if is_taken else Step(name=READ, state=state)
    staged = _staged(facts) if is_taken else Step(name="Staged", state=state)
    yield staged
    yield _applied(facts) if staged.state == "done" else Step(name="Applied to Operoo", state=state)


def _read(facts: Facts) -> Step:
    run, heard = facts.run, facts.heard
    if run is not None and run.answered_at:
        return Step(name=READ, state="done", said=f"Its reading no. {run.stated_by} says how it is now.", at=run.answered_at)
    if heard is None:
        said = "No relay was ever heard of. It reads when it is started; until then the last reading counts, if there is one."
        return Step(name=READ, state="skipped", said=said)
    due = str(heard.next_run_at or "")
    if heard.minimum_relay_version is None:
        said = "This school's relay hears no requests. It reads at its next run; until then its last reading counts."
        return Step(name=READ, state="skipped", said=said, at=due)
    said = (
        "It was asked, and has not answered yet. It hears of it within a minute if it runs as a service, else at its next run. "
        "Until then its last reading counts."
    )
    return Step(name=READ, state="asked", said=said, at=due)


def _staged(facts: Facts) -> Step:
    stated_by = facts.run.stated_by if facts.run is not None else 0
    if stated_by > facts.newest:
        said = f"The relay's reading no. {stated_by} is on its way."
        return Step(name="Staged", state="now", said=said)
    state: StepState = "done" if facts.done >= facts.parts else "now"
    source = facts.one.source if facts.one is not None else SYNERGETIC
    said = f"What is here is {source} last." if state == "done" else ""
    counted = {"done": facts.done, "of": facts.parts} if facts.one is None or state == "now" else {}
    return Step(name="Staged", state=state, said=said, **counted)


def _applied(facts: Facts) -> Step:
    name = "Applied to Operoo"
    if facts.one is None:
        state: StepState = "now" if facts.pending else "done"
        done = max(0, facts.selected - facts.pending)
        said = _stopped(facts) if facts.selected else "Nobody is selected, so nothing is sent."
        return Step(name=name, state=state, said=said, done=done, of=facts.selected)
    one = facts.one
    said = f"{one.explanation.where}: {one.explanation.why}."
    if one.state == "on-its-way":
        return Step(name=name, state="now", said=f"{said} {_stopped(facts)}".rstrip())
    if one.state == "problem":
        return Step(name=name, state="failed", said=f"{said} {one.explanation.remedy}")
    return Step(name=name, state="done" if one.state == "synchronised" else "skipped", said=said)


def _stopped(facts: Facts) -> str:
    return f"Operoo cannot take it now, and it is tried again by itself: {facts.stop.reason}" if facts.stop is not None else ""
