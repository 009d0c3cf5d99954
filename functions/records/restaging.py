"""The wishes to look again at staged records."""

from collections.abc import Sequence
from typing import TypedDict, Unpack

from shared.messages import Choice, Restage
from shared.owners import PARTITIONS, Kind, bucket_of

_IDS_PER_MESSAGE = 100


class RestageRequest(TypedDict, total=False):
    """What to look for; see `shared.messages.Restage`."""

    choice: Choice
    order: str
    forget_applied: bool
    forget_decisions: bool
    by: str


def whole_kind(kind: Kind, **wish: Unpack[RestageRequest]) -> list[Restage]:
    """Return the messages that look again at every record of a kind."""
    return [Restage(kind=kind, bucket=digit, **wish) for digit in PARTITIONS]


def listed(kind: Kind, ids: Sequence[str], **wish: Unpack[RestageRequest]) -> list[Restage]:
    """Return the messages that look again at some records of a kind."""
    return [
        Restage(kind=kind, bucket=bucket_of(ids[at], 1), only=tuple(ids[at : at + _IDS_PER_MESSAGE]), **wish)
        for at in range(0, len(ids), _IDS_PER_MESSAGE)
    ]
