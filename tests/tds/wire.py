"""Packets and tokens of SQL Server's protocol, TDS 7.4, as MS-TDS describes them: only what the drivers and one test need."""

import socket
import struct
from collections.abc import Iterable

BATCH, RPC, RESPONSE, ATTENTION, TRANSACTION, LOGIN, PRELOGIN = 0x01, 0x03, 0x04, 0x06, 0x0E, 0x10, 0x12
DONE, DONE_IN_PROC, DONE_PROC = 0xFD, 0xFF, 0xFE
MORE, ERROR, COUNT, ATTENTION_TAKEN = 0x01, 0x02, 0x10, 0x20
# Latin1_General_CI_AS, code page 1252.
COLLATION = bytes.fromhex("0904d00034")
_HEADER = struct.Struct(">BBHHBx")
_PACKET, _LAST = 4096, 0x01


class HungUp(Exception):  # noqa: N818 - an ending, not an error
    """The other side is gone."""


def receive(connection: socket.socket) -> tuple[int, bytes]:
    """Return the next message: its type and its content.

    Raises:
        HungUp: There is none.
    """
    content = bytearray()
    while True:
        kind, status, length, _, _ = _HEADER.unpack(_exactly(connection, _HEADER.size))
        content += _exactly(connection, length - _HEADER.size)
        if status & _LAST:
            return kind, bytes(content)


def _exactly(connection: socket.socket, count: int) -> bytes:
    found = bytearray()
    while len(found) < count:
        try:
            piece = connection.recv(count - len(found))
        except OSError as error:
            raise HungUp from error
        if not piece:
            raise HungUp
        found += piece
    return bytes(found)


def send(connection: socket.socket, content: bytes, *, last: bool = True, kind: int = RESPONSE) -> None:
    """Send a response, or a message of another kind; without `last` as one that goes on.

    Raises:
        HungUp: Nobody takes it.
    """
    room = _PACKET - _HEADER.size
    pieces = [content[start : start + room] for start in range(0, len(content), room)] or [b""]
    packets = bytearray()
    for number, piece in enumerate(pieces, start=1):
        status = _LAST if last and number == len(pieces) else 0
        packets += _HEADER.pack(kind, status, len(piece) + _HEADER.size, 0, number % 256) + piece
    try:
        connection.sendall(packets)
    except OSError as error:
        raise HungUp from error


def short_text(text: str) -> bytes:
    """Return text with its length in one byte, in characters."""
    return bytes([len(text)]) + text.encode("utf-16-le")


def long_text(text: str) -> bytes:
    """Return text with its length in two bytes, in characters."""
    return struct.pack("<H", len(text)) + text.encode("utf-16-le")


def prelogin() -> bytes:
    """Return the answer to the first message: SQL Server 2019, no encryption, one statement at a time."""
    options = ((0, bytes.fromhex("0f0007d00000")), (1, b"\x02"), (2, b"\x00"), (3, b""), (4, b"\x00"))
    head, body = b"", b""
    start = 5 * len(options) + 1
    for token, value in options:
        head += struct.pack(">BHH", token, start + len(body), len(value))
        body += value
    return head + b"\xff" + body


def _sized(token: int, content: bytes) -> bytes:
    return struct.pack("<BH", token, len(content)) + content


def changed(kind: int, new: bytes, old: bytes = b"\x00") -> bytes:
    """Return the token that says a property of the session changed."""
    return _sized(0xE3, bytes([kind]) + new + old)


def login_taken(database: str) -> bytes:
    """Return the tokens that answer a login."""
    acknowledged = b"\x01" + struct.pack(">I", 0x74000004) + short_text("Microsoft SQL Server") + bytes([15, 0, 7, 208])
    return (
        changed(1, short_text(database), short_text("master"))
        + changed(7, bytes([len(COLLATION)]) + COLLATION)
        + changed(2, short_text("us_english"))
        + _sized(0xAD, acknowledged)
        + changed(4, short_text(str(_PACKET)), short_text(str(_PACKET)))
        + done()
    )


def error(number: int, severity: int, text: str) -> bytes:
    """Return the token of an error."""
    content = struct.pack("<iBB", number, 1, severity) + long_text(text) + short_text("DOUBLE") + short_text("")
    return _sized(0xAA, content + struct.pack("<i", 1))


def done(status: int = 0, count: int | None = None, *, token: int = DONE) -> bytes:
    """Return the token that ends a statement, with the count of its rows."""
    return struct.pack("<BHHQ", token, status | (0 if count is None else COUNT), 0, count or 0)


def return_status() -> bytes:
    """Return the token with a procedure's result, which is that all went well."""
    return struct.pack("<Bi", 0x79, 0)


def metadata(columns: Iterable[tuple[str, bytes]]) -> bytes:
    """Return the token that describes columns, each a name and what describes its type."""
    listed = [struct.pack("<IH", 0, 0x0009) + kind + short_text(name) for name, kind in columns]
    return struct.pack("<BH", 0x81, len(listed)) + b"".join(listed)


def return_handle(handle: int) -> bytes:
    """Return the token by which a prepared statement's number is given back."""
    return (
        struct.pack("<BH", 0xAC, 0) + short_text("") + struct.pack("<BIH", 1, 0, 0) + struct.pack("<BBBi", 0x26, 4, 4, handle)
    )
