"""The Lambda function that follows the staging area's stream and keeps the console's lists.

The stream says who was written, the table says what they are now: how often and in which order that is told is all the same.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel, Field

from functions.records.projection import line_of
from functions.records.staged import StagedRecord
from functions.runtime.observability import count, observed
from functions.runtime.wiring import given_settings, lists, memberships, records_table
from functions.store.conflicts import retry_on_conflict
from functions.store.memberships import People, people_of
from shared.owners import KINDS, PARTITIONS, Kind
from shared.records import Group

_KINDS: dict[str, Kind] = {kind: kind for kind in KINDS}


class _Text(BaseModel):
    text: str = Field(alias="S")


class _Keys(BaseModel):
    pk: _Text
    sk: _Text


class _Written(BaseModel):
    keys: _Keys = Field(alias="Keys")


class _Change(BaseModel):
    dynamodb: _Written


class StreamEvent(BaseModel):
    """What DynamoDB's stream sends: the keys of the items that were written, oldest first."""

    records: list[_Change] = Field(alias="Records")


@observed
def lambda_handler(event: dict[str, Any], _context: LambdaContext) -> None:
    """Bring the lists up to what the stream tells; or make all of them anew, if the event is `{"rebuild": true}`.

    Raises:
        ChangedMeanwhileError: Others kept writing the same part; Lambda sends the same batch again.
    """
    if event.get("rebuild") is True:
        for kind in KINDS:
            for digit in PARTITIONS:
                retry_on_conflict(partial(rebuild, kind, digit))
        return
    for (kind, digit), ids in _by_part(StreamEvent.model_validate(event).records).items():
        retry_on_conflict(partial(renew, kind, digit, ids))


def renew(kind: Kind, digit: str, ids: Iterable[str]) -> None:
    """Renew the lines of some records of a part; of a part that is missing, or of an older format, all lines."""
    part = lists().part(kind, digit)
    if not part.revision:
        rebuild(kind, digit)
        return
    found = records_table().get_many(kind, ids).values()
    now = {record.id: line_of(record) for record in found}
    if kind == "group":
        renew_people(digit, ids, found)
    lines = {one: line for one, line in part.lines.items() if one not in set(ids)} | now
    if lines != part.lines:
        lists().put(kind, digit, lines.values(), instead_of=part, day=_today())
        count("LinesRenewed", len(now))


def rebuild(kind: Kind, digit: str) -> None:
    """Rebuild a part from all its records."""
    part = lists().part(kind, digit)
    records = records_table().bucket(kind, digit)
    lines = [line_of(record) for record in records]
    if kind == "group":
        memberships().put(digit, _people(records), revision=memberships().part(digit).revision)
    lists().put(kind, digit, lines, instead_of=part, day=_today())


def renew_people(digit: str, ids: Iterable[str], found: Iterable[StagedRecord]) -> None:
    """Renew who is in some groups; of a part that is missing, in all groups."""
    part = memberships().part(digit)
    if not part.revision:
        memberships().put(digit, _people(records_table().bucket("group", digit)), revision=0)
        return
    people = {one: within for one, within in part.people.items() if one not in set(ids)} | _people(found)
    if people != part.people:
        memberships().put(digit, people, revision=part.revision)


def _people(records: Iterable[StagedRecord]) -> People:
    groups = (record.record() for record in records if record.content and record.present)
    return people_of(group for group in groups if isinstance(group, Group))


def _today() -> date:
    """Return the day it is at the school."""
    return datetime.now(ZoneInfo(given_settings().time_zone)).date()


def _by_part(changes: Iterable[_Change]) -> dict[tuple[Kind, str], list[str]]:
    """Return the ids of the records among the items, by the part of the list they are in."""
    parts: dict[tuple[Kind, str], list[str]] = defaultdict(list)
    for change in changes:
        name, _, digit = change.dynamodb.keys.pk.text.partition("#")
        record_id = change.dynamodb.keys.sk.text.partition("#")[2]
        if name in _KINDS and record_id not in parts[_KINDS[name], digit]:
            parts[_KINDS[name], digit].append(record_id)
    return parts
