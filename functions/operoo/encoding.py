"""Bodies as Operoo reads them: form fields nested the way Rails does it, or JSON."""

import json
from collections.abc import Iterator, Mapping
from typing import Literal
from urllib.parse import urlencode

Encoding = Literal["form", "json"]


def encode(fields: Mapping[str, object], *, wrapper: str, encoding: Encoding) -> tuple[bytes, str]:
    """Return a body and its content type; `wrapper` is what the fields are nested under, empty for none.

    Half a character, as an old database may hold, is sent as `?` rather than failing every record of the run.
    """
    body = {wrapper: dict(fields)} if wrapper else dict(fields)
    if encoding == "json":
        return json.dumps(body, ensure_ascii=False).encode(errors="replace"), "application/json"
    return urlencode(list(form_pairs(body)), errors="replace").encode(), "application/x-www-form-urlencoded"


def form_pairs(body: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Yield name and value of each form field, nested names in brackets.

    A list of objects needs the same first key in each of its items: that key's return tells Rails where the next one begins.
    """
    for name, value in body.items():
        yield from _pairs(name, value)


def _pairs(name: str, value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _pairs(f"{name}[{key}]", inner)
    elif isinstance(value, list | tuple):
        if not value:
            # A form cannot say "an empty list"; one blank item is how Rails' own forms say it.
            yield f"{name}[]", ""
        for item in value:
            yield from _pairs(f"{name}[]", item)
    else:
        yield name, _text(value)


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
