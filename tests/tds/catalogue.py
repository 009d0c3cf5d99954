"""What databases the double has, and the statements that make and drop them."""

import re
import sqlite3

from tests.tds.answers import Login, SqlError
from tests.tds.procedures import Procedure
from tests.tds.security import ADMINISTRATOR, Security
from tests.tds.system import INFORMATION, SYSTEM, System, number_of
from tests.tds.tables import Table
from tests.tds.translation import Schema
from tests.tds.triggers import Trigger

_NAME = r"\[?([^\];]+?)\]?;?\s*$"
_CREATE_DATABASE = re.compile(rf"(?i)^\s*CREATE DATABASE {_NAME}")
_DROP_DATABASE = re.compile(rf"(?i)^\s*DROP DATABASE {_NAME}")
_CREATE_SCHEMA = re.compile(rf"(?i)^\s*CREATE SCHEMA {_NAME}")
_DROP_TRIGGER = re.compile(rf"(?i)^\s*DROP TRIGGER (\w+)\.{_NAME}")
_DROP_PROCEDURE = re.compile(rf"(?i)^\s*DROP PROCEDURE (\w+)\.{_NAME}")
_USE = re.compile(rf"(?i)^\s*USE {_NAME}")
_ADMINISTERS = re.compile(
    r"(?i)^\s*((CREATE|DROP) (DATABASE|SCHEMA|LOGIN|USER|ROLE|TRIGGER|PROCEDURE)|GRANT|REVOKE"
    r"|EXEC (sp_(add|drop)rolemember|\(N'ALTER USER))\b"
)


class Catalogue:
    """The databases of a server.

    Attributes:
        security: Who may do what in them.
        system: How they are asked about.
        schema: The types of all columns: database, schema, table, column.
    """

    def __init__(self, connection: sqlite3.Connection, *, snapshot: bool, lists_parts: bool, room: int) -> None:
        self._sqlite = connection
        self._snapshot = snapshot
        self._room = room
        self.security = Security()
        self.system = System(connection, self.security, lists_parts=lists_parts)
        self.schema: Schema = {}
        self._procedures: dict[tuple[str, str], Procedure] = {}
        connection.create_function("OBJECT_ID", 1, self._object)
        self._create_database("master")

    def has(self, database: str) -> bool:
        """Tell whether there is a database."""
        return database.lower() in self.schema

    def add(self, table: Table) -> None:
        """Note a table that was made."""
        self.schema[table.database].setdefault(table.schema, {})[table.name] = table.types
        self.system.add(table)

    def remove(self, database: str, schema: str, table: str) -> None:
        """Forget a table that is dropped.

        Raises:
            SqlError: There is none.
        """
        if self.schema[database].get(schema, {}).pop(table, None) is None:
            raise SqlError(3701, f"Cannot drop the table '{table}', because it does not exist.")
        self.system.remove(database, f"{schema}.{table}")
        self.security.forget(database, f"{schema}.{table}")

    def procedure(self, login: Login, called: str) -> Procedure:
        """Find a procedure that a login may execute.

        Raises:
            SqlError: There is none, or it may not.
        """
        *where, schema, name = (part.strip("[]").lower() for part in called.split("."))
        database, place = where[0] if where else login.database.lower(), f"{schema}.{name}"
        if (database, place) not in self._procedures:
            raise SqlError(2812, f"Could not find stored procedure '{called}'.")
        if login.user != ADMINISTRATOR and not self.security.allows(login.user, database, "EXECUTE", (place, "")):
            raise SqlError(229, f"The EXECUTE permission was denied on the object '{name}', schema '{schema}'.")
        return self._procedures[database, place]

    def administers(self, statement: str) -> bool:
        """Tell whether a statement makes or drops something, or is about permissions."""
        return bool(_ADMINISTERS.match(statement))

    def change(self, statement: str, login: Login) -> bool:
        """Do a statement if it is about databases, schemas or permissions, and tell whether it was.

        Raises:
            SqlError: The server refuses.
        """
        if found := _USE.match(statement):
            self._use(login, found[1])
            return True
        if not self.administers(statement):
            return False
        if login.user != ADMINISTRATOR:
            raise SqlError(262)
        if found := _CREATE_DATABASE.match(statement):
            self._create_database(found[1])
        elif found := _DROP_DATABASE.match(statement):
            self._drop_database(found[1])
        elif self._programs(statement, login.database.lower()):
            pass
        elif not _CREATE_SCHEMA.match(statement):
            self.security.change(statement.strip(), login.database)
        self.system.show_principals(list(self.schema))
        return True

    def _programs(self, statement: str, database: str) -> bool:
        """Make or drop a trigger or a procedure if that is what a statement does, and tell whether it was."""
        if procedure := Procedure.of(statement):
            self._procedures[database, f"{procedure.schema}.{procedure.name.lower()}"] = procedure
            self.system.add_procedure(database, procedure)
        elif found := _DROP_PROCEDURE.match(statement):
            place = f"{found[1]}.{found[2]}".lower()
            del self._procedures[database, place]
            self.system.remove(database, place)
            self.security.forget(database, place)
        elif trigger := Trigger.of(statement):
            self._create_trigger(trigger, database)
        elif found := _DROP_TRIGGER.match(statement):
            self._sqlite.execute(f'DROP TRIGGER "{database}"."{found[1]}.{found[2].lower()}"')
            self.system.remove_trigger(database, found[2])
        else:
            return False
        return True

    def _use(self, login: Login, database: str) -> None:
        if not self.has(database):
            raise SqlError(911)
        if not self.security.enters(login.user, database):
            raise SqlError(916)
        login.database = database

    def _create_database(self, name: str) -> None:
        if self.has(name):
            raise SqlError(1801, f"Database '{name}' already exists. Choose a different database name.")
        if len(self.schema) > self._room:
            there = list(self.schema)[-1]
            raise SqlError(1801, f'Only one user database allowed under single-db mode. User database "{there}" already exists')
        self._sqlite.execute(f'ATTACH ":memory:" AS "{name.lower()}"')
        self.schema[name.lower()] = {"sys": dict(SYSTEM), "information_schema": dict(INFORMATION), "dbo": {}}
        self.system.make(name.lower())
        self._sqlite.execute('INSERT INTO main."sys.databases" VALUES (?, ?, 0)', (name, int(self._snapshot)))

    def _create_trigger(self, trigger: Trigger, database: str) -> None:
        self._sqlite.execute(trigger.sql(database, self.schema[database][trigger.schema][trigger.table]))
        self.system.add_trigger(database, trigger.name, f"{trigger.schema}.{trigger.table}")

    def _drop_database(self, name: str) -> None:
        if not self.has(name):
            raise SqlError(3701, f"Cannot drop the database '{name}', because it does not exist.")
        self._sqlite.execute('DELETE FROM main."sys.databases" WHERE name = ?', (name,))
        self._sqlite.execute(f'DETACH "{name.lower()}"')
        del self.schema[name.lower()]
        self.security.forget(name.lower())
        self._procedures = {which: one for which, one in self._procedures.items() if which[0] != name.lower()}

    def _object(self, name: str) -> int | None:
        *_, schema, table = ("dbo", *(part.strip("[]").lower() for part in name.split(".")))
        here = self.schema[self.system.login.database.lower()]
        return number_of(f"{schema}.{table}") if table in here.get(schema, {}) else None
