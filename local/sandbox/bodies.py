"""Reads request bodies the way Rails does: nested form fields, multipart forms and JSON all become the same nested data."""

import json
import re
from collections.abc import Iterable
from typing import TypeVar
from urllib.parse import parse_qsl

from starlette.datastructures import UploadFile
from starlette.requests import Request

_PART = re.compile(r"\[([^\[\]]*)\]")
_MANY_FIELDS = 100_000
_Holder = TypeVar("_Holder", dict[str, object], list[object])


class BadBodyError(ValueError):
    """The body cannot be read."""


async def read_body(request: Request) -> dict[str, object]:
    """Return the body as nested data; an uploaded file stands in it as an `UploadFile`.

    Raises:
        BadBodyError: It is not what its content type says, or two of its fields contradict each other.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    if kind == "multipart/form-data":
        form = await request.form(max_fields=_MANY_FIELDS)
        return nest(form.multi_items())
    content = await request.body()
    if kind == "application/json":
        return await read_object(request) if content else {}
    return nest(parse_qsl(content.decode(errors="replace"), keep_blank_values=True))


async def read_object(request: Request) -> dict[str, object]:
    """Return a body that is a JSON object.

    Raises:
        BadBodyError: It is none.
    """
    body = await read_json(request)
    if not isinstance(body, dict):
        raise BadBodyError("the body is not a JSON object")
    return body


async def read_json(request: Request) -> object:
    """Return a body that is JSON.

    Raises:
        BadBodyError: It is none; or it holds a number or a text that JSON cannot hold, and it has to be told again.
    """
    try:
        body: object = json.loads(await request.body())
        json.dumps(body, allow_nan=False, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise BadBodyError("the body is not JSON") from None
    return body


def nest(pairs: Iterable[tuple[str, str | UploadFile]]) -> dict[str, object]:
    """Return the nested data that names in brackets describe, such as `member[contacts][][email]`.

    Raises:
        BadBodyError: A name is used both for a value and for what holds values.
    """
    nested: dict[str, object] = {}
    for name, value in pairs:
        head, _, rest = name.partition("[")
        _put(nested, [head, *_PART.findall(f"[{rest}")], value)
    return nested


def _put(target: dict[str, object], parts: list[str], value: object) -> None:
    head, *rest = parts
    if not rest:
        target[head] = value
    elif rest[0]:
        _put(_kept(target, head, {}), rest, value)
    else:
        _append(_kept(target, head, []), rest[1:], value)


def _append(items: list[object], rest: list[str], value: object) -> None:
    """Add to a list; a key that the last object already has begins the next object."""
    if not rest:
        items.append(value)
        return
    last = items[-1] if items else None
    if not isinstance(last, dict) or rest[0] in last:
        last = {}
        items.append(last)
    _put(last, rest, value)


def _kept(target: dict[str, object], name: str, empty: _Holder) -> _Holder:
    found = target.setdefault(name, empty)
    if not isinstance(found, type(empty)):
        raise BadBodyError(f"the field {name} is used in two ways")
    return found
