"""`operoo-relay check` where a database answers oddly: that is told, and is no defect of the relay."""

from pathlib import Path

import pytest

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
