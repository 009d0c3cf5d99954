"""Canonical bytes and their digests: equal content has equal bytes, whoever made them."""

import hashlib
import json
from collections.abc import Iterable, Mapping


def sha256(content: bytes) -> str:
    """Return the SHA-256 of `content`, 64 hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def canonical_json(value: object) -> bytes:
    """Encode plain JSON data with sorted keys and no blanks, as UTF-8.

    Raises:
        TypeError: `value` holds something that JSON does not know.
    """
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8", "surrogatepass")


def digest(value: object) -> str:
    """Return the digest of plain JSON data."""
    return sha256(canonical_json(value))


def combine(digests: Mapping[str, str], *extra: str) -> str:
    """Return one digest for several named ones, and whatever else the result depends on."""
    return digest([sorted(digests.items()), list(extra)])


def join_lines(lines: Iterable[bytes]) -> bytes:
    """Join lines into NDJSON: each line is ended, an empty sequence is empty."""
    return b"\n".join([*lines, b""])
