"""Synergetic as some version lays it out, made on a T-SQL server under names of its own, filled, granted, and dropped."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import date

import pyodbc

from local.school.book import Book
from local.school.create import make_school
from local.school.inserts import insert_statements
from shared.synergetic import TSQL, SynergeticSettings, Version, create_statements
from shared.synergetic.ddl import preparations
from shared.synergetic.grant_script import Target, batches, grant_script, revoke_script
from shared.synergetic.grants import Grant, grants
from shared.synergetic.layout import TableLocation
from shared.synergetic.login import Login
from shared.synergetic.table_model import Mode
from tests.sqlserver.admin import Server, create, insist, run

TODAY = date.today()  # noqa: DTZ011 - the school's own day
SIZE = 20
_WITHIN = replace(TSQL, qualify=lambda spot, table: TSQL.qualify(TableLocation(spot.schema), table))


def sample(version: str, students: int = SIZE) -> Book:
    """Return the rows of the sample school."""
    return make_school(students=students, version=version, today=TODAY)[0]


@dataclass
class Installation:
    """One version of Synergetic on a server.

    Attributes:
        database: The one that the relay connects to.
        login: The relay's login.
        mode: What was granted to it last, none if nothing is.
    """

    server: Server
    version: Version
    settings: SynergeticSettings
    database: str
    login: str
    password: str = "Wattle7-Bird!"
    mode: Mode | None = None

    @classmethod
    def of(cls, server: Server, version: str) -> "Installation":
        """Name everything for a version, before anything is made."""
        name = f"operoo_{server.tag}"
        settings = SynergeticSettings(main_database=name, media_database=f"{name}_media")
        return cls(server, Version.parse(version), settings, name, f"{name}_login")

    @property
    def databases(self) -> tuple[str, ...]:
        """All databases."""
        return (self.database,) if self.version.single_database else (self.database, self.settings.media_database)

    def create(self, book: Book) -> None:
        """Make the databases, their schemas and tables, and fill them."""
        with ExitStack() as open_ones:
            cursors: dict[str | None, pyodbc.Cursor] = {}
            for step in preparations(self.version, self.settings, database=self.database):
                create(self._cursor(cursors, step.database, open_ones), step.sql)
            for database, sql in self._tables():
                run(self._cursor(cursors, database, open_ones), sql)
            for insert in insert_statements(book, self.version, self.settings):
                run(self._cursor(cursors, insert.spot.database or self.database, open_ones), insert.sql)

    def _cursor(self, cursors: dict[str | None, pyodbc.Cursor], database: str | None, open_ones: ExitStack) -> pyodbc.Cursor:
        if database not in cursors:
            cursors[database] = open_ones.enter_context(self.server.administering(database or "master"))
        return cursors[database]

    def _tables(self) -> Iterator[tuple[str, str]]:
        """Yield each statement with its database, which it does not name: not every server creates in another database."""
        whole = create_statements(self.version, self.settings, TSQL)
        for named, short in zip(whole, create_statements(self.version, self.settings, _WITHIN), strict=True):
            yield self.settings.media_database if f" [{self.settings.media_database}]." in named else self.database, short

    def ensure(self, mode: Mode) -> None:
        """Let the login have what a mode needs, from the script run once on nothing."""
        if self.mode == mode:
            return
        if self.mode:
            self.revoke()
        self.grant(mode)

    def grant(self, mode: Mode) -> None:
        """Run the generated script as the administrator."""
        self._script(grant_script(self._target, mode))
        self.mode = mode

    def revoke(self) -> None:
        """Run the script that takes everything back."""
        self._script(revoke_script(self._target))
        self.mode = None

    def grant_of(self, table: str) -> Grant:
        """Return the permission to read a table, by its name in the contract."""
        return next(one for one in grants("one-way", self.version, self.settings) if one.table == table)

    @contextmanager
    def without(self, grant: Grant, column: str) -> Iterator[None]:
        """Take back a permission on one column for a while."""
        one = replace(grant, columns=(column,))
        with self.server.administering(grant.spot.database or self.database) as cursor:
            run(cursor, one.revoke)
            try:
                yield
            finally:
                run(cursor, one.grant)

    @property
    def _target(self) -> Target:
        return Target(self.version, self.settings, Login(self.login), self.database)

    def _script(self, script: str) -> None:
        with self.server.administering() as cursor:
            for batch in batches(script, password=self.password):
                run(cursor, batch)

    def drop(self) -> None:
        """Drop everything that is there of it."""
        with self.server.administering() as cursor, ExitStack() as steps:
            # Done from the last to the first; one that fails does not keep back the others.
            steps.callback(_drop, cursor, "LOGIN", self.login)
            for database in self.databases:
                steps.callback(_drop, cursor, "DATABASE", database)

    @contextmanager
    def reader(self, database: str = "") -> Iterator[pyodbc.Cursor]:
        """Connect as the relay's login."""
        with self.server.logged_in(self.login, self.password, database or self.database) as cursor:
            yield cursor

    @contextmanager
    def stranger(self) -> Iterator[pyodbc.Cursor]:
        """Connect as a login that has a user in the database, and no permission."""
        name = f"{self.login}_stranger"
        with self.server.administering(self.database) as admin:
            run(admin, f"CREATE LOGIN {name} WITH PASSWORD = N'{self.password}'")
            try:
                run(admin, f"CREATE USER {name} FOR LOGIN {name}")
                with self.server.logged_in(name, self.password, self.database) as cursor:
                    yield cursor
            finally:
                run(admin, f"DROP USER {name}")
                insist(admin, f"DROP LOGIN {name}")

    @property
    def section(self) -> str:
        """The relay's `[synergetic]` for its login."""
        contract = (
            f'[synergetic.contract]\nmain_database = "{self.settings.main_database}"\n'
            f'media_database = "{self.settings.media_database}"\n'
        )
        way = self.server.way_for(self.login, self.database)
        return f"[synergetic]\nconnection = '{way}'\n{contract}"


def _drop(cursor: pyodbc.Cursor, kind: str, name: str) -> None:
    catalogue = {"LOGIN": "sys.server_principals", "DATABASE": "sys.databases"}[kind]
    there = {row[0].lower() for row in cursor.execute(f"SELECT name FROM {catalogue}").fetchall()}
    if name.lower() in there:
        insist(cursor, f"DROP {kind} {name}")
