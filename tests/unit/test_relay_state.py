"""The relay's memory: it remembers, and whatever becomes of its file, it starts afresh."""

import errno
import fcntl
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from relay.cloud.exchange import Stored
from relay.lock import only_run, only_watch
from relay.state import SentPhoto, State
from relay.writeback.journal import Journal
from shared.errors import TransientError
from shared.heartbeats import Heartbeat
from shared.manifests import Period, SnapshotManifest
from shared.receipts import ReadReceipt

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
PHOTO = SentPhoto(7, "2026-01-01T00:00:00", 10, "a" * 64, "jpeg", NOW)
MANIFEST = SnapshotManifest(
    kind="snapshot",
    sequence=3,
    relay_version="1",
    synergetic_version="68",
    schema_fingerprint="0" * 64,
    period=Period(year=2026, semester=1),
    read_started_at=NOW,
    read_ended_at=NOW,
    digits=1,
    row_sets={},
)

RECEIPT = ReadReceipt(request="r1", relay="x", relay_version="1", at=NOW, sequence=3, rows={"staff": 6}, photos=0)


def full(folder: Path) -> State:
    """Return a state that remembers one of each."""
    state = State(folder)
    state.remember_photo(PHOTO)
    state.remember_manifest(Stored("k", '"e"', MANIFEST))
    state.remember_full(NOW)
    state.remember_receipt(RECEIPT)
    state.remember_minimum_version("0.2")
    state.remember_heartbeat(Heartbeat(relay="x", relay_version="1", started_at=NOW, at=NOW, ok=True))
    state.close()
    return state


def test_it_remembers_over_restarts(tmp_path: Path) -> None:
    """Another process finds what was told."""
    full(tmp_path / "s")
    state = State(tmp_path / "s")
    assert state.photo(7) == PHOTO
    assert state.last_manifest() == Stored("k", '"e"', MANIFEST)
    assert state.full_at() == NOW
    assert state.receipt("r1") == RECEIPT
    assert state.receipt("r2") is None
    assert state.minimum_version() == "0.2"
    beat = state.heartbeat()
    assert beat is not None
    assert beat.ok
    state.close()


@pytest.mark.parametrize("damage", [b"", b"this is no database at all" * 100, None])
def test_a_lost_or_damaged_file_is_an_empty_memory(tmp_path: Path, damage: bytes | None) -> None:
    """It starts afresh, and remembers again."""
    state = full(tmp_path)
    if damage is None:
        state.path.unlink()
    else:
        state.path.write_bytes(damage)
    state = State(tmp_path)
    assert state.photo(7) is None
    assert state.last_manifest() is None
    assert state.full_at() is None
    state.remember_photo(PHOTO)
    assert state.photo(7) == PHOTO
    state.close()


def test_a_file_damaged_in_its_middle_is_an_empty_memory(tmp_path: Path) -> None:
    """Damage that shows only when a page is read ends the same way."""
    state = full(tmp_path)
    content = bytearray(state.path.read_bytes())
    content[4096:] = b"\x55" * (len(content) - 4096)
    state.path.write_bytes(bytes(content))
    state = State(tmp_path)
    state.remember_photo(PHOTO)
    assert state.photo(7) == PHOTO
    state.close()


def test_a_damaged_text_is_forgotten(tmp_path: Path) -> None:
    """Bytes that are no text keep nobody from reading; what they stood for is found out anew."""
    with closing(sqlite3.connect(full(tmp_path).path)) as connection, connection:
        connection.execute("update facts set value = cast(x'ff' || value as text) where name in ('manifest', 'full_at')")
        connection.execute("update photos set modified = cast(x'ff' as text)")
    with closing(State(tmp_path)) as state:
        assert (state.last_manifest(), state.full_at()) == (None, None)
        photo = state.photo(7)
        assert photo is not None
        assert photo.modified != PHOTO.modified


@pytest.mark.parametrize("table", ["facts", "photos"])
def test_a_file_with_other_columns_is_an_empty_memory(tmp_path: Path, table: str) -> None:
    """It was left by something else, and nothing but a new one would ever help."""
    with closing(sqlite3.connect(tmp_path / "state.db")) as connection, connection:
        connection.execute(f"create table {table} (something int)")
    with closing(State(tmp_path)) as state:
        state.remember_photo(PHOTO)
        assert state.photo(7) == PHOTO


def test_the_memory_of_something_else_is_forgotten(tmp_path: Path) -> None:
    """What was sent to one bucket holds for no other; where an earlier release did not say which it was, it is this one."""
    with closing(sqlite3.connect(full(tmp_path).path)) as connection, connection:
        connection.execute("delete from facts where name = 'about'")
    for about, remembers in (("one", True), ("one", True), ("other", False)):
        state = State(tmp_path, about=about)
        assert (state.photo(7) == PHOTO, state.last_manifest() is not None) == (remembers, remembers)
        state.close()


def test_a_memory_that_could_not_be_opened_is_used_when_it_can_be(tmp_path: Path) -> None:
    """A relay that goes on for months recovers when the disk has room again."""
    state = State(tmp_path)
    state.path.mkdir()
    with pytest.raises(TransientError, match=r"state\.db cannot be used") as caught:
        state.remember_photo(PHOTO)
    assert (caught.value.code, bool(caught.value.remedy)) == ("state-unusable", True)
    state.path.rmdir()
    state.remember_photo(PHOTO)
    assert state.photo(7) == PHOTO
    state.close()


def test_a_folder_that_is_taken_away_is_made_again(tmp_path: Path) -> None:
    """What a relay that goes on for months remembers from then on, others find, and its journal can be used."""
    folder = tmp_path / "s"
    state, journal = full(folder), Journal(folder, about="")
    state.remember_photo(PHOTO)
    journal.refused("r1", "code")
    shutil.rmtree(folder)
    assert state.photo(7) is None
    state.remember_full(NOW)
    journal.refused("r2", "code")
    state.close()
    journal.close()
    assert State(folder).full_at() == NOW
    found = Journal(folder, about="")
    assert (found.knows_refusal("r1", "code"), found.knows_refusal("r2", "code")) == (False, True)


def test_a_folder_that_cannot_be_made_is_said_plainly(tmp_path: Path) -> None:
    """The error names the folder."""
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(TransientError, match="file") as caught:
        State(tmp_path / "file" / "state").photo(7)
    assert caught.value.code == "disk-unusable"


def test_two_runs_never_overlap(tmp_path: Path) -> None:
    """The second is refused, and may run when the first is done."""
    with only_run(tmp_path):
        with pytest.raises(TransientError) as caught, only_run(tmp_path):
            pass
        assert caught.value.code == "already-running"
    with only_run(tmp_path):
        pass


def test_a_disk_without_locks_is_said_to_be_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is no other run, which would speak for both: nobody would hear of it."""

    def no_locks(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", no_locks)
    with pytest.raises(TransientError, match="No locks available") as caught, only_run(tmp_path):
        pass
    assert caught.value.code == "disk-unusable"


def test_two_watches_never_stand_side_by_side(tmp_path: Path) -> None:
    """The second is told so and what to do; a run by hand goes on meanwhile, and afterwards the next one may."""
    with only_watch(tmp_path):
        with pytest.raises(TransientError, match="so this one ends") as caught, only_watch(tmp_path):
            pass
        assert (caught.value.code, bool(caught.value.remedy)) == ("already-watching", True)
        with only_run(tmp_path):
            pass
    with only_watch(tmp_path):
        pass


def test_a_folder_that_cannot_be_used_is_left_to_the_first_run_to_tell(tmp_path: Path) -> None:
    """It fails by it, and gives a heartbeat."""
    (tmp_path / "file").write_text("in the way")
    with only_watch(tmp_path / "file" / "state"):
        pass
