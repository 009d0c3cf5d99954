"""A small school and a bucket for relays that get into trouble, made once a file, and the proof of how a run must fail."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from moto import mock_aws

from relay.cloud.exchange import Exchange
from relay.settings import ExchangeSettings
from relay.wiring import exchange_of
from shared import keys
from shared.errors import IntegrationError
from tests.integration.relay_school import STUDENTS, build, execute
from tests.integration.relay_site import BUCKET, REGION, Bucket, Site

_FEW = 4
_PRIVATE = ("O'Brien", "Zoë", "example.com", "hunter2")


@dataclass(frozen=True)
class Surroundings:
    """What a relay in trouble has around it: a school of four students with a photo each, and an Exchange bucket."""

    school: Path
    bucket: Bucket
    exchange: Exchange

    def site(self, folder: Path, *, relay: str = "") -> Site:
        """Set up a relay at a copy of the school."""
        made = Site(folder, shutil.copy(self.school, folder / "school.db"), relay=relay)
        made.exchange = self.exchange
        return made

    def empty(self) -> None:
        """Take everything out of the bucket."""
        if self.bucket.keys():
            self.bucket.empty()


@contextmanager
def surroundings(folder: Path) -> Iterator[Surroundings]:
    """Make them in a folder, and AWS with them."""
    school = build(folder / "school.db")
    for table in ("StudentYears", "StudentContacts", "Photos"):
        execute(school, f"delete from {table} where ID >= ?", STUDENTS[_FEW])
    execute(school, "delete from SubjectClasses where ClassCode <> '7MAT0'")
    with mock_aws():
        yield Surroundings(school, Bucket(), exchange_of(ExchangeSettings(bucket=BUCKET, region=REGION, upload_threads=1)))


def failed(site: Site, bucket: Bucket, code: str, *, says: str) -> IntegrationError:
    """Do a run that fails, and prove that it leaves nothing behind but a clear error and a heartbeat that says so."""
    before = bucket.keys(keys.SNAPSHOTS)
    with pytest.raises(IntegrationError) as caught:
        site.run()
    error = caught.value
    assert (error.code, bool(error.remedy)) == (code, True)
    assert says in error.what
    assert not any(private in str(error) for private in _PRIVATE)
    assert bucket.keys(keys.SNAPSHOTS) == before
    beat = bucket.heartbeat()
    assert (beat["ok"], beat["error"], beat["last_error"]) == (False, code, code)
    assert not (site.folder / "operoo-relay-state" / "spool").exists()
    return error
