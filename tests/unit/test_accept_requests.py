"""A request whose function dies half-way is taken up again: it is carried out, and answered as if nothing had happened."""

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

import pytest

from functions.accept_manifests import accepting, requests
from functions.records.runs import Hold, Run
from shared.keys import REQUESTS
from shared.manifests import Rule

KEY = f"{REQUESTS}wish.json"
HELD = ("1", "2", "3")
RULE = {"kind": "student", "year_level": "7"}


class DiedError(Exception):
    """The process dies here."""


class Runs:
    """What is known of runs, holds and rules, in memory."""

    def __init__(self) -> None:
        self.stored: dict[str, Run] = {}
        self.of_rules = {requests._rule_id(rule): rule for rule in (Rule.model_validate(RULE),)}
        self.held = Hold(hold="hold-2-student", kind="student", run="2", records=HELD, linked=3, at="")

    def run(self, run: str) -> Run | None:
        """Return a run."""
        return self.stored.get(run)

    def begin_run(self, run: Run) -> bool:
        """Store a run that is not there."""
        return self.stored.setdefault(run.run, run) is run

    def await_parts(self, run: str, parts: Iterable[str]) -> None:
        """Note of which parts a request consists."""
        self.stored[run] = self.stored[run].model_copy(update={"waiting": frozenset(parts)})

    def finish_run(self, run: str, **how: Any) -> None:
        """Note how a run ended."""
        self.stored[run] = self.stored[run].model_copy(update=how)

    def refuse_run(self, refused: Run) -> None:
        """Note that a run was refused."""
        self.stored[refused.run] = refused

    def get(self, hold: str) -> Hold | None:
        """Return the hold, if it is that."""
        return self.held if self.held.hold == hold else None

    def all(self) -> dict[str, Rule]:
        """Return the rules."""
        return dict(self.of_rules)

    def put(self, rules: Mapping[str, Rule], *, order: str, by: str) -> None:
        """Add rules."""
        self.of_rules |= rules

    def drop(self, keys: Iterable[str], *, order: str) -> None:
        """Remove rules."""
        for key in keys:
            del self.of_rules[key]


class Stack:
    """The parts that a request touches. The process dies once, when messages are to be sent or the run to be finished."""

    def __init__(self, dies_at: str) -> None:
        self.runs = Runs()
        self.dies_at = dies_at
        self.wish: dict[str, Any] = {}
        self.answers: list[dict[str, Any]] = []
        self.sent: list[Any] = []

    def take_in(self, wish: dict[str, Any]) -> dict[str, Any]:
        """Take a request in, again if the process dies, and return the answer."""
        self.wish = wish
        while not self.answers:
            with suppress(DiedError):
                accepting.accept(KEY, upload="1")
        return self.answers.pop()

    def comes_to(self, point: str) -> None:
        """Die here, once."""
        if self.dies_at == point:
            self.dies_at = ""
            raise DiedError

    def read(self, _key: str, **_: object) -> bytes:
        """Return the manifest."""
        return json.dumps(self.wish).encode()

    def get_many(self, _kind: str, _ids: Iterable[str]) -> dict[str, object]:
        """Return that no record is known."""
        return {}

    def put_answer(self, _key: str, answer: dict[str, Any]) -> None:
        """Keep an answer, without its time."""
        self.answers.append({name: value for name, value in answer.items() if name != "at"})

    def send(self, messages: Iterable[Any]) -> None:
        """Take messages; what is decided about a hold is done at once."""
        self.comes_to("sending")
        for message in messages:
            self.sent.append(message)
            if message.type == "decide":
                held = self.runs.held
                left = tuple(one for one in held.records if message.only and one not in message.only)
                state = "open" if left else message.decision
                self.runs.held = held.model_copy(update={"records": left or held.records, "state": state})


@pytest.fixture(params=["", "sending", "finishing"])
def stack(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Stack:
    """A stack with one hold and one rule, where nothing dies, or something does."""
    made = Stack(request.param)
    finish = made.runs.finish_run

    def finish_run(run: str, **how: Any) -> None:
        made.comes_to("finishing")
        finish(run, **how)

    monkeypatch.setattr(made.runs, "finish_run", finish_run)
    for module in (accepting, requests):
        monkeypatch.setattr(module, "runs_table", lambda: made.runs)
    monkeypatch.setattr(requests, "holds", lambda: made.runs)
    monkeypatch.setattr(requests, "selection_rules", lambda: made.runs)
    monkeypatch.setattr(accepting, "exchange", lambda: made)
    monkeypatch.setattr(requests, "plan_queue", lambda: made)
    monkeypatch.setattr(requests, "stage_queue", lambda: made)
    monkeypatch.setattr(requests, "records_table", lambda: made)
    return made


@pytest.mark.parametrize(
    ("wish", "detail"),
    [
        ({"kind": "approve", "hold": "hold-2-student", "only": ["1"]}, "approved: 1 of 3 students"),
        ({"kind": "discard", "hold": " hold-2-student ", "only": ["1", "2", " 1 "]}, "discarded: 2 of 3 students"),
        ({"kind": "approve", "hold": "hold-2-student"}, "approved: 3 students"),
        ({"kind": "selection", "deselect": {"rules": [RULE]}}, "1 rule removed"),
        ({"kind": "selection", "deselect": {"all": ["student"]}}, "1 rule removed, all students deselected"),
    ],
)
def test_a_request_is_answered_as_if_nothing_had_died(stack: Stack, wish: dict[str, Any], detail: str) -> None:
    """What the first try has done already is no reason to refuse the second, and all messages are sent."""
    assert stack.take_in(wish) == {"manifest": KEY, "outcome": "accepted", "detail": detail}
    assert stack.sent
    assert [run.state for run in stack.runs.stored.values()] == ["done"]
    before = list(stack.sent)
    assert stack.take_in(wish)["detail"] == detail
    assert stack.sent == before


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ({"kind": "approve", "hold": "hold-2-student", "only": ["9"]}, "hold-unknown"),
        ({"kind": "approve", "hold": "hold-2-student", "only": []}, "manifest-invalid"),
        ({"kind": "resync", "row_set": "staff", "students": ["1"]}, "manifest-invalid"),
    ],
)
def test_what_is_refused_is_refused_whatever_dies(stack: Stack, wish: dict[str, Any], code: str) -> None:
    """And nothing of it is done: an empty list is not everybody, and a part that holds none of the listed is a slip."""
    answer = stack.take_in(wish)
    assert (answer["outcome"], answer["code"]) == ("refused", code)
    assert not stack.sent
    assert [run.state for run in stack.runs.stored.values()] == ["refused"]
