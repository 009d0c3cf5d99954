"""The machine that the relay is installed on: the one place where installing writes files and runs commands."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path, PurePath
from typing import Literal

from relay.installing.steps import MakeFolder, RemoveFile, RunCommand, Step, WriteFile
from shared.errors import FatalError, SettingsError

System = Literal["windows", "linux"]
Run = Callable[[RunCommand], "subprocess.CompletedProcess[str]"]


def run_command(command: RunCommand) -> "subprocess.CompletedProcess[str]":
    """Run a command, with the terminal its own if it asks for something.

    Raises:
        OSError: There is no such program.
    """
    # Words from the plan and never a shell, so nothing in a path can become a command.
    return subprocess.run(command.words, capture_output=not command.asks, text=True, errors="replace", check=False)  # noqa: S603


class Machine:
    """A machine.

    Args:
        system: Which kind.
        is_administrator: Whether we may change it.
        runs_services: Whether it has what starts services: the task scheduler or systemd.
        run: Runs a command.
        root: Where its files are, instead of where they say they are: for tests.
    """

    def __init__(
        self,
        system: System,
        *,
        is_administrator: bool,
        runs_services: bool = True,
        run: Run = run_command,
        root: Path | None = None,
    ) -> None:
        self.system = system
        self.is_administrator = is_administrator
        self.runs_services = runs_services
        self._run = run
        self._root = root

    def exists(self, path: PurePath) -> bool:
        """Tell whether a file or folder is there."""
        return self._place(path).exists()

    def text(self, path: PurePath) -> str:
        """Return what a file says; nothing if it is not there."""
        place = self._place(path)
        return place.read_text(encoding="utf-8-sig", errors="replace") if place.is_file() else ""

    def answers(self, *words: str) -> bool:
        """Tell whether a command ends well; not to be able to run it is not to."""
        try:
            return self._run(RunCommand(words)).returncode == 0
        except OSError:
            return False

    def says(self, *words: str) -> str:
        """Return what a command prints, however it ends; nothing if it cannot be run."""
        try:
            return (self._run(RunCommand(words)).stdout or "").strip()
        except OSError:
            return ""

    def refuse_unless_ready(self) -> None:
        """Make sure that we may install here at all.

        Raises:
            SettingsError: Nothing here starts services, or we are not an administrator.
        """
        if not self.runs_services:
            raise SettingsError(
                "This machine is not run by systemd, which is what would start the relay.",
                remedy="Have what this machine uses instead run `operoo-relay watch --service`; to remove it, take that out.",
                code="no-service-manager",
            )
        if not self.is_administrator:
            how = "in a terminal that was opened as administrator" if self.system == "windows" else "with sudo"
            raise SettingsError(
                "Installing the relay takes an administrator.",
                remedy=f"Run this {how}; `--print` shows what it does, and takes none.",
                code="not-administrator",
            )

    def carry_out(self, steps: Iterable[Step]) -> None:
        """Do all steps in order, and stop at the first that fails.

        Raises:
            FatalError: A file cannot be written or a command failed; the message names it.
        """
        for step in steps:
            if isinstance(step, RunCommand):
                self._do(step)
                continue
            try:
                self._change(step)
            except OSError as error:
                raise FatalError(
                    f"{step.path} cannot be changed: {error.strerror}.",
                    remedy="Run this as an administrator, and check that the disk has room.",
                    code="install-failed",
                ) from error

    def _change(self, step: WriteFile | RemoveFile | MakeFolder) -> None:
        place = self._place(step.path)
        match step:
            case WriteFile():
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_text(step.content, encoding=step.encoding)
                place.chmod(step.mode)
            case RemoveFile():
                place.unlink(missing_ok=True)
            case MakeFolder():
                place.mkdir(parents=True, exist_ok=True)

    def _do(self, command: RunCommand) -> None:
        try:
            done = self._run(command)
        except OSError as error:
            raise FatalError(
                f"`{command}` cannot be run: {error.strerror}.",
                remedy=f"Check that {command.words[0]} is installed.",
                code="install-failed",
            ) from error
        if done.returncode and not command.may_fail:
            said = (done.stderr or done.stdout or "").strip().splitlines()
            # Of several lines the first tells most, but not where Python says what it was at.
            told = f": {said[-1 if said[0].startswith('Traceback') else 0]}" if said else ""
            raise FatalError(
                f"`{command}` failed with exit code {done.returncode}{told}.",
                remedy="Mend that and run it again: what is done already is done over.",
                code="install-failed",
            )

    def _place(self, path: PurePath) -> Path:
        return Path(path) if self._root is None else self._root.joinpath(*path.parts[1:])


def this_machine() -> Machine:
    """Return the machine we are on."""
    if sys.platform == "win32":
        import ctypes  # noqa: PLC0415 - on Windows only

        return Machine("windows", is_administrator=bool(ctypes.windll.shell32.IsUserAnAdmin()))
    has_systemd = Path("/run/systemd/system").is_dir()
    return Machine("linux", is_administrator=os.geteuid() == 0, runs_services=has_systemd)
