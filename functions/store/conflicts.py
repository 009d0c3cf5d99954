"""What happens when two write the same: DynamoDB's ways of saying it become one error, and the work begins anew.

Every write that depends on what was read is conditional. Whoever comes second reads again; nobody waits for a lock.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from botocore.exceptions import ClientError

from shared.errors import TransientError

_TRIES = 5
_REASONS = frozenset({"ConditionalCheckFailed", "TransactionConflict"})


class ChangedMeanwhileError(TransientError):
    """Somebody else wrote the same record or bucket between our read and our write: read again."""

    code = "changed-meanwhile"


class TransactionsMetError(ChangedMeanwhileError):
    """What was to be written is in somebody else's transaction just now: whether the write's condition holds is not known."""


def retry_on_conflict(work: Callable[[], None]) -> None:
    """Do work that begins with reading, anew if somebody else wrote meanwhile.

    Raises:
        ChangedMeanwhileError: Others kept writing the same; whoever handed the work out does so again later.
    """
    for _ in range(_TRIES - 1):
        with suppress(ChangedMeanwhileError):
            work()
            return
    work()


@contextmanager
def translate_conflicts() -> Iterator[None]:
    """Turn DynamoDB's ways of saying that somebody else was faster into one error.

    Raises:
        ChangedMeanwhileError: A condition did not hold, or two transactions met.
    """
    try:
        yield
    except ClientError as error:
        code, what = error.response["Error"]["Code"], "A record or bucket was written by somebody else meanwhile."
        if code == "TransactionConflictException":
            raise TransactionsMetError(what) from error
        # A transaction is cancelled for other reasons, too: because DynamoDB is out of breath, or an item is too large.
        if code != "ConditionalCheckFailedException" and _REASONS.isdisjoint(reasons_of(error)):
            raise
        raise ChangedMeanwhileError(what) from error


def reasons_of(error: ClientError) -> list[str]:
    """Return why DynamoDB cancelled a transaction; nothing of any other error."""
    response: Any = error.response
    return sorted({reason["Code"] for reason in response.get("CancellationReasons", ())} - {"None"})
