"""What AWS calls things and where they are, as types: a wrong one is answered where it is written, not by a failed request."""

import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d+")


def _bucket(value: str) -> str:
    if not _BUCKET.fullmatch(value):
        raise ValueError("must be a bucket's name: 3 to 63 lower-case letters, digits, dots and hyphens")
    return value


def _region(value: str | None) -> str | None:
    if value and not _REGION.fullmatch(value):
        raise ValueError("must be a region of AWS, such as ap-southeast-2")
    return value


def _address(value: str | None) -> str | None:
    parts = urlsplit(value or "https://none")
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("must be a whole address that begins with https://")
    return value


Bucket = Annotated[str, AfterValidator(_bucket)]
Region = Annotated[str | None, AfterValidator(_region)]
Address = Annotated[str | None, AfterValidator(_address)]
