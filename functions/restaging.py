"""The wishes to look again at staged records."""

from collections.abc import Sequence

from shared.messages import Choice, Restage
from shared.owners import Kind, owner_hash

_IDS_PER_MESSAGE = 100


def whole_kind(kind: Kind, *, choice: Choice | None = None, forget_applied: bool = False) -> list[Restage]:
    """Return the messages that look again at every record of a kind."""
    return [Restage(kind=kind, bucket=digit, choice=choice, forget_applied=forget_applied) for digit in "0123456789abcdef"]


def listed(kind: Kind, ids: Sequence[str], *, choice: Choice | None = None, forget_applied: bool = False) -> list[Restage]:
    """Return the messages that look again at some records of a kind."""
    return [
        Restage(
            kind=kind,
            bucket=owner_hash(ids[at])[0],
            only=tuple(ids[at : at + _IDS_PER_MESSAGE]),
            choice=choice,
            forget_applied=forget_applied,
        )
        for at in range(0, len(ids), _IDS_PER_MESSAGE)
    ]
