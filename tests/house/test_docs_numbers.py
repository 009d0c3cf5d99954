"""Numbers that stand in the code or the template, and in words on a page, are the same: whoever changes one sees the other."""

from datetime import timedelta

import pytest

from functions.console.access import visits
from functions.console.operations.waiting import REMEMBERED
from functions.operoo import spreadsheets
from functions.operoo.settings import OperooSettings
from functions.records.ledger import MOST_FAILURES, MOST_SENDINGS
from functions.records.staged import LARGEST_CONTENT
from functions.store.days import KEEP_DAYS
from functions.store.runs import KEEP_RUNS
from shared.messages import LARGEST_MESSAGE
from tests.house.cloudformation import resources, template
from tests.house.documents import text_of

_SPREADSHEET = "larger than 20 MB, unpacks to more than 50 MB, or has more than 50,000 rows or 300 columns"


def _told(page: str, words: str) -> bool:
    return words in " ".join(text_of(f"docs/{page}.md").split())


@pytest.mark.parametrize(
    ("is_now", "is_told", "page", "words"),
    [
        (visits.LASTS, timedelta(hours=10), "administrator", "You stay signed in for ten hours"),
        (visits.LASTS, timedelta(hours=10), "troubleshooting", "the session has ended: after ten hours"),
        (visits.ASK_AGAIN, timedelta(minutes=5), "administrator", "It holds within five minutes"),
        (REMEMBERED, timedelta(days=14), "administrator", "or for 14 days"),
        (OperooSettings().requests_per_second, 5, "administrator", "5 requests a second"),
        (OperooSettings().retries.create_again_after, 240, "operoo-assumptions", "4 minutes; until then"),
        ((MOST_FAILURES, MOST_SENDINGS), (3, 3), "two-way", "three times in all. After that, and after a third `failed`"),
        (
            (spreadsheets.MOST_BYTES, spreadsheets.MOST_UNPACKED, spreadsheets.MOST_ROWS, spreadsheets.MOST_COLUMNS),
            (20_000_000, 50_000_000, 50_000, 300),
            "troubleshooting",
            _SPREADSHEET,
        ),
        (spreadsheets.LONGEST_CELL, 32_767, "troubleshooting", "more than 32,767 characters"),
        (LARGEST_CONTENT, 380_000, "troubleshooting", "The record has more than 380 kB"),
        (LARGEST_MESSAGE, 240_000, "architecture", "larger than 240 kB"),
        (KEEP_RUNS, timedelta(days=400), "operations", "| Runs | Runs table | identifiers at most | 400 days |"),
        (KEEP_DAYS, timedelta(days=400), "operations", "failed on each day | Console table | no | 400 days |"),
    ],
)
def test_a_number_is_told_as_it_is(is_now: object, is_told: object, page: str, words: str) -> None:
    """What the code goes by is what the page says in words."""
    assert is_now == is_told
    assert _told(page, words)


def test_numbers_of_the_template_are_told_as_they_are() -> None:
    """Tries of a message, the first password, and when a hold opens."""
    queues = resources("AWS::SQS::Queue")
    tries = {name: queue["RedrivePolicy"]["maxReceiveCount"] for name, queue in queues.items() if "RedrivePolicy" in queue}
    assert (tries.pop("ReturnQueue"), set(tries.values())) == (1000, {5})
    assert _told("operations", "could not be handled in five tries (in the return queue: a thousand)")
    (pool,) = resources("AWS::Cognito::UserPool").values()
    password = pool["Policies"]["PasswordPolicy"]
    assert (password["TemporaryPasswordValidityDays"], password["MinimumLength"]) == (7, 12)
    assert _told("administrator", "a first password, which holds for seven days")
    assert _told("administrator", "at least 12 characters, with capital letters, small letters and digits")
    defaults = template()["Parameters"]
    assert (defaults["GuardCount"]["Default"], defaults["GuardShare"]["Default"]) == (5, 0.1)
    assert _told("administrator", "both more than 5, **and** more than 10 %")
