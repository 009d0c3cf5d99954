"""Synergetic as this login sees it: driver, version, permissions, triggers, snapshots, clock, and how many rows there are.

Each look is a step of its own: what one of them cannot find out does not keep the others from being made.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial

from relay.checking.left_out import look_at_left_out
from relay.checking.machine import clock_finding, zone_finding
from relay.checking.report import Finding, Report, Verdict, failed, well
from relay.checking.schema import look_at_tables, look_at_triggers
from relay.database.causes import LACKING, NO_PERMISSION, UNCLEAR
from relay.database.connection import Database, Session
from relay.database.diagnosis import explained
from relay.database.permissions import found_permissions
from relay.reading.school import School, database_states, databases_named, found_version
from relay.unexpected_errors import foreseen
from shared.errors import ContractError, IntegrationError, SettingsError
from shared.manifests import RowSetName
from shared.synergetic import ROW_SETS, TSQL, Mode, SynergeticSettings, Version, row_sets_of, schema_fingerprint
from shared.synergetic.catalogue import clock_statement, clock_time, connected_statement
from shared.synergetic.grants import Grant, grants
from shared.synergetic.permissions import Difference, compare
from shared.synergetic.values import clean_number

_STEPS = ("version", "tables", "permissions", "triggers", "snapshots", "clock", "rows", "left out")
_SNAPSHOT_ON = 1
_NO_DATABASE = "database-not-found"
_SHOWN = 4
_NO_ROWS = (
    "Look at the current period, and at the school's own codes in [synergetic.contract] (present_meanings, file_types, "
    "contact_types)."
)
_NO_CODES = "Look at what `table_names` in [synergetic.contract] says is not there: no code can be found for what families say."
_NOT_TOLD = (
    "A server that only speaks T-SQL, such as Babelfish, lacks some of SQL Server's own views and functions. Reading needs "
    "none of them: have the database administrator look at this instead."
)
_UNUSED = (
    "It works without. Either `snapshot` in [synergetic] is false, or a database that `main_database` or `media_database` "
    "names is on this server too and does not allow it."
)
_GRANTS = "Have the script that `operoo-relay grants` writes run by the database administrator."
_DENIED = " If it is missing even then, a DENY stands against it, or the login is in db_denydatareader or db_denydatawriter."
_REVOKE = (
    "Have the database administrator take it away; `operoo-relay grants --diff` lists it all. What the two-way script gave, "
    "the one-way script takes back."
)


@dataclass(frozen=True)
class Asked:
    """What is to be looked at.

    Attributes:
        contract: What the school calls things.
        mode: What the login is for.
        today: The school's day.
        clock: Tells this machine's time.
    """

    contract: SynergeticSettings
    mode: Mode
    today: date
    clock: Callable[[], datetime]


def look_at_synergetic(database: Database, asked: Asked, report: Report) -> None:
    """Connect, and look at all that the relay needs there; everything that is found goes into the report."""
    try:
        with foreseen(), database.session() as session:
            product = session.product()
            report.facts |= {"database": product}
            through, to = (f"{product[name]} {product[f'{name}_version']}" for name in ("driver", "server"))
            report.add([well("connection", f"Connected through {through} to {to}.")])
            _look(session, asked, report)
    except IntegrationError as error:
        report.add([failed("connection", error)])
        report.skipped(*_STEPS, since="Synergetic is not reached")


def _look(session: Session, asked: Asked, report: Report) -> None:
    try:
        with foreseen():
            if session.dialect is TSQL:  # the connection string, or the login, may have chosen it
                ((name,),) = session.rows(connected_statement(session.dialect), doing="Reading the database's name")
                report.names[str(name)] = "database"
            version = found_version(session, asked.contract)
    except IntegrationError as error:
        report.add([failed("version", error)])
        report.skipped(*_STEPS[1:], since="the version is not known")
        return
    report.add(_version(version))
    report.facts |= {
        "synergetic_version": str(version),
        "layout": "one database" if version.single_database else "three databases",
        "schema_fingerprint": schema_fingerprint(asked.contract, version),
    }
    look = _Look(session, asked, version=version, report=report)
    for topic, step in (
        ("tables", look.tables),
        ("permissions", partial(_told, "permissions", look.permissions)),
        ("triggers", partial(_told, "triggers", look.triggers)),
        ("snapshots", look.snapshots),
        ("clock", partial(_told, "clock", look.clock)),
    ):
        if not report.tried(topic, step) and report.tells(topic, _NO_DATABASE):
            report.skipped(*_STEPS[2:], since="a database that is needed is not there")
            return
        session.refresh()
    look.rows()


def _told(topic: str, look: Callable[[], Iterable[Finding]]) -> Iterable[Finding]:
    """Look at what the server tells of itself; whether the relay can read is another look's to find out."""
    try:
        return list(look())
    except IntegrationError as error:
        if error.code not in LACKING:
            raise
        return [Finding(topic, Verdict.WARNING, f"Not known: {error.what}", _NOT_TOLD, code="not-told")]


def _version(version: Version) -> Iterator[Finding]:
    layout = "one database with schemas" if version.single_database else "a main database and one for photos"
    yield well("version", f"Synergetic {version}: {layout}.")
    if not version.is_known:
        yield Finding("version", Verdict.NOTE, f"No release {version} is known here: it is taken for {version.major}.")


class _Look:
    """One look at a database whose version is known."""

    def __init__(self, session: Session, asked: Asked, *, version: Version, report: Report) -> None:
        self._session = session
        self._asked = asked
        self._version = version
        self._report = report

    def tables(self) -> Iterator[Finding]:
        with databases_named(self._session, self._version, self._asked.contract):
            yield from look_at_tables(self._session, self._asked.mode, self._version, self._asked.contract)

    def triggers(self) -> Iterator[Finding]:
        return look_at_triggers(self._session, self._asked.mode, self._version, self._asked.contract)

    def permissions(self) -> Iterator[Finding]:
        if self._session.dialect is not TSQL:
            yield Finding("permissions", Verdict.NOTE, "This is a file: it has no logins and no permissions.")
            return
        expected = grants(self._asked.mode, self._version, self._asked.contract)
        yield from _permissions(compare(expected, found_permissions(self._session, expected)), self._asked.mode)

    def snapshots(self) -> Iterator[Finding]:
        rows = database_states(self._session, self._version, self._asked.contract)
        without = [str(name) for name, state, *_ in rows if clean_number(state) != _SNAPSHOT_ON]
        self._report.facts["snapshot_isolation"] = self._session.consistent
        if self._session.consistent:
            yield well("snapshots", "Snapshot isolation is used: everything is read as of one moment, and no lock is held.")
            return
        counted = "each row set is counted before and after, and read again if the counts differ."
        if rows and not without:
            yield Finding("snapshots", Verdict.NOTE, f"Snapshot isolation is allowed, and not used: {counted}", _UNUSED)
            return
        yield Finding(
            "snapshots",
            Verdict.NOTE,
            f"Snapshot isolation is not allowed in {', '.join(without) or 'this database'}: {counted}",
            "It works without. For whole reads have ALLOW_SNAPSHOT_ISOLATION set ON for the database.",
        )

    def clock(self) -> Iterator[Finding]:
        doing = "Reading the server's clock"
        rows = self._session.rows(clock_statement(self._session.dialect), doing=doing)
        try:
            theirs, zone = clock_time(next(iter(rows), ()))
        except ValueError:
            raise ContractError(f"{doing} failed: it gives no time.", remedy=_NOT_TOLD, code=UNCLEAR) from None
        yield from clock_finding("the database server", self._asked.clock() - theirs)
        yield from zone_finding(zone, self._asked.clock())

    def rows(self) -> None:
        """Count the rows of each row set, and say who would be left out; a row set that fails does not keep back the others."""
        try:
            with foreseen():
                school = School.found_in(self._session, self._asked.contract, today=self._asked.today)
        except IntegrationError as error:
            self._report.add([failed("rows", error)])
            self._report.skipped("left out", since="the current period is not known")
            return
        self._session.forgive()  # a damaged character keeps nobody from being counted
        self._report.facts["period"] = f"{school.period.year}/{school.period.semester}"
        counts: dict[str, int] = {}
        for name in row_sets_of(self._asked.mode):
            self._report.tried("rows", lambda name=name: self._count(school, name, counts))  # type: ignore[misc]
            self._session.refresh()
        self._report.facts["rows"] = counts
        if counts.keys() >= set(row_sets_of("one-way")):
            self._report.tried("left out", lambda: look_at_left_out(self._session, school, counts["students"]))
        else:
            self._report.skipped("left out", since="not every row set can be read")

    def _count(self, school: School, name: RowSetName, counts: dict[str, int]) -> Iterator[Finding]:
        doing = f"Counting {name}"
        try:
            with explained(self._session, school.needed(name), doing=doing):
                counts[name] = self._session.number(school.source(name).count, doing=doing)
        except (ContractError, SettingsError) as error:
            ungranted = error.code == NO_PERMISSION and self._report.tells("permissions", "grant-missing")
            if not (ungranted or self._report.tells("tables", error.code)):
                raise
            # Said once is enough: many row sets need the same table.
            what = f"{name}: not counted, since this login does not see or may not read all that it needs."
            yield Finding("rows", Verdict.UNKNOWN, what)
            return
        if counts[name]:
            yield well("rows", f"{name}: {counts[name]:,} rows.")
            return
        without_students = name == "students"
        yield Finding(
            "rows",
            Verdict.ERROR if without_students else Verdict.WARNING,
            f"{name}: no rows.",
            _NO_ROWS if ROW_SETS[name].mode == "one-way" else _NO_CODES,
            code="no-students" if without_students else "no-rows",
        )


def _named(missing: Sequence[Grant]) -> str:
    names = [f"{grant.permission} on {grant.spot.schema}.{grant.table}" for grant in missing[:_SHOWN]]
    rest = len(missing) - len(names)
    return ", ".join(names) + (f" and {rest} more permissions" if rest else "")


def _permissions(difference: Difference, mode: Mode) -> Iterator[Finding]:
    if not difference:
        yield well("permissions", f"The login may do exactly what {mode} needs.")
    if difference.missing and not difference.member:
        what = f"The login is not in every role that {mode} needs, and lacks {_named(difference.missing)}."
        remedy = f"{_GRANTS} `operoo-relay grants --diff` lists them."
        yield Finding("permissions", Verdict.ERROR, what, remedy, code="grant-missing")
    for grant in difference.missing if difference.member else ():
        place = f" in {grant.spot.database}" if grant.spot.database else ""
        yield Finding("permissions", Verdict.ERROR, f"Missing{place}: {grant.grant}", _GRANTS + _DENIED, code="grant-missing")
    for one in difference.excess:
        told = " A one-way login must not be able to write." if one.writes and mode == "one-way" else ""
        yield Finding("permissions", Verdict.WARNING, f"Too much: {one.what}{told}", _REVOKE, code="grant-excess")
