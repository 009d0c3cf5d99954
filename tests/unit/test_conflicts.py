"""DynamoDB's ways of saying no to a write, of which only some say that somebody else was faster."""

from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from functions.records.runs import Head
from functions.records.staged import Change, StagedRecord
from functions.store.conflicts import ChangedMeanwhileError, TransactionsMetError, translate_conflicts
from functions.store.records import RecordsTable
from functions.store.snapshot_line import SnapshotLine


def refusal(code: str, *reasons: str) -> ClientError:
    """Return a refusal of DynamoDB's."""
    response: Any = {"Error": {"Code": code}, "CancellationReasons": [{"Code": reason} for reason in reasons]}
    return ClientError(response, "a write")


def line_where(error: ClientError) -> SnapshotLine:
    """Return a table that refuses every put in this way."""

    def put_item(**_: object) -> None:
        raise error

    client: Any = SimpleNamespace(put_item=put_item)
    return SnapshotLine(client, "runs")


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (refusal("ConditionalCheckFailedException"), ChangedMeanwhileError),
        (refusal("TransactionConflictException"), TransactionsMetError),
        (refusal("TransactionCanceledException", "None", "ConditionalCheckFailed"), ChangedMeanwhileError),
        (refusal("TransactionCanceledException", "TransactionConflict", "ThrottlingError"), ChangedMeanwhileError),
        (refusal("TransactionCanceledException", "None", "ValidationError"), ClientError),
        (refusal("TransactionCanceledException", "ThrottlingError"), ClientError),
        (refusal("ProvisionedThroughputExceededException"), ClientError),
    ],
)
def test_not_every_refusal_is_somebody_elses_write(error: ClientError, told: type[Exception]) -> None:
    """What is too large for DynamoDB stays so, however often it is read again."""
    with pytest.raises(told), translate_conflicts():
        raise error


def test_a_snapshot_is_not_overtaken_because_two_writes_met() -> None:
    """An older one's buckets were being claimed at that moment: nothing would ever have staged the newer one."""
    head = Head(sequence=2, run="2", manifest_key="", manifest_digest="", digits=1)
    assert line_where(refusal("ConditionalCheckFailedException")).advance(head) is False
    with pytest.raises(TransactionsMetError):
        line_where(refusal("TransactionConflictException")).advance(head)


@pytest.mark.parametrize("refusals", [0, 3, 4])
def test_a_transaction_that_is_too_much_just_now_is_tried_again(monkeypatch: pytest.MonkeyPatch, refusals: int) -> None:
    """A first load writes much at once, and botocore leaves such a transaction to us; after a few seconds SQS has it again."""
    answers = [refusal("TransactionCanceledException", "None", "ThrottlingError")] * refusals
    paused: list[float] = []

    def transact_write_items(**_: object) -> None:
        if answers:
            raise answers.pop()

    monkeypatch.setattr("functions.store.records.time.sleep", paused.append)
    client: Any = SimpleNamespace(transact_write_items=transact_write_items)
    record = StagedRecord(kind="student", id="1")
    with nullcontext() if refusals < 4 else pytest.raises(ClientError):
        RecordsTable(client, "records").save_guarded([Change(record)], guard={})
    assert len(paused) == min(refusals, 3)


def test_a_transaction_is_never_larger_than_dynamodb_takes() -> None:
    """A bucket may hold groups with tens of thousands of members; moto takes them all at once, AWS takes 4 MB."""
    sizes: list[int] = []

    def transact_write_items(**request: object) -> None:
        sizes.append(len(str(request).encode()))

    client: Any = SimpleNamespace(transact_write_items=transact_write_items)
    large = [Change(StagedRecord(kind="group", id=str(number), content="ü" * 190_000)) for number in range(25)]
    RecordsTable(client, "records").save_guarded(large, guard={})
    assert len(sizes) == 3
    assert max(sizes) < 4_000_000
