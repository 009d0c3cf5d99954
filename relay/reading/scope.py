"""What is sent again although the cloud has it: everything, whole row sets, or the parts that hold somebody."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from shared.manifests import ROW_SETS, RowSetName
from shared.messages import FullRead
from shared.owners import MAX_DIGITS, MIN_DIGITS, owner_hash


@dataclass(frozen=True)
class Scope:
    """What is sent again.

    Attributes:
        row_sets: These as a whole.
        owners: Of a row set, what is this owner's.
        asked: Names the requests that asked for it, for whoever goes on with what was begun for them; nothing if none did.
        buckets: The buckets which that is in, under any split.
    """

    row_sets: frozenset[RowSetName] = frozenset()
    owners: frozenset[tuple[RowSetName, str]] = frozenset()
    asked: str = field(default="", compare=False)
    buckets: frozenset[tuple[RowSetName, str]] = field(init=False)

    def __post_init__(self) -> None:
        """Find the buckets once; they are asked for with every chunk."""
        splits = range(MIN_DIGITS, MAX_DIGITS + 1)
        found = {(name, owner_hash(owner)[:digits]) for name, owner in self.owners for digits in splits}
        object.__setattr__(self, "buckets", frozenset(found))

    @classmethod
    def of(cls, requests: Iterable[FullRead]) -> "Scope":
        """Return what these requests ask for together."""
        whole: set[RowSetName] = set()
        owners: set[tuple[RowSetName, str]] = set()
        names: list[str] = []
        for request in requests:
            names.append(request.request)
            row_sets = request.row_sets or ROW_SETS
            if request.owners:
                owners |= {(name, owner) for name in row_sets for owner in request.owners}
            else:
                whole |= set(row_sets)
        return cls(frozenset(whole), frozenset(one for one in owners if one[0] not in whole), " ".join(sorted(names)))

    def __bool__(self) -> bool:
        """Tell whether anything is sent again."""
        return bool(self.row_sets or self.owners)

    def holds(self, row_set: RowSetName, bucket: str) -> bool:
        """Tell whether a bucket of a row set is sent again."""
        return row_set in self.row_sets or (row_set, bucket) in self.buckets

    def holds_owner(self, row_set: RowSetName, owner: str) -> bool:
        """Tell whether what is an owner's in a row set is sent again."""
        return row_set in self.row_sets or (row_set, owner) in self.owners


NOTHING, EVERYTHING = Scope(), Scope(frozenset(ROW_SETS))
