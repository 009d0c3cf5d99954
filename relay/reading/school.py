"""What a connection turns out to be: which Synergetic, which period is current, and the statements that fit both."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

from relay.database.causes import LACKING
from relay.database.connection import Session, Values
from relay.database.diagnosis import Needed, explained
from shared.errors import ContractError, IntegrationError, SettingsError
from shared.manifests import Period, RowSetName
from shared.synergetic import (
    ROW_SETS,
    TABLES,
    TSQL,
    Dialect,
    Layout,
    Queries,
    Statement,
    SynergeticSettings,
    Table,
    Version,
    connected_statement,
    refuse_stale_copy,
    schema_fingerprint,
    version_statement,
)
from shared.synergetic.catalogue import snapshot_statement
from shared.synergetic.statements import column_name, physical_name, table_name
from shared.synergetic.tables import FILE_SEMESTERS, SYN_DATABASES
from shared.synergetic.values import clean_number


@dataclass(frozen=True)
class Source:
    """What is to be read as one row set.

    Attributes:
        name: The row set.
        columns: The columns of its rows.
        owner_positions: Which of them name the owner.
        select: The query for its rows.
        count: The query that counts them.
    """

    name: RowSetName
    columns: tuple[str, ...]
    owner_positions: tuple[int, ...]
    select: Statement
    count: Statement


@dataclass(frozen=True)
class School:
    """The school as the connected database has it.

    Attributes:
        contract: What the school calls things.
        dialect: The SQL its database speaks.
        version: Synergetic's version.
        period: The current period.
        today: The school's day, the same for all that one run reads: it decides who is in a class.
        queries: The statements.
    """

    contract: SynergeticSettings
    dialect: Dialect
    version: Version
    period: Period
    today: date
    queries: Queries

    @classmethod
    def found_in(cls, session: Session, contract: SynergeticSettings, *, today: date) -> "School":
        """Find out what the connected database is.

        Raises:
            ContractError: It is no Synergetic that the contract knows, or has not exactly one current period.
            SettingsError: The login may not read that.
            SynergeticUnavailableError: The database does not answer.
        """
        dialect = session.dialect
        version = found_version(session, contract)
        queries = Queries.of(version, contract, dialect)
        doing = "Reading the current period"
        with explained(session, _needed([FILE_SEMESTERS], contract, dialect, version), doing=doing):
            period = _period(session, queries, doing)
        return cls(contract, dialect, version, period, today, queries)

    @property
    def fingerprint(self) -> str:
        """What stands for the contract under which it is read."""
        return schema_fingerprint(self.contract, self.version)

    def needed(self, name: RowSetName) -> list[Needed]:
        """Return the tables that a row set needs, by the names they have here."""
        tables = [TABLES[table] for table in sorted(ROW_SETS[name].tables)]
        return _needed(tables, self.contract, self.dialect, self.version)

    def source(self, name: RowSetName) -> Source:
        """Return what is to be read as a row set."""
        row_set = ROW_SETS[name]
        select = self.queries.row_set(name, self.period, today=self.today)
        count = self.queries.count(name, self.period, today=self.today)
        return Source(name, row_set.columns, row_set.owner_positions, select, count)


def found_version(session: Session, contract: SynergeticSettings) -> Version:
    """Find out which version the connected database is, unless the configuration says so.

    Raises:
        ContractError: It is a stale copy, does not say its version, or says one that the contract does not know.
        SettingsError: The login may not read that.
        SynergeticUnavailableError: The database does not answer.
    """
    # The connection string or the login may have chosen another database than the configuration names.
    ((connected,),) = session.rows(connected_statement(session.dialect), doing="Reading the database's name")
    refuse_stale_copy(str(connected))
    if contract.version is not None:
        return Version.parse(contract.version)
    doing = "Reading Synergetic's version"
    with explained(session, _needed([SYN_DATABASES], contract, session.dialect, None), doing=doing):
        rows = session.rows(version_statement(contract, session.dialect), doing=doing)
        return Version.choose(row[0] for row in rows)


def database_states(session: Session, version: Version, contract: SynergeticSettings) -> list[Values]:
    """Return which of the databases that are read are there, the connected one too, and how each does snapshots.

    Raises:
        SynergeticUnavailableError: The database does not answer.
    """
    try:
        return session.rows(snapshot_statement(version, contract, session.dialect), doing="Looking at snapshot isolation")
    except IntegrationError as error:
        if error.code not in LACKING:
            raise
        return []  # a server that only speaks T-SQL may know nothing of it


@contextmanager
def databases_named(session: Session, version: Version, contract: SynergeticSettings) -> Iterator[None]:
    """Name the databases that are not there if what is done within fails for want of something.

    Raises:
        SettingsError: A database that the settings name is not on the server.
        IntegrationError: Whatever else was raised within, as it was.
    """
    try:
        yield
    except IntegrationError as error:
        absent = _absent(session, version, contract) if error.code in LACKING else []
        if not absent:
            raise
        raise SettingsError(
            f"There is no database {' and none '.join(absent)} on this server, or this login may not see it.",
            remedy="Up to version 67 say what they are called here, as `main_database` and `media_database` in "
            "[synergetic.contract]. If they are called so, have the script of `operoo-relay grants` run.",
            code="database-not-found",
        ) from error


def _absent(session: Session, version: Version, contract: SynergeticSettings) -> list[str]:
    if session.dialect is not TSQL:
        return []  # a file holds everything
    layout = Layout.of(version, contract)
    there = {str(name).casefold() for name, *_ in database_states(session, version, contract)}
    named = dict.fromkeys(spot.database for spot in (layout.main, layout.media) if spot.database)
    # Whoever is told of no database at all, not even of the connected one, is told nothing by that.
    return [name for name in named if there and name.casefold() not in there]


def _needed(tables: Iterable[Table], contract: SynergeticSettings, dialect: Dialect, version: Version | None) -> list[Needed]:
    layout = Layout.of(version, contract)
    return [
        Needed(
            table_name(table, contract, layout, dialect),
            tuple(filter(None, (column_name(table, column, contract, version) for column in table.read))),
        )
        for table in tables
        if physical_name(table, contract)
    ]


def _period(session: Session, queries: Queries, doing: str) -> Period:
    rows = session.rows(queries.current_periods(), doing=doing)
    if len(rows) != 1:
        raise ContractError(
            f"Synergetic marks {len(rows)} periods as the current one; it must be exactly one.",
            remedy="Mark the current year and semester in Synergetic's file semester maintenance, and no other.",
            code="no-current-period" if not rows else "several-current-periods",
        )
    try:
        year, semester = map(clean_number, rows[0])
    except ValueError:
        year = semester = None
    if year is None or semester is None:
        raise ContractError(
            "The current period in Synergetic has no year or no semester that can be read.",
            remedy="Correct it in Synergetic's file semester maintenance.",
            code="no-current-period",
        )
    return Period(year=year, semester=semester)
