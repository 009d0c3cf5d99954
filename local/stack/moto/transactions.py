"""Makes moto's DynamoDB as atomic as DynamoDB: one request at a time, and a transaction that fails takes back what it wrote.

moto copies a whole table for each write of a transaction, and on failure puts the copy in the table's place; whatever other
requests wrote meanwhile is lost with it. On the day moto does better, this room can go.
"""

import copy
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType, Item
from moto.dynamodb.models.table import Table
from moto.dynamodb.responses import DynamoHandler

Write = dict[str, Any]
_alone = threading.RLock()
_transact_as_moto_does = DynamoDBBackend.transact_write_items
_answer_as_moto_does = DynamoHandler.call_action


def teach() -> None:
    """Teach it to moto, in this process."""
    DynamoHandler.call_action = _answer  # type: ignore[method-assign]
    DynamoDBBackend.transact_write_items = _transact  # type: ignore[method-assign,assignment]


def _answer(handler: DynamoHandler) -> Any:  # noqa: ANN401 - whatever moto answers
    with _alone:
        return _answer_as_moto_does(handler)


def _transact(backend: DynamoDBBackend, writes: list[Write]) -> None:
    with ExitStack() as undo, _alone, _tables_are_not_copied():
        for write in writes:
            (operation,) = write.values()
            table = backend.tables.get(operation["TableName"])
            if table is not None:
                places = backend.get_keys_value(table, operation.get("Key") or operation["Item"])
                undo.callback(_put_back, table, places, copy.deepcopy(table.get_item(*places)))
        _transact_as_moto_does(backend, writes)
        undo.pop_all()


def _put_back(table: Table, places: tuple[DynamoType, DynamoType | None], before: Item | None) -> None:
    if before is None:
        table.delete_item(*places)
        return
    first, second = places
    if second is None:
        table.items[first] = before  # type: ignore[assignment]
    else:
        table.items[first][second] = before


@contextmanager
def _tables_are_not_copied() -> Iterator[None]:
    """Let a table stand for its own copy: moto then has nothing to put back, and we do."""
    Table.__deepcopy__ = lambda table, _: table  # type: ignore[attr-defined]
    try:
        yield
    finally:
        del Table.__deepcopy__  # type: ignore[attr-defined]
