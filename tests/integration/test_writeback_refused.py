"""What is not as agreed is not written: all of it is refused, stays asked for, and is carried out once it is right."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from relay.checking.schema import look_at_tables
from relay.wiring import database_of, state_of
from shared.errors import ContractError, FatalError, IntegrationError, SettingsError
from shared.synergetic import Version
from tests.integration.relay_school import execute
from tests.integration.writeback_site import WriteSite, rows_of, wanted

REFUSALS = {
    "column-missing": "alter table MedicalCondition drop column EmergencyTreatmentDetails",
    "column-required": "alter table MedicalAllergy add column Grade int not null default 1; drop table MedicalAllergy; "
    "create table MedicalAllergy (MedicalAllergySeq integer primary key, ID int not null default 0, "
    "MedicalAllergyTypeCode varchar(15) default '', SeverityCode varchar(15) default '', ActiveFlag bit default 0, "
    "AllergyDescription nvarchar(255) default '', AllergyTreatment text default '', Grade int not null)",
    "trigger-found": "create trigger other after update on Consent begin select 1; end",
    "column-too-short": "drop table Ability; "
    "create table Ability (ID int not null, AbilityTypeCode varchar(15) not null, primary key (ID, AbilityTypeCode)); "
    "drop table MedicalAllergy; create table MedicalAllergy (MedicalAllergySeq integer primary key, ID int default 0, "
    "MedicalAllergyTypeCode varchar(15) default '', SeverityCode varchar(15) default '', ActiveFlag bit default 0, "
    "AllergyDescription nvarchar(20) default '', AllergyTreatment text default '')",
    "table-missing": "drop table Consent",
    "table-view": "alter table Consent rename to Consents; create view Consent as select * from Consents",
    "version-not-written": "update SynDatabases set VersionNumber = '70.16.1'",
    "version-unsupported": "update SynDatabases set VersionNumber = '72'",
}


@pytest.mark.parametrize("code", REFUSALS)
def test_a_database_that_is_not_as_agreed_is_not_written(write_site: WriteSite, code: str) -> None:
    """Everything is refused, once told with the reason, and the messages stay; once it is put right they are carried out."""
    whole = write_site.school.read_bytes()
    with closing(sqlite3.connect(write_site.school)) as connection, connection:
        connection.executescript(REFUSALS[code])
    broken = write_site.school.read_bytes()
    write_site.want()
    for _ in range(2):
        with pytest.raises(ContractError) as caught:
            write_site.run()
        assert caught.value.code == code
    (receipt,) = write_site.receipts()
    assert (receipt.outcome, receipt.code, receipt.before) == ("refused", code, None)
    assert write_site.school.read_bytes() == broken
    write_site.school.write_bytes(whole)
    write_site.run()
    assert [one.outcome for one in write_site.receipts()] == ["applied"]
    assert write_site.waiting() == 0


def test_a_newer_version_is_written_once_the_school_says_so(write_site: WriteSite) -> None:
    """Versions 70 and 71 are read; whether they may be written to is for somebody who knows the database."""
    execute(write_site.school, "update SynDatabases set VersionNumber = '71.58'")
    write_site.want()
    with pytest.raises(ContractError, match="newest_written = 71"):
        write_site.run()
    assert rows_of(write_site.school, "MedicalCondition") == []
    text = write_site.config.read_text()
    write_site.config.write_text(text.replace("[synergetic.contract]", "[synergetic.contract]\nnewest_written = 71", 1))
    write_site.run()
    assert [one.outcome for one in write_site.receipts()] == ["refused", "applied"]


def test_without_the_procedures_that_a_school_insists_on_nothing_is_written(write_site: WriteSite) -> None:
    """A file has none: the table is not written directly all the same, and `check` says so beforehand."""
    text = write_site.config.read_text()
    write_site.config.write_text(text.replace("[exchange]", 'write_by_procedure = ["Medication"]\n[exchange]', 1))
    write_site.want()
    with pytest.raises(ContractError) as caught:
        write_site.run()
    assert caught.value.code == "procedure-missing"
    assert not any(sql.startswith("INSERT") for sql in write_site.sql)
    assert write_site.waiting() == 1
    database, contract = database_of(write_site.settings), write_site.settings.synergetic.contract
    with database.session() as session:
        told = list(look_at_tables(session, "two-way", Version.parse("68.24"), contract))
    assert {one.code for one in told} == {"procedure-missing"}


def test_a_relay_that_is_too_old_writes_nothing(write_site: WriteSite) -> None:
    """The stack's minimum is asked before the database is looked at."""
    state = state_of(write_site.settings)
    state.remember_minimum_version("99")
    state.close()
    write_site.want()
    with pytest.raises(FatalError, match="writes nothing back"):
        write_site.run()
    assert [(one.outcome, one.code) for one in write_site.receipts()] == [("refused", "relay-outdated")]
    assert not any(sql.startswith("SELECT") for sql in write_site.sql)


def truncated(journal: Path) -> None:
    """Cut the file in two, as a disk may that breaks."""
    journal.write_bytes(journal.read_bytes()[: journal.stat().st_size // 2])


def of_a_later_release(journal: Path) -> None:
    """Let a release have been here that keeps its notes otherwise."""
    with closing(sqlite3.connect(journal)) as connection, connection:
        connection.execute("pragma user_version = 1")


def with_other_columns(journal: Path) -> None:
    """Let something else have left the file."""
    journal.unlink()
    with closing(sqlite3.connect(journal)) as connection, connection:
        connection.execute("create table entries (something int)")


@pytest.mark.parametrize(
    "harm",
    [
        truncated,
        of_a_later_release,
        with_other_columns,
        lambda journal: journal.write_text("{}"),
        lambda journal: (journal.unlink(), journal.mkdir()),
    ],
)
def test_a_journal_that_cannot_be_understood_is_left_as_it_is(write_site: WriteSite, harm: Callable[[Path], object]) -> None:
    """Nothing is written without it, and once it is back no receipt is lost and nothing is written twice."""
    write_site.run()
    write_site.want()
    journal, config = write_site.settings.relay.state_dir / "writeback.db", write_site.config.read_text()
    write_site.config.write_text(config.replace(f'{write_site.answered}"', f'{write_site.answered}-not"'))
    with pytest.raises(SettingsError):
        write_site.run()  # it is written, and its receipt is not sent
    write_site.config.write_text(config)
    kept, written = journal.read_bytes(), write_site.school.read_bytes()
    harm(journal)
    write_site.want(2, desired=wanted(details="Eggs"))
    with pytest.raises(IntegrationError) as caught:
        write_site.run()
    assert caught.value.code in {"journal-unusable", "disk-unusable"}
    assert caught.value.remedy
    assert write_site.school.read_bytes() == written
    if journal.is_dir():
        journal.rmdir()
    journal.write_bytes(kept)
    write_site.run()
    told = {one.request: one for one in write_site.receipts()}
    assert [(name, told[name].outcome) for name in ("r1", "r2")] == [("r1", "applied"), ("r2", "applied")]
    assert told["r2"].before == told["r1"].after
