"""What an engine behind the double answers with, and what can go wrong on demand."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from tests.tds.kinds import Kind

MESSAGES = {
    207: (16, "Invalid column name 'Colour'."),
    208: (16, "Invalid object name 'dbo.Nowhere'."),
    229: (14, "The SELECT permission was denied on the object 'Community', database 'Synergetic', schema 'dbo'."),
    230: (14, "The SELECT permission was denied on the column 'Given1' of the object 'Community'."),
    262: (14, "Permission denied in database 'Synergetic'."),
    911: (16, "Database 'Nowhere' does not exist. Make sure that the name is entered correctly."),
    916: (
        14,
        "The server principal 'operoo' is not able to access the database 'Synergetic' under the current security context.",
    ),
    1205: (13, "Transaction (Process ID 52) was deadlocked on lock resources with another process."),
    1222: (16, "Lock request time out period exceeded."),
    3951: (
        16,
        "Transaction failed because the statement was run under snapshot isolation but the transaction did not start in it.",
    ),
    3952: (16, "Snapshot isolation transaction failed accessing database 'Synergetic'."),
    3960: (16, "Snapshot isolation transaction aborted due to update conflict."),
    4060: (11, 'Cannot open database "Nowhere" requested by the login. The login failed.'),
    18456: (14, "Login failed for user 'operoo'."),
}


class SqlError(Exception):
    """An error that the server reports."""

    def __init__(self, number: int, text: str = "") -> None:
        severity, usual = MESSAGES.get(number, (16, "Something is wrong."))
        super().__init__(text or usual)
        self.number, self.severity = number, severity


@dataclass
class Fault:
    """Something that goes wrong.

    Attributes:
        at: A pattern that the statement must contain; empty for the login.
        number: The server's error.
        does: Reports the error, says nothing any more, or ends the connection.
        after: How many rows come before.
        times: How often.
    """

    at: str = ""
    number: int = 0
    does: Literal["error", "hang", "drop"] = "error"
    after: int = 0
    times: int = 1

    def meets(self, sql: str) -> bool:
        """Tell whether it happens now, and count that."""
        if self.times <= 0 or bool(self.at) != bool(sql) or not re.search(self.at, sql):
            return False
        self.times -= 1
        return True


@dataclass
class Login:
    """Who is connected, to what.

    Attributes:
        level: The isolation level that it has chosen.
        began_under: The level that its transaction began under, none outside of one.
        nested: How many more it has begun within.
        options: What the client said besides: its program's name, whether it only means to read.
        patience_s: How long it waits for somebody else's lock; None is for ever.
        aborts: Whether an error ends its transaction.
        numbered: The number of the row that it inserted last.
        changed: How many rows its last statement changed.
        leave: What is to be done when it leaves.
    """

    user: str
    database: str
    level: str = "READ COMMITTED"
    began_under: str | None = None
    nested: int = 0
    options: dict[str, object] = field(default_factory=dict)
    patience_s: float | None = None
    aborts: bool = False
    numbered: int | None = None
    changed: int = 0
    leave: Callable[[], object] = lambda: None


@dataclass(frozen=True)
class Rows:
    """A result: columns with their types, and rows."""

    columns: Sequence[tuple[str, Kind]]
    rows: Iterable[Sequence[object]]


@dataclass(frozen=True)
class Count:
    """The count of rows that a statement changed; none where it changes no rows."""

    rows: int | None = None


class Engine(Protocol):
    """What answers statements."""

    def run(self, login: Login, sql: str, parameters: Mapping[str, object]) -> Iterable[Rows | Count]:
        """Answer a batch.

        Raises:
            SqlError: The server refuses.
        """
        ...

    def knows(self, user: str, password: str) -> bool:
        """Tell whether a login gives its password."""
        ...

    def opens(self, database: str, user: str) -> bool:
        """Tell whether a login may connect to a database."""
        ...
