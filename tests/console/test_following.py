"""A resync is followed step by step, and whatever keeps it from going on is said."""

from datetime import UTC, datetime, timedelta
from typing import Any

from functions.console.operations.following import READ, Facts, One, is_finished, poll_seconds, steps_of
from functions.console.people.explaining import Explanation
from functions.records.runs import Run, Stop
from shared.heartbeats import Heartbeat
from shared.manifests import ResyncManifest

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ONE = ResyncManifest(kind="resync", students=("1",), full_read=True, by="jo@school.example")
DONE = Run(run="r", kind="resync", state="done", manifest_key="k", at=AT.isoformat())
HEARD = Heartbeat(relay="r", relay_version="1", started_at=AT, at=AT, ok=True, minimum_relay_version="", next_run_at=AT)
IN_STEP = One("synchronised", selected=True, explanation=Explanation(where="In Operoo", why="in step with Synergetic"))


def _states(request: ResyncManifest = ONE, **known: Any) -> dict[str, str]:
    return {step.name: step.state for step in steps_of(_facts(request, **known))}


def _facts(request: ResyncManifest = ONE, **known: Any) -> Facts:
    return Facts(request=request, asked_at=AT, now=known.pop("now", AT + timedelta(seconds=5)), **known)


def test_before_it_is_taken_in_all_else_is_to_come() -> None:
    """And the page looks again soon."""
    facts = _facts()
    steps = steps_of(facts)
    assert [step.state for step in steps] == ["done", "now", "waiting", "waiting", "waiting"]
    assert steps[0].said == "by jo@school.example"
    assert poll_seconds(facts, steps) == 3


def test_a_refused_one_says_why_and_ends() -> None:
    """Nothing more comes of it."""
    refused = DONE.model_copy(update={"state": "refused", "detail": "There is no snapshot."})
    facts = _facts(run=refused)
    steps = steps_of(facts)
    assert [step.state for step in steps] == ["done", "failed", "skipped", "skipped", "skipped"]
    assert "There is no snapshot." in steps[1].said
    assert is_finished(steps)
    assert poll_seconds(facts, steps) == 0


def test_while_only_the_relay_is_waited_for_the_page_looks_seldom() -> None:
    """What the relay read last is staged and applied already."""
    facts = _facts(run=DONE, heard=HEARD, newest=4, done=1, parts=1, one=IN_STEP)
    steps = steps_of(facts)
    assert {step.name: step.state for step in steps}[READ] == "asked"
    assert [step.state for step in steps if step.name != READ] == ["done"] * 4
    assert poll_seconds(facts, steps) == 20
    assert poll_seconds(facts._replace(now=AT + timedelta(hours=2)), steps) == 0
    assert not is_finished(steps)


def test_an_operoo_that_cannot_take_it_is_named() -> None:
    """So nobody wonders why the last step does not end."""
    stop = Stop(work="apply", at=AT.isoformat(), code="operoo-unavailable", reason="Operoo answered 503.")
    under_way = One("on-its-way", selected=True, explanation=Explanation(where="On its way", why="next"))
    one = steps_of(_facts(run=DONE, newest=4, done=1, parts=1, one=under_way, stop=stop))[-1]
    assert one.said == "On its way: next. Operoo cannot take it now, and it is tried again by itself: Operoo answered 503."
    everything = ResyncManifest(kind="resync")
    all_of_them = steps_of(_facts(everything, run=DONE, done=48, parts=48, selected=300, pending=40, stop=stop))[-1]
    assert (all_of_them.state, all_of_them.said[:25]) == ("now", "Operoo cannot take it now")


def test_a_relay_that_hears_nothing_is_not_waited_for() -> None:
    """Nor one that never was."""
    deaf = HEARD.model_copy(update={"minimum_relay_version": None})
    for heard in (deaf, None):
        assert _states(run=DONE, heard=heard, newest=4, done=1, parts=1, one=IN_STEP)[READ] == "skipped"


def test_a_reading_that_is_not_taken_in_yet_is_waited_for() -> None:
    """The relay's answer may be here before what it read."""
    answered = DONE.model_copy(update={"answered_at": AT.isoformat(), "stated_by": 5})
    states = _states(run=answered, heard=HEARD, newest=4, done=1, parts=1, one=IN_STEP)
    assert (states[READ], states["Staged"], states["Applied to Operoo"]) == ("done", "now", "waiting")
    assert set(_states(run=answered, heard=HEARD, newest=5, done=1, parts=1, one=IN_STEP).values()) == {"done"}


def test_one_that_cannot_be_applied_says_why() -> None:
    """With what to do, or that nobody selected it."""
    stuck = One("problem", selected=True, explanation=Explanation(where="Not in Operoo", why="no mail", remedy="Add one."))
    (step,) = (step for step in steps_of(_facts(run=DONE, newest=4, one=stuck)) if step.name == "Applied to Operoo")
    assert (step.state, step.said) == ("failed", "Not in Operoo: no mail. Add one.")
    left = One("not-selected", selected=False, explanation=Explanation(where="Not in Operoo", why="nobody selected"))
    assert _states(run=DONE, newest=4, one=left)["Applied to Operoo"] == "skipped"
    under_way = One("on-its-way", selected=True, explanation=Explanation(where="On its way", why="next"))
    assert _states(run=DONE, newest=4, one=under_way)["Applied to Operoo"] == "now"


def test_of_many_it_is_counted_how_many_are_done() -> None:
    """Parts that are staged, and records that are sent."""
    everything = ResyncManifest(kind="resync", step="apply")
    staged = steps_of(_facts(everything, run=DONE, done=12, parts=48, selected=300, pending=40))
    assert [(step.state, step.done, step.of) for step in staged[2:]] == [("now", 12, 48), ("waiting", 0, 0)]
    applied = steps_of(_facts(everything, run=DONE, done=48, parts=48, selected=300, pending=40))
    assert [(step.state, step.done, step.of) for step in applied[2:]] == [("done", 48, 48), ("now", 260, 300)]
    assert is_finished(steps_of(_facts(everything, run=DONE, done=48, parts=48, selected=300)))
