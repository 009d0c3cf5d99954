"""Words without a code: what a page of them asks of DynamoDB follows how many students have one, not how many wait."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest

from functions.records.ledger import Entry
from functions.runtime.wiring import ledger_table
from tests.console.site import Site

WAITING, UNCODED = 230, 70


@contextmanager
def _counted() -> Iterator[Counter[str]]:
    """Count the requests about the ledger, and the items that are asked for or handed out."""
    events = ledger_table()._client.meta.events
    asked: Counter[str] = Counter()

    def before(model: Any, params: Mapping[str, Any], **_: object) -> None:
        asked[model.name] += b"ledger" in params["body"]
        asked["keys"] += len(re.findall(rb'"sk": \{"S": "entry"\}', params["body"]))

    def after(parsed: Mapping[str, Any], **_: object) -> None:
        asked["found"] += len([one for one in parsed.get("Items", ()) if "student" in one])

    events.register("before-call.dynamodb", before)
    events.register("after-call.dynamodb", after)
    try:
        yield asked
    finally:
        events.unregister("before-call.dynamodb", before)
        events.unregister("after-call.dynamodb", after)


@pytest.fixture
def nurse_waits(site: Site) -> Any:
    """Return a nurse at a school where medical entries wait for all sorts of things, and no word for a code."""
    for number in range(1, WAITING + 1):
        state = "review" if number % 2 else "idle"
        ledger_table().save(Entry(student=str(number), request=f"r{number}", state=state, parked={"value-unreadable": 1}))
    return site.visitor("medical")


def test_who_waits_for_something_else_is_not_read(nurse_waits: Any) -> None:
    """Whoever waits: the index is asked once, and nobody is found or read."""
    with _counted() as asked:
        assert nurse_waits.ask("/medical/codes")["total"] == 0
    assert (asked["BatchGetItem"], asked["keys"], asked["found"]) == (0, 0, 0)


def test_of_whom_a_word_waits_no_more_are_read_than_are_looked_into(nurse_waits: Any) -> None:
    """Sixty, and how many there are is known; whoever has their code is found no more."""
    for number in range(1, UNCODED + 1):
        entry = ledger_table().entry(str(number))
        ledger_table().save(entry.but(parked={"code-unmatched": 1, "value-unreadable": 2}))
    with _counted() as asked:
        page = nurse_waits.ask("/medical/codes")
    assert (page["total"], page["pages"]) == (UNCODED, 2)
    assert (asked["BatchGetItem"], asked["keys"], asked["found"]) == (1, 60, UNCODED)
    with _counted() as asked:
        nurse_waits.get("/medical/codes?page=2")
    assert (asked["BatchGetItem"], asked["keys"], asked["found"]) == (1, UNCODED - 60, UNCODED)
    for number in range(1, UNCODED):
        ledger_table().save(ledger_table().entry(str(number)).but(parked={}))
    with _counted() as asked:
        assert nurse_waits.ask("/medical/codes?page=2")["pages"] == 1
    assert (asked["BatchGetItem"], asked["keys"], asked["found"]) == (1, 1, 1)
