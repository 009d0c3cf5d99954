"""What to ask a database so that it tells what the connected login may do.

SQL Server answers for the login that asks, wherever it has a permission from: a grant, a role, a Windows group, its being an
administrator. Every question yields rows of one shape, and only what holds. There is one for the server and the databases as
wholes, and two for each database; none has a value for each column, of which there may be more than a query's 2,100.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from shared.synergetic.grants import Grant
from shared.synergetic.login import READER, WRITER
from shared.synergetic.quoting import bracketed, literal
from shared.synergetic.statements import Statement

_SERVER_ROLES = (
    "sysadmin",
    "securityadmin",
    "serveradmin",
    "setupadmin",
    "processadmin",
    "diskadmin",
    "dbcreator",
    "bulkadmin",
)
_ROLES = (
    "db_owner",
    "db_securityadmin",
    "db_accessadmin",
    "db_ddladmin",
    "db_backupoperator",
    "db_datawriter",
    "db_datareader",
)
_ON_DATABASE = ("CONTROL", "ALTER", "EXECUTE", "DELETE", "INSERT", "UPDATE", "SELECT")
# Who may alter a table may empty it, without any of the permissions to write.
_ON_OBJECT = ("ALTER", "DELETE", "INSERT", "UPDATE", "EXECUTE", "SELECT")
_ON_COLUMN = ("SELECT", "UPDATE")
_OBJECT = "QUOTENAME(s.name) + N'.' + QUOTENAME(o.name)"
_TABLE = "QUOTENAME(c.TABLE_SCHEMA) + N'.' + QUOTENAME(c.TABLE_NAME)"


@dataclass(frozen=True)
class Fact:
    """Something that holds for the login.

    Attributes:
        kind: `server role`, `server`, `role`, `database`, `object` or `column`.
        database: The database, as the layout names it: empty for the connected one from version 68 on. Of a role it is the
            connected one by its own name.
        schema: The schema of an object.
        name: The role, or the object.
        column: The column.
        permission: What is allowed; empty for a column that is merely there.
    """

    kind: str
    database: str = ""
    schema: str = ""
    name: str = ""
    column: str = ""
    permission: str = ""

    @property
    def folded(self) -> "Fact":
        """The same, as SQL Server compares names: without regard to case."""
        return Fact(self.kind, *self.table, self.column.casefold(), self.permission)

    @property
    def table(self) -> tuple[str, str, str]:
        """The table it is about, as SQL Server compares names."""
        return self.database.casefold(), self.schema.casefold(), self.name.casefold()


class Facts:
    """All that holds for a login, from the rows that the questions yielded."""

    def __init__(self, rows: Iterable[Sequence[object]]) -> None:
        self._facts = tuple(Fact(*map(str, row)) for row in rows)
        self._folded = {fact.folded for fact in self._facts}
        self._seen = {fact.table for fact in self._facts if fact.kind == "column"}

    def __contains__(self, fact: Fact) -> bool:
        """Tell whether something holds."""
        return fact.folded in self._folded

    def sees(self, table: tuple[str, str, str]) -> bool:
        """Tell whether the login sees a table that was asked for, and so all of its columns."""
        return table in self._seen

    def of(self, kind: str) -> list[Fact]:
        """Return what holds of one kind."""
        return [fact for fact in self._facts if fact.kind == kind]


def wide_question(expected: Sequence[Grant]) -> Statement:
    """Return the question for roles, and for permissions on the server and on whole databases."""
    parts = [
        _one("server role", "N''", _SERVER_ROLES, "IS_SRVROLEMEMBER(n.name) = 1"),
        _one("role", "DB_NAME()", [*_ROLES, READER, WRITER], "IS_MEMBER(n.name) = 1"),
        _one("server", "N''", ["CONTROL SERVER"], "HAS_PERMS_BY_NAME(NULL, NULL, n.name) = 1"),
    ]
    for database in databases_of(expected):
        name = literal(bracketed(database)) if database else "QUOTENAME(DB_NAME())"
        reached = f"HAS_DBACCESS({literal(database) if database else 'DB_NAME()'}) = 1"
        parts.append(_one("database", literal(database), ["CONNECT"], reached))
        parts.append(_one("database", literal(database), _ON_DATABASE, f"HAS_PERMS_BY_NAME({name}, N'DATABASE', n.name) = 1"))
    return Statement("\nUNION ALL\n".join(parts))


def narrow_questions(expected: Sequence[Grant], wide: Facts) -> Iterator[Statement]:
    """Yield the questions for tables and columns, for each database that the login may enter by the answer to the wide one."""
    for database in databases_of(expected):
        if Fact("database", database, permission="CONNECT") in wide:
            yield _columns(database, [grant for grant in expected if (grant.spot.database or "") == database])
            yield _objects(database)


def databases_of(expected: Sequence[Grant]) -> list[str]:
    """Return the databases that permissions are for, as a fact names them."""
    return list(dict.fromkeys(grant.spot.database or "" for grant in expected))


def _names(names: Sequence[str]) -> str:
    first, *rest = map(literal, names)
    return f"(SELECT {first} AS name{''.join(f' UNION ALL SELECT {name}' for name in rest)}) AS n"


def _one(kind: str, database: str, names: Sequence[str], condition: str) -> str:
    role, permission = ("n.name", "N''") if kind.endswith("role") else ("N''", "n.name")
    return (
        f"SELECT {literal(kind)} AS Kind, {database} AS DatabaseName, N'' AS SchemaName, {role} AS ObjectName, "
        f"N'' AS ColumnName, {permission} AS Permission\nFROM {_names(names)}\nWHERE {condition}"
    )


def _columns(database: str, expected: Sequence[Grant]) -> Statement:
    tables: dict[str, list[str]] = {}
    for grant in expected:
        tables.setdefault(grant.spot.schema, []).append(grant.table)
    wanted, values = [], []
    for schema, names in tables.items():
        distinct = list(dict.fromkeys(names))
        wanted.append(f"(c.TABLE_SCHEMA = ? AND c.TABLE_NAME IN ({', '.join('?' * len(distinct))}))")
        values += [schema, *distinct]
    asked = " OR ".join(wanted)
    place = f"{bracketed(database)}." if database else ""
    securable = f"{literal(place)} + {_TABLE}" if database else _TABLE
    # Of the standard's view, since a server that only speaks T-SQL lists among its objects only what may be read as a whole.
    # Of a table that is not asked for, only those columns come that are allowed one by one: the rest is its objects' answer.
    sql = f"""\
SELECT N'column' AS Kind, {literal(database)} AS DatabaseName, c.TABLE_SCHEMA AS SchemaName, c.TABLE_NAME AS ObjectName,
       c.COLUMN_NAME AS ColumnName, n.name AS Permission
FROM {place}INFORMATION_SCHEMA.COLUMNS AS c
CROSS JOIN {_names(["", *_ON_COLUMN])}
WHERE (n.name = N'' AND ({asked}))
   OR (n.name <> N'' AND HAS_PERMS_BY_NAME({securable}, N'OBJECT', n.name, c.COLUMN_NAME, N'COLUMN') = 1
       AND (({asked}) OR HAS_PERMS_BY_NAME({securable}, N'OBJECT', n.name) = 0))"""  # noqa: S608 - escaped
    return Statement(sql, (*values, *values))


def _objects(database: str) -> Statement:
    place = f"{bracketed(database)}." if database else ""
    securable = f"{literal(place)} + {_OBJECT}" if database else _OBJECT
    # A login sees only the objects on which it has some permission: a reader's answer is short.
    sql = f"""\
SELECT N'object' AS Kind, {literal(database)} AS DatabaseName, s.name AS SchemaName, o.name AS ObjectName,
       N'' AS ColumnName, n.name AS Permission
FROM {place}sys.objects AS o
JOIN {place}sys.schemas AS s ON s.schema_id = o.schema_id
CROSS JOIN {_names(_ON_OBJECT)}
WHERE o.type IN (N'U', N'V', N'P') AND o.is_ms_shipped = 0
  AND HAS_PERMS_BY_NAME({securable}, N'OBJECT', n.name) = 1"""  # noqa: S608 - escaped
    return Statement(sql)
