"""The servers that these tests run on: a double on this machine, always, and the one that SYNERGETIC_TEST_ADMIN_DSN names.

The double is spoken to through FreeTDS, and in one version through Microsoft's driver too. One more is not SQL Server itself,
but only speaks T-SQL, as Babelfish does.
"""

import json
import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import pyodbc
import pytest
from moto import mock_aws

from local.school.create import create_school
from relay.database.connection import Session
from relay.database.diagnosis import explained
from relay.database.settings import PASSWORD_VARIABLE
from relay.reading.extract import encode
from relay.reading.school import School
from relay.settings import load_settings
from relay.wiring import database_of, sync_of
from shared import keys
from shared.manifests import RowSetName
from shared.synergetic import TSQL, Mode, Version, accesses, row_sets_of
from tests.integration.relay_site import BUCKET, REGION, Bucket
from tests.sqlserver.admin import Server, refused, run
from tests.sqlserver.installation import SIZE, TODAY, Installation, sample
from tests.sqlserver.trial import VARIABLE, Trial, tried
from tests.sqlserver.writing_school import STUDENTS, WritingRelay, WritingSchool
from tests.tds import drivers
from tests.tds.engine import SqliteEngine
from tests.tds.server import serving

Row = dict[str, object]
DOUBLE, MICROSOFT, SPEAKER, NAMED = "double", "microsoft", "speaker", "named"
_DRIVERS = {DOUBLE: drivers.FREETDS, MICROSOFT: drivers.MICROSOFT, SPEAKER: drivers.FREETDS}
_BY_MICROSOFT = ("67", "68.24")
_WRITTEN = "_w"
VERSIONS = ("65", "66", "66R2", "67", "68.24", "69", "70.16.1", "71.58")


def on_servers(*versions: str, double: Sequence[str] | None = None) -> list[object]:
    """Return the parameters for `installed`: versions on the named server, and the same or fewer on the double."""
    doubled = versions if double is None else double
    by_microsoft = [version for version in doubled if version in _BY_MICROSOFT][-1:]
    return [
        pytest.param((kind, version), marks=[pytest.mark.sqlserver] if kind == NAMED else [], id=f"{kind}-{version}")
        for kind, chosen in ((DOUBLE, doubled), (MICROSOFT, by_microsoft), (NAMED, versions))
        for version in chosen
    ]


def _named_place(item: pytest.Item) -> tuple[str, str] | None:
    """Return which installation on the named server a test wants: whether for reading or for writing, and its version."""
    if item.get_closest_marker("sqlserver") is None:
        return None
    wanted: dict[str, tuple[str, str]] = item.callspec.params  # type: ignore[attr-defined]
    return next((fixture, wanted[fixture][1]) for fixture in ("installed", "school") if fixture in wanted)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let tests on the named server come one installation after the other: there is one at a time."""
    places = list(dict.fromkeys(map(_named_place, items)))
    items.sort(key=lambda item: places.index(place) + 1 if (place := _named_place(item)) else 0)


@dataclass
class Installations:
    """Makes each installation when it is first asked for; one that could not be made is not tried again.

    On the named server there is one at a time, since that may have room for no more.
    """

    stack: ExitStack
    found: dict[tuple[str, str], Installation | pyodbc.Error] = field(default_factory=dict)
    written: dict[tuple[str, str], WritingSchool] = field(default_factory=dict)
    tag: str = field(default_factory=lambda: secrets.token_hex(4))
    trial: Trial | None = None

    def get(self, kind: str, version: str) -> Installation:
        """Return an installation; skips where the environment names no server."""
        return self._whole(kind, version)

    def written_to(self, kind: str, version: str) -> WritingSchool:
        """Return one that may be changed: whoever compares what is read has others."""
        if kind == NAMED and (kind, version) not in self.written:
            skip_unless_transactional(self._server(kind, version, _WRITTEN))
        self._whole(kind, version, _WRITTEN)
        return self.written[kind, version]

    def _whole(self, kind: str, version: str, purpose: str = "") -> Installation:
        which = kind, version + purpose
        if which not in self.found:
            self.found[which] = self._make(kind, version, purpose)
        made = self.found[which]
        if isinstance(made, pyodbc.Error):
            pytest.fail(f"Synergetic {version} could not be made on this server: {made}", pytrace=False)
        return made

    def _server(self, kind: str, version: str, purpose: str) -> Server:
        if kind in _DRIVERS:
            driver = _DRIVERS[kind]
            if drivers.WITHOUT[driver]:
                pytest.skip(drivers.WITHOUT[driver])
            double = self.stack.enter_context(serving(SqliteEngine(whole=kind != SPEAKER)))
            # The same names on each: a query that was translated once need not be again.
            return Server(double.connection("sa", password="x", driver=driver), DOUBLE, double)
        named = Server(os.environ.get(VARIABLE, ""), f"{self.tag}_{version.replace('.', '_').lower()}{purpose}")
        return replace(named, crowded=self._crowded(named, version))

    def _crowded(self, named: Server, version: str) -> str:
        """Return why there cannot be two databases there; skips what needs them then, and everything if it is of no use."""
        if not named.admin:
            pytest.skip(f"{VARIABLE} is not set")
        if self.trial is None:
            self.trial = tried(named)
            if self.trial.fault:
                pytest.fail(self.trial.fault, pytrace=False)
        if self.trial.fault:
            pytest.skip(self.trial.fault)
        if self.trial.crowded and not Version.parse(version).single_database:
            pytest.skip(f"Synergetic {version} has more than one database, and {self.trial.crowded}")
        return self.trial.crowded

    def _make_room(self) -> None:
        for which in [which for which, made in self.found.items() if which[0] == NAMED and isinstance(made, Installation)]:
            self.found.pop(which).drop()
        self.written = {which: made for which, made in self.written.items() if which[0] != NAMED}

    def _make(self, kind: str, version: str, purpose: str) -> Installation | pyodbc.Error:
        made = Installation.of(self._server(kind, version, purpose), version)
        if kind == NAMED:
            self._make_room()
        self.stack.callback(made.drop)
        try:
            made.create(sample(version, STUDENTS if purpose else SIZE))
            if purpose:
                self.written[kind, version] = WritingSchool(made)
                self.written[kind, version].furnish()
        except pyodbc.Error as error:
            with suppress(pyodbc.Error):  # it is tried again at the end
                made.drop()
            return error
        return made


def skip_unless_enforced(granted: Installation) -> None:
    """Skip on a server that lets a login without permissions read."""
    access = accesses("one-way", granted.version, granted.settings)[0]
    with granted.stranger() as cursor:
        sql = f"SELECT {access.columns[0].called} FROM {access.spot.schema}.{access.called}"
        if not refused(lambda: run(cursor, sql)):
            pytest.skip("this server lets a login without any permission read: it does not enforce grants")


def skip_unless_told_apart(made: Installation) -> None:
    """Skip on a server that tells of the connected database's tables, or of none, where it is asked for another database's."""
    with made.server.administering(made.database) as cursor:
        for access in accesses("one-way", made.version, made.settings):
            if access.spot.database not in {None, made.database}:
                found = 0
                with suppress(pyodbc.ProgrammingError):
                    sql = f"SELECT COUNT(*) FROM {access.spot.database}.sys.objects WHERE name = '{access.called}'"
                    found = cursor.execute(sql).fetchval()
                if not found:
                    pytest.skip("this server's catalogue does not tell of another database's tables")


def skip_unless_shown(granted: Installation) -> None:
    """Skip on a named server that hides from a login the columns that it may not read: to it they are not there."""
    if granted.server.double is not None:
        return
    access = accesses("one-way", granted.version, granted.settings)[0]
    sql = f"SELECT COUNT(*) FROM INFORMATION_SCHEMA.COLUMNS WHERE TABLE_NAME = '{access.called}'"
    with granted.server.administering(granted.database) as admin, granted.reader() as reader:
        if reader.execute(sql).fetchval() < admin.execute(sql).fetchval():
            pytest.skip("this server hides the columns that a login may not read")


def skip_unless_transactional(server: Server) -> None:
    """Skip on a server that refuses what writing begins with: each of the levels that would do, or what else it takes."""
    words = TSQL.writes
    with server.administering() as cursor:
        if not any(_takes(cursor, sql) for sql in words.isolation):
            pytest.skip(f"this server takes none of {', '.join(words.isolation)}, with one of which writing begins")
        for sql in words.before:
            if not _takes(cursor, sql):
                pytest.skip(f"this server does not take “{sql}”, with which writing begins")
        if not _takes(cursor, "SELECT COUNT(*) AS Found FROM sys.triggers"):
            pytest.skip("this server does not tell of triggers, and where nobody knows of them nothing is written")


def skip_unless_triggered(school: WritingSchool) -> None:
    """Skip on a server that makes no triggers."""
    if not school.has_triggers:
        pytest.skip("this server does not take the school's triggers")


def _takes(cursor: pyodbc.Cursor, sql: str) -> bool:
    try:
        run(cursor, sql)
    except pyodbc.Error:
        return False
    return True


def skip_unless_strict(server: Server) -> None:
    """Skip on a server whose strictest level is another than SQL Server's: other things come in between there."""
    strictest = TSQL.writes.isolation[0]
    with server.administering() as cursor:
        if not _takes(cursor, strictest):
            pytest.skip(f"this server does not take “{strictest}”: who writes at the same time is met otherwise there")


@pytest.fixture(scope="session")
def installations() -> Iterator[Installations]:
    """Return what makes installations; all are dropped at the end, whatever happened."""
    with ExitStack() as stack:
        yield Installations(stack)


@pytest.fixture(params=on_servers(*VERSIONS))
def installed(request: pytest.FixtureRequest, installations: Installations) -> Installation:
    """Return Synergetic as a version has it, filled with the sample school."""
    return installations.get(*request.param)


@pytest.fixture
def granted(installed: Installation) -> Installation:
    """Return the same, with the one-way script run."""
    installed.ensure("one-way")
    return installed


@pytest.fixture
def school(request: pytest.FixtureRequest, installations: Installations) -> WritingSchool:
    """Return Synergetic as a version has it, to be changed, with the two-way script run."""
    made = installations.written_to(*request.param)
    skip_unless_told_apart(made.made)
    made.made.ensure("two-way")
    return made


@pytest.fixture
def writer(tmp_path: Path, school: WritingSchool) -> WritingRelay:
    """Return a relay in two-way mode there."""
    return WritingRelay(tmp_path, school.made)


@dataclass(frozen=True)
class Stated:
    """What a relay stated of a school: the version that it found, the rows of each row set, and the photos that it put."""

    version: str
    rows: dict[RowSetName, list[Row]]
    photos: set[str]


class Relay:
    """A relay in a folder."""

    def __init__(self, folder: Path, section: str) -> None:
        self.config = folder / "relay.toml"
        self.config.write_text(f'{section}\n[exchange]\nbucket = "{BUCKET}"\nregion = "{REGION}"\n')

    def read(self, mode: Mode = "one-way") -> dict[RowSetName, list[Row]]:
        """Return every row as it would be stated in a mode; of photos, what the database says of them."""
        settings = load_settings(self.config)
        database = database_of(settings)
        with database.session() as session:
            school = School.found_in(session, settings.synergetic.contract, today=TODAY)
            return {name: self._rows(session, school, name) for name in row_sets_of(mode)}

    def _rows(self, session: Session, school: School, name: RowSetName) -> list[Row]:
        source, doing = school.source(name), f"Reading {name}"
        with explained(session, school.needed(name), doing=doing):
            lines = encode(session.rows(source.select, doing=doing), row_set=name).splitlines()
        return [dict(zip(source.columns, json.loads(line), strict=True)) for line in lines]

    def sync(self) -> Stated:
        """Run once, with AWS for this run alone, and return what it stated."""
        with mock_aws():
            bucket = Bucket()
            sync_of(load_settings(self.config)).run()
            return Stated(bucket.manifest().synergetic_version, bucket.rows(), bucket.keys(keys.PHOTOS))


@pytest.fixture(scope="session")
def sample_file(tmp_path_factory: pytest.TempPathFactory) -> Relay:
    """Return a relay at the same school in a SQLite file."""
    folder = tmp_path_factory.mktemp("sample")
    create_school(folder / "school.db", students=SIZE, today=TODAY)
    return Relay(folder, f'[synergetic]\ndriver = "SQLite3"\ndatabase = "{folder / "school.db"}"')


@pytest.fixture(scope="session")
def expected(sample_file: Relay) -> Stated:
    """Return what a run states of the SQLite file."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "testing")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        return sample_file.sync()


@pytest.fixture
def relay(tmp_path: Path, installed: Installation, monkeypatch: pytest.MonkeyPatch) -> Relay:
    """Return a relay that logs in as the script has it."""
    monkeypatch.setenv(PASSWORD_VARIABLE, installed.password)
    return Relay(tmp_path, installed.section)
