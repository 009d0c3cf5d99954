"""What the relay remembers is damaged, cannot be kept, or is of something else: nothing is lost or taken for sent."""

import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from relay.__main__ import main
from shared import keys
from shared.digests import sha256
from tests.integration.relay_school import STUDENTS, execute, jpeg
from tests.integration.relay_site import BUCKET, Bucket, Site
from tests.integration.relay_trouble import Surroundings, failed, surroundings

FIRST = STUDENTS[0]


@pytest.fixture(scope="module")
def around(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Surroundings]:
    """Make the school and AWS, which the tests of this file share."""
    with surroundings(tmp_path_factory.mktemp("small")) as made:
        yield made


@pytest.fixture
def bucket(around: Surroundings) -> Iterator[Bucket]:
    """Return the Exchange bucket, empty."""
    yield around.bucket
    around.empty()


@pytest.fixture
def site(tmp_path: Path, around: Surroundings) -> Site:
    """Return a relay at the school."""
    return around.site(tmp_path)


def half(path: Path) -> None:
    """Leave half a file, as a machine that lost its power may."""
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def another_version(path: Path) -> None:
    """Make it one of a later release."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("pragma user_version = 99")


def scratched(path: Path) -> None:
    """Damage all but what tells that it is a database."""
    path.write_bytes(path.read_bytes()[:4096].ljust(path.stat().st_size, b"\x55"))


@pytest.mark.parametrize("damage", [half, another_version, scratched, Path.unlink])
def test_a_damaged_memory_costs_a_full_read(site: Site, bucket: Bucket, damage: Callable[[Path], None]) -> None:
    """Everything is sent again once, under the next number, and is remembered again."""
    site.run()
    before = bucket.stated()
    damage(site.folder / "operoo-relay-state" / "state.db")
    outcome = site.run()
    assert (outcome.manifest.sequence, outcome.photos) == (2, 4)
    assert bucket.stated() == before
    assert site.run().sent is False


@pytest.mark.parametrize(("inside", "code"), [("", "disk-unusable"), ("state.db", "state-unusable")])
def test_a_folder_that_cannot_be_used(site: Site, bucket: Bucket, inside: str, code: str) -> None:
    """Whether nothing can be put into it or only the state: the cloud is told all the same."""
    folder = site.folder / "operoo-relay-state"
    if inside:
        (folder / inside).mkdir(parents=True)
    else:
        folder.write_text("a file in the way")
    failed(site, bucket, code, says=str(folder / inside))
    (folder / inside).rmdir() if inside else folder.unlink()
    assert site.run().sent
    assert bucket.heartbeat()["ok"] is True


def test_a_service_whose_folder_cannot_be_used(
    site: Site, bucket: Bucket, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """That there is no log file is said, and keeps nobody from telling the cloud; nor is it said that nobody did."""
    (site.folder / "operoo-relay-state").write_text("a file in the way")
    monkeypatch.setattr(sys, "argv", ["operoo-relay", "sync", "--service", "--config", str(site.config)])
    with pytest.raises(SystemExit) as ended:
        main()
    told = capsys.readouterr().err
    assert ended.value.code == 1
    assert "There will be no log file" in told
    assert "[disk-unusable]" in told
    assert "not told" not in told
    assert (bucket.heartbeat()["error"], bucket.heartbeat()["next_run_at"] is None) == ("disk-unusable", False)


def test_another_bucket(site: Site, bucket: Bucket) -> None:
    """What was sent to one bucket is not taken for being in another: photos are sent again, numbers begin anew."""
    site.run()
    other = Bucket("another-exchange")
    site.config.write_text(site.config.read_text().replace(BUCKET, other.name))
    del site.exchange
    outcome = site.run()
    assert (outcome.manifest.sequence, outcome.photos) == (1, 4)
    assert other.keys(keys.PHOTOS) == bucket.keys(keys.PHOTOS)
    other.rows()
    assert site.run().sent is False


def test_a_bucket_that_was_emptied(site: Site, bucket: Bucket) -> None:
    """A stack that was made anew under the same names gets everything, under a number that was never used."""
    site.run()
    photos = bucket.keys(keys.PHOTOS)
    bucket.empty()
    outcome = site.run()
    assert (outcome.manifest.sequence, outcome.photos) == (2, 4)
    assert bucket.keys(keys.PHOTOS) == photos
    bucket.rows()


def test_who_is_away_while_a_bucket_is_emptied_has_a_photo_when_they_are_back(site: Site, bucket: Bucket) -> None:
    """No photo is stated of which the new bucket does not have the bytes."""
    school = shutil.copy(site.school, site.folder / "own.db")
    site.config.write_text(site.config.read_text().replace(str(site.school), str(school)))
    site.run()
    execute(school, "update StudentYears set Status = '9' where ID = ?", FIRST)
    site.run()
    bucket.empty()
    assert site.run().photos == 3
    execute(school, "update StudentYears set Status = '0' where ID = ?", FIRST)
    assert site.run().photos == 1
    assert {row["digest"] for row in bucket.rows()["photos"]} == {key.rpartition("/")[2] for key in bucket.keys(keys.PHOTOS)}


def test_another_school(site: Site, bucket: Bucket) -> None:
    """Two people of one number in two databases, with photos of one size and date, are not taken for each other."""
    site.run()
    school = shutil.copy(site.school, site.folder / "other.db")
    theirs = jpeg(FIRST)[:-1] + b"\0"
    execute(school, "update Photos set Photo = ? where ID = ?", theirs, FIRST)
    site.config.write_text(site.config.read_text().replace(str(site.school), str(school)))
    outcome = site.run()
    assert (outcome.manifest.sequence, outcome.photos) == (2, 4)
    assert sha256(theirs) in {row["digest"] for row in bucket.rows()["photos"]}
