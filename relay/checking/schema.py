"""Synergetic's tables and columns as the database has them, held against the contract."""

from collections.abc import Iterable, Iterator

from relay.checking.report import Finding, Verdict, well
from relay.database.catalogue import found_catalogue, read_procedures, read_triggers
from relay.database.connection import Session
from shared.synergetic import Mode, SynergeticSettings, Version, accesses
from shared.synergetic.compatibility import Finding as Differing
from shared.synergetic.compatibility import findings, trigger_findings
from shared.synergetic.procedures import procedure_calls

_TWO_WAY = (
    "Have the script that `operoo-relay grants --mode two-way` writes run by the database administrator, or go back to "
    '`mode = "one-way"`.'
)
_VERDICTS = {"error": Verdict.ERROR, "warning": Verdict.WARNING, "note": Verdict.NOTE}


def look_at_tables(session: Session, mode: Mode, version: Version, contract: SynergeticSettings) -> Iterator[Finding]:
    """Look whether every table and column of a mode is there, with a type that can be read, and written where it is written.

    Raises:
        IntegrationError: The catalogue cannot be read.
    """
    found = found_catalogue(session, mode, version, contract)
    differing, needed = findings(mode, version, contract, found), accesses(mode, version, contract)
    if mode == "two-way":
        procedures = read_procedures(session, version, contract)
        differing = (*differing, *procedure_calls(version, contract, found, procedures)[1])
    medical = [access.called for access in needed if access.table.mode == "two-way"]
    unseen = [one for one in differing if one.code == "table-missing" and one.mode == "two-way"]
    if medical and len(unseen) == len(medical):
        # One cause, and most likely not that many: a login without a permission on a table does not see it.
        what = f"None of the {len(medical)} tables that two-way needs on top is there, or this login may not see them."
        yield Finding("tables", Verdict.ERROR, what, _TWO_WAY, "table-missing")
        differing = tuple(one for one in differing if one not in unseen)
    yield from _told("tables", differing)
    if not unseen and not any(one.severity == "error" for one in differing):
        columns = sum(len(access.columns) for access in needed)
        yield well("tables", f"All {len(needed)} tables with the {columns} columns that {mode} needs are there, and fit.")


def look_at_triggers(session: Session, mode: Mode, version: Version, contract: SynergeticSettings) -> Iterator[Finding]:
    """Look for triggers on the tables that are written.

    Raises:
        IntegrationError: The catalogue cannot be read.
    """
    if mode == "one-way":
        yield Finding("triggers", Verdict.NOTE, "Not looked for: one-way writes nothing that could set one off.")
        return
    found = read_triggers(session, version, contract)
    differing = trigger_findings(found, contract)
    yield from _told("triggers", differing)
    if not differing:
        allowed = f" but for {len(found)} that the settings allow" if found else ""
        yield well("triggers", f"No table that is written has a trigger{allowed}.")


def _told(topic: str, differing: Iterable[Differing]) -> Iterator[Finding]:
    for one in differing:
        proposal = f" Proposed for [synergetic.contract]: {one.proposal.line}" if one.proposal else ""
        yield Finding(topic, _VERDICTS[one.severity], one.what, one.remedy + proposal, one.code)
