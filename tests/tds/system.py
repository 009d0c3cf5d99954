"""The system tables and functions by which a client asks the double what there is, and what it may do.

As on a server, a login sees only the tables on which it has some permission. One that only speaks T-SQL lists a table among its
objects only to whoever has a permission on the whole of it.
"""

import sqlite3
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from tests.tds.answers import Login
from tests.tds.procedures import Procedure
from tests.tds.security import ADMINISTRATOR, Security
from tests.tds.tables import Table

_NAME = "nvarchar(128)"
# Each table's columns with their types; those of the server as a whole come first.
SYSTEM = {
    "databases": {"name": _NAME, "snapshot_isolation_state": "tinyint", "is_read_committed_snapshot_on": "bit"},
    "server_principals": {"name": _NAME},
    "database_principals": {"name": _NAME, "principal_id": "int", "sid": "varbinary(85)"},
    "database_role_members": {"role_principal_id": "int", "member_principal_id": "int"},
    "schemas": {"schema_id": "int", "name": _NAME},
    "objects": {"object_id": "int", "name": _NAME, "schema_id": "int", "type": "char(2)", "is_ms_shipped": "bit"},
    "columns": {"object_id": "int", "column_id": "int", "name": _NAME, "system_type_id": "int", "max_length": "smallint"}
    | {"is_nullable": "bit", "is_identity": "bit", "is_computed": "bit", "default_object_id": "int"},
    "types": {"user_type_id": "int", "name": _NAME},
    "all_parameters": {"object_id": "int", "parameter_id": "int", "name": _NAME, "system_type_id": "int"}
    | {"max_length": "smallint", "precision": "tinyint", "scale": "tinyint", "is_output": "bit"},
    "triggers": {"name": _NAME, "parent_id": "int", "is_instead_of_trigger": "bit", "is_disabled": "bit"},
}
# What the standard has every product show; by it a column is seen with what may be read of its table.
INFORMATION = {
    "columns": {"TABLE_SCHEMA": _NAME, "TABLE_NAME": _NAME, "COLUMN_NAME": _NAME, "ORDINAL_POSITION": "int"}
    | {"DATA_TYPE": _NAME, "CHARACTER_OCTET_LENGTH": "int", "IS_NULLABLE": "varchar(3)", "COLUMN_DEFAULT": _NAME}
}
_INFORMED = """\
SELECT s.name AS TABLE_SCHEMA, o.name AS TABLE_NAME, c.name AS COLUMN_NAME, c.column_id AS ORDINAL_POSITION,
       t.name AS DATA_TYPE, CASE WHEN t.name LIKE '%char' OR t.name = 'varbinary' THEN c.max_length END
           AS CHARACTER_OCTET_LENGTH,
       CASE WHEN c.is_nullable THEN 'YES' ELSE 'NO' END AS IS_NULLABLE, NULL AS COLUMN_DEFAULT
FROM "sys.all_columns" AS c
JOIN "sys.all_objects" AS o ON o.object_id = c.object_id
JOIN "sys.schemas" AS s ON s.schema_id = o.schema_id
JOIN "sys.types" AS t ON t.user_type_id = c.system_type_id"""
SERVER_WIDE = ("databases", "server_principals")
_VISIBLE = ("objects", "columns")
_LENGTHS = {"bigint": 8, "int": 4, "smallint": 2, "tinyint": 1, "bit": 1, "datetime": 8, "smalldatetime": 4, "text": 16}
_LENGTHS |= {"image": 16, "date": 3, "varchar": 0, "nvarchar": 0, "char": 0, "varbinary": 0}
_TYPES = {name: number for number, name in enumerate(_LENGTHS, start=1)}
_SCHEMAS = ("dbo", "media", "sys")


class System:
    """System tables in SQLite.

    Args:
        connection: SQLite.
        security: Who may do what.
        lists_parts: Whether a table is among the objects of a login that may only read single columns of it.

    Attributes:
        login: Who asks at the moment.
    """

    def __init__(self, connection: sqlite3.Connection, security: Security, *, lists_parts: bool = True) -> None:
        self._sqlite = connection
        self._security = security
        self._lists_parts = lists_parts
        self.login = Login("", "")
        functions: dict[str, tuple[int, Callable[..., object]]] = {
            "DB_NAME": (0, lambda: self.login.database),
            "DATABASE_PRINCIPAL_ID": (1, self._principal),
            "SUSER_SID": (1, lambda name: _sid(name) if name.lower() in security.passwords else None),
            "QUOTENAME": (1, lambda name: None if name is None else f"[{name.replace(']', ']]')}]"),
            "HAS_DBACCESS": (1, lambda name: int(security.enters(self.login.user, name))),
            "HAS_PERMS_BY_NAME": (-1, self._may),
            "IS_SRVROLEMEMBER": (1, lambda role: int(self.login.user == ADMINISTRATOR and role == "sysadmin")),
            "IS_MEMBER": (1, self._is_member),
            "GETUTCDATE": (0, lambda: datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]),
            "GETDATE": (0, lambda: datetime.now().strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]),  # noqa: DTZ005 - as the server gives it
            "SEES": (2, self._sees),
            "LISTS": (2, self._lists),
            "SCOPE_IDENTITY": (0, lambda: self.login.numbered),
            "ROWS_CHANGED": (0, lambda: self.login.changed),
            "MOMENT": (1, lambda text: None if text is None else datetime.fromisoformat(text).isoformat(" ")),
        }
        for name, (arguments, function) in functions.items():
            connection.create_function(name, arguments, function)
        for table in SERVER_WIDE:
            self._make("main", table)

    def make(self, database: str) -> None:
        """Make the system tables of a database."""
        for table in SYSTEM:
            if table not in SERVER_WIDE:
                self._make(database, table)
        visible = f"{_INFORMED} WHERE SEES('{database}', o.place) = 1"
        self._sqlite.execute(f'CREATE VIEW "{database}"."information_schema.columns" AS {visible}')
        self.fill(database, "schemas", [(number_of(name), name) for name in _SCHEMAS])
        self.fill(database, "types", [(number, name) for name, number in _TYPES.items()])

    def _make(self, database: str, table: str) -> None:
        columns = ", ".join(f"{name} {'COLLATE tsql' if kind == _NAME else ''}" for name, kind in SYSTEM[table].items())
        if table in _VISIBLE:
            self._sqlite.execute(f'CREATE TABLE "{database}"."sys.all_{table}" ({columns}, place)')
            seen = "LISTS" if table == "objects" else "SEES"
            visible = f"SELECT {', '.join(SYSTEM[table])} FROM \"sys.all_{table}\" WHERE {seen}('{database}', place) = 1"
            self._sqlite.execute(f'CREATE VIEW "{database}"."sys.{table}" AS {visible}')
        else:
            self._sqlite.execute(f'CREATE TABLE "{database}"."sys.{table}" ({columns})')

    def fill(self, database: str, table: str, rows: list[tuple[object, ...]]) -> None:
        """Write a system table anew."""
        self._sqlite.execute(f'DELETE FROM "{database}"."sys.{table}"')
        self._insert(database, table, rows)

    def _insert(self, database: str, table: str, rows: list[tuple[object, ...]]) -> None:
        if rows:
            self._sqlite.executemany(f'INSERT INTO "{database}"."sys.{table}" VALUES ({", ".join("?" * len(rows[0]))})', rows)

    def add(self, table: Table) -> None:
        """Note a table that was made."""
        place = f"{table.schema}.{table.name}"
        about = (number_of(place), table.shown, number_of(table.schema), "U", 0, place)
        self._insert(table.database, "all_objects", [about])
        self._insert(table.database, "all_columns", list(self._columns(table, place)))

    def remove(self, database: str, place: str) -> None:
        """Forget a table or a procedure."""
        for table in _VISIBLE:
            self._sqlite.execute(f'DELETE FROM "{database}"."sys.all_{table}" WHERE place = ?', (place,))
        self._sqlite.execute(f'DELETE FROM "{database}"."sys.all_parameters" WHERE object_id = ?', (number_of(place),))

    def _columns(self, table: Table, place: str) -> Iterator[tuple[object, ...]]:
        found = self._sqlite.execute(f'PRAGMA "{table.database}".table_xinfo("{place}")').fetchall()
        for number, name, declared, not_null, default, *_ in found:
            kind, size = _sized(table.types[name.lower()])
            identity = declared == "INTEGER"
            rest = (int(not (not_null or identity)), int(identity), 0, int(default is not None))
            yield (number_of(place), number + 1, name, _TYPES[kind], size, *rest, place)

    def add_procedure(self, database: str, procedure: Procedure) -> None:
        """Note a procedure that was made."""
        place = f"{procedure.schema}.{procedure.name.lower()}"
        about = (number_of(place), procedure.name, number_of(procedure.schema), "P", 0, place)
        self._insert(database, "all_objects", [about])
        parameters = []
        for number, one in enumerate(procedure.parameters, start=1):
            kind, size = _sized(one.kind)
            parameters.append((number_of(place), number, one.name, _TYPES[kind], size, 0, 0, int(one.is_output)))
        self._insert(database, "all_parameters", parameters)

    def add_trigger(self, database: str, name: str, place: str) -> None:
        """Note a trigger that was made on a table."""
        self._insert(database, "triggers", [(name, number_of(place), 0, 0)])

    def remove_trigger(self, database: str, name: str) -> None:
        """Forget a trigger."""
        self._sqlite.execute(f'DELETE FROM "{database}"."sys.triggers" WHERE name = ?', (name,))

    def show_principals(self, databases: list[str]) -> None:
        """Write anew what the system tables say of logins, users and roles."""
        security = self._security
        self.fill("main", "server_principals", [(name,) for name in security.passwords])
        for database in databases:
            principals = [(name, number_of(name), _sid(name)) for name in security.principals[database]]
            self.fill(database, "database_principals", principals)
            members = [
                (number_of(role), number_of(member))
                for (where, role), found in security.members.items()
                for member in found
                if where == database
            ]
            self.fill(database, "database_role_members", members)

    def _principal(self, name: str) -> int | None:
        return number_of(name) if name.lower() in self._security.principals[self.login.database.lower()] else None

    def _sees(self, database: str, place: str) -> int:
        return int(self.login.user == ADMINISTRATOR or bool(self._security.rights(self.login.user, database, place)))

    def _lists(self, database: str, place: str) -> int:
        if self._lists_parts or self.login.user == ADMINISTRATOR:
            return self._sees(database, place)
        return int(any(not column for _, column in self._security.rights(self.login.user, database, place)))

    def _is_member(self, role: str) -> int:
        here = self.login.database.lower()
        if self.login.user == ADMINISTRATOR:
            return int(role == "db_owner")
        return int(self.login.user.lower() in self._security.members[here, role.lower()])

    def _may(self, securable: str | None, kind: str | None, permission: str, column: str = "", _kind: str = "") -> int:
        user = self.login.user
        if user == ADMINISTRATOR:
            return 1
        if kind != "OBJECT" or securable is None:
            return 0
        *where, schema, table = (part.strip("[]").lower() for part in securable.split("."))
        database = where[0] if where else self.login.database.lower()
        rights = self._security.rights(user, database, f"{schema}.{table}")
        return int((permission, "") in rights or (permission, column.lower()) in rights)


def number_of(name: str) -> int:
    """Return a number that stands for a name."""
    return zlib.crc32(name.lower().encode()) & 0x7FFFFFFF


def _sized(declared: str) -> tuple[str, int]:
    """Return a type's name and its length in bytes."""
    kind, _, length = declared.rstrip(")").partition("(")
    return kind, _LENGTHS[kind] or (-1 if length == "max" else int(length or 1) * (2 if kind == "nvarchar" else 1))


def _sid(name: str) -> bytes:
    return name.lower().encode()
