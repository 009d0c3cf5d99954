"""A school's SQLite file behind the double of SQL Server, for the whole relay through FreeTDS and a server that fails."""

import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path

from tests.tds.answers import Count, Login, Rows, SqlError
from tests.tds.kinds import Kind, kind_of
from tests.tds.translation import kind_of_values

# All in which the relay's own T-SQL differs from what SQLite understands.
_DIFFERENT = (
    (re.compile(r"\b(dbo|media)\."), ""),
    (re.compile(r"\bDATALENGTH\("), "LENGTH("),
    (re.compile(r"CAST\((@\w+) AS date\)"), r"\1"),
    (re.compile(r"\bDB_NAME\(\)"), "'Synergetic'"),
)
_NOT_FOR_SQLITE = re.compile(r"^(SET|BEGIN|IF|sp_)")


class Twin:
    """An engine that answers as the file does.

    Attributes:
        before: What to do just before the first statement that a pattern is found in.
        types: The types of columns, by their names in the answer; others have that of their values.
    """

    def __init__(self, school: Path) -> None:
        self._school = school
        self.before: dict[str, Callable[[], object]] = {}
        self.types: dict[str, str] = {}

    def knows(self, _user: str, _password: str) -> bool:
        """Let everybody in."""
        return True

    def opens(self, _database: str, _user: str) -> bool:
        """Have every database."""
        return True

    def run(self, _login: Login, sql: str, parameters: Mapping[str, object]) -> Iterator[Rows | Count]:
        """Answer.

        Raises:
            SqlError: A table or column is missing.
        """
        for pattern in [one for one in self.before if re.search(one, sql)]:
            self.before.pop(pattern)()
        if "snapshot_isolation_state" in sql:
            yield Rows([("state", kind_of("tinyint", None))], [(1,)])
        elif not _NOT_FOR_SQLITE.match(sql):
            yield self._asked(sql, parameters)

    def _asked(self, sql: str, parameters: Mapping[str, object]) -> Rows:
        for pattern, instead in _DIFFERENT:
            sql = pattern.sub(instead, sql)
        with closing(sqlite3.connect(self._school)) as connection:
            connection.text_factory = lambda raw: raw.decode("utf-8", "surrogatepass")
            try:
                cursor = connection.execute(sql, {name.lstrip("@"): value for name, value in parameters.items()})
            except sqlite3.OperationalError as error:
                raise SqlError(208 if "no such table" in str(error) else 207) from error
            names, rows = [column[0] for column in cursor.description], cursor.fetchall()
        return Rows([(name, self._kind(name, [row[at] for row in rows])) for at, name in enumerate(names)], rows)

    def _kind(self, name: str, values: list[object]) -> Kind:
        return kind_of(self.types[name], None) if name in self.types else kind_of_values(values)
