"""Photos: what counts as one, which are read again, what is left out."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from relay.reading.photos import PhotoRow, PhotoRules, PhotoSender, sniff
from relay.state import SentPhoto
from shared.digests import sha256

NOW = datetime(2026, 3, 2, tzinfo=UTC)
JPEG = b"\xff\xd8\xff\xe0 a photo"


class Memory:
    """Remembers in a dictionary."""

    def __init__(self) -> None:
        self.photos: dict[int, SentPhoto] = {}

    def photo(self, person: int) -> SentPhoto | None:
        """Return what was remembered."""
        return self.photos.get(person)

    def remember_photo(self, photo: SentPhoto) -> None:
        """Remember."""
        self.photos[photo.person] = photo


def row(person: int = 1, *, size: int = len(JPEG), modified: str = "2026-01-01T00:00:00") -> PhotoRow:
    """Return a photo's metadata."""
    return PhotoRow(person, modified, size)


def send(
    memory: Memory, rows: list[PhotoRow], content: bytes | None = JPEG, **rules: object
) -> tuple[list[int], list[str], list[tuple[int, str]], Counter[str]]:
    """Send photos whose bytes are all `content`; return what was read, put, kept and left out."""
    settings = {
        "max_bytes": 1000,
        "again_after": timedelta(days=180),
        "again": lambda _: False,
        "again_since": NOW,
        "now": NOW,
        **rules,
    }
    read, put, kept = [], [], []

    def read_one(one: PhotoRow) -> bytes | None:
        read.append(one.person)
        return content

    sender = PhotoSender(memory, PhotoRules(**settings), read=read_one, put=lambda digest, *_: put.append(digest), threads=2)
    result = sender.send(rows, lambda one, photo: kept.append((one.person, photo.digest)))
    return read, put, kept, result.left_out


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (JPEG, "jpeg"),
        (b"\x89PNG\r\n\x1a\nrest", "png"),
        (b"GIF89arest", "gif"),
        (b"GIF87arest", "gif"),
        (b"BM bitmap", None),
        (b"", None),
        (b"\xff\xd8", None),
    ],
)
def test_the_first_bytes_say_what_it_is(content: bytes, kind: str | None) -> None:
    """Only JPEG, PNG and GIF are photos, whatever the database calls them."""
    assert sniff(content) == kind


def test_an_unchanged_photo_is_not_read_again() -> None:
    """The second run reads and puts nothing, and states the same."""
    memory = Memory()
    first = send(memory, [row(1), row(2)])
    second = send(memory, [row(1), row(2)])
    assert first[0] == [1, 2]
    assert second[0] == second[1] == []
    assert sorted(second[2]) == sorted(first[2]) == [(1, sha256(JPEG)), (2, sha256(JPEG))]


@pytest.mark.parametrize("changed", [{"modified": "2026-02-01T00:00:00"}, {"size": 99}])
def test_a_changed_photo_is_read_and_put(changed: dict[str, object]) -> None:
    """A new date or another size is enough."""
    memory = Memory()
    send(memory, [row(1), row(2)])
    assert send(memory, [row(1, **changed), row(2)])[0] == [1]


def test_an_old_photo_is_put_again_before_the_cloud_forgets_it() -> None:
    """What was put long ago is put anew although it did not change."""
    memory = Memory()
    send(memory, [row(1)], now=NOW - timedelta(days=181))
    assert send(memory, [row(1)])[1] == [sha256(JPEG)]


def test_one_that_is_asked_for_is_sent_again_once() -> None:
    """What went out since it was asked for did so for that; a wrong clock's future is no such time."""
    memory = Memory()
    for now, put in [(0, 1), (1, 1), (2, 0), (-1, 1), (0, 0)]:
        again = {"again": lambda _: True, "again_since": NOW + timedelta(days=1 if now > 0 else -9)}
        assert len(send(memory, [row(1)], now=NOW + timedelta(days=now), **again)[1]) == put


def test_a_photo_that_was_put_far_in_the_future_is_put_again() -> None:
    """A clock that was wrong then is not to keep it from being put before the cloud forgets it."""
    memory = Memory()
    send(memory, [row(1)], now=NOW + timedelta(days=181))
    assert send(memory, [row(1)])[1] == [sha256(JPEG)]


def test_what_is_no_photo_is_counted_and_read_only_once() -> None:
    """Unknown bytes are left out with a reason, and not read at every run."""
    memory = Memory()
    first = send(memory, [row(1)], content=b"BM bitmap")
    second = send(memory, [row(1)], content=b"BM bitmap")
    assert first[1] == first[2] == second[0] == second[2] == []
    assert first[3] == second[3] == {"unknown-type": 1}


def test_empty_large_and_vanished_photos_are_counted() -> None:
    """Each reason is counted, and nothing of them is put."""
    memory = Memory()
    assert send(memory, [row(1, size=0), row(2, size=1001)])[3] == {"empty": 1, "too-large": 1}
    assert send(memory, [row(3)], content=None)[3] == {"gone": 1}
    assert memory.photos == {}


@pytest.mark.timeout(120)
def test_more_photos_than_threads_all_find_room() -> None:
    """Each that is put makes room for another, so that the run never waits for ever."""
    people = list(range(1, 10))
    _, put, kept, _ = send(Memory(), [row(person) for person in people])
    assert len(put) == len(people)
    assert [person for person, _ in kept] == people


def test_a_failed_put_ends_the_run_and_is_not_remembered() -> None:
    """A photo that did not arrive is sent again at the next run."""
    memory = Memory()
    rules = PhotoRules(max_bytes=1000, again_after=timedelta(days=1), again=lambda _: False, again_since=NOW, now=NOW)

    def fail(*_: object) -> None:
        raise ConnectionError

    sender = PhotoSender(memory, rules, read=lambda _: JPEG, put=fail, threads=2)
    with pytest.raises(ConnectionError):
        sender.send([row(1)], lambda *_: None)
    assert memory.photos == {}
