"""A SQL Server on paper: it carries out the statements that the scripts are made of, as strictly as the real one.

It keeps logins, users, roles, members and granted columns; it refuses what SQL Server refuses: a role that is there already, a
grant to nobody, a role with members that is dropped. It answers the questions about permissions, and does not read tables.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from shared.synergetic import Statement
from shared.synergetic.grant_script import batches

_TEXT, _NAME = r"N'((?:[^']|'')*)'", r"\[((?:[^\]]|\]\])*)\]"
_CONDITION = re.compile(r"IF (.*?)\n\s*(?=BEGIN|CREATE|ALTER|EXEC|DROP)", re.DOTALL)
_SIMPLE = re.compile(r"((?:'(?:[^']|'')*'|\[(?:[^\]]|\]\])*\]|[^;'\[])*);\s*")
Held = tuple[str, str, str, str, str]


class Refused(Exception):  # noqa: N818 - it says what happened
    """The server does not do that."""


class _Returned(Exception):  # noqa: N818 - not an error: the batch ends
    """A batch ended early."""


@dataclass
class Database:
    """One database: its tables, and who may do what; a permission is role, permission, schema, table and column."""

    tables: dict[tuple[str, str], set[str]]
    users: dict[str, str] = field(default_factory=dict)
    roles: dict[str, set[str]] = field(default_factory=dict)
    granted: set[Held] = field(default_factory=set)


@dataclass
class Server:
    """A server, with the database that a connection is in."""

    databases: dict[str, Database]
    current: str = "master"
    logins: set[str] = field(default_factory=set)
    wide: list[tuple[str, ...]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def run(self, script: str, password: str | None = "a password") -> list[str]:
        """Run a script batch by batch, as sqlcmd does, and return what it complained of; go on after a complaint."""
        self.current, self.said = "master", []
        for batch in batches(script, password=password):
            text = re.sub(r"^\s*--.*\n?", "", batch, flags=re.MULTILINE).strip() + "\n"
            try:
                while text:
                    text = self._statement(text, do=True)
            except _Returned:
                continue
        return self.said

    def may(self, login: str, database: str) -> set[tuple[str, ...]]:
        """Return what a login may do in a database: permission, schema, table, column."""
        there = self.databases[database]
        user = next((user for user, owner in there.users.items() if owner == login), None)
        return {held[1:] for held in there.granted if user in there.roles[held[0]]}

    def is_bare(self) -> bool:
        """Tell whether no script has left anything."""
        return not self.logins and not any(one.users or one.roles or one.granted for one in self.databases.values())

    def rows_for(self, login: str, home: str) -> Callable[..., list[tuple[str, ...]]]:
        """Return what answers the questions of a login that is connected to its home database, as a session's `rows`."""

        def rows(statement: Statement, *, doing: str) -> list[tuple[str, ...]]:
            assert doing
            kind = re.search(r"SELECT N'([a-z ]+)' AS Kind, N'(\w*)'", statement.sql)
            if kind is None:
                assert "DB_NAME()" in statement.sql
                return [(home,)]
            if kind[1] == "server role":
                return list(self._wide(login, home, statement.sql))
            return list(self._narrow(kind[1], login, kind[2], statement))

        return rows

    def _wide(self, login: str, home: str, sql: str) -> Iterator[tuple[str, ...]]:
        yield from self.wide
        there = self.databases[home]
        for role, members in there.roles.items():
            if any(there.users.get(member) == login for member in members):
                yield "role", home, "", role, "", ""
        for database in re.findall(r"N'database' AS Kind, N'(\w*)' AS DatabaseName.*\n.*N'CONNECT'", sql):
            if login in self.databases[database or home].users.values():
                yield "database", database, "", "", "", "CONNECT"

    def _narrow(self, kind: str, login: str, database: str, statement: Statement) -> Iterator[tuple[str, ...]]:
        place = database or next(name for name in self.databases if name != "master")
        assert login in self.databases[place].users.values(), (
            "SQL Server refuses to be asked about a database one may not enter"
        )
        held = self.may(login, place)
        for (schema, table), columns in self.databases[place].tables.items():
            mine = {(permission, column) for permission, where, name, column in held if (where, name) == (schema, table)}
            if kind == "object":
                yield from ((kind, database, schema, table, "", permission) for permission, column in mine if not column)
            elif mine and table in statement.parameters:
                yield from ((kind, database, schema, table, column, "") for column in columns)
                yield from ((kind, database, schema, table, column, permission) for permission, column in mine if column)
            elif "N'OBJECT', n.name) = 0" in statement.sql:
                alone = [(permission, column) for permission, column in mine if column and (permission, "") not in mine]
                yield from ((kind, database, schema, table, column, permission) for permission, column in alone)

    def _statement(self, text: str, *, do: bool) -> str:
        """Carry out the first statement of a text, or pass it over, and return what follows it."""
        if text.startswith("IF "):
            found = _CONDITION.match(text)
            assert found, text[:200]
            holds = do and self._holds(found[1])
            rest = self._statement(text[found.end() :], do=holds)
            return self._statement(rest[len("ELSE ") :], do=do and not holds) if rest.startswith("ELSE ") else rest
        if text.startswith("BEGIN\n"):
            text = text[len("BEGIN\n") :].lstrip()
            while not text.startswith("END;"):
                text = self._statement(text, do=do)
            return text[len("END;") :].lstrip()
        simple = _SIMPLE.match(text)
        assert simple, text[:200]
        if do:
            try:
                self._do(re.sub(r"\s*\n\s*", " ", simple[1]))
            except Refused as error:
                self.said.append(str(error))
        return text[simple.end() :]

    @property
    def _here(self) -> Database:
        return self.databases[self.current]

    def _holds(self, condition: str) -> bool:
        if negated := condition.removeprefix("NOT ") != condition:
            condition = condition.removeprefix("NOT ")
        first, _, second = condition.partition("\n    AND NOT ")
        if second:
            return self._holds(first) and not self._holds(second)
        texts = [text.replace("''", "'") for text in re.findall(_TEXT, condition)]
        if "OBJECT_ID(" in condition:
            schema, table = re.findall(_NAME, texts[0])
            holds = (schema, table) not in self._here.tables or self.current.startswith("zPre68")
        elif " IN (" in condition:
            holds = texts[0] in {"", "$(OperooPassword)"}
        elif "server_principals" in condition:
            holds = texts[0] in self.logins
        elif "role_members" in condition:
            members = self._here.roles.get(texts[0], set())
            holds = bool(members) if len(texts) == 1 else texts[1] in members
        else:
            belongs = "SUSER_SID" not in condition or self._here.users.get(texts[0]) == texts[0]
            holds = texts[0] in {*self._here.users, *self._here.roles} and belongs
        return holds != negated

    def _do(self, statement: str) -> None:
        if statement == "RETURN":
            raise _Returned
        verbs = {
            rf"USE {_NAME}": self._use,
            rf"RAISERROR\({_TEXT}, 16, 1\)": self.said.append,
            rf"CREATE LOGIN {_NAME} (?:FROM WINDOWS|WITH PASSWORD = {_TEXT})": self._create_login,
            rf"CREATE USER {_NAME} FOR LOGIN {_NAME}": self._create_user,
            rf"CREATE USER {_NAME} WITH PASSWORD = {_TEXT}": lambda name, _: self._create_user(name, name, contained=True),
            rf"EXEC \({_TEXT}\)": self._do,
            rf"ALTER USER {_NAME} WITH LOGIN = {_NAME}": self._create_user_again,
            rf"CREATE ROLE {_NAME}": self._create_role,
            rf"EXEC sp_addrolemember @rolename = {_TEXT}, @membername = {_TEXT}": self._add_member,
            rf"EXEC sp_droprolemember @rolename = {_TEXT}, @membername = {_TEXT}": self._drop_member,
            rf"(GRANT|REVOKE) (\w+) ON {_NAME}\.{_NAME}(?: \((.*)\))? (?:TO|FROM) {_NAME}": self._grant_or_revoke,
            rf"DROP ROLE {_NAME}": self._drop_role,
            rf"DROP USER {_NAME}": self._drop_user,
            rf"DROP LOGIN {_NAME}": self.logins.remove,
        }
        for pattern, verb in verbs.items():
            if found := re.fullmatch(pattern, statement):
                verb(*(_decoded(statement, found, number) for number in range(1, len(found.groups()) + 1)))
                return
        raise AssertionError(statement)

    def _use(self, database: str) -> None:
        _refuse(database not in self.databases, f"no database {database}")
        self.current = database

    def _create_login(self, name: str, _password: str | None = None) -> None:
        _refuse(name in self.logins, f"login {name} exists")
        self.logins.add(name)

    def _create_user(self, name: str, login: str, *, contained: bool = False) -> None:
        _refuse(name in {*self._here.users, *self._here.roles}, f"user {name} exists")
        _refuse(not contained and login not in self.logins, f"no login {login}")
        self._here.users[name] = login

    def _create_user_again(self, name: str, login: str) -> None:
        _refuse(name not in self._here.users or login not in self.logins, f"no user {name}")
        self._here.users[name] = login

    def _create_role(self, name: str) -> None:
        _refuse(name in {*self._here.users, *self._here.roles}, f"role {name} exists")
        self._here.roles[name] = set()

    def _add_member(self, role: str, member: str) -> None:
        _refuse(role not in self._here.roles or member not in self._here.users, f"no {role} or {member}")
        self._here.roles[role].add(member)

    def _drop_member(self, role: str, member: str) -> None:
        _refuse(member not in self._here.roles.get(role, ()), f"{member} is not in {role}")
        self._here.roles[role].remove(member)

    def _grant_or_revoke(self, verb: str, permission: str, *target: str | None) -> None:
        schema, table, columns, role = target
        _refuse(role not in self._here.roles, f"no role {role}")
        there = self._here.tables.get((schema, table))
        names = set(re.findall(_NAME, columns)) if columns else {""}
        _refuse(there is None or not names <= {*there, ""}, f"no such column: {schema}.{table} {columns}")
        held = {(role, permission, schema, table, name) for name in names}
        self._here.granted = self._here.granted | held if verb == "GRANT" else self._here.granted - held

    def _drop_role(self, name: str) -> None:
        _refuse(bool(self._here.roles[name]), f"{name} has members")
        del self._here.roles[name]
        self._here.granted = {held for held in self._here.granted if held[0] != name}

    def _drop_user(self, name: str) -> None:
        del self._here.users[name]
        for members in self._here.roles.values():
            members.discard(name)


def _decoded(statement: str, found: re.Match[str], number: int) -> str | None:
    """Return a name or a text as the server takes it, by what stands around it."""
    part: str | None = found[number]
    if part is None:
        return None
    return part.replace("]]", "]") if statement[found.start(number) - 1] == "[" else part.replace("''", "'")


def _refuse(condition: bool, what: str) -> None:  # noqa: FBT001 - reads as a sentence
    if condition:
        raise Refused(what)


def server_for(spots: dict[str, list[tuple[str, str, set[str]]]]) -> Server:
    """Return a server with these databases and their tables: schema, name, columns."""
    databases = {"master": Database({})}
    for name, tables in spots.items():
        merged: dict[tuple[str, str], set[str]] = defaultdict(set)
        for schema, table, columns in tables:
            merged[schema, table] |= columns
        databases[name] = Database(dict(merged))
    return Server(databases)
