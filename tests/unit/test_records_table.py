"""The Records table's own manners, with a client that answers by the script."""

from typing import Any

import pytest

from functions.records.staged import StagedRecord
from functions.store import batch_reads
from functions.store.records import RecordsTable


class OutOfBreath:
    """A client that serves one key of each request, as DynamoDB may when it is short of throughput."""

    def batch_get_item(self, **asked: Any) -> dict[str, Any]:
        """Answer the first key and leave the others."""
        first, *others = asked["RequestItems"]["t"]["Keys"]
        record = StagedRecord(kind="student", id=first["sk"].partition("#")[2])
        left = {"t": {"Keys": others}} if others else {}
        return {"Responses": {"t": [record.model_dump(mode="json")]}, "UnprocessedKeys": left}


def test_what_dynamodb_left_is_asked_for_again_but_not_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """All are found in the end, with pauses that grow up to a limit."""
    slept: list[float] = []
    monkeypatch.setattr(batch_reads.time, "sleep", slept.append)
    wanted = [str(number) for number in range(9)]
    assert set(RecordsTable(OutOfBreath(), "t").get_many("student", wanted)) == set(wanted)  # type: ignore[arg-type]
    assert slept == [0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 2, 2]
