"""Statements with their values written into them, for a driver that would hold in memory as a whole what has any.

The values are codes of the configuration and numbers, never anything of a person.
"""

from shared.synergetic import Statement


def inlined(statement: Statement) -> Statement:
    """Return the statement with its values in place of the question marks."""
    if not statement.parameters:
        return statement
    first, *rest = statement.sql.split("?")
    return Statement(first + "".join(_literal(value) + part for value, part in zip(statement.parameters, rest, strict=True)))


def _literal(value: object) -> str:
    return str(value) if isinstance(value, int) else "'" + str(value).replace("'", "''") + "'"
