"""Writes files that nobody but their owner and the administrators may read, from their first byte on."""

import os
from collections.abc import Callable
from pathlib import Path

from relay.installing.steps import OWNER_ONLY
from shared.errors import SettingsError

_NOT_FOR_ALL, _FOLDER = 0o640, 0o755
# Whoever owns the file, the administrators, the system: by identifiers, since names differ from language to language.
_MAY_READ = ("*S-1-3-4", "*S-1-5-32-544", "*S-1-5-18")


def write_private(path: Path, content: str, *, restrict: Callable[[Path], object] | None = None) -> None:
    """Write a file. One that is there keeps its owner and who may read it, but for everybody.

    Args:
        path: Where it goes.
        content: What is in it.
        restrict: Takes the right to read a new, still empty file from others, where its mode does not.

    Raises:
        SettingsError: It cannot be written.
    """
    try:
        if not path.parent.exists():
            path.parent.mkdir(parents=True)
            # Whoever may read the file must get to it, whatever the mask of the one who writes it.
            path.parent.chmod(_FOLDER)
        is_new = not path.exists()
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, OWNER_ONLY), "w", encoding="utf-8") as file:  # noqa: PTH123 - a mode from the start
            path.chmod(path.stat().st_mode & _NOT_FOR_ALL)
            if is_new and restrict:
                restrict(path)
            file.write(content)
    except OSError as error:
        raise SettingsError(
            f"{path} cannot be written: {error.strerror}.",
            remedy="Name a place where you may write with --config, or run this as an administrator.",
            code="configuration-not-written",
        ) from error


def windows_restriction(path: Path) -> tuple[str, ...]:
    """Return the command that leaves a file to its owner, the administrators and the system, whatever its folder says."""
    return ("icacls", str(path), "/inheritance:r", "/grant:r", *(f"{who}:F" for who in _MAY_READ))
