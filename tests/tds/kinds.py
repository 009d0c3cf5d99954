"""SQL Server's types on the wire: how a column is described, how a value is written, how a parameter is read."""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from tests.tds.wire import COLLATION

_EPOCH = datetime(1900, 1, 1)  # noqa: DTZ001 - the database knows no zones
_FIRST_DAY = date(1, 1, 1)
_MAX = 0xFFFF
_UNKNOWN_LENGTH = 0xFFFFFFFFFFFFFFFE


@dataclass(frozen=True)
class Kind:
    """A type: the bytes that describe it, and what writes a value of it."""

    described: bytes
    write: Callable[[object], bytes]


def _integer(size: int) -> Kind:
    def write(value: object) -> bytes:
        return b"\x00" if value is None else bytes([size]) + int(value).to_bytes(size, "little", signed=size > 1)

    return Kind(bytes([0x26, size]), write)


def _bit(value: object) -> bytes:
    return b"\x00" if value is None else bytes([1, bool(value)])


def _datetime(value: object) -> bytes:
    if value is None or value == "":
        return b"\x00"
    since = _moment(value) - _EPOCH
    # It counts in three hundredths of a second.
    ticks = round(since.seconds * 300 + since.microseconds * 3 / 10_000)
    return b"\x08" + struct.pack("<iI", since.days, ticks)


def _smalldatetime(value: object) -> bytes:
    if value is None or value == "":
        return b"\x00"
    since = _moment(value) - _EPOCH
    return b"\x04" + struct.pack("<HH", since.days, since.seconds // 60)


def _day(value: object) -> bytes:
    return b"\x00" if value is None else b"\x03" + (_moment(value).date() - _FIRST_DAY).days.to_bytes(3, "little")


def _moment(value: object) -> datetime:
    return value if isinstance(value, datetime) else datetime.fromisoformat(str(value))


def _decimal(value: object) -> bytes:
    """Write a decimal(18, 2)."""
    if value is None:
        return b"\x00"
    amount = Decimal(str(value)).scaleb(2)
    return bytes([9, amount >= 0]) + int(abs(amount)).to_bytes(8, "little")


def _short(code: int, size: int, encode: Callable[[object], bytes], *, collated: bool = True) -> Kind:
    def write(value: object) -> bytes:
        if value is None:
            return b"\xff\xff"
        content = encode(value)
        return struct.pack("<H", len(content)) + content

    return Kind(struct.pack("<BH", code, size) + (COLLATION if collated else b""), write)


def _long(code: int, encode: Callable[[object], bytes], *, collated: bool = True) -> Kind:
    """Return a type of any length: its values come in pieces."""

    def write(value: object) -> bytes:
        if value is None:
            return b"\xff" * 8
        content = encode(value)
        pieces = (content[start : start + 8000] for start in range(0, len(content), 8000))
        written = b"".join(struct.pack("<I", len(piece)) + piece for piece in pieces)
        return struct.pack("<Q", _UNKNOWN_LENGTH) + written + b"\x00" * 4

    return Kind(struct.pack("<BH", code, _MAX) + (COLLATION if collated else b""), write)


def _blob(code: int, encode: Callable[[object], bytes], *, collated: bool) -> Kind:
    """Return one of the old large types: each value has a pointer and a timestamp before it."""

    def write(value: object) -> bytes:
        if value is None:
            return b"\x00"
        content = encode(value)
        return b"\x10" + b"p" * 16 + b"t" * 8 + struct.pack("<I", len(content)) + content

    table = struct.pack("<BH", 1, 1) + "t".encode("utf-16-le")
    return Kind(struct.pack("<BI", code, 0x7FFFFFFF) + (COLLATION if collated else b"") + table, write)


def _narrow(value: object) -> bytes:
    return str(value).encode("cp1252", "replace")


def _wide(value: object) -> bytes:
    return str(value).encode("utf-16-le", "surrogatepass")  # a column may hold half a character


def _raw(value: object) -> bytes:
    return bytes(value) if isinstance(value, (bytes, bytearray, memoryview)) else _narrow(value)


def kind_of(name: str, length: int | None) -> Kind:
    """Return the type of this T-SQL name and length, where -1 is `(max)`."""
    fixed = {
        "bigint": _integer(8),
        "int": _integer(4),
        "smallint": _integer(2),
        "tinyint": _integer(1),
        "bit": Kind(b"\x68\x01", _bit),
        "datetime": Kind(b"\x6f\x08", _datetime),
        "smalldatetime": Kind(b"\x6f\x04", _smalldatetime),
        "date": Kind(b"\x28", _day),
        "float": Kind(b"\x6d\x08", lambda value: b"\x00" if value is None else b"\x08" + struct.pack("<d", value)),
        "decimal": Kind(b"\x6a\x09\x12\x02", _decimal),
        "text": _blob(0x23, _narrow, collated=True),
        "image": _blob(0x22, _raw, collated=False),
    }
    if name in fixed:
        return fixed[name]
    code, encode, collated, widest = {
        "varchar": (0xA7, _narrow, True, 8000),
        "char": (0xAF, _narrow, True, 8000),
        "nvarchar": (0xE7, _wide, True, 4000),
        "varbinary": (0xA5, _raw, False, 8000),
    }[name]
    if length == -1 or (length or 0) > widest:
        return _long(code, encode, collated=collated)
    if name == "char":
        return _short(code, length or 1, lambda value: _narrow(value).ljust(length or 1))
    return _short(code, (length or widest) * (2 if name == "nvarchar" else 1), encode, collated=collated)


class Reader:
    """Reads numbers, texts and parameters from a message."""

    def __init__(self, content: bytes, position: int = 0) -> None:
        self._content, self._position = content, position

    @property
    def more(self) -> bool:
        """Whether anything is left."""
        return self._position < len(self._content)

    def take(self, count: int) -> bytes:
        """Return the next bytes."""
        self._position += count
        return self._content[self._position - count : self._position]

    def number(self, size: int, *, signed: bool = False) -> int:
        """Return the next number."""
        return int.from_bytes(self.take(size), "little", signed=signed)

    def parameter(self) -> tuple[str, object]:
        """Return the name and value of an RPC's next parameter."""
        name = self.take(2 * self.number(1)).decode("utf-16-le")
        self.take(1)
        return name, self._value(self.number(1))

    def _value(self, code: int) -> object:
        if code in (0x26, 0x68, 0x6F, 0x6D, 0x24):
            self.take(1)
            return self._of_length(code, self.number(1))
        if code == 0x28:
            days = self.take(self.number(1))
            return (_FIRST_DAY + timedelta(days=int.from_bytes(days, "little"))).isoformat() if days else None
        if code in (0x2A, 0x29):
            return self._precise(self.number(1), self.number(1), code)
        if code in (0x6A, 0x6C):
            return self._decimal()
        if code in (0xA7, 0xAF, 0xE7, 0xEF, 0xA5, 0xAD):
            return self._variable(code)
        if code in (0x23, 0x63, 0x22):
            self.take(4 + (0 if code == 0x22 else 5))
            length = self.number(4, signed=True)
            return None if length < 0 else _decoded(code, self.take(length))
        raise ValueError(f"a parameter of type {code:#x}")

    def _of_length(self, code: int, length: int) -> object:
        if length == 0:
            return None
        content = self.take(length)
        if code == 0x6F:
            days, ticks = struct.unpack("<iI", content)
            return (_EPOCH + timedelta(days=days, microseconds=round(ticks * 10_000 / 3))).isoformat(" ")
        if code == 0x6D:
            return struct.unpack("<d" if length == 8 else "<f", content)[0]
        return content if code == 0x24 else int.from_bytes(content, "little", signed=length > 1)

    def _precise(self, scale: int, length: int, code: int) -> object:
        if length == 0:
            return None
        days = 3 if code == 0x2A else 0
        ticks = self.number(length - days)
        moment = timedelta(microseconds=ticks * 10 ** (6 - scale) if scale <= 6 else ticks // 10)
        if not days:
            return str(moment)
        day = _FIRST_DAY + timedelta(days=self.number(3))
        return (datetime(day.year, day.month, day.day) + moment).isoformat(" ")  # noqa: DTZ001 - it has no zone

    def _decimal(self) -> object:
        _, _, scale, length = self.take(4)
        if length == 0:
            return None
        sign, amount = self.number(1), self.number(length - 1)
        return float(Decimal(amount).scaleb(-scale) * (1 if sign else -1))

    def _variable(self, code: int) -> object:
        size = self.number(2)
        if code not in (0xA5, 0xAD):
            self.take(5)
        if size != _MAX:
            length = self.number(2)
            return None if length == _MAX else _decoded(code, self.take(length))
        if self.number(8) == _MAX_LENGTH_NULL:
            return None
        content = bytearray()
        while length := self.number(4):
            content += self.take(length)
        return _decoded(code, bytes(content))


_MAX_LENGTH_NULL = 0xFFFFFFFFFFFFFFFF


def _decoded(code: int, content: bytes) -> object:
    if code in (0xE7, 0xEF, 0x63):
        return content.decode("utf-16-le")
    return content if code in (0xA5, 0xAD, 0x22) else content.decode("cp1252")
