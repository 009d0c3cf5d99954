"""Makes moto quick where it works out the same things anew for each request: this was most of what the local stack did.

Nothing here changes an answer. On the day moto remembers these things itself, this room can go.
"""

import re
import string
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

from moto import backend_index, backends
from moto.core import responses
from moto.core.base_backend import BaseBackend
from moto.core.model import StructureShape
from moto.core.request import (
    PRESERVED_HEADER_NAMES_ENVIRON_KEY,
    Request,
    environ_key_for_header,
    should_preserve_original_header_name,
)
from moto.core.serialize import AttributePickerContext, BaseJSONSerializer, XFormedAttributePicker
from moto.core.utils import camelcase_to_underscores, method_names_from_class
from moto.dynamodb.models.dynamo_type import DynamoType, Item
from moto.dynamodb.models.table import Table
from moto.moto_api._internal import mock_random
from moto.moto_api._internal.moto_random import MotoRandom
from moto.sqs import models as sqs

_modules_as_moto_lists_them = backends.list_of_moto_modules
_names_as_moto_finds_them = XFormedAttributePicker.get_possible_keys
_value_as_moto_casts_it = DynamoType.cast_value.fget  # type: ignore[attr-defined]
_structure_as_moto_writes_it = BaseJSONSerializer._serialize_type_structure  # noqa: SLF001 - what we stand before
_urls_as_moto_writes_them = BaseBackend.urls.fget  # type: ignore[attr-defined]
_query_as_moto_answers_it = Table.query
_request_as_moto_builds_it = Request.from_primitives.__func__  # type: ignore[attr-defined]
_PLAIN_PATH = re.compile(r"(?:/[\w.-]+)+|/", re.ASCII)
_WORKED_OUT = ("transfer-encoding", "content-length")
_OURS = ("dynamodb", "sqs")
_HANDLE_LENGTH = 185
# So many arguments of a query come behind its key; the last is the index's name.
_INDEX = 7
_words = cache(camelcase_to_underscores)
_methods = cache(method_names_from_class)
_names: dict[tuple[object, ...], tuple[str, ...]] = {}
# The items of the one group that a thread's query is about.
_asked = threading.local()
_urls: dict[type[BaseBackend], dict[str, Callable[..., Any]]] = {}


@cache
def _modules() -> frozenset[str]:
    return frozenset(_modules_as_moto_lists_them())


def teach() -> None:
    """Teach it to moto, in this process."""
    backends.list_of_moto_modules = _modules
    responses.camelcase_to_underscores = _words  # type: ignore[attr-defined]
    responses.method_names_from_class = _methods  # type: ignore[attr-defined]
    sqs.camelcase_to_underscores = _words  # type: ignore[attr-defined]
    XFormedAttributePicker.get_possible_keys = _possible_names  # type: ignore[method-assign,assignment]
    DynamoType.cast_value = property(_cast)  # type: ignore[method-assign,assignment]
    Table.query = _query  # type: ignore[method-assign,assignment]
    Table.all_items = _all_items  # type: ignore[method-assign,assignment]
    BaseJSONSerializer._serialize_type_structure = _structure  # type: ignore[method-assign,assignment]  # noqa: SLF001 - where it is done
    BaseBackend.urls = property(_urls_of)  # type: ignore[method-assign,assignment]
    Request.from_primitives = classmethod(_request)  # type: ignore[method-assign,assignment]
    # Whose request it is, moto asks the patterns of its services one after another, hundreds of them.
    backend_index.backend_url_patterns.sort(key=lambda one: one[0] not in _OURS)
    MotoRandom.get_random_string = _random_string  # type: ignore[method-assign,assignment]
    sqs.generate_receipt_handle = _receipt_handle  # type: ignore[attr-defined]
    sqs.unix_time_millis = _now_ms  # type: ignore[attr-defined,assignment]
    sqs.SQSBackend.is_message_valid_based_on_retention_period = _is_kept  # type: ignore[method-assign,assignment]


def _possible_names(picker: XFormedAttributePicker, context: AttributePickerContext) -> Iterable[str]:
    """Return the names under which a value may stand in a model: they depend on the model's class, not on the model."""
    place = (type(context.obj), context.shape, context.key)
    if place not in _names:
        _names[place] = tuple(_names_as_moto_finds_them(picker, context))
    return _names[place]


def _cast(value: DynamoType) -> Any:  # noqa: ANN401 - whatever it holds
    return value.value if value.type == "S" else _value_as_moto_casts_it(value)


def _query(table: Table, hash_key: DynamoType | None, *rest: Any, **named: Any) -> Any:  # noqa: ANN401 - moto's signature
    """Answer a query; one without an index looks at the group with that key, not at all items of the table."""
    *_, index = rest[:_INDEX]
    if index or hash_key is None:
        return _query_as_moto_answers_it(table, hash_key, *rest, **named)
    group = table.items.get(hash_key, {})
    _asked.items = list(group.values() if table.range_key_attr else [group] if group else [])
    try:
        return _query_as_moto_answers_it(table, hash_key, *rest, **named)
    finally:
        del _asked.items


def _all_items(table: Table) -> list[Item]:
    """Return the items in order, with each key looked at once, not at each comparison."""
    if (asked := getattr(_asked, "items", None)) is not None:
        return asked  # type: ignore[no-any-return]
    items: list[Any] = [
        item for group in table.items.values() for item in (group.values() if table.range_key_attr else [group])
    ]
    return sorted(items, key=_order)


def _order(item: Item) -> tuple[Any, ...]:
    return tuple(key.cast_value for key in (item.hash_key, item.range_key) if key is not None)


def _structure(serializer: BaseJSONSerializer, serialized: Any, value: Any, shape: StructureShape, key: str) -> None:  # noqa: ANN401
    """Write a structure; of a DynamoDB value look only for the one member that it has, not for all ten of its shape."""
    if shape.name != "AttributeValue" or type(value) is not dict:
        _structure_as_moto_writes_it(serializer, serialized, value, shape, key)
        return
    wrapper: dict[str, Any] = {}
    for name, inner in value.items():
        serializer._serialize(wrapper, inner, shape.members[name], name)  # noqa: SLF001 - as moto's own does
    serializer._default_serialize(serialized, wrapper, shape, key)  # noqa: SLF001 - as above


def _urls_of(backend: BaseBackend) -> dict[str, Callable[..., Any]]:
    """Return the patterns of the URLs that a service answers: they depend on the service alone."""
    kind = type(backend)
    if kind not in _urls:
        _urls[kind] = _urls_as_moto_writes_them(backend)
    return _urls[kind]


class _PlainRequest(Request):
    """A request whose URL is known, and not put together again from its parts."""

    @property
    def raw_url(self) -> str:
        return f"{self.environ['wsgi.url_scheme']}://{self.environ['HTTP_HOST']}{self.environ['RAW_URI']}"


def _request(kind: type[Request], method: str, url: str, headers: Mapping[str, Any], body: Any = None) -> Request:  # noqa: ANN401
    """Return a request; most go to a service's root or name an object of S3 in plain letters, and need no URL taken apart."""
    at = urlsplit(url)
    if at.query or not _PLAIN_PATH.fullmatch(at.path) or not isinstance(body, bytes | None):
        return _request_as_moto_builds_it(kind, method, url, headers, body)  # type: ignore[no-any-return]
    body = body or b""
    environ: dict[str, Any] = {
        **_plain_environ(at.scheme, at.netloc),
        **dict.fromkeys(("PATH_INFO", "REQUEST_URI", "RAW_URI"), at.path),
        "REQUEST_METHOD": method,
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": BytesIO(body),
        "wsgi.errors": sys.stderr,
    }
    for name, value in headers.items():
        if should_preserve_original_header_name(name):
            return _request_as_moto_builds_it(kind, method, url, headers, body)  # type: ignore[no-any-return]
        if name.lower() not in _WORKED_OUT:
            environ[environ_key_for_header(name)] = value.decode() if isinstance(value, bytes) else value
    return _PlainRequest(environ)


@cache
def _plain_environ(scheme: str, host: str) -> dict[str, Any]:
    name, _, port = host.partition(":")
    return {
        "SCRIPT_NAME": "",
        "QUERY_STRING": "",
        "SERVER_NAME": name,
        "SERVER_PORT": port or {"http": "80"}.get(scheme, "443"),
        "HTTP_HOST": host,
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scheme,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        PRESERVED_HEADER_NAMES_ENVIRON_KEY: {},
    }


def _random_string(random: MotoRandom, length: int = 20, include_digits: bool = True, lower_case: bool = False) -> str:  # noqa: FBT001, FBT002 - moto's signature
    pool = string.ascii_letters + (string.digits if include_digits else "")
    made = "".join(random.choices(pool, k=length))
    return made.lower() if lower_case else made


def _receipt_handle() -> str:
    return "".join(mock_random.choices(string.ascii_lowercase, k=_HANDLE_LENGTH))


def _now_ms() -> float:
    """Return the time, which SQS asks for at each look at each message."""
    return time.time() * 1000


def _is_kept(backend: sqs.SQSBackend, queue_name: str, message: sqs.Message) -> bool:
    """Tell whether a message is young enough; moto counts the queue's messages and writes out its policies for that."""
    kept_s: int = backend.get_queue(queue_name).message_retention_period  # type: ignore[attr-defined]
    return kept_s + (message.sent_timestamp or 0) / 1000 > time.time()
