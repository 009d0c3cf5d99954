"""Who a row is about, and the bucket its owner falls into.

A bucket is a prefix of the owner's hash in hexadecimal, so a bucket of a coarser split is the union of the finer ones that
begin with it, and one query on a sorted key (`begins_with`) finds a bucket's records under any split.
"""

import zlib
from decimal import Decimal
from typing import Literal

Kind = Literal["student", "staff", "group"]
KINDS: tuple[Kind, ...] = ("student", "staff", "group")
PEOPLE: tuple[Kind, ...] = ("student", "staff")

MIN_DIGITS, MAX_DIGITS = 1, 3
PARTITIONS = tuple("0123456789abcdef")
"""The buckets of the coarsest split."""

_TARGET_OWNERS_PER_BUCKET = 128
_SLACK = 8


# What a person brought, and Synergetic does not know, has a number of the school's behind this. No ID of a person there, and no
# key of a group, begins so.
MANUAL = "manual:"


def is_manual(record_id: str) -> bool:
    """Return whether a record is one that a person brought."""
    return record_id.startswith(MANUAL)


def manual_id(number: str) -> str:
    """Return the identifier of what a person brings under a number."""
    return f"{MANUAL}{number}"


def number_of(record_id: str) -> str:
    """Return the number by which people know a record: of what a person brought it is what they gave."""
    return record_id.removeprefix(MANUAL)


def owner_key(*parts: object) -> str:
    """Return an owner's identifier: its key's parts in order, trimmed, empty ones left out, joined by a colon.

    A colon within a part, as in a class that somebody called `7:MAT`, is written `~1` and a tilde `~0`, as a JSON pointer has
    it: else that class on the campus `S` and the class `MAT` on the campus `S:7` would be one.

    NUL characters, which old databases hold here and there, are no part of it: nobody could type such an identifier. Half a
    character, of which no bytes can be made, is a question mark.
    """
    whole = (_plain(part).encode(errors="replace").decode() for part in parts if part is not None)
    texts = [text.replace("\0", "").strip() for text in whole]
    return ":".join([text.replace("~", "~0").replace(":", "~1") for text in texts if text])


def last_part(owner: str) -> str:
    """Return the last part of an owner's identifier as Synergetic has it: of a group its code."""
    return owner.rpartition(":")[2].replace("~1", ":").replace("~0", "~")


def _plain(part: object) -> str:
    # A driver may give a whole number with a fraction of nothing, which whoever reads rows takes for the number.
    number = float(part) if isinstance(part, Decimal) else part
    return str(int(number)) if isinstance(number, float) and number.is_integer() else str(number)


def owner_hash(owner: str) -> str:
    """Return the owner's hash, 8 hexadecimal digits, the same on every machine and in every release."""
    return f"{zlib.crc32(owner.encode()):08x}"


def bucket_of(owner: str, digits: int) -> str:
    """Return the bucket (a prefix of `digits` hexadecimal digits) that `owner` falls into."""
    return owner_hash(owner)[:digits]


def choose_digits(owners: int, last: int | None = None) -> int:
    """Choose how fine to split `owners` owners, keeping `last` while it still fits.

    A change of the split sends everything anew, so a school that hovers around a limit must not flip between two splits.
    """

    def fits(digits: int, slack: int) -> bool:
        buckets: int = 16**digits
        return owners <= _TARGET_OWNERS_PER_BUCKET * slack * buckets

    if last is not None and fits(last, _SLACK) and (last == MIN_DIGITS or not fits(last - 1, 1)):
        return last
    return next((digits for digits in range(MIN_DIGITS, MAX_DIGITS) if fits(digits, 1)), MAX_DIGITS)
