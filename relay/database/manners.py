"""How a driver wants to be treated: what differs between SQL Server's drivers and the SQLite one of the sample school."""

from dataclasses import dataclass

from shared.synergetic import SQLITE, Dialect, Statement


@dataclass(frozen=True)
class Manners:
    """One driver's ways.

    Attributes:
        autocommit: Whether the connection is left to commit by itself.
        begin: What begins a transaction; empty where the driver does that by itself.
        end: What ends one; empty where the driver's own rollback does.
        inlines: Whether values must stand in the SQL, because the driver would otherwise hold a whole result in memory.
    """

    autocommit: bool = False
    begin: str = ""
    end: str = ""
    inlines: bool = False

    @classmethod
    def of(cls, dialect: Dialect) -> "Manners":
        """Return the manners of a dialect's drivers."""
        return _SQLITE if dialect is SQLITE else _USUAL

    def prepared(self, statement: Statement) -> tuple[str, tuple[object, ...]]:
        """Return SQL and values as the driver wants them."""
        if not self.inlines or not statement.parameters:
            return statement.sql, statement.parameters
        first, *rest = statement.sql.split("?")
        return first + "".join(_literal(value) + part for value, part in zip(statement.parameters, rest, strict=True)), ()


_USUAL = Manners()
# This driver streams (StepAPI) only what has no values and stands in no transaction that it knows of. So the values, which are
# codes of the configuration and numbers, are written as literals, and the transaction is begun behind its back.
_SQLITE = Manners(autocommit=True, begin="BEGIN", end="ROLLBACK", inlines=True)


def _literal(value: object) -> str:
    return str(value) if isinstance(value, int) else "'" + str(value).replace("'", "''") + "'"
