"""T-SQL's triggers made into SQLite's: those that insert rows into another table, as a school's own history does."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from tests.tds.translation import in_sqlite, parse, placed

_CREATED = re.compile(r"(?is)^\s*CREATE TRIGGER (\w+)\.(\w+) ON (\w+)\.(\w+) AFTER (INSERT|UPDATE|DELETE) AS\s+(INSERT .+)$")
_ROWS = re.compile(r"(?i)\bFROM (inserted|deleted)\b")


@dataclass(frozen=True)
class Trigger:
    """A trigger that is to be made, and the table that it is on."""

    name: str
    schema: str
    table: str
    _event: str
    _body: str

    @classmethod
    def of(cls, statement: str) -> "Trigger | None":
        """Return what a statement creates, if it is a trigger."""
        if not (found := _CREATED.match(statement)):
            return None
        schema, name, _, table, event, body = found.groups()
        return cls(name, schema.lower(), table.lower(), event, body)

    def sql(self, database: str, columns: Iterable[str]) -> str:
        """Return SQLite's words for it, given its table's columns."""
        listed = list(columns)

        def rows(found: re.Match[str]) -> str:
            old_or_new = {"inserted": "NEW", "deleted": "OLD"}[found[1].lower()]
            return f"FROM (SELECT {', '.join(f'{old_or_new}.{one} AS {one}' for one in listed)}) AS rows_"

        (statement,) = parse(_ROWS.sub(rows, self._body))
        # What a trigger does stays in its own database, which it must not name.
        body = in_sqlite(placed(statement.copy(), database)).replace(f'"{database.lower()}".', "")
        where = f'"{database.lower()}"."{self.schema}.{self.name.lower()}"'
        return f'CREATE TRIGGER {where} AFTER {self._event} ON "{self.schema}.{self.table}" BEGIN {body}; END'
