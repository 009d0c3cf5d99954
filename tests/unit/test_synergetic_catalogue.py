"""What a database is asked about itself, for every version, and how the answers are understood."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp

from shared.synergetic import SQLITE, TSQL, Catalogue, SynergeticSettings, Version, create_statements, findings
from shared.synergetic.catalogue import (
    FoundColumn,
    Question,
    Trigger,
    clock_statement,
    clock_time,
    column_questions,
    connected_statement,
    found_triggers,
    snapshot_statement,
    trigger_questions,
)
from shared.synergetic.column_types import MAX
from shared.synergetic.layout import TableLocation
from shared.synergetic.statements import Statement
from tests.unit.contract_schools import PLAIN, VERSIONS, catalogue_of, rows_of, small_school


@pytest.fixture(scope="module")
def schools(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Make a small school of every version, once."""
    folder = tmp_path_factory.mktemp("schools")
    return {version: small_school(folder / f"{version}.db", version) for version in VERSIONS}


@pytest.fixture(scope="module")
def expected(schools: dict[str, Path]) -> dict[str, list[tuple[object, ...]]]:
    """Read what the school of version 68 holds."""
    return rows_of(schools["68.24"], "68.24")


@pytest.mark.parametrize("version", VERSIONS)
def test_every_version_reads_the_same_rows(
    version: str, schools: dict[str, Path], expected: dict[str, list[tuple[object, ...]]]
) -> None:
    """The sample DDL of each version takes the same school, and every row set's SELECT gives the same rows of it."""
    assert rows_of(schools[version], version) == expected
    assert all(expected.values())


@pytest.mark.parametrize("mode", ["one-way", "two-way"])
@pytest.mark.parametrize("version", VERSIONS)
def test_every_version_passes_its_own_check(version: str, mode: str, schools: dict[str, Path]) -> None:
    """What the sample DDL makes is what the contract wants, in either mode, with medical records in it."""
    found = catalogue_of(schools[version], version, mode)  # type: ignore[arg-type]
    assert findings(mode, Version.parse(version), PLAIN, found) == ()  # type: ignore[arg-type]
    with closing(sqlite3.connect(schools[version])) as connection:
        assert connection.execute("SELECT COUNT(*) FROM MedicalDetails").fetchone()[0] > 5


def _asked(version: str) -> list[Statement]:
    known = Version.parse(version)
    both = [*column_questions("two-way", known, PLAIN, TSQL), *trigger_questions(known, PLAIN, TSQL)]
    snapshot = snapshot_statement(known, PLAIN, TSQL)
    return [*(one.statement for one in both), snapshot, clock_statement(TSQL), connected_statement(TSQL)]


@pytest.mark.parametrize("version", VERSIONS)
def test_every_question_is_t_sql_with_a_value_for_each_mark(version: str) -> None:
    """Every question parses as one SELECT and has as many values as marks, far fewer than SQL Server allows."""
    for statement in _asked(version):
        (parsed,) = sqlglot.parse(statement.sql, dialect="tsql")
        assert isinstance(parsed, exp.Query)
        assert len(list(parsed.find_all(exp.Placeholder))) == len(statement.parameters) < 500


def test_up_to_67_each_database_is_asked_by_its_name() -> None:
    """The system views are those of the database with the tables; from 68 on those of the connected one."""
    old = column_questions("one-way", Version.parse("67"), PLAIN, TSQL)
    assert {one.spot.database for one in old} == {"SynergyOne", "SynergyOneMedia"}
    assert all(f"FROM [{one.spot.database}].sys.columns" in one.statement.sql for one in old)
    new = column_questions("one-way", Version.parse("68"), PLAIN, TSQL)
    assert {one.statement.parameters[0] for one in new} == {"dbo", "media"}
    assert all("FROM sys.columns" in one.statement.sql for one in new)


def test_candidates_are_asked_for_too() -> None:
    """Where a table's name is open, the database is asked for all that it may be called, and for what a setting says."""
    settings = SynergeticSettings(table_names={"Photos": "Pictures", "luMedicalAllergyType": ""})
    asked = {
        name for one in column_questions("two-way", Version.parse("68"), settings, TSQL) for name in one.statement.parameters
    }
    assert {"Pictures", "Photos", "tPhotos", "luAllergyType", "luMedicalConditionVisibility"} <= asked
    one_way = column_questions("one-way", Version.parse("68"), settings, TSQL)
    assert not {name for one in one_way for name in one.statement.parameters} & {"MedicalDetails", "luAllergyType"}


def test_only_tables_that_are_written_are_asked_for_triggers() -> None:
    """A look-up's trigger is nobody's business; the people's table is written, so its triggers are."""
    ((_, *names),) = (one.statement.parameters for one in trigger_questions(Version.parse("68"), PLAIN, TSQL))
    assert {"Community", "MedicalCondition", "Students", "MedicalPlanMedication"} <= set(names)
    assert not {"luMedicalConditionType", "Staff", "MedicalPlan", "MedicalSymptom"} & set(names)


@pytest.mark.parametrize(
    ("kind", "size", "wanted"),
    [
        ("varchar", 50, ("varchar", 50)),
        ("NVARCHAR", 100, ("nvarchar", 50)),
        ("varchar", -1, ("varchar", MAX)),
        ("text", 16, ("text", MAX)),
        ("int", 4, ("int", None)),
        ("image", 16, ("image", MAX)),
        ("varchar(50)", 0, ("varchar", 50)),
        (None, 8, ("", None)),
    ],
)
def test_types_and_lengths_are_understood(kind: str | None, size: int, wanted: tuple[str, int | None]) -> None:
    """SQL Server gives bytes, -1 for max and a pointer's size for the old long types; lengths are in characters."""
    question = Question(TableLocation("dbo"), Statement(""))
    found = Catalogue.of([(question, [("Community", "Email", kind, size, True, 0, "0", None, 0)])])
    table = found.table(TableLocation("dbo"), "COMMUNITY")
    assert table is not None
    assert table.column("email") == FoundColumn("Email", *wanted, nullable=True)
    assert table.column("phone") is None
    assert found.table(TableLocation("media"), "Community") is None


def test_triggers_that_are_switched_off_do_not_count() -> None:
    """Of the others it is told whether they run instead of the statement."""
    rows = [("Consent", "trA", 0, 0), ("Consent", "trB", True, False), ("Consent", "trC", 0, 1)]
    assert found_triggers(rows) == (Trigger("Consent", "trA", instead=False), Trigger("Consent", "trB", instead=True))


def test_a_file_may_call_every_number_an_integer(tmp_path: Path) -> None:
    """It numbers only one that is the whole key of its table, and that one may be given a number all the same."""
    path = tmp_path / "school.db"
    with closing(sqlite3.connect(path)) as connection:
        for statement in create_statements(Version.parse("68"), PLAIN, SQLITE):
            connection.execute(statement.replace(" int ", " INTEGER "))
    found = catalogue_of(path, "68")
    assert findings("two-way", Version.parse("68"), PLAIN, found) == ()
    consent, details = (found.table(TableLocation("dbo"), name) for name in ("Consent", "MedicalAdditionalAsthmaDetails"))
    assert consent is not None
    assert details is not None
    assert [one.name for one in consent.columns if one.numbered] == ["ConsentSeq"]
    assert [one.name for one in details.columns if one.numbered] == ["MedicalConditionSeq"]


def test_a_file_answers_all_questions(tmp_path: Path) -> None:
    """The sample school's product has triggers, a clock and a name too; it is always read as of one moment."""
    with closing(sqlite3.connect(tmp_path / "school.db")) as connection:
        connection.execute("CREATE TABLE Consent (ID int)")
        connection.execute("CREATE TRIGGER trOne AFTER INSERT ON Consent BEGIN SELECT 1; END")
        (ask,) = trigger_questions(Version.parse("68"), PLAIN, SQLITE)
        rows = connection.execute(ask.statement.sql, ask.statement.parameters).fetchall()
        assert found_triggers(rows) == (Trigger("Consent", "trOne", instead=False),)
        clock, zone = clock_time(connection.execute(clock_statement(SQLITE).sql).fetchone())
        assert abs((clock - datetime.now(UTC)).total_seconds()) < 60
        assert zone == datetime.now().astimezone().utcoffset()
        snapshot = snapshot_statement(Version.parse("68"), PLAIN, SQLITE)
        assert connection.execute(snapshot.sql, snapshot.parameters).fetchall() == [("main", 1, 1)]
        assert connection.execute(connected_statement(SQLITE).sql).fetchone() == ("school.db",)


@pytest.fixture
def sydney(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let this machine be in Sydney."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "Australia/Sydney")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("sydney")
def test_the_servers_clock_is_utc() -> None:
    """A driver gives times without a zone, and they are not those of this machine."""
    utc, local = datetime(2026, 9, 1, 3, 4, 5), datetime(2026, 9, 1, 12, 34, 5, 3)  # noqa: DTZ001 - as drivers give it
    assert clock_time((utc, local)) == (datetime(2026, 9, 1, 3, 4, 5, tzinfo=UTC), timedelta(hours=9.5))
    assert clock_time((local, utc))[1] == timedelta(hours=-9.5)
    for odd in ((), (utc,), (utc, None), (None, None)):
        with pytest.raises(ValueError, match=r"."):
            clock_time(odd)
