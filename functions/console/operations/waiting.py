"""How the relay is, and what waits for a person: the first page says that all is well only when it is. Pure functions."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from pydantic import BaseModel

from functions.console.access.roles import Role
from functions.console.operations.histories import run_view
from functions.console.web.addresses import segment
from functions.console.web.wording import how_many
from functions.records.runs import Hold, Run
from shared.heartbeats import Heartbeat
from shared.owners import Kind
from shared.wording import counted

# A run takes a while before it says that it has ended.
_RUN_TAKES = timedelta(hours=1)
REMEMBERED = timedelta(days=14)
_ACCEPTED = frozenset({"staging", "planned", "overtaken", "done"})
_LOOK = "Whoever looks after the relay's machine should see whether it runs."
_UNDER = "Whoever looks after the relay finds what to do under the code."


class Relay(BaseModel):
    """How the relay at the school is.

    Attributes:
        heard_at: When it last said something.
        last_run_at: When its last run ended.
        trouble: What is not well, in a sentence; empty if all is.
        remedy: What to do about it.
        code: The anchor in `docs/troubleshooting.md`, if there is one.
    """

    heard_at: str
    last_run_at: str
    next_run_at: str
    version: str
    synergetic: str
    trouble: str = ""
    remedy: str = ""
    code: str = ""


class Waiting(BaseModel):
    """Something that waits for a person.

    Attributes:
        told: What it is.
        does: What the link's text is, to whom it waits for.
        see: Where it is decided.
        role: Whom it waits for; others may look.
    """

    told: str
    does: str
    see: str
    role: Role = "administrator"


def relay_view(heard: Heartbeat, now: datetime, *, silent_after: timedelta) -> Relay:
    """Return how the relay is."""
    heard_at = max(heard.at, heard.polled_at or heard.at)
    trouble, remedy, code = _trouble(heard, heard_at, now, silent_after)
    return Relay(
        heard_at=heard_at.isoformat(),
        last_run_at=heard.at.isoformat(),
        next_run_at=heard.next_run_at.isoformat() if heard.next_run_at is not None else "",
        version=heard.relay_version,
        synergetic=heard.synergetic_version,
        trouble=trouble,
        remedy=remedy,
        code=code,
    )


def _trouble(heard: Heartbeat, heard_at: datetime, now: datetime, silent_after: timedelta) -> tuple[str, str, str]:
    hours = int((now - heard_at).total_seconds() // 3600)
    if now - heard_at > silent_after:
        told = counted(hours, "hour") if hours < 48 else counted(hours // 24, "day")  # noqa: PLR2004 - hours of two days
        return f"The relay has been silent for {told}.", _LOOK, ""
    if heard.next_run_at is not None and now - heard.next_run_at > _RUN_TAKES and heard.at < heard.next_run_at:
        return "The relay's next run is overdue.", _LOOK, ""
    if not heard.ok:
        return "The relay's last run failed.", _UNDER, heard.error
    if heard.writing is not None and heard.writing.refused:
        return "The relay writes no medical details to Synergetic now.", _UNDER, heard.writing.refused
    return "", "", ""


def holds_waiting(holds: Iterable[Hold]) -> list[Waiting]:
    """Return the holds as what waits."""
    return [
        Waiting(
            told=f"{how_many(len(hold.records), hold.kind)} {_lost(hold)}{_how(hold)}. "
            "Nothing happens to them before a person decides.",
            does="Decide",
            see=f"/holds/{segment(hold.hold)}",
        )
        for hold in holds
    ]


def _how(hold: Hold) -> str:
    return f", with {hold.earlier} more within a day before" if hold.earlier else " at once"


def _lost(hold: Hold) -> str:
    is_one = len(hold.records) == 1
    if hold.about == "emptied":
        return f"{'has' if is_one else 'have'} lost all their members or staff in Synergetic"
    return f"{_is(len(hold.records))} gone from Synergetic"


def parked_waiting(counts: Mapping[Kind, int]) -> list[Waiting]:
    """Return the records with a problem as what waits."""
    parts = [how_many(count, kind) for kind, count in counts.items() if count]
    if not parts:
        return []
    return [Waiting(told=f"{' and '.join(parts)} could not be brought to Operoo.", does="See why", see="/failed")]


def refusals_waiting(refused: Sequence[Run], later: Sequence[Run]) -> list[Waiting]:
    """Return the refused requests as what waits, but for those after which one of their kind or file was accepted."""
    taken = [run for run in sorted(later, key=lambda run: run.at) if run.state in _ACCEPTED]
    accepted = {name: run.at for run in taken for name in (run.kind, run.manifest_key)}
    newest = {run.kind: run for run in sorted(refused, key=lambda run: run.at)}
    return [
        Waiting(told=f"{_refused(run)} {run.detail}", does="See what to do", see=f"/runs/{segment(run.run)}")
        for run in newest.values()
        if max(accepted.get(run.kind, ""), accepted.get(run.manifest_key, "")) < run.at
    ]


def medical_waiting(*, review: int, failed: int, parked: int) -> list[Waiting]:
    """Return the medical changes as what waits; each number is one of students."""
    told = {
        "review": (review, f"{counted(review, 'medical change')} to decide."),
        "failed": (failed, f"Medical details of {how_many(failed, 'student')} could not be written to Synergetic."),
        "parked": (parked, f"Medical details of {how_many(parked, 'student')} could only be written in part."),
    }
    return [
        Waiting(told=words, does="Look", see=f"/medical?work={work}", role="medical")
        for work, (number, words) in told.items()
        if number
    ]


def _refused(run: Run) -> str:
    return "What the relay sent was refused." if run.kind == "snapshot" else f"A request was refused ({run_view(run).what})."


def _is(number: int) -> str:
    return "is" if number == 1 else "are"
