"""A machine to install the relay on in the tests: files go below a folder, and commands are recorded and answered."""

from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath
from subprocess import CompletedProcess
from typing import Any

from relay.installing.machine import Machine, System
from relay.installing.service import Kind, Service
from relay.installing.steps import RunCommand


class RecordedMachine(Machine):
    """A machine that runs nothing.

    Attributes:
        commands: What it was to run, as a person would type it.
        failing: Parts of commands that fail, and what they say then.
        state: What systemd says of a unit.
    """

    def __init__(self, root: Path, system: System = "linux", **options: Any) -> None:
        super().__init__(system, root=root, run=self._answer, **{"is_administrator": True, **options})
        self.commands: list[str] = []
        self.failing: dict[str, str] = {}
        self.state = "active"

    def _answer(self, command: RunCommand) -> CompletedProcess[str]:
        line = " ".join(command.words)
        self.commands.append(line)
        said = next((text for part, text in self.failing.items() if part in line), None)
        if said == "not there":
            raise FileNotFoundError(2, "No such file or directory")
        stdout = f"{self.state}\n" if "is-active" in command.words else ""
        return CompletedProcess(command.words, 0 if said is None else 1, stdout=stdout, stderr=said or "")


def relay_service(system: System = "linux", **changes: Any) -> Service:
    """Return a relay to install, changed as a test needs it."""
    folder: PurePath = PurePosixPath("/etc/operoo-relay")
    state: PurePath = PurePosixPath("/var/lib/operoo-relay")
    program, account = "/opt/operoo-relay/bin/operoo-relay", "operoo-relay"
    if system == "windows":
        folder = PureWindowsPath(r"C:\ProgramData\operoo-relay")
        state = folder / "operoo-relay-state"
        program, account = r"C:\Program Files\operoo-relay\Scripts\operoo-relay.exe", "LocalService"
    values: dict[str, Any] = {
        "name": "operoo-relay",
        "kind": Kind.TIMER,
        "program": (program,),
        "python": type(folder)("/usr" if system == "linux" else r"C:\Program Files\Python312"),
        "config": folder / "relay.toml",
        "account": account,
        "interval_minutes": 15,
        "state_dir": state,
        "log_file": state / "relay.log",
        "readable": (folder / "relay.password",),
    }
    return Service(**(values | changes))
