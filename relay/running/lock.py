"""One run at a time on one machine: a lock on a file, which the operating system lets go of however the process ends."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from relay.reading.spool import disk_errors
from shared.errors import TransientError

ALREADY_RUNNING = "already-running"
_READING, WRITING = "relay.lock", "writeback.lock"


@contextmanager
def only_run(folder: Path, *, lock: str = _READING) -> Iterator[None]:
    """Hold a lock of this state folder.

    Raises:
        TransientError: Another run holds it, or the folder cannot be used.
    """
    with disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = (folder / lock).open("ab")
    with file:
        if not _try_lock(file):
            raise TransientError(
                f"Another run of the relay is still at work with {folder}.",
                remedy="Wait until it is done; runs on one machine never overlap.",
                code=ALREADY_RUNNING,
            )
        yield  # closing the file lets go of the lock


if sys.platform == "win32":
    import msvcrt

    def _try_lock(file: BinaryIO) -> bool:
        try:
            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _try_lock(file: BinaryIO) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True
