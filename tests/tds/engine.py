"""An engine behind the double: databases with schemas and tables as a server has them, kept in SQLite's memory.

It knows just what the relay's statements, the administrators' scripts and the tests' own need. Text compares as under a
case-insensitive collation, without regard to trailing blanks; permissions are enforced, column by column.
"""

import functools
import json
import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing

from sqlglot import exp

from tests.tds.answers import Count, Login, Rows, SqlError
from tests.tds.catalogue import Catalogue
from tests.tds.described import described
from tests.tds.flow import Flow, has_flow
from tests.tds.procedures import Batch, Procedure, keeps_values
from tests.tds.security import ADMINISTRATOR, denied
from tests.tds.tables import created_table
from tests.tds.transactions import Transactions
from tests.tds.translation import Translated, in_sqlite, kind_of_values, parse, placed, sqlite_insert, translate

_ERRORS = {"no such table": 208, "no such column": 207, "NOT NULL constraint": 515, "UNIQUE constraint": 2627}
# What one that only speaks T-SQL says of whatever it has no number of SQL Server's for, and of what that is so.
_UNNUMBERED, _WITHOUT_NUMBER = 33557097, frozenset({207, 208, 229, 230, 262, 1222})
_OPTION = re.compile(r"(?i)^\s*SET (TEXTSIZE|NOCOUNT|LANGUAGE|DATEFORMAT|DEADLOCK_PRIORITY)\b")
_SAID = re.compile(r"(?is)^RAISERROR\s*\(N?'(.*?)',")


class SqliteEngine:
    """A server's databases.

    Args:
        snapshot: Whether databases allow snapshot isolation.
        password: The administrator's.
        whole: Whether it is all that SQL Server is; else it is one that only speaks T-SQL, such as Babelfish.
        room: How many databases it has room for besides its own. SQLite's default is no more than this.
    """

    def __init__(self, *, snapshot: bool = True, password: str = "x", whole: bool = True, room: int = 9) -> None:
        self._sqlite = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        self._sqlite.create_collation("tsql", _compared)
        self._sqlite.create_function("DATALENGTH", 1, _length)
        self.catalogue = Catalogue(self._sqlite, snapshot=snapshot, lists_parts=whole, room=room)
        self.security = self.catalogue.security
        self.security.passwords["sa"] = password
        self._transactions = Transactions(self._sqlite, serializes=whole)
        self._whole = whole

    def opens(self, database: str, user: str) -> bool:
        """Tell whether a login may connect to a database."""
        return self.catalogue.has(database) and self.security.enters(user, database)

    def knows(self, user: str, password: str) -> bool:
        """Tell whether a login gives its password."""
        return self.security.passwords.get(user.lower()) == password

    def run(self, login: Login, sql: str, parameters: Mapping[str, object]) -> Iterator[Rows | Count]:
        """Answer a batch.

        Raises:
            SqlError: The server refuses.
        """
        if about := described(sql, parameters, self.catalogue.schema, login.database):
            yield about
            return
        sql = sql.replace("@@ROWCOUNT", "ROWS_CHANGED()")
        try:
            if Procedure.of(sql):
                yield from self.batch(login, sql, {})
            elif keeps_values(sql):
                yield from Batch(self, login, parameters).run(sql)
            elif sql.lstrip().startswith("--") or has_flow(sql):
                for statement in Flow(sql, lambda condition: self._met(login, condition)).statements():
                    yield from self.batch(login, statement, {})
            else:
                yield from self.batch(login, sql, parameters)
        except SqlError as error:
            self._transactions.failed(login)
            if not self._whole and error.number in _WITHOUT_NUMBER:
                raise SqlError(_UNNUMBERED, str(error)) from error
            raise

    def _met(self, login: Login, condition: str) -> bool:
        condition = condition.replace("@@TRANCOUNT", str(int(login.began_under is not None)))
        (answer,) = self.batch(login, f"SELECT CASE WHEN {condition} THEN 1 ELSE 0 END AS Met", {})
        return isinstance(answer, Rows) and list(answer.rows) == [(1,)]

    def procedure(self, login: Login, called: str) -> Procedure:
        """Find a procedure that a login may execute.

        Raises:
            SqlError: There is none, or it may not.
        """
        return self.catalogue.procedure(login, called)

    def batch(self, login: Login, sql: str, parameters: Mapping[str, object]) -> Iterator[Rows | Count]:
        """Answer statements that are without control of flow.

        Raises:
            SqlError: The server refuses.
        """
        if _OPTION.match(sql):
            return  # an option of the session that makes no difference here
        if said := _SAID.match(sql):
            raise SqlError(50000, said[1])
        with self._transactions.turn:
            changed = self._transactions.change(login, sql) or self._administered(login, sql)
        if changed:
            yield Count()
        elif quick := sqlite_insert(sql, login.database):
            yield Count(self._asked(login, lambda: self._sqlite.execute(quick).rowcount, set(), writes=True))
        else:
            for number, statement in enumerate(parse(sql)):
                tables = {table.name.lower() for table in statement.find_all(exp.Table)}
                writes = not isinstance(statement, exp.Query) or "UPDLOCK" in sql
                yield self._asked(
                    login, lambda number=number: self._do((sql, number), login, parameters), tables, writes=writes
                )

    def _administered(self, login: Login, sql: str) -> bool:
        if self.catalogue.administers(sql):
            self._transactions.wait(login, set(), writes=True)
        return self.catalogue.change(sql, login)

    def _asked(self, login: Login, do: Callable[[], object], tables: set[str], *, writes: bool) -> object:
        """Do something as a login, once nobody else keeps it from that."""
        with self._transactions.turn:
            self._transactions.wait(login, tables, writes=writes)
            self.catalogue.system.login = login
            self._sqlite.set_authorizer(self.security.authorizer(login))
            try:
                return do()
            except sqlite3.Error as error:
                raise _refusal(error) from error
            finally:
                self._sqlite.set_authorizer(None)

    def _do(self, which: tuple[str, int], login: Login, parameters: Mapping[str, object]) -> Rows | Count:
        statement = parse(which[0])[which[1]]
        if isinstance(statement, exp.Query):
            self._transactions.read(login)
            return self._select(which, login, parameters)
        if isinstance(statement, (exp.Insert, exp.Update, exp.Delete)):
            return self._change(statement, login, parameters)
        if not isinstance(statement, (exp.Create, exp.Drop)):
            raise SqlError(102, f"Incorrect syntax near '{statement.sql('tsql')[:40]}'.")
        if login.user != ADMINISTRATOR:
            raise SqlError(262)
        self._define(placed(statement.copy(), login.database), str(statement.args["kind"]))
        return Count()

    def _change(self, statement: exp.Expression, login: Login, parameters: Mapping[str, object]) -> Count:
        cursor = self._execute(in_sqlite(placed(statement.copy(), login.database)), parameters)
        login.changed = cursor.rowcount
        if isinstance(statement, exp.Insert):
            login.numbered = cursor.lastrowid  # a trigger's own inserts do not count
        return Count(cursor.rowcount)

    def _define(self, statement: exp.Expression, kind: str) -> None:
        if kind != "TABLE":
            return  # an index makes no difference
        if isinstance(statement, exp.Drop):
            table = statement.find(exp.Table)
            self.catalogue.remove(table.catalog, table.db, table.name.lower())
            self._sqlite.execute(in_sqlite(statement))
            return
        made = created_table(statement)
        self._sqlite.execute(made.sql)
        self.catalogue.add(made)

    def _execute(self, sql: str, parameters: Mapping[str, object]) -> sqlite3.Cursor:
        return self._sqlite.execute(sql, {name.lstrip("@"): value for name, value in parameters.items()})

    def _select(self, which: tuple[str, int], login: Login, parameters: Mapping[str, object]) -> Rows:
        known = json.dumps(self.catalogue.schema)
        translated = _translated(*which, login.database, known)
        with closing(self._execute(translated.sql, parameters)) as cursor:
            rows = cursor.fetchall()
        columns = [
            (name, kind or kind_of_values([row[position] for row in rows]))
            for position, (name, kind) in enumerate(translated.columns)
        ]
        return Rows(columns, rows)


@functools.lru_cache(maxsize=1000)
def _translated(sql: str, number: int, database: str, schema: str) -> Translated:
    """Translate a query once for all servers that have the same tables: there are few, and each takes long."""
    return translate(parse(sql)[number], database, json.loads(schema))


def _compared(one: str, other: str) -> int:
    left, right = one.rstrip(" ").casefold(), other.rstrip(" ").casefold()
    return (left > right) - (left < right)


def _length(value: object) -> int | None:
    return None if value is None else len(value) if isinstance(value, bytes) else len(str(value))


def _refusal(error: sqlite3.Error) -> SqlError:
    text = str(error)
    number = next((number for words, number in _ERRORS.items() if text.startswith(words)), 50000)
    return denied(text) or SqlError(number, f"{text}.")
