"""T-SQL's procedures, and batches that keep values in variables: both are run statement by statement."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from tests.tds.answers import Count, Login, Rows, SqlError
from tests.tds.flow import Flow
from tests.tds.security import ADMINISTRATOR

_CREATED = re.compile(r"(?is)^\s*CREATE PROC(?:EDURE)? (\w+)\.(\w+)\s+(.*?)\s+AS\s+(.+)$")
_TYPE = r"\w+(?:\([\w, ]+\))?"
_CONSTANT = r"N?'(?:[^']|'')*'|\w+"
_PARAMETER = re.compile(rf"(?i)(@\w+) ({_TYPE})(?: = ({_CONSTANT}))?( OUTPUT)?\s*(?:,|$)")
_KEEPS = re.compile(r"(?i)^\s*(DECLARE @|EXEC(UTE)? (?!sp_|\())")
_DECLARED = re.compile(rf"(?is)^DECLARE (@\w+) ({_TYPE})(?: = (.+))?$")
_SET = re.compile(r"(?is)^SET (@\w+) = (.+)$")
_FETCHED = re.compile(r"(?is)^SELECT (@\w+ = .+?) (FROM .+)$")
_ONE_FETCHED = re.compile(r"(@\w+) = (\[[^\]]+\]|\w+)")
_CALLED = re.compile(r"(?is)^EXEC(?:UTE)? (\S+)(?:\s+(.*))?$")
_GIVEN = re.compile(rf"(?i)(@\w+) = (@\w+|{_CONSTANT})( OUTPUT)?\s*(?:,|$)")
_WHOLE = ("bit", "tinyint", "smallint", "int", "bigint")


@dataclass(frozen=True)
class Parameter:
    """A parameter: its name, its type as declared, the default that it may have, and whether a value comes back by it."""

    name: str
    kind: str
    default: str
    is_output: bool


@dataclass(frozen=True)
class Procedure:
    """A procedure that is to be made."""

    schema: str
    name: str
    parameters: tuple[Parameter, ...]
    body: str

    @classmethod
    def of(cls, statement: str) -> "Procedure | None":
        """Return what a statement creates, if it is a procedure."""
        if not (found := _CREATED.match(statement)):
            return None
        schema, name, listed, body = found.groups()
        parameters = (
            Parameter(one[1], one[2].lower().replace(" ", ""), one[3] or "", is_output=bool(one[4]))
            for one in _PARAMETER.finditer(listed)
        )
        return cls(schema.lower(), name, tuple(parameters), body)


def keeps_values(sql: str) -> bool:
    """Tell whether a batch has variables, or calls a procedure that is not the server's own."""
    return _KEEPS.match(sql) is not None


class Server(Protocol):
    """What runs single statements, and knows the procedures."""

    def batch(self, login: Login, sql: str, parameters: Mapping[str, object]) -> Iterator[Rows | Count]:
        """Answer statements that are without control of flow."""
        ...

    def procedure(self, login: Login, called: str) -> Procedure:
        """Find a procedure that a login may execute.

        Raises:
            SqlError: There is none, or it may not.
        """
        ...


class Batch:
    """A batch while it runs.

    Args:
        server: What runs its statements.
        login: Whose it is.
        given: The values that its variables have from the beginning.
    """

    def __init__(self, server: Server, login: Login, given: Mapping[str, object]) -> None:
        self._server = server
        self._login = login
        self.values = dict(given)
        self._kinds: dict[str, str] = {}

    def run(self, sql: str) -> Iterator[Rows | Count]:
        """Answer it.

        Raises:
            SqlError: The server refuses.
        """
        for statement in Flow(sql, self._met).statements():
            if found := _DECLARED.match(statement):
                self.keep(found[1], found[2].lower(), self._value(found[3]) if found[3] else None)
            elif found := _SET.match(statement):
                self._put(found[1], self._value(found[2]))
            elif found := _FETCHED.match(statement):
                self._fetch(dict(_ONE_FETCHED.findall(found[1])), found[2])
            elif found := _CALLED.match(statement):
                yield from self._call(found[1], _GIVEN.findall(found[2] or ""))
            else:
                yield from self._server.batch(self._login, statement, self.values)

    def keep(self, name: str, kind: str, value: object) -> None:
        """Declare a variable."""
        self._kinds[name] = kind
        self._put(name, value)

    def _put(self, name: str, value: object) -> None:
        if name not in self._kinds:
            raise SqlError(137, f'Must declare the scalar variable "{name}".')
        self.values[name] = _fitted(value, self._kinds[name])

    def _met(self, condition: str) -> bool:
        count = int(self._login.began_under is not None) + self._login.nested
        return self._value(f"CASE WHEN {condition.replace('@@TRANCOUNT', str(count))} THEN 1 ELSE 0 END") == 1

    def _value(self, expression: str) -> object:
        changed = self._login.changed
        (answer,) = self._server.batch(self._login, f"SELECT {expression} AS Value", self.values)
        self._login.changed = changed
        assert isinstance(answer, Rows)
        ((value,),) = answer.rows
        return value

    def _fetch(self, wanted: Mapping[str, str], rest: str) -> None:
        (answer,) = self._server.batch(self._login, f"SELECT {', '.join(wanted.values())} {rest}", self.values)
        assert isinstance(answer, Rows)
        rows = list(answer.rows)
        for row in rows:  # the last one's values stay; without any, what was before does
            for name, value in zip(wanted, row, strict=True):
                self._put(name, value)
        self._login.changed = len(rows)

    def _call(self, called: str, given: list[tuple[str, str, str]]) -> Iterator[Rows | Count]:
        procedure = self._server.procedure(self._login, called)
        inner = self._inner(procedure, {name: value for name, value, _ in given})
        # Its body does what its owner may; the numbers of its rows stay its own.
        user, numbered, began = self._login.user, self._login.numbered, _depth(self._login)
        self._login.user = ADMINISTRATOR
        try:
            yield from inner.run(procedure.body)
        finally:
            self._login.user, self._login.numbered = user, numbered
        for name, variable, output in given:
            if output:
                self._put(variable, inner.values[name])
        if _depth(self._login) != began:
            raise SqlError(266, "Transaction count after EXECUTE indicates a mismatching number of statements.")

    def _inner(self, procedure: Procedure, given: Mapping[str, str]) -> "Batch":
        inner = Batch(self._server, self._login, {})
        known = {one.name for one in procedure.parameters}
        if strange := given.keys() - known:
            raise SqlError(8145, f"{min(strange)} is not a parameter for procedure {procedure.name}.")
        for one in procedure.parameters:
            source = given.get(one.name, one.default)
            if not source:
                raise SqlError(201, f"Procedure '{procedure.name}' expects parameter '{one.name}', which was not supplied.")
            inner.keep(one.name, one.kind, self.values[source] if source.startswith("@") else self._value(source))
        return inner


def _depth(login: Login) -> int:
    return int(login.began_under is not None) + login.nested


def _fitted(value: object, kind: str) -> object:
    """Return a value as a variable of a type holds it: without a word, a text that is too long is cut off."""
    name, _, length = kind.rstrip(")").partition("(")
    if value is None:
        return None
    if name in _WHOLE:
        return int(str(value)) if name != "bit" else int(bool(int(str(value))))
    if name.endswith("char") and length != "max":
        return str(value)[: int(length or 1)]
    return value
