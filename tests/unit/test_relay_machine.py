"""Installing shows what it would do, does exactly that, and says plainly what it could not do."""

import subprocess
import sys
from pathlib import Path, PurePosixPath

import pytest

from relay.installing.installed import how_installed
from relay.installing.machine import Machine, run_command
from relay.installing.private_files import windows_restriction, write_private
from relay.installing.steps import MakeFolder, RemoveFile, RunCommand, WriteFile, described
from shared.errors import FatalError, SettingsError
from tests.unit.relay_machines import RecordedMachine


def test_what_would_be_done_is_shown_whole() -> None:
    """Each file with its content, each command as one would type it."""
    steps = [
        WriteFile(PurePosixPath("/a/b"), "one\n\ntwo\n"),
        MakeFolder(PurePosixPath("/c")),
        RemoveFile(PurePosixPath("/d")),
        RunCommand(("stop", "it all"), may_fail=True),
    ]
    assert list(described(steps)) == [
        "Write /a/b (mode 0644):",
        "    one",
        "",
        "    two",
        "Make the folder /c",
        "Remove /d",
        "Run stop 'it all' (it may fail)",
    ]


def test_files_are_written_where_they_belong(tmp_path: Path) -> None:
    """With the mode they should have, and gone again without complaint."""
    machine, path = RecordedMachine(tmp_path), PurePosixPath("/etc/x/unit")
    machine.carry_out([WriteFile(path, "text"), MakeFolder(PurePosixPath("/var/x"))])
    assert (tmp_path / "etc/x/unit").read_text() == "text"
    assert (tmp_path / "etc/x/unit").stat().st_mode & 0o777 == 0o644
    assert (tmp_path / "var/x").is_dir()
    machine.carry_out([RemoveFile(path), RemoveFile(path)])
    assert not machine.exists(path)


def test_a_command_that_fails_ends_it(tmp_path: Path) -> None:
    """The first line of what it said is told, and nothing comes after it; one that may fail is passed over."""
    machine = RecordedMachine(tmp_path)
    machine.failing = {"enable": "Access denied\nand more"}
    with pytest.raises(FatalError, match="`systemctl enable x` failed with exit code 1: Access denied") as caught:
        machine.carry_out([RunCommand(("systemctl", "enable", "x")), RunCommand(("never",))])
    assert caught.value.code == "install-failed"
    machine.carry_out([RunCommand(("systemctl", "enable", "x"), may_fail=True)])
    assert "never" not in machine.commands


def test_a_program_that_is_not_there_is_named(tmp_path: Path) -> None:
    """The remedy says to install it."""
    machine = RecordedMachine(tmp_path)
    machine.failing = {"systemctl": "not there"}
    with pytest.raises(FatalError, match="Check that systemctl is installed"):
        machine.carry_out([RunCommand(("systemctl", "x"))])
    assert machine.answers("systemctl", "x") is False


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """It says which file and why."""
    (tmp_path / "etc").write_text("a file, not a folder")
    with pytest.raises(FatalError, match="/etc/unit cannot be changed"):
        RecordedMachine(tmp_path).carry_out([WriteFile(PurePosixPath("/etc/unit"), "")])


@pytest.mark.parametrize(
    ("machine", "code"),
    [
        (Machine("linux", is_administrator=True, runs_services=False), "no-service-manager"),
        (Machine("linux", is_administrator=False), "not-administrator"),
        (Machine("windows", is_administrator=False), "not-administrator"),
    ],
)
def test_a_machine_that_cannot_be_installed_on_is_refused(machine: Machine, code: str) -> None:
    """Before anything is done to it."""
    with pytest.raises(SettingsError) as caught:
        machine.refuse_unless_ready()
    assert caught.value.code == code


def test_commands_run_without_a_shell() -> None:
    """A word is a word, whatever it holds, and what is said is kept."""
    done = run_command(RunCommand((sys.executable, "-c", "import sys; print(sys.argv[1])", "$HOME; ls")))
    assert (done.returncode, done.stdout) == (0, "$HOME; ls\n")


def test_a_private_file_is_private_from_its_first_byte(tmp_path: Path) -> None:
    """Others may not read it while it is empty either."""
    path, seen = tmp_path / "new" / "secret", []
    write_private(path, "hunter2", restrict=lambda one: seen.append((one.stat().st_mode & 0o777, one.stat().st_size)))
    assert seen == [(0o600, 0)]
    assert (path.read_text(), path.stat().st_mode & 0o777) == ("hunter2", 0o600)


def test_who_could_read_a_private_file_still_can_but_not_everybody(tmp_path: Path) -> None:
    """A new password for a service that is installed reaches it, and on Windows its rights are left alone."""
    path = tmp_path / "secret"
    path.write_text("a long old one")
    path.chmod(0o644)
    write_private(path, "hunter2", restrict=lambda _: pytest.fail("it was there"))
    assert (path.read_text(), path.stat().st_mode & 0o777) == ("hunter2", 0o640)


def test_a_private_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """A folder stands where it should go."""
    path = tmp_path / "secret"
    path.mkdir()
    with pytest.raises(SettingsError, match="secret cannot be written"):
        write_private(path, "hunter2")


@pytest.mark.parametrize(
    ("there", "state", "told"),
    [
        ([], "", "hand"),
        (["operoo-relay.timer", "operoo-relay.service"], "active", "operoo-relay.timer of systemd (on)"),
        (["operoo-relay.service"], "inactive", "operoo-relay.service of systemd (off)"),
        (["operoo-relay.service"], "activating", "operoo-relay.service of systemd (on)"),
    ],
)
def test_what_runs_the_relay_is_found_out(tmp_path: Path, there: list[str], state: str, told: str) -> None:
    """By the units that are there, and whether they are on; one that waits to be started again after a failure is."""
    machine = RecordedMachine(tmp_path)
    machine.state = state
    machine.carry_out([WriteFile(PurePosixPath("/etc/systemd/system") / name, "") for name in there])
    assert how_installed(machine, "operoo-relay") == told
    machine.failing = {"is-active": "not there"}
    assert how_installed(machine, "operoo-relay") == told.replace("(on)", "(off)")


def test_a_task_of_windows_is_found_out(tmp_path: Path) -> None:
    """By asking the scheduler."""
    machine = RecordedMachine(tmp_path, "windows")
    assert how_installed(machine, "operoo-relay") == "the scheduled task operoo-relay"
    machine.failing = {"/Query": "ERROR: The system cannot find the file specified."}
    assert how_installed(machine, "operoo-relay") == "hand"


def test_windows_is_told_who_may_read() -> None:
    """By identifiers, which are the same in every language, and with what is passed on taken away."""
    line = subprocess.list2cmdline(windows_restriction(Path("x y")))
    assert line == 'icacls "x y" /inheritance:r /grant:r *S-1-3-4:F *S-1-5-32-544:F *S-1-5-18:F'
