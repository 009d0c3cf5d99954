"""What `check` and `grants --diff` find on a T-SQL server, where the scripts were run and where they were not."""

import pytest

from relay.checking.report import Finding, Report, Verdict
from relay.checking.synergetic import Asked, look_at_synergetic
from relay.database.causes import LACKING
from relay.database.permissions import found_permissions
from relay.running.sync import now
from relay.settings import load_settings
from relay.wiring import database_of
from shared.errors import IntegrationError
from shared.synergetic import Mode
from shared.synergetic.grants import grants
from shared.synergetic.permissions import Difference, Excess, compare
from tests.sqlserver.admin import refused, run
from tests.sqlserver.conftest import Relay, on_servers, skip_unless_shown, skip_unless_told_apart
from tests.sqlserver.installation import TODAY, Installation

EACH_LAYOUT = pytest.mark.parametrize("installed", on_servers("67", "68.24"), indirect=True)


@pytest.fixture(autouse=True)
def _told_apart(installed: Installation) -> None:
    skip_unless_told_apart(installed)


def looked(relay: Relay, mode: Mode = "one-way") -> Report:
    """Return what `check` says of the database."""
    settings = load_settings(relay.config)
    report = Report()
    look_at_synergetic(database_of(settings), Asked(settings.synergetic.contract, mode, TODAY, now), report)
    return report


def difference(relay: Relay, made: Installation, mode: Mode) -> Difference:
    """Return how what the login may do differs from what a mode needs; skips on a named server that does not tell."""
    settings = load_settings(relay.config)
    expected = grants(mode, made.version, settings.synergetic.contract)
    with database_of(settings).session() as session:
        try:
            return compare(expected, found_permissions(session, expected))
        except IntegrationError as error:
            if made.server.double is not None or error.code not in LACKING:
                raise
            pytest.skip(f"this server does not tell what a login may do: {error.what}")


def of(report: Report, topic: str) -> list[Finding]:
    """Return the findings on a topic."""
    return [finding for finding in report.findings if finding.topic == topic]


def test_check_finds_every_version_as_it_should_be(granted: Installation, relay: Relay) -> None:
    """Connected, the version, every table and column with a fitting type, the clock, and the rows: nothing is in the way."""
    report = looked(relay)
    wrong = [finding for finding in report.findings if finding.verdict in {Verdict.ERROR, Verdict.UNKNOWN}]
    assert [finding for finding in wrong if finding.topic != "permissions"] == []
    assert report.facts["synergetic_version"] == str(granted.version)
    assert {finding.topic for finding in report.findings} >= {"connection", "version", "tables", "clock", "rows", "left out"}
    assert " photos are neither JPEG, PNG nor GIF" in of(report, "left out")[-1].what


@EACH_LAYOUT
def test_a_granted_login_may_do_exactly_what_it_needs(granted: Installation, relay: Relay) -> None:
    """As the server itself answers: nothing is missing, nothing is too much."""
    assert difference(relay, granted, "one-way") == Difference()
    assert [finding.verdict for finding in of(looked(relay), "permissions")] == [Verdict.OK]


@pytest.fixture
def writer(installed: Installation) -> Installation:
    """Return the installation with the two-way script run."""
    installed.ensure("two-way")
    return installed


@EACH_LAYOUT
def test_a_one_way_login_that_can_write_is_called_out(writer: Installation, relay: Relay) -> None:
    """What the two-way script gave is exactly what two-way needs, and too much for one-way."""
    assert difference(relay, writer, "two-way") == Difference()
    assert [finding for finding in looked(relay, "two-way").findings if finding.verdict is Verdict.ERROR] == []
    too_much = difference(relay, writer, "one-way")
    assert too_much.missing == ()
    assert any(excess.writes for excess in too_much.excess)
    assert any(finding.verdict is Verdict.WARNING for finding in of(looked(relay), "permissions"))


@EACH_LAYOUT
def test_a_login_that_may_alter_a_table_is_called_out(granted: Installation, relay: Relay) -> None:
    """It may empty the table, though it has none of the permissions to write rows."""
    read = granted.grant_of("StudentYears")
    with granted.server.administering(read.spot.database or granted.database) as admin:
        allow = f"GRANT ALTER ON [dbo].[{read.table}] TO [{read.role}]"
        if refused(lambda: run(admin, allow)):
            assert granted.server.double is None, "the double takes it, as SQL Server does"
            pytest.skip("this server gives nobody the permission to alter a table")
        try:
            found = difference(relay, granted, "one-way")
        finally:
            run(admin, f"REVOKE ALTER ON [dbo].[{read.table}] FROM [{read.role}]")
    what = "It has ALTER on what it need not have it on: dbo.StudentYears."
    assert found == Difference(excess=(Excess(what, writes=True),))


@EACH_LAYOUT
def test_a_login_that_was_not_made_for_two_way_is_told_so_once(granted: Installation, relay: Relay) -> None:
    """Not once for each of the tables that it does not see and the permissions that it lacks."""
    skip_unless_shown(granted)
    assert difference(relay, granted, "one-way") == Difference()
    wrong = [finding for finding in looked(relay, "two-way").findings if finding.verdict is Verdict.ERROR]
    assert [(finding.topic, finding.code) for finding in wrong] == [
        ("tables", "table-missing"),
        ("permissions", "grant-missing"),
    ]
    assert "--mode two-way" in wrong[0].remedy
    assert "lacks SELECT on dbo.Community, UPDATE on dbo.Community" in wrong[1].what


@pytest.mark.parametrize("installed", on_servers(double=("68.24",)), indirect=True)
def test_it_says_whether_snapshots_are_used_and_not_only_allowed(granted: Installation, relay: Relay) -> None:
    """A setting may keep them from being used; then row sets are counted before and after."""
    found = [finding.verdict for finding in of(looked(relay), "snapshots")]
    relay.config.write_text(relay.config.read_text().replace("[synergetic]\n", "[synergetic]\nsnapshot = false\n", 1))
    report = looked(relay)
    (unused,) = of(report, "snapshots")
    assert [*found, unused.verdict] == [Verdict.OK, Verdict.NOTE]
    assert "allowed, and not used" in unused.what
    assert report.facts["snapshot_isolation"] is False


@pytest.mark.parametrize("installed", on_servers(double=("68.24",)), indirect=True)
def test_where_the_connection_breaks_the_rest_is_not_looked_at(granted: Installation, relay: Relay) -> None:
    """And what was looked at before stands as it was found."""
    assert granted.server.double is not None
    granted.server.double.fail(at="HAS_PERMS", does="drop")
    report = looked(relay)
    assert ("connection", "connection-lost") in {(finding.topic, finding.code) for finding in report.findings}
    unknown = [finding.topic for finding in report.findings if finding.verdict is Verdict.UNKNOWN]
    assert unknown == ["triggers", "snapshots", "clock", "rows", "left out"]


@EACH_LAYOUT
def test_a_missing_permission_is_named(granted: Installation, relay: Relay) -> None:
    """A column that was taken back is missing, by its name, and so says `check`."""
    skip_unless_shown(granted)
    grant = next(one for one in grants("one-way", granted.version, granted.settings) if len(one.columns) > 1)
    column = grant.columns[-1]
    with granted.without(grant, column):
        missing = [(one.table, one.columns) for one in difference(relay, granted, "one-way").missing]
        assert missing == [(grant.table, (column,))]
        assert any(finding.verdict is Verdict.ERROR for finding in of(looked(relay), "permissions"))
