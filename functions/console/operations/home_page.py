"""Home: is everything well, and what waits for a person?"""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from functions.console.operations.histories import RunView, run_view
from functions.console.operations.picture import DAYS, Picture, picture_of
from functions.console.operations.waiting import (
    REMEMBERED,
    Relay,
    Waiting,
    holds_waiting,
    medical_waiting,
    parked_waiting,
    refusals_waiting,
    relay_view,
)
from functions.console.web.pages import Pages
from functions.records.list_lines import Line
from functions.records.runs import Stop
from functions.runtime.wiring import days, exchange, holds, ledger_table, lists, runs_table, settings, stops
from shared.owners import KINDS, Kind

pages = Pages()
_RUNS = 5


class KindCounts(BaseModel):
    """How many records of a kind there are, and where they stand.

    Attributes:
        present: In Synergetic now; of these so many are selected and synchronised.
    """

    present: int
    selected: int
    synchronised: int
    on_its_way: int
    held: int
    problem: int


class Home(BaseModel):
    """The first page.

    Attributes:
        well: Whether nothing waits or stands still, somebody is selected, and the relay is heard and does its work.
        unchosen: Records have come, and none of them is selected.
        relay: How it is; None if none has connected yet.
        stops: What stands still because of Operoo, for whom this is.
        waiting: What waits for a person, for whom this is.
    """

    well: bool
    unchosen: bool
    counts: dict[Kind, KindCounts]
    relay: Relay | None
    stops: list[Stop]
    waiting: list[Waiting]
    runs: list[RunView]
    picture: Picture


@pages.page("/", "home.html.j2")
def home() -> Home:
    """Show how everything is."""
    counts = {kind: _counts(lists().all(kind)) for kind in KINDS}
    relay = _relay()
    stopped = [one for one in stops().all() if one.work == "apply" or pages.visit().may("medical")]
    waiting = [
        *holds_waiting(holds().open()),
        *parked_waiting({kind: one.problem for kind, one in counts.items()}),
        *_medical(),
        *_refused(),
    ]
    today = datetime.now(ZoneInfo(settings().time_zone)).date()
    unchosen = any(one.present for one in counts.values()) and not any(one.selected for one in counts.values())
    return Home(
        well=not waiting and not stopped and not unchosen and relay is not None and not relay.trouble,
        unchosen=unchosen,
        counts=counts,
        relay=relay,
        stops=stopped,
        waiting=waiting,
        runs=[run_view(run) for run in runs_table().runs(newest=_RUNS)],
        picture=picture_of(days().between(today - timedelta(days=DAYS - 1), today), today),
    )


def _counts(lines: list[Line]) -> KindCounts:
    return KindCounts(
        present=sum(line.present for line in lines),
        selected=sum(line.present and line.selected for line in lines),
        synchronised=sum(line.present and line.link == "linked" for line in lines),
        on_its_way=sum(line.work == "pending" for line in lines),
        held=sum(line.work == "held" for line in lines),
        problem=sum(line.work == "parked" for line in lines),
    )


def _relay() -> Relay | None:
    heard = exchange().heartbeat()
    if heard is None:
        return None
    return relay_view(heard, datetime.now(UTC), silent_after=timedelta(hours=settings().relay_silent_hours))


def _medical() -> list[Waiting]:
    if not pages.visit().may("medical") or settings().medical_updates == "off":
        return []
    count = ledger_table().count_waiting
    return medical_waiting(review=count("review"), failed=count("failed"), parked=count("parked"))


def _refused() -> list[Waiting]:
    since = (datetime.now(UTC) - REMEMBERED).isoformat(timespec="seconds")
    refused = list(runs_table().runs_since(since, state="refused"))
    return refusals_waiting(refused, list(runs_table().runs_since(refused[0].at))) if refused else []
