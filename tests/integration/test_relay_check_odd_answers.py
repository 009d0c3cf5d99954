"""`operoo-relay check` where a database answers oddly: that is told, and is no defect of the relay."""

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from relay.checking.report import Verdict
from relay.wiring import check_of
from shared.synergetic import Statement
from tests.integration.relay_school import execute
from tests.integration.relay_site import Bucket, Site
from tests.integration.test_relay_check import checked, codes


def test_values_of_another_type_are_counted_and_are_no_defect(tmp_path: Path, site: Site, bucket: Bucket) -> None:
    """The look at the tables tells of the column; the counts tell of how many rows they can make nothing."""
    execute(site.school, "alter table StudentContacts add column uMail varchar(9) default 'perhaps'")
    names = '[synergetic.contract]\ncolumn_names = { "StudentContacts.NormalMailFlag" = "uMail" }'
    report = checked(Site(tmp_path, site.school, database=names))
    assert codes(report) == {("tables", "column-type")}
    assert any("have a value that cannot be read" in one.what for one in report.findings if one.topic == "left out")


def test_a_server_that_gives_no_time(site: Site, bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is known of its clock, which is no defect of the relay and keeps nothing back."""
    monkeypatch.setattr("relay.checking.synergetic.clock_statement", lambda _: Statement("SELECT NULL AS UtcNow"))
    report = checked(site)
    assert codes(report) == {("clock", "not-told")}
    assert report.exit_code == 1


@pytest.mark.parametrize(("zone", "told"), [("Europe/Berlin", []), ("Australia/Sydney", ["time-zone-differs"])])
def test_another_time_zone_than_the_servers(
    site: Site, bucket: Bucket, monkeypatch: pytest.MonkeyPatch, zone: str, told: list[str]
) -> None:
    """The day of this machine decides who is in a class: in another zone it is another one for half of the day."""
    moment = "'2026-01-15 03:00:00'"
    asked = Statement(f"SELECT {moment} AS UtcNow, datetime({moment}, '+1 hours') AS LocalNow")
    monkeypatch.setattr("relay.checking.synergetic.clock_statement", lambda _: asked)
    check = check_of(site.settings)
    check._clock = lambda: datetime(2026, 1, 15, 3, tzinfo=UTC)
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        found = [one for one in check.run().findings if one.code == "time-zone-differs"]
    finally:
        monkeypatch.undo()
        time.tzset()
    assert [one.code for one in found] == told
    assert all("10 hours lie between them" in one.what and one.verdict is Verdict.WARNING for one in found)


def test_a_release_that_nobody_knows_is_noted_and_taken_for_its_version(site: Site, bucket: Bucket) -> None:
    """It may be a slip, or newer than this relay: that is said, and keeps nothing from being looked at."""
    execute(site.school, "update SynDatabases set VersionNumber = '68R3'")
    report = checked(site)
    noted = [one for one in report.findings if (one.topic, one.verdict) == ("version", Verdict.NOTE)]
    assert [one.what for one in noted] == ["No release 68R3 is known here: it is taken for 68."]
    assert report.facts["synergetic_version"] == "68R3"
    assert codes(report) == set()
    execute(site.school, "update SynDatabases set VersionNumber = '68R1.24'")
    assert not any((one.topic, one.verdict) == ("version", Verdict.NOTE) for one in checked(site).findings)
