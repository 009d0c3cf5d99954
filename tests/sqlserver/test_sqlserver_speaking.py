"""A server that only speaks T-SQL: it shows what may be read in part in the standard's view alone, and has fewer levels."""

import pytest

from relay.checking.report import Verdict
from shared.synergetic.permissions import Difference
from tests.integration.writeback_site import wanted
from tests.sqlserver.conftest import SPEAKER, Relay
from tests.sqlserver.installation import Installation
from tests.sqlserver.test_sqlserver_checking import difference, looked, of
from tests.sqlserver.test_sqlserver_errors import failure
from tests.sqlserver.writing_school import WritingRelay, WritingSchool

BOTH = [(SPEAKER, "67"), (SPEAKER, "68.24")]
HERE = pytest.mark.parametrize("installed", BOTH, indirect=True)


@HERE
def test_what_may_be_read_in_part_is_found(granted: Installation, relay: Relay) -> None:
    """A check finds every table, column and permission of the reader's script, and the rows."""
    report = looked(relay)
    assert [finding for finding in report.findings if finding.verdict in {Verdict.ERROR, Verdict.UNKNOWN}] == []
    assert difference(relay, granted, "one-way") == Difference()


@HERE
def test_two_way_is_found_as_well(installed: Installation, relay: Relay) -> None:
    """Of a table that is changed in single columns too."""
    installed.ensure("two-way")
    assert difference(relay, installed, "two-way") == Difference()
    assert [finding for finding in looked(relay, "two-way").findings if finding.verdict is Verdict.ERROR] == []


@HERE
def test_a_table_that_is_missing_is_missing_there_too(granted: Installation, relay: Relay) -> None:
    """It is in neither view."""
    text = relay.config.read_text()
    relay.config.write_text(text.replace("[exchange]", 'table_names = { luHouse = "luHouses" }\n[exchange]'))
    assert [(one.code, "luHouses" in one.what) for one in of(looked(relay), "tables")] == [("table-missing", True)]


@pytest.mark.parametrize("installed", [(SPEAKER, "68.24")], indirect=True)
@pytest.mark.parametrize(
    ("asked", "topic"), [("IS_SRVROLEMEMBER", "permissions"), ("N'object' AS Kind", "permissions"), ("UtcNow", "clock")]
)
def test_what_it_does_not_tell_is_said_and_keeps_nothing_back(
    granted: Installation, relay: Relay, asked: str, topic: str
) -> None:
    """A function of SQL Server's own that it lacks is no reason to say that the relay does not work."""
    double = granted.server.double
    assert double is not None
    double.fail(at=asked, number=195)
    report = looked(relay)
    assert [(one.verdict, one.code) for one in of(report, topic)] == [(Verdict.WARNING, "not-told")]
    assert (report.exit_code, report.facts["rows"]["students"] > 0) == (1, True)


@HERE
def test_what_is_not_there_is_named_though_it_has_no_number(granted: Installation, relay: Relay) -> None:
    """A column that may not be read, and a table that is missing, are one and the same error to it."""
    grant = granted.grant_of("Community")
    with granted.without(grant, grant.columns[-1]):
        assert grant.columns[-1] in str(failure(relay))
    text = relay.config.read_text()
    relay.config.write_text(text.replace("[exchange]", 'table_names = { luHouse = "luHouses" }\n[exchange]'))
    assert "luHouses" in str(failure(relay))


@pytest.mark.parametrize("school", [(SPEAKER, "68.24")], indirect=True)
@pytest.mark.parametrize("number", [3960, 33557097])
def test_writing_takes_the_strictest_level_that_there_is(school: WritingSchool, writer: WritingRelay, number: int) -> None:
    """It is not refused for want of a level; and under the one that is there, whoever comes between makes us begin again.

    By SQL Server's number for that, or by the one that such a server gives what it has no other for.
    """
    student = school.student()
    receipt = writer.write(student, wanted(student))
    assert receipt is not None
    assert receipt.outcome == "applied"
    double = school.made.server.double
    assert double is not None
    assert {login.level for login in double.logins if login.user == school.made.login} >= {"SNAPSHOT"}
    double.fail(at=r"INSERT INTO \S*MedicalConditionMedication", number=number)
    other = school.student()
    again = writer.write(other, wanted(other))
    assert again is not None
    assert again.outcome == "applied"
