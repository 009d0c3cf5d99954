"""The little of T-SQL's control of flow that scripts for an administrator use: IF, ELSE, BEGIN ... END, RETURN."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

_TOKEN = re.compile(r"--[^\n]*|/\*.*?\*/|N?'(?:[^']|'')*'|\[(?:[^\]]|\]\])*\]|[\w@#$]+|\S", re.DOTALL)
_BEGINNINGS = frozenset(
    {"CREATE", "ALTER", "DROP", "EXEC", "EXECUTE", "BEGIN", "GRANT", "REVOKE", "RAISERROR", "RETURN", "ROLLBACK"}
    | {"USE", "INSERT", "UPDATE", "DELETE", "SELECT", "SET", "IF"}
)
_BLOCK_NOT = frozenset({"TRANSACTION", "TRAN"})


def has_flow(batch: str) -> bool:
    """Tell whether a batch must be run statement by statement."""
    return re.search(r"(?m)^\s*(IF|BEGIN)\b(?!\s+TRAN)", batch) is not None


@dataclass
class _Cursor:
    batch: str
    tokens: list[re.Match[str]] = field(default_factory=list)
    at: int = 0

    def __post_init__(self) -> None:
        self.tokens = [one for one in _TOKEN.finditer(self.batch) if not one[0].startswith(("--", "/*"))]

    def word(self, ahead: int = 0) -> str:
        at = self.at + ahead
        return self.tokens[at][0].upper() if at < len(self.tokens) else ""

    def text(self, first: int) -> str:
        return self.batch[self.tokens[first].start() : self.tokens[self.at - 1].end()]


class Returned(Exception):  # noqa: N818 - an ending, not an error
    """The batch ends here."""


class Flow:
    """Runs a batch.

    Args:
        met: Tells whether a condition holds.
    """

    def __init__(self, batch: str, met: Callable[[str], bool]) -> None:
        self._cursor = _Cursor(batch)
        self._met = met

    def statements(self) -> Iterator[str]:
        """Yield the statements that are to be done, each when those before it have been."""
        try:
            while self._cursor.word():
                yield from self._statement(doing=True)
        except Returned:
            return

    def _statement(self, *, doing: bool) -> Iterator[str]:
        cursor = self._cursor
        if cursor.word() == "IF":
            yield from self._if(doing=doing)
        elif cursor.word() == "BEGIN" and cursor.word(1) not in _BLOCK_NOT:
            cursor.at += 1
            while cursor.word() != "END":
                yield from self._statement(doing=doing)
            cursor.at += 1
        elif cursor.word() == ";":
            cursor.at += 1
        elif text := self._plain():
            if doing and text.upper() == "RETURN":
                raise Returned
            if doing:
                yield text

    def _if(self, *, doing: bool) -> Iterator[str]:
        cursor = self._cursor
        cursor.at += 1
        condition = self._until(lambda word: word in _BEGINNINGS)
        met = doing and self._met(condition)
        yield from self._statement(doing=met)
        if cursor.word() == ";" and cursor.word(1) == "ELSE":
            cursor.at += 1
        if cursor.word() == "ELSE":
            cursor.at += 1
            yield from self._statement(doing=doing and not met)

    def _plain(self) -> str:
        return self._until(lambda word: word in {";", "END", "ELSE"})

    def _until(self, ends: Callable[[str], bool]) -> str:
        cursor, first, depth = self._cursor, self._cursor.at, 0
        while word := cursor.word():
            if depth == 0 and ends(word):
                break
            depth += (word in {"(", "CASE"}) - (word == ")" or (word == "END" and depth > 0))
            cursor.at += 1
        return cursor.text(first)
