"""Synergetic's tables and columns as the database has them, held against the contract."""

from collections.abc import Iterable, Iterator

from relay.checking.report import Finding, Verdict, well
from relay.database.connection import Session
from shared.synergetic import Dialect, Mode, SynergeticSettings, Version, accesses
from shared.synergetic.catalogue import Catalogue, column_questions, found_triggers, trigger_questions
from shared.synergetic.compatibility import Finding as Differing
from shared.synergetic.compatibility import findings, trigger_findings

_VERDICTS = {"error": Verdict.ERROR, "warning": Verdict.WARNING, "note": Verdict.NOTE}


def look_at_tables(
    session: Session, mode: Mode, version: Version, contract: SynergeticSettings, dialect: Dialect
) -> Iterator[Finding]:
    """Look whether every table and column of a mode is there, with a type that can be read, and written where it is written.

    Raises:
        IntegrationError: The catalogue cannot be read.
    """
    questions = column_questions(mode, version, contract, dialect)
    found = Catalogue.of((ask, session.rows(ask.statement, doing="Reading the catalogue")) for ask in questions)
    differing = findings(mode, version, contract, found)
    yield from _told("tables", differing)
    if not any(one.severity == "error" for one in differing):
        needed = accesses(mode, version, contract)
        columns = sum(len(access.columns) for access in needed)
        yield well("tables", f"All {len(needed)} tables with the {columns} columns that {mode} needs are there, and fit.")


def look_at_triggers(
    session: Session, mode: Mode, version: Version, contract: SynergeticSettings, dialect: Dialect
) -> Iterator[Finding]:
    """Look for triggers on the tables that are written.

    Raises:
        IntegrationError: The catalogue cannot be read.
    """
    if mode == "one-way":
        yield Finding("triggers", Verdict.NOTE, "Not looked for: one-way writes nothing that could set one off.")
        return
    questions = trigger_questions(version, contract, dialect)
    found = [one for ask in questions for one in found_triggers(session.rows(ask.statement, doing="Looking for triggers"))]
    differing = trigger_findings(found, contract)
    yield from _told("triggers", differing)
    if not differing:
        allowed = f" but for {len(found)} that the settings allow" if found else ""
        yield well("triggers", f"No table that is written has a trigger{allowed}.")


def _told(topic: str, differing: Iterable[Differing]) -> Iterator[Finding]:
    for one in differing:
        proposal = (
            f" The relay proposes: {one.proposal.setting} … {one.proposal.of} = “{one.proposal.value}”." if one.proposal else ""
        )
        yield Finding(topic, _VERDICTS[one.severity], one.what, one.remedy + proposal, one.code)
