"""The relay from a real ODBC driver to S3: what is sent, when, and how much of it."""

from datetime import timedelta

import pytest

from shared import keys
from shared.digests import sha256
from shared.owners import bucket_of
from tests.integration.relay_school import STUDENTS, execute, jpeg
from tests.integration.relay_site import Bucket, Killed, Site


def test_a_first_run_states_the_whole_school(site: Site, bucket: Bucket) -> None:
    """The manifest is whole, every chunk and photo is there, and the heartbeat says so."""
    outcome = site.run()
    rows, manifest = bucket.rows(), bucket.manifest()
    assert outcome.sent
    assert manifest.sequence == 1
    assert {name: len(found) for name, found in rows.items()} == {
        "students": 40,
        "contacts": 40,
        "staff": 6,
        "groups": 8,
        "memberships": 200,
        "teachers": 4,
        "photos": 7,
    }
    assert manifest.row_sets["photos"].left_out == {"unknown-type": 1}
    assert bucket.keys(keys.PHOTOS) == {keys.photo_key(list(row.values())[1]) for row in rows["photos"]}
    assert bucket.read(keys.photo_key(sha256(jpeg(STUDENTS[0])))) == jpeg(STUDENTS[0])
    assert bucket.heartbeat()["ok"] is True
    assert bucket.heartbeat()["rows"]["students"] == 40


def test_dates_and_accents_are_canonical(site: Site, bucket: Bucket) -> None:
    """A moment is ISO without a fraction, and text is as the school wrote it."""
    site.run()
    row = next(row for row in bucket.rows()["students"] if STUDENTS[0] in row.values())
    assert "2014-02-03T00:00:00" in row.values()
    assert f"Zoë{STUDENTS[0]}" in row.values()


def test_an_unchanged_school_costs_two_requests(site: Site, bucket: Bucket) -> None:
    """One listing and one heartbeat; no manifest, no chunk, no photo."""
    site.run()
    before = bucket.keys()
    outcome = site.run()
    assert site.calls == ["ListObjectsV2", "PutObject"]
    assert not outcome.sent
    assert bucket.keys() == before
    assert bucket.heartbeat()["sent"] is False
    assert bucket.heartbeat()["sequence"] == 1


def test_a_changed_row_changes_its_bucket_only(site: Site, bucket: Bucket) -> None:
    """A new phone number of a parent sends one chunk and a manifest."""
    site.run()
    before = bucket.stated()
    execute(site.school, "update Community set MobilePhone = '0499999999' where ID = 7003")
    site.run()
    after = bucket.stated()
    student = bucket_of(str(STUDENTS[3]), 1)
    changed = {(name, one) for name in after for one in after[name] if after[name][one] != before[name].get(one)}
    assert changed == {("contacts", student)}
    assert site.calls == ["ListObjectsV2", "PutObject", "PutObject", "PutObject"]
    assert bucket.manifest().sequence == 2
    assert any("0499999999" in row.values() for row in bucket.rows()["contacts"])


def test_a_leaver_is_no_longer_stated(site: Site, bucket: Bucket) -> None:
    """Absence shows in the rows and in the database's own count."""
    site.run()
    execute(site.school, "delete from StudentYears where ID = ?", STUDENTS[0])
    site.run()
    assert bucket.manifest().row_sets["students"].counted == 39
    assert not any(STUDENTS[0] in row.values() for row in bucket.rows()["students"])


def test_only_a_changed_photo_is_read_and_sent(site: Site, bucket: Bucket) -> None:
    """A new photo of one person sends that photo and that person's bucket."""
    site.run()
    execute(
        site.school,
        "update Photos set Photo = ?, ModifiedDate = '2026-02-02 09:00:00' where ID = ?",
        jpeg(999),
        STUDENTS[1],
    )
    outcome = site.run()
    assert outcome.photos == 1
    assert {one.name: one.changed for one in outcome.row_sets if one.changed} == {"photos": 1}
    assert keys.photo_key(sha256(jpeg(999))) in bucket.keys(keys.PHOTOS)


def test_a_dry_run_sends_nothing_and_tells_the_truth(site: Site, bucket: Bucket) -> None:
    """What it says would be sent is what the run after it sends."""
    use_case = site.sync()
    said = use_case.look()
    site.state.close()
    assert site.calls == ["ListObjectsV2"]
    assert bucket.keys() == set()
    done = site.run()
    assert said.row_sets == done.row_sets
    assert (said.photos, said.photo_bytes, said.sent) == (done.photos, done.photo_bytes, done.sent)


def test_full_sends_everything_again(site: Site, bucket: Bucket) -> None:
    """Every chunk, every photo and a new manifest, although nothing changed."""
    site.run()
    first = list(site.calls)
    before = bucket.stated()
    outcome = site.run(full=True)
    assert site.calls == first
    assert outcome.sent
    assert outcome.photos == 7
    assert bucket.manifest().sequence == 2
    assert bucket.stated() == before


def test_everything_is_sent_again_before_the_cloud_forgets(site: Site, bucket: Bucket) -> None:
    """After thirty days rows are restated, and photos not yet."""
    site.run()
    site.now += timedelta(days=31)
    outcome = site.run()
    assert outcome.sent
    assert outcome.photos == 0
    assert all(one.changed == one.buckets for one in outcome.row_sets)


def test_expired_manifests_do_not_give_their_numbers_away(site: Site, bucket: Bucket) -> None:
    """When the bucket has forgotten all manifests, the next number is still higher."""
    site.run()
    bucket.s3.delete_object(Bucket="school-exchange", Key=keys.snapshot_key(1))
    site.run()
    assert bucket.manifest().sequence == 2
    assert bucket.rows()


def test_our_own_manifest_in_the_way_is_no_second_relay(site: Site, bucket: Bucket) -> None:
    """If the answer to putting the manifest was lost, putting it again finds it there and is content."""
    site.run()
    exchange = site.exchange
    manifest = bucket.manifest()
    assert exchange.commit(manifest).manifest == manifest


@pytest.mark.parametrize("side", [1, -1], ids=["before", "after"])
def test_killed_between_any_two_requests_the_next_run_mends_it(site: Site, bucket: Bucket, side: int) -> None:
    """Whatever request the process dies before or after: no manifest lacks a chunk, and the next run ends where it should."""
    execute(site.school, "delete from StudentYears where ID > ?", STUDENTS[0])
    execute(site.school, "delete from Staff where ID > 5000")
    site.run()
    expected, photos, requests = bucket.stated(), bucket.keys(keys.PHOTOS), len(site.calls)
    assert requests >= 12
    for number in range(1, requests + 1):
        site.forget()
        bucket.empty()
        site.fail_at = side * number
        with pytest.raises(Killed):
            site.run()
        if bucket.keys(keys.SNAPSHOTS):
            bucket.rows()
        site.fail_at = 0
        site.run()
        bucket.rows()
        assert bucket.stated() == expected
        assert bucket.keys(keys.PHOTOS) == photos
        assert bucket.heartbeat()["ok"] is True
        assert not (site.folder / "operoo-relay-state" / "spool").exists()


def test_a_folder_that_others_use_too_keeps_what_is_theirs(site: Site, bucket: Bucket) -> None:
    """Whoever names `/var` as the relay's folder keeps the printers' spool; what a killed run of ours left there goes."""
    spool = site.folder / "operoo-relay-state" / "spool"
    left = spool / "operoo-relay-x"
    left.mkdir(parents=True)
    (spool / "letter").write_text("of somebody else")
    site.run()
    assert [one.name for one in spool.iterdir()] == ["letter"]
