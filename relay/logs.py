"""How the relay speaks while it works: plain lines for a person, JSON lines for a service; never personal data."""

import json
import logging
import sys
from datetime import UTC, datetime
from enum import StrEnum
from typing import TextIO

LOGGER = "operoo-relay"
_PLAIN = {*logging.makeLogRecord({}).__dict__, "message", "asctime", "taskName"}


class LogFormat(StrEnum):
    """The two ways to log."""

    HUMAN = "human"
    JSON = "json"


class _Human(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        extra = "  ".join(f"{name}={value}" for name, value in _extra(record).items())
        moment = datetime.fromtimestamp(record.created, UTC).astimezone()
        line = f"{moment:%Y-%m-%d %H:%M:%S}  {record.getMessage()}"
        return f"{line}  {extra}" if extra else line


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {"at": moment, "level": record.levelname.lower(), "message": record.getMessage(), **_extra(record)}
        return json.dumps(line, default=str)


def _extra(record: logging.LogRecord) -> dict[str, object]:
    return {name: value for name, value in record.__dict__.items() if name not in _PLAIN}


def start_logging(log_format: LogFormat, *, stream: TextIO | None = None, level: int = logging.INFO) -> logging.Logger:
    """Send the relay's log to `stream` (standard error if none) in the given format."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(_Json() if log_format is LogFormat.JSON else _Human())
    logger = logging.getLogger(LOGGER)
    logger.handlers[:] = [handler]
    logger.setLevel(level)
    logger.propagate = False
    return logger
