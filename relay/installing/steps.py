"""What an installation consists of, as values: files to write or remove and commands to run, so that all can be shown first."""

import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePath

OWNER_ONLY, FOR_ALL = 0o600, 0o644


@dataclass(frozen=True)
class WriteFile:
    """Write a file, whatever was there before."""

    path: PurePath
    content: str
    mode: int = FOR_ALL
    encoding: str = "utf-8"


@dataclass(frozen=True)
class RemoveFile:
    """Remove a file."""

    path: PurePath


@dataclass(frozen=True)
class MakeFolder:
    """Make a folder, if it is not there."""

    path: PurePath


@dataclass(frozen=True)
class RunCommand:
    """Run a command and stop if it fails.

    Attributes:
        words: The program and its arguments, none of them secret.
        may_fail: Whether it may fail because what it is to undo is not there.
        asks: Whether it asks the person at the terminal for something.
    """

    words: tuple[str, ...]
    may_fail: bool = False
    asks: bool = False

    def __str__(self) -> str:
        """Return the line that a person would type."""
        import shlex  # noqa: PLC0415 - only here

        return subprocess.list2cmdline(self.words) if sys.platform == "win32" else shlex.join(self.words)


Step = WriteFile | RemoveFile | MakeFolder | RunCommand


def described(steps: Iterable[Step]) -> Iterator[str]:
    """Yield, line by line, exactly what carrying the steps out would do."""
    for step in steps:
        match step:
            case WriteFile():
                yield f"Write {step.path} (mode {step.mode:04o}):"
                yield from (f"    {line}".rstrip() for line in step.content.splitlines())
            case RemoveFile():
                yield f"Remove {step.path}"
            case MakeFolder():
                yield f"Make the folder {step.path}"
            case RunCommand():
                yield f"Run {step}" + (" (it may fail)" if step.may_fail else "")
