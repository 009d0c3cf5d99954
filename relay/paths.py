"""Paths in the configuration: what no program fills in, and would be taken for the name of a folder, is refused."""

import re
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator

_UNFILLED = re.compile(r"~|%[^%/\\]+%|\$\w|\$\{")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def _written_out(value: object) -> object:
    if isinstance(value, str):
        if not value.strip():
            raise ValueError("is empty: give a path, or leave the key out")
        if _UNFILLED.match(value):
            raise ValueError("must be written out: ~ and variables are not filled in, since each account has others")
        if _CONTROL.search(value):
            raise ValueError("must not hold control characters")
    return value


FilePath = Annotated[Path, BeforeValidator(_written_out)]
