"""Keeps the token out of logs: httpx writes whole addresses at INFO, and by default our token travels in the query."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Self
from urllib.parse import quote, quote_plus

MASK = "[redacted]"
# A filter on a parent logger does not see its children's records, so each logger that writes is named.
LOGGERS = ("httpx", "httpcore.connection", "httpcore.http11", "httpcore.http2", "httpcore.proxy", "httpcore.socks")
_unlogged = ContextVar("unlogged", default=False)


@contextmanager
def unlogged() -> Iterator[None]:
    """Let the HTTP libraries log nothing meanwhile: the address of a file may name a child, and be a key to it."""
    before = _unlogged.set(True)
    try:
        yield
    finally:
        _unlogged.reset(before)


class TokenFilter(logging.Filter):
    """Replaces secrets in the text of a record, however they are quoted there."""

    def __init__(self) -> None:
        super().__init__()
        self._secrets: set[str] = set()

    def add(self, secret: str) -> None:
        """Redact this text too from now on."""
        self._secrets |= {secret, quote(secret, safe=""), quote_plus(secret)}

    def filter(self, record: logging.LogRecord) -> bool:
        """Redact the record and let it pass, unless nothing is to be logged now."""
        if _unlogged.get():
            return False
        text = record.getMessage()
        if any(secret in text for secret in self._secrets):
            for secret in sorted(self._secrets, key=len, reverse=True):
                text = text.replace(secret, MASK)
            record.msg, record.args = text, ()
        return True

    @classmethod
    def guard(cls, secret: str) -> Self:
        """Redact `secret` in everything the HTTP libraries log; calling it again costs nothing."""
        present = (one for name in LOGGERS for one in logging.getLogger(name).filters if isinstance(one, cls))
        found = next(present, None) or cls()
        found.add(secret)
        for name in LOGGERS:
            logging.getLogger(name).addFilter(found)
        return found
