"""A moment of moto's AWS to return to: what took a second to set up is there again within some milliseconds.

Only what our tests use is remembered. The clients stay good: the same backends get their state of that moment back.
"""

import threading
from collections.abc import Iterator
from copy import _deepcopy_dispatch, deepcopy  # type: ignore[attr-defined]
from typing import Any

from moto.backends import get_backend

_SERVICES = ("s3", "sqs", "dynamodb", "dynamodbstreams", "cognito-idp", "secretsmanager")
_LOCKS = (type(threading.Lock()), type(threading.RLock()))


class Moment:
    """The state of moto's backends when it was made."""

    def __init__(self) -> None:
        self._backends = list(_backends())
        self._state = self._copy([vars(backend) for backend in self._backends])

    def again(self) -> None:
        """Let everything be as it was."""
        for backend, state in zip(self._backends, self._copy(self._state), strict=True):
            vars(backend).clear()
            vars(backend).update(state)

    def _copy(self, states: list[dict[str, Any]]) -> list[dict[str, Any]]:
        # Backends know each other, and stay the same ones; so do locks, which nobody holds, and keys, which nothing copies.
        keep: dict[int, Any] = {id(backend): backend for backend in self._backends}
        for backend in get_backend("cognito-idp").values():
            pools = [pool for region in backend.values() for pool in region.user_pools.values()]
            keep |= {id(pool.json_web_key): pool.json_web_key for pool in pools}
        for lock in _LOCKS:
            _deepcopy_dispatch[lock] = lambda one, _: one
        try:
            return deepcopy(states, keep)
        finally:
            for lock in _LOCKS:
                del _deepcopy_dispatch[lock]


def _backends() -> Iterator[Any]:
    for name in _SERVICES:
        for regions in get_backend(name).values():
            yield from regions.values()
