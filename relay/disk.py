"""What is wrong with a disk, in plain words."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shared.errors import TransientError

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@contextmanager
def disk_errors(folder: Path, *, chosen_by: str = "state_dir in [relay]") -> Iterator[None]:
    """Say in plain words what is wrong with the disk under a folder, and what chooses another.

    Raises:
        TransientError: The disk is full, or cannot be written.
    """
    try:
        yield
    except OSError as error:
        full = error.errno in _FULL
        # In a folder that is all right a single file may be somebody else's.
        raise TransientError(
            f"The disk under {folder} is full." if full else f"{error.filename or folder} cannot be used: {error.strerror}.",
            remedy=f"Free some space, or set {chosen_by} to a folder on another disk."
            if full
            else f"Let the account the relay runs under write there, or set {chosen_by} to another place.",
            code="disk-full" if full else "disk-unusable",
        ) from error
