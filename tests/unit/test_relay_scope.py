"""What a request of the cloud asks to be sent again."""

from relay.reading.scope import EVERYTHING, NOTHING, Scope
from shared.manifests import ROW_SETS
from shared.messages import FullRead
from shared.owners import bucket_of


def test_without_names_it_is_everything() -> None:
    """And one such request is enough."""
    assert Scope.of([FullRead(request="r")]) == EVERYTHING
    assert Scope.of([FullRead(request="r", row_sets=("staff",)), FullRead(request="s")]) == EVERYTHING
    assert Scope.of([FullRead(request="r"), FullRead(request="s", owners=("1",))]) == EVERYTHING
    assert all(EVERYTHING.holds(name, "f") and EVERYTHING.holds_owner(name, "1") for name in ROW_SETS)


def test_without_a_request_it_is_nothing() -> None:
    """Nothing is sent again."""
    assert Scope.of([]) == NOTHING
    assert not NOTHING
    assert not NOTHING.holds("staff", "f")


def test_listed_owners_are_the_buckets_that_hold_them() -> None:
    """Under each split there is, in the row sets that are named, and nothing else."""
    scope = Scope.of([FullRead(request="r", row_sets=("students", "photos"), owners=("10234",))])
    assert scope
    for digits in (1, 2, 3):
        bucket = bucket_of("10234", digits)
        other = f"{(int(bucket, 16) + 1) % 16**digits:0{digits}x}"
        assert [scope.holds(name, bucket) for name in ("students", "photos", "contacts")] == [True, True, False]
        assert not scope.holds("students", other)
    assert scope.holds_owner("photos", "10234")
    assert not scope.holds_owner("photos", "10235")
    assert not scope.holds_owner("contacts", "10234")


def test_requests_add_up() -> None:
    """A row set that one wants whole is whole, whoever another lists."""
    scope = Scope.of(
        [
            FullRead(request="r", row_sets=("staff",)),
            FullRead(request="s", row_sets=("staff", "students"), owners=("1",)),
            FullRead(request="t", owners=("2",)),
        ]
    )
    assert scope.holds("staff", "0")
    assert scope.holds("students", bucket_of("1", 2))
    assert scope.holds("teachers", bucket_of("2", 2))
    assert not scope.holds("teachers", bucket_of("1", 2))
