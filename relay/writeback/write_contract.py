"""Whether anything may be written at all: the relay is new enough, and the database is exactly what the contract says."""

from dataclasses import dataclass

from relay.database.catalogue import found_catalogue, read_procedures, read_triggers
from relay.database.settings import DatabaseSettings
from relay.reading.school import found_version
from relay.version_check import VersionCheck
from relay.writeback.database import WriteSession
from shared.errors import ContractError
from shared.synergetic import Finding, Version, findings, write_fingerprint
from shared.synergetic.compatibility import trigger_findings
from shared.synergetic.procedures import procedure_calls
from shared.synergetic.write_statements import ModifiedBy, WriteStatements
from shared.synergetic.writing import write_tables
from shared.writeback.tables import WriteTables

_MOST_TOLD = 3


@dataclass(frozen=True)
class WriteContract:
    """What the connected database and the contract agree on.

    Attributes:
        tables: The tables, as this database really has them.
        statements: What reads and changes their rows.
        fingerprint: What stands for the contract of writing.
    """

    version: Version
    tables: WriteTables
    statements: WriteStatements
    fingerprint: str


def checked_contract(session: WriteSession, settings: DatabaseSettings, version_check: VersionCheck) -> WriteContract:
    """Look whether anything may be written, and return what writing needs.

    Raises:
        FatalError: The relay is too old for its stack.
        ContractError: Something in the database is not as the contract says: nothing may be written.
        SettingsError: The login may not read what is to be looked at.
        SynergeticUnavailableError: The database does not answer.
    """
    version_check.check_may_write()
    contract = settings.contract
    version = found_version(session, contract)
    contract.check_may_write(version)
    found = found_catalogue(session, "two-way", version, contract)
    triggers = read_triggers(session, version, contract)
    procedures = read_procedures(session, version, contract)
    calls, unfit = procedure_calls(version, contract, found, procedures)
    differing = (*findings("two-way", version, contract, found), *trigger_findings(triggers, contract), *unfit)
    _refuse([one for one in differing if one.severity == "error"])
    tables = write_tables(version, contract, found)
    modified_by = ModifiedBy(number=settings.modified_by_id, login=settings.modified_by)
    statements = WriteStatements(version, contract, session.dialect, tables, modified_by=modified_by, calls=calls)
    return WriteContract(version, tables, statements, write_fingerprint(contract, version))


def _refuse(errors: list[Finding]) -> None:
    if errors:
        told = " ".join(one.what for one in errors[:_MOST_TOLD])
        more = f" And {len(errors) - _MOST_TOLD} more." if len(errors) > _MOST_TOLD else ""
        raise ContractError(
            f"Nothing is written back. {told}{more}",
            remedy=f"{errors[0].remedy} `operoo-relay check` shows everything.",
            code=errors[0].code,
        )
