"""How the relay speaks while it works: plain lines for a person, JSON lines for a machine, and never personal data.

As a service it does both: a person reads the system's journal, and a file, turned over before it grows large, keeps it all.
"""

import json
import logging
import os
import sys
from contextlib import suppress
from datetime import UTC, datetime
from enum import StrEnum
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TextIO

from relay.disk import disk_errors
from relay.settings import RelaySettings
from shared.errors import IntegrationError

LOGGER = "operoo-relay"
_PLAIN = {*logging.makeLogRecord({}).__dict__, "message", "asctime", "taskName"}
_OWNER_ONLY = 0o600


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


class _OwnFile(RotatingFileHandler):
    """A file that only the relay's account can read, from its first byte on."""

    def _open(self) -> TextIOWrapper:
        # The mode counts only where the file comes to be, and is the account's own business on Windows.
        descriptor = os.open(self.baseFilename, os.O_WRONLY | os.O_CREAT | os.O_APPEND, _OWNER_ONLY)
        return open(descriptor, "a", encoding="utf-8")  # noqa: PTH123 - the handler closes it

    def shouldRollover(self, record: logging.LogRecord) -> bool:  # noqa: N802 - the handler's own name
        """Tell whether a new file is to be begun: this one has become large, or somebody has taken it away."""
        return not Path(self.baseFilename).exists() or bool(super().shouldRollover(record))

    def doRollover(self) -> None:  # noqa: N802 - the handler's own name
        """Begin a new file. Windows moves none that somebody else has open, such as a viewer: then this one goes on growing."""
        if self.stream is not None:
            self.stream.close()
        with suppress(OSError):
            Path(self.baseFilename).rename(self.baseFilename)  # tried first, lest the older ones move for nothing
            super().doRollover()
            return
        self.stream = self._open()


def _extra(record: logging.LogRecord) -> dict[str, object]:
    return {name: value for name, value in record.__dict__.items() if name not in _PLAIN}


def start_logging(
    log_format: LogFormat = LogFormat.HUMAN, *, stream: TextIO | None = None, file: RelaySettings | None = None
) -> logging.Logger:
    """Send the relay's log to `stream` (standard error if none) in the given format, and to the log file if it is a service.

    Raises:
        TransientError: The log file cannot be written.
    """
    # A line that cannot be written must not become a traceback instead, with a driver's words in it that may quote values.
    logging.raiseExceptions = False
    logger = logging.getLogger(LOGGER)
    for handler in logger.handlers:
        handler.close()
    logger.handlers[:] = [_handler(logging.StreamHandler(stream or sys.stderr), log_format)]
    if file is not None:
        logger.addHandler(_handler(_log_file(file), LogFormat.JSON))
    logger.setLevel(logging.INFO)
    logger.propagate = False
    return logger


def log_failure(error: IntegrationError) -> bool:
    """Tell those who read JSON what ended the program; say whether standard error is among them."""
    logger = logging.getLogger(LOGGER)
    machines = [handler for handler in logger.handlers if isinstance(handler.formatter, _Json)]
    record = logger.makeRecord(
        LOGGER, logging.ERROR, "", 0, error.what, (), None, extra={"code": error.code, "remedy": error.remedy}
    )
    for handler in machines:
        handler.handle(record)
    return any(not isinstance(handler, _OwnFile) for handler in machines)


def _handler(handler: logging.Handler, log_format: LogFormat) -> logging.Handler:
    handler.setFormatter(_Json() if log_format is LogFormat.JSON else _Human())
    return handler


def _log_file(settings: RelaySettings) -> logging.Handler:
    path = settings.log_path
    with disk_errors(path.parent, chosen_by="log_file in [relay]"):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        return _OwnFile(path, maxBytes=settings.log_file_bytes, backupCount=settings.log_files - 1)
