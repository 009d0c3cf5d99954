"""What a client asks, taken out of its messages."""

import struct
from dataclasses import dataclass

from tests.tds.kinds import Reader

_PROCEDURES = {10: "sp_executesql", 11: "sp_prepare", 12: "sp_execute", 13: "sp_prepexec", 15: "sp_unprepare"}
_BEGIN, _COMMIT, _ROLLBACK = 5, 7, 8


@dataclass(frozen=True)
class LoginRequest:
    """What a login says."""

    user: str
    password: str
    program: str
    database: str
    read_only: bool


def read_login(content: bytes) -> LoginRequest:
    """Read a login of version 7."""
    texts = [_text_at(content, 36 + 4 * number) for number in range(9)]
    password = _text_at(content, 44, scrambled=True)
    return LoginRequest(texts[1], password, texts[3], texts[8], bool(content[26] & 0x20))


def _text_at(content: bytes, place: int, *, scrambled: bool = False) -> str:
    start, length = struct.unpack_from("<HH", content, place)
    text = content[start : start + 2 * length]
    if scrambled:
        text = bytes((byte ^ 0xA5) >> 4 | ((byte ^ 0xA5) << 4) & 0xF0 for byte in text)
    return text.decode("utf-16-le", "replace")


def read_batch(content: bytes) -> str:
    """Read a batch's text."""
    return content[_after_headers(content) :].decode("utf-16-le")


def _after_headers(content: bytes) -> int:
    return int.from_bytes(content[:4], "little")


@dataclass(frozen=True)
class Call:
    """A call of a procedure."""

    procedure: str
    parameters: list[tuple[str, object]]

    @property
    def values(self) -> list[object]:
        """The parameters' values."""
        return [value for _, value in self.parameters]


def read_call(content: bytes) -> Call:
    """Read a call of a procedure."""
    reader = Reader(content, _after_headers(content))
    length = reader.number(2)
    name = _PROCEDURES.get(reader.number(2), "unknown") if length == 0xFFFF else reader.take(2 * length).decode("utf-16-le")
    reader.take(2)
    parameters = []
    while reader.more:
        parameters.append(reader.parameter())
    return Call(name.lower(), parameters)


@dataclass(frozen=True)
class TransactionRequest:
    """What is to happen to the transaction, and whether a new one begins."""

    ends: int | None
    begins: bool


def read_transaction(content: bytes) -> TransactionRequest:
    """Read a request about the transaction; what ends is told by the number of the answer's property."""
    reader = Reader(content, _after_headers(content))
    kind = reader.number(2)
    if kind == _BEGIN:
        return TransactionRequest(None, begins=True)
    reader.take(reader.number(1))
    return TransactionRequest({_COMMIT: 9, _ROLLBACK: 10}[kind], begins=bool(reader.number(1) & 1))
