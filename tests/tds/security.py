"""Who may do what in the double: logins, users, roles and their permissions, as a server's own statements change them."""

import re
import sqlite3
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.tds.answers import Login, SqlError

ADMINISTRATOR = "sa"
_NAME = r"\[?([^\]\s;]+)\]?"
_CREATED = {
    "LOGIN": re.compile(rf"(?is)^CREATE LOGIN {_NAME} WITH PASSWORD = N?'(.*)'"),
    "USER": re.compile(rf"(?i)^CREATE USER {_NAME}"),
    "ROLE": re.compile(rf"(?i)^CREATE ROLE {_NAME}"),
}
_DROPPED = re.compile(rf"(?i)^DROP (LOGIN|USER|ROLE) {_NAME}")
_MEMBER = re.compile(r"(?is)^EXEC sp_(add|drop)rolemember\s+@rolename = N?'(.*?)',\s*@membername = N?'(.*?)'")
_GRANT = re.compile(rf"(?is)^(GRANT|REVOKE) (\w+) ON {_NAME}\.{_NAME}\s*(?:\((.*?)\))? (?:TO|FROM) {_NAME}")
_DENIED = re.compile(r"access to (\S+?)\.(\S+) is prohibited")
# What the authorizer is asked: reading a column, or changing a table.
_ACTIONS = {
    sqlite3.SQLITE_READ: "SELECT",
    sqlite3.SQLITE_INSERT: "INSERT",
    sqlite3.SQLITE_UPDATE: "UPDATE",
    sqlite3.SQLITE_DELETE: "DELETE",
}


@dataclass
class Security:
    """What a server knows of who may do what.

    Attributes:
        passwords: The password of each login.
        principals: The users and roles of each database, by name in lower case.
        members: The members of each role of each database.
        granted: What each principal of each database may do: permission, table, and column (empty for the whole table).
    """

    passwords: dict[str, str] = field(default_factory=dict)
    principals: dict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    members: dict[tuple[str, str], set[str]] = field(default_factory=lambda: defaultdict(set))
    granted: dict[tuple[str, str], set[tuple[str, str, str]]] = field(default_factory=lambda: defaultdict(set))

    def change(self, statement: str, database: str) -> None:
        """Do a statement about logins, users, roles or permissions.

        Raises:
            SqlError: The server refuses.
        """
        if not any(one(statement, database.lower()) for one in (self._create, self._drop, self._join, self._grant)):
            raise SqlError(102, f"Incorrect syntax near '{statement[:40]}'.")

    def _create(self, statement: str, database: str) -> bool:
        if found := _CREATED["LOGIN"].match(statement):
            self.passwords[found[1].lower()] = found[2].replace("''", "'")
            return True
        for kind in ("USER", "ROLE"):
            if found := _CREATED[kind].match(statement):
                if found[1].lower() in self.principals[database]:
                    raise SqlError(15023, f"User, group, or role '{found[1]}' already exists in the current database.")
                self.principals[database][found[1].lower()] = kind
                return True
        return statement.upper().startswith("EXEC (N'ALTER USER")

    def _drop(self, statement: str, database: str) -> bool:
        if not (found := _DROPPED.match(statement)):
            return False
        name = found[2].lower()
        if found[1].upper() == "LOGIN":
            del self.passwords[name]
            return True
        if self.members[database, name]:
            raise SqlError(15144, "The role has members. It must be empty before it can be dropped.")
        del self.principals[database][name]
        self.granted.pop((database, name), None)
        for (where, _), members in self.members.items():
            if where == database:
                members.discard(name)
        return True

    def _join(self, statement: str, database: str) -> bool:
        if not (found := _MEMBER.match(statement)):
            return False
        for name in (found[2], found[3]):
            if name.lower() not in self.principals[database]:
                raise SqlError(15410, "User or role does not exist in this database.")
        members = self.members[database, found[2].lower()]
        (members.add if found[1].lower() == "add" else members.discard)(found[3].lower())
        return True

    def _grant(self, statement: str, database: str) -> bool:
        if not (found := _GRANT.match(" ".join(statement.split()))):
            return False
        verb, permission, schema, table, columns, principal = found.groups()
        if principal.lower() not in self.principals[database]:
            raise SqlError(15151, f"Cannot find the user '{principal}', because it does not exist.")
        names = [name.strip(" []").lower() for name in columns.split(",")] if columns else [""]
        rights = self.granted[database, principal.lower()]
        listed = {(permission.upper(), f"{schema}.{table}".lower(), name) for name in names}
        (rights.update if verb.upper() == "GRANT" else rights.difference_update)(listed)
        return True

    def forget(self, database: str, table: str = "") -> None:
        """Forget a database that was dropped, or only one of its tables."""
        if table:
            for (where, _), rights in self.granted.items():
                rights.difference_update([right for right in rights if where == database and right[1] == table])
            return
        self.principals.pop(database, None)
        for kept in (self.members, self.granted):
            for key in [key for key in kept if key[0] == database]:
                del kept[key]

    def enters(self, user: str, database: str) -> bool:
        """Tell whether a login has a user in a database."""
        return user == ADMINISTRATOR or database.lower() == "master" or user.lower() in self.principals[database.lower()]

    def allows(self, user: str, database: str, permission: str, place: tuple[str, str]) -> bool:
        """Tell whether a login may do something with a table and a column; without a column, with any of them."""
        table, column = place
        rights = self.rights(user, database, table)
        if permission == "SELECT" and not column:
            return any(right == "SELECT" for right, _ in rights)
        return (permission, "") in rights or (permission, column) in rights

    def rights(self, user: str, database: str, table: str) -> set[tuple[str, str]]:
        """Return what a login may do with a table: permissions, each with a column, or none for the whole table."""
        where, name = database.lower(), user.lower()
        roles = [role for (place, role), members in self.members.items() if place == where and name in members]
        granted = (right for one in (name, *roles) for right in self.granted[where, one])
        return {(permission, column) for permission, of, column in granted if of == table}

    def authorizer(self, login: Login) -> Callable[[int, str | None, str | None, str | None, str | None], int] | None:
        """Return what asks for SQLite, at each table and column; none for the administrator, who may do everything."""
        if login.user == ADMINISTRATOR:
            return None

        def ask(action: int, table: str | None, column: str | None, database: str | None, inner: str | None) -> int:
            permission = _ACTIONS.get(action)
            plain = (
                not permission
                # What a view or a trigger does is its owner's business; a common part of a query is named here as well.
                or (inner and "." in inner)
                or not table
                or not database
                or "." not in table
                or table.startswith(("sys.", "information_schema."))
            )
            if plain or self.allows(login.user, database, permission, (table, (column or "").lower())):
                return sqlite3.SQLITE_OK
            return sqlite3.SQLITE_DENY

        return ask


def denied(text: str) -> SqlError | None:
    """Return the server's error for what SQLite says when it was not authorized."""
    if found := _DENIED.search(text):
        return SqlError(230, f"The SELECT permission was denied on the column '{found[2]}' of the object '{found[1]}'.")
    return SqlError(229) if "not authorized" in text else None
