"""What Operoo's answers mean. Few shapes are documented: what is plain is tolerated, what is not becomes a clear error.

An error body may quote the values it complains about: only names of fields that we sent ourselves are ever taken from one.
"""

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import httpx

_PLAIN_NAME = re.compile(r"[a-z][a-z0-9_]{0,40}")
_ENVELOPE_DEPTH = 3
# How interfaces say that a list goes on, beside the list or under one of these names.
_ABOUT_PAGES = ("meta", "pagination", "paging", "page_info", "links", "_links", "data")
_NEXT = ("next", "next_url", "next_page", "next_cursor", "next_page_token", "has_more", "has_next", "has_next_page")
_ITEMS = ("total", "total_count", "total_entries", "total_items", "total_results", "total_records")
_PAGES = ("total_pages", "last_page", "page_count")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
_DIGITS = 18
_NO = (False, "false")
_NOTHING = (None, False, "", "0", "false", "null", "no")


def retry_after(header: str | None, now: datetime) -> float | None:
    """Return the seconds a Retry-After header asks for, whether it gives seconds or a date; None if it says nothing usable."""
    text = (header or "").strip()
    if text.isascii() and text.isdecimal():
        return float(text)
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return max(0.0, ((at if at.tzinfo else at.replace(tzinfo=UTC)) - now).total_seconds())


def is_page(answer: httpx.Response) -> bool:
    """Tell whether an answer is an HTML page: a gateway's or a sign-in page, not Operoo's interface speaking.

    An empty body is none, whatever it is called: Rails answers a bare "done" as `text/html`. Nor is JSON under that name.
    """
    start = answer.content[:64].lstrip()[:1]
    called_page = "html" in answer.headers.get("content-type", "").lower()
    return start == b"<" or (called_page and start not in {b"", b"{", b"["})


def says_no(answer: httpx.Response) -> bool:
    """Tell whether an answer is an error in spite of its status, as some interfaces answer with 200 whatever happened."""
    try:
        body = json_of(answer)
    except ValueError:
        return False
    return is_refusal(body)


def is_refusal(body: object) -> bool:
    """Tell whether the JSON of an answer says that it is an error."""
    if not isinstance(body, Mapping):
        return False
    failed = body.get("success") in _NO or str(body.get("status")).lower() in {"error", "fail", "failed"}
    return failed or bool(body.get("error") or body.get("errors"))


def json_of(answer: httpx.Response) -> object:
    """Return the JSON of an answer.

    Raises:
        ValueError: It is not JSON, or nested so deep that it is none of ours. The text is not in the error: it may hold
            personal data.
    """
    try:
        return json.loads(answer.content)
    except (ValueError, RecursionError):
        raise ValueError("the answer is not JSON") from None


def item_of(body: object, names: Collection[str] = ()) -> Mapping[str, object]:
    """Return the object with an `id` in an answer, alone or within an envelope of one of these names; of any without names.

    Raises:
        ValueError: There is none.
    """
    for _ in range(_ENVELOPE_DEPTH):
        body = _alone(body)
        if not isinstance(body, Mapping):
            break
        if identifier_text(body.get("id")):
            return body
        inside = (value for name, value in body.items() if not names or name in names)
        inner = [one for value in inside if isinstance(one := _alone(value), Mapping)]
        if len(inner) != 1:
            break
        body = inner[0]
    raise ValueError("the answer holds no id")


def shown_in(answer: httpx.Response, names: Collection[str], operoo_id: str) -> Mapping[str, object]:
    """Return what an answer shows of a profile, in an envelope of one of these names or none; nothing if it shows none.

    One that says that the work is yet to be done shows nothing of what comes of it.
    """
    try:
        item = item_of(json_of(answer), names)
    except ValueError:
        return {}
    return item if answer.status_code != HTTPStatus.ACCEPTED and identifier_text(item["id"]) == operoo_id else {}


def identifier_text(value: object) -> str:
    """Return an identifier as text, whether it came as a number or as text; empty if it is neither."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return str(value).strip()


def items_of(body: object, keys: Sequence[str]) -> list[Mapping[str, object]]:
    """Return the list in an answer: the answer itself, or what stands under one of `keys` or `data`, in an envelope or not.

    Raises:
        ValueError: There is none. An absent list is never taken for an empty one: everything would be created again.
    """
    for _ in range(_ENVELOPE_DEPTH):
        if isinstance(body, list):
            return [_opened(item) for item in body]
        if not isinstance(body, Mapping):
            break
        inner = next((body[key] for key in (*keys, "data") if isinstance(body.get(key), list | dict)), None)
        if inner is None:
            inner = _only([value for value in body.values() if isinstance(value, dict)])
        body = inner
    raise ValueError(f"the answer holds no list named {' or '.join(keys) or 'data'}")


def next_address(body: object) -> str:
    """Return the address of a listing's next page where the body gives one, else an empty text."""
    found = (place.get(name) for place in _about_pages(body) for name in _NEXT)
    addresses = (one.get("href") if isinstance(one, Mapping) else one for one in found)
    return next((one for one in addresses if isinstance(one, str) and (one.startswith(("http", "/")) or "?" in one)), "")


def says_more(answer: httpx.Response, body: object, *, read: int, pages: int) -> bool:
    """Tell whether a listing's answer, or a header of it, says that there is more than was read so far.

    Args:
        answer: The answer to the last page.
        body: Its JSON.
        read: How many items were read, of all pages.
        pages: How many pages that were.
    """
    headers = {name.lower().removeprefix("x-").replace("-", "_"): value for name, value in answer.headers.items()}
    places = [*_about_pages(body), headers]
    goes_on = any(says_yes(place.get(name)) for place in places for name in _NEXT)
    most = {name: count for names, count in ((_ITEMS, read), (_PAGES, pages)) for name in names}
    counted = _number(headers.get("content_range", "").rpartition("/")[2]) > read
    return goes_on or counted or any(_number(place.get(name)) > count for place in places for name, count in most.items())


def _number(value: object) -> int:
    """Return a number that may be written as text; 0 if it is none."""
    text = identifier_text(value)
    return int(text[:_DIGITS]) if text.isascii() and text.isdecimal() else 0


def _about_pages(body: object, depth: int = _ENVELOPE_DEPTH) -> list[Mapping[str, object]]:
    """Return wherever an answer may speak of its pages: beside the list, under the usual names, and all that in an envelope."""
    if not isinstance(body, Mapping) or depth < 0:
        return []
    named = {_HUMP.sub("_", str(name)).lower(): value for name, value in body.items()}
    has_list = any(isinstance(value, list) for value in named.values())
    envelope = None if has_list else _only([value for value in named.values() if isinstance(value, dict)])
    inner = (*(named.get(name) for name in _ABOUT_PAGES), envelope)
    return [named, *(place for one in inner for place in _about_pages(one, depth - 1))]


def says_yes(value: object) -> bool:
    """Tell whether a field says that something is so, or since when: anything but nothing, zero and no, however written."""
    return (value.strip().lower() if isinstance(value, str) else value) not in _NOTHING


def plain_names(body: object) -> str:
    """Return the names at the top of an answer, for a person who must find out what it is; never anything but plain names."""
    if not isinstance(body, Mapping):
        return "no names"
    return ", ".join(sorted(name for name in map(str, body) if _PLAIN_NAME.fullmatch(name))[:10]) or "no plain names"


def complained_fields(answer: httpx.Response, sent: Iterable[str]) -> list[str]:
    """Return which of the fields we sent an error body speaks of, by name or as Rails writes it for people (`First name`)."""
    text = answer.content.decode(errors="replace").lower()
    return sorted(name for name in sent if re.search(rf"\b{re.escape(name.lower()).replace('_', '[_ ]')}\b", text))


def status_words(answer: httpx.Response) -> str:
    """Return the status as number and standard phrase; the server's own phrase is not repeated."""
    try:
        return f"{answer.status_code} {HTTPStatus(answer.status_code).phrase}"
    except ValueError:
        return str(answer.status_code)


def _opened(item: object) -> Mapping[str, object]:
    """Take an item out of an envelope such as `{"member": {...}}`."""
    if not isinstance(item, Mapping):
        raise ValueError("the list holds something that is not an object")  # noqa: TRY004 - what came is wrong, not our call
    inner = _only(list(item.values()))
    return inner if isinstance(inner, Mapping) else item


def _alone(value: object) -> object:
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _only(values: list[object]) -> object:
    return values[0] if len(values) == 1 else None
