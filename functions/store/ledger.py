"""The Ledger table: for each student what was asked of the relay and what it answered; and which words stand for which codes.

A student lies under `student#<id>`: the entry, and behind it a line for each receipt. The sparse index `worklist` holds the
entries that wait for something, and `uncoded` those with a word that waits for a code.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from functions.records.ledger import Entry, FieldSeen, Noted, WordCode, Work, is_uncoded, work_of
from functions.store.batch_reads import count_items, get_items, query_items
from functions.store.conflicts import ChangedMeanwhileError, translate_conflicts
from functions.store.items import expires_in, now
from shared.digests import digest
from shared.medical.codes import CodeKind, normal

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_ENTRY, _RECEIPT, _CODES, _WORD, _SAID = "entry", "receipt#", "codes", "word#", "said#"
_AT_ONCE = 100
_PULL = {"pk": "pull", "sk": "pull"}
_FIELDS = {"pk": "pull", "sk": "fields"}


class LedgerTable:
    """The ledger.

    Args:
        client: A DynamoDB client that takes and gives Python values (a resource's `meta.client`).
        table: Its name.
        keep_days: After so many days DynamoDB removes a line of a history; 0 keeps them.
    """

    def __init__(self, client: "DynamoDBClient", table: str, *, keep_days: int = 0) -> None:
        self._client = client
        self._table = table
        self._keep = timedelta(days=keep_days)

    def entry(self, student: str) -> Entry:
        """Return a student's entry, strongly consistent; an empty one if there is none."""
        key = {"pk": f"student#{student}", "sk": _ENTRY}
        item = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item")
        return Entry.model_validate(dict(item)) if item else Entry(student=student)

    def entries(self, students: Iterable[str]) -> dict[str, Entry]:
        """Return the entries of those who are in the ledger, strongly consistent."""
        keys = [{"pk": f"student#{one}", "sk": _ENTRY} for one in dict.fromkeys(students)]
        found = (Entry.model_validate(item) for item in get_items(self._client, self._table, keys))
        return {entry.student: entry for entry in found}

    def save(self, entry: Entry) -> Entry:
        """Write an entry and return it as it is stored.

        Raises:
            ChangedMeanwhileError: It was written since it was read.
        """
        stored = entry.but(revision=entry.revision + 1)
        item = stored.model_dump(mode="json") | {"pk": f"student#{entry.student}", "sk": _ENTRY}
        if (work := work_of(stored)) is not None:
            item["work"] = work
        if is_uncoded(stored):
            item["uncoded"] = "yes"
        condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(pk)"}
        if entry.revision:
            condition = {"ConditionExpression": "revision = :old", "ExpressionAttributeValues": {":old": entry.revision}}
        with translate_conflicts():
            self._client.put_item(TableName=self._table, Item=item, **condition)
        return stored

    def waiting(self, work: Work) -> Iterator[str]:
        """Yield the students on a worklist. Eventually consistent: read each entry again before acting on it."""
        return self._listed(**_on(work))

    def count_waiting(self, work: Work) -> int:
        """Return how many students are on a worklist. Eventually consistent; nobody of them is handed out."""
        return count_items(self._client, self._table, **_on(work))

    def uncoded(self) -> Iterator[str]:
        """Yield the students with a word that waits for a code, some at a time. Eventually consistent."""
        return self._listed(
            IndexName="uncoded",
            KeyConditionExpression="uncoded = :yes",
            ExpressionAttributeValues={":yes": "yes"},
            PaginationConfig={"PageSize": _AT_ONCE},
        )

    def _listed(self, **query: Any) -> Iterator[str]:  # noqa: ANN401 - as boto3 takes it
        return (str(item["student"]) for item in query_items(self._client, self._table, **query))

    def note(self, noted: Noted) -> None:
        """Put a receipt into a student's history; doing it again does the same."""
        item = noted.model_dump(mode="json") | {
            "pk": f"student#{noted.student}",
            "sk": f"{_RECEIPT}{noted.version:012d}#{noted.at}",
        }
        if self._keep:
            item["expires_at"] = expires_in(self._keep)
        self._client.put_item(TableName=self._table, Item=item)

    def history(self, student: str) -> list[Noted]:
        """Return a student's receipts, oldest first."""
        return [Noted.model_validate(item) for item in self._query(f"student#{student}", _RECEIPT)]

    def pulled_at(self) -> str:
        """Return when the schedule had all profiles read last; empty if it never had."""
        item = self._client.get_item(TableName=self._table, Key=_PULL, ConsistentRead=True).get("Item")
        return str(item["at"]) if item else ""

    def note_pull(self, at: datetime) -> None:
        """Note when the schedule had all profiles read."""
        self._client.put_item(TableName=self._table, Item={**_PULL, "at": at.isoformat()})

    def fields(self) -> dict[str, FieldSeen]:
        """Return the fields that Operoo had when all profiles were read last, by ours."""
        item = self._client.get_item(TableName=self._table, Key=_FIELDS, ConsistentRead=True).get("Item")
        return {path: FieldSeen.model_validate(one) for path, one in dict(item["fields"]).items()} if item else {}

    def note_fields(self, fields: Mapping[str, FieldSeen]) -> None:
        """Note the fields that Operoo had when all profiles were read."""
        seen = {path: one.model_dump() for path, one in fields.items()}
        self._client.put_item(TableName=self._table, Item={**_FIELDS, "fields": seen})

    def codes(self) -> dict[CodeKind, dict[str, str]]:
        """Return which of the school's codes an administrator let which words stand for, by kind."""
        found: dict[CodeKind, dict[str, str]] = {}
        for item in self._query(_CODES, _WORD):
            if item["code"]:
                found.setdefault(item["kind"], {})[item["word"]] = item["code"]
        return found

    def words(self) -> list[WordCode]:
        """Return the same word by word, with who said it and when."""
        return [WordCode.model_validate(item) for item in self._query(_CODES, _WORD) if item["code"]]

    def words_said(self) -> list[WordCode]:
        """Return all that was ever said of words, what was taken back too, oldest first."""
        return [WordCode.model_validate(item) for item in self._query(_CODES, _SAID)]

    def set_codes(self, codes: Mapping[CodeKind, Mapping[str, str]], *, order: str, by: str = "") -> None:
        """Let words stand for codes; a later wish about the same word prevails, whichever comes first. Each is kept."""
        for kind, words in codes.items():
            for word, code in words.items():
                # However it is written, it is one word; and it may be longer than a key.
                place = f"{kind}#{digest(normal(word))}"
                said = {"kind": kind, "word": word, "code": code, "order": order, "by": by, "at": now()}
                item = {"pk": _CODES, "sk": f"{_WORD}{place}", **said}
                self._client.put_item(TableName=self._table, Item={**item, "sk": f"{_SAID}{order}#{place}"})
                try:
                    with translate_conflicts():
                        self._client.put_item(
                            TableName=self._table,
                            Item=item,
                            ConditionExpression="attribute_not_exists(pk) OR #order <= :order",
                            ExpressionAttributeNames={"#order": "order"},
                            ExpressionAttributeValues={":order": order},
                        )
                except ChangedMeanwhileError:
                    continue

    def _query(self, pk: str, prefix: str) -> Iterator[dict[str, Any]]:
        return query_items(
            self._client,
            self._table,
            ConsistentRead=True,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :prefix)",
            ExpressionAttributeValues={":pk": pk, ":prefix": prefix},
        )


def _on(work: Work) -> dict[str, Any]:
    """Return the query of a worklist."""
    return {
        "IndexName": "worklist",
        "KeyConditionExpression": "#work = :work",
        "ExpressionAttributeNames": {"#work": "work"},
        "ExpressionAttributeValues": {":work": work},
    }
