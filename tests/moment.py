"""A moment of moto's AWS to return to: what took a second to set up is there again within some milliseconds.

Only what our tests use is remembered. The clients stay good: the backends get their state of that moment back.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from copy import _deepcopy_dispatch, deepcopy  # type: ignore[attr-defined]
from typing import Any

from moto.backends import get_backend
from moto.core.base_backend import BaseBackend
from moto.core.common_models import BaseModel
from moto.s3.models import FakeKey

_SERVICES = ("s3", "sqs", "dynamodb", "dynamodbstreams", "cognito-idp", "secretsmanager")
_LOCKS = (type(threading.Lock()), type(threading.RLock()))
Place = tuple[str, str, str]
"""A service, an account and a region."""


class Moment:
    """The state of moto's backends when it was made."""

    def __init__(self) -> None:
        self._backends = dict(_backends())
        # Keys, which nothing copies, stay the same ones.
        logins = [backend for (service, *_), backend in self._backends.items() if service == "cognito-idp"]
        self._keys = [pool.json_web_key for backend in logins for pool in backend.user_pools.values()]
        self._owners = dict(get_backend("s3").bucket_accounts)
        with _moto_is_not_told():
            self._state = self._copy({place: vars(backend) for place, backend in self._backends.items()}, self._backends)

    def again(self) -> None:
        """Let everything be as it was, also within another `mock_aws` than then; what was not there is empty."""
        nothing()
        get_backend("s3").bucket_accounts.update(self._owners)
        now = {(name, account, region): get_backend(name)[account][region] for name, account, region in self._backends}
        for place, state in self._copy(self._state, now).items():
            vars(now[place]).update(state)

    def _copy(self, states: dict[Place, dict[str, Any]], now: dict[Place, Any]) -> dict[Place, dict[str, Any]]:
        # Backends know each other: the ones of now stand for those of then.
        keep: dict[int, Any] = {id(backend): now[place] for place, backend in self._backends.items()}
        keep |= {id(key): key for key in self._keys}
        # Locks, which nobody holds, stay the same ones too.
        for lock in _LOCKS:
            _deepcopy_dispatch[lock] = lambda one, _: one
        try:
            return deepcopy(states, keep)
        finally:
            for lock in _LOCKS:
                del _deepcopy_dispatch[lock]


def holds(queue_url: str) -> bool:
    """Tell whether a queue has any message: most that a test asks have none, and to ask takes as long as an answer."""
    name = queue_url.rsplit("/", 1)[-1]
    queues = (backend.queues.get(name) for regions in get_backend("sqs").values() for backend in regions.values())
    return any(queue._messages for queue in queues if queue is not None)


def nothing() -> None:
    """Let there be nothing."""
    for _, backend in list(_backends()):
        # S3's own way of doing this empties all objects that were ever made, also those of other moments.
        BaseBackend.reset(backend)
    get_backend("s3").bucket_accounts.clear()


@contextmanager
def _moto_is_not_told() -> Iterator[None]:
    """Keep moto from knowing what is made now: at each end of a mock it empties all objects of S3 that it knows."""
    plain, made = BaseModel.__new__, []

    def new(kind: type[Any], *_: object, **__: object) -> Any:
        made.append(object.__new__(kind))
        return made[-1]

    BaseModel.__new__ = staticmethod(new)  # type: ignore[method-assign,assignment]
    try:
        yield
    finally:
        BaseModel.__new__ = staticmethod(plain)  # type: ignore[method-assign,assignment]
    for one in made:
        if isinstance(one, FakeKey):
            # Nobody has to empty it.
            one.disposed = True


def _backends() -> Iterator[tuple[Place, Any]]:
    for name in _SERVICES:
        for account, regions in get_backend(name).items():
            for region, backend in regions.items():
                yield (name, account, region), backend
