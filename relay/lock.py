"""One run, and one `watch`, at a time on one machine: locks on files, which the system lets go of however a process ends."""

import errno
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO

from relay.disk import disk_errors
from shared.errors import TransientError

ALREADY_RUNNING = "already-running"
_ALREADY_WATCHING = "already-watching"
_HELD = {errno.EAGAIN, errno.EACCES}
_READING, WRITING, _WATCHING = "relay.lock", "writeback.lock", "watch.lock"


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
        with disk_errors(folder):
            is_ours = _try_lock(file)
        if not is_ours:
            raise _in_use(folder, lock)
        yield  # closing the file lets go of the lock


@contextmanager
def only_watch(folder: Path) -> Iterator[None]:
    """Let one `watch` be at work with this state folder.

    Raises:
        TransientError: Another one is.
    """
    with ExitStack() as held:
        try:
            held.enter_context(only_run(folder, lock=_WATCHING))
        except TransientError as error:
            # By a folder that cannot be used the first run fails as well, and that tells the cloud.
            if error.code == _ALREADY_WATCHING:
                raise
        yield


def _in_use(folder: Path, lock: str) -> TransientError:
    if lock == _WATCHING:
        return TransientError(
            f"Another `watch` is at work with {folder}, so this one ends.",
            remedy="Leave it to that one; `operoo-relay status` shows whether it is a service. Or stop it first.",
            code=_ALREADY_WATCHING,
        )
    return TransientError(
        f"Another run of the relay is still at work with {folder}.",
        remedy="Wait until it is done; runs on one machine never overlap.",
        code=ALREADY_RUNNING,
    )


def _refuse_unless_held(error: OSError) -> bool:
    """Say that a lock is not ours, if another holds it; a disk that has no locks, as some in the network, is another matter."""
    if error.errno in _HELD:
        return False
    raise error


if sys.platform == "win32":
    import msvcrt

    def _try_lock(file: BinaryIO) -> bool:
        try:
            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError as error:
            return _refuse_unless_held(error)
        return True

else:
    import fcntl

    def _try_lock(file: BinaryIO) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            return _refuse_unless_held(error)
        return True
