"""One record, as an address names it: how it stands, and since when."""

from typing import Annotated

from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.openapi.params import Path

from functions.console.people.descriptions import rule_in_words
from functions.console.web.addresses import from_segment
from functions.records.staged import Event, StagedRecord
from functions.runtime.wiring import records_table
from shared.manifests import Rule
from shared.owners import Kind

# Each of the 800 bytes of the longest identifier may be escaped.
Segment = Annotated[str, Path(max_length=2_400)]
CAME = frozenset({"created", "linked", "linked again"})
SENT = CAME | {"updated", "in step", "photo sent", "photo refused"}


def found(kind: Kind, record_id: str) -> StagedRecord:
    """Return the record that an address names.

    Raises:
        NotFoundError: There is none.
    """
    staged = records_table().get(kind, from_segment(record_id))
    if staged is None:
        raise NotFoundError
    return staged


def when(events: list[Event], of: frozenset[str]) -> str:
    """Return when the newest of some kinds of events was, or nothing."""
    return next((event.at for event in reversed(events) if event.event in of), "")


def chosen(staged: StagedRecord, rules: dict[str, Rule]) -> str:
    """Return why a record is selected; nothing if it is not."""
    if not staged.selected:
        return ""
    return "by name" if staged.choice else f"by the rule: {rule_in_words(rules.get(staged.by_rule))}"
