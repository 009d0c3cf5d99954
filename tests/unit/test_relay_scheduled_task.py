"""The relay as a scheduled task: its description follows Microsoft's schema, and no password passes through us."""

from pathlib import Path, PureWindowsPath
from xml.etree import ElementTree as ET

import pytest

from relay.installing.scheduled_task import install_steps, query, refuse_hidden, task_xml, uninstall_steps
from relay.installing.service import Kind
from shared.errors import SettingsError
from tests.unit.relay_machines import RecordedMachine, relay_service

SPACE = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"
CONFIG = relay_service("windows").config


def told(**changes: object) -> dict[str, str]:
    """Return the description's texts by the path of their elements."""
    found: dict[str, str] = {}

    def visit(element: ET.Element, path: str) -> None:
        for child in element:
            name = f"{path}/{child.tag.removeprefix(SPACE)}".lstrip("/")
            found[name] = (child.text or "").strip()
            visit(child, name)

    visit(ET.fromstring(task_xml(relay_service("windows", **changes)).encode("utf-16")), "")
    return found


def test_it_runs_with_little_and_never_twice_at_a_time() -> None:
    """At start-up and on the interval, as LocalService, with a limit, and a second one is not started beside the first."""
    found = told(interval_minutes=20)
    assert found["Triggers/BootTrigger/Enabled"] == "true"
    assert found["Triggers/TimeTrigger/Repetition/Interval"] == "PT20M"
    assert "Triggers/TimeTrigger/Repetition/Duration" not in found, "it ends some day"
    assert found["Principals/Principal/UserId"] == "S-1-5-19"
    assert "Principals/Principal/LogonType" not in found
    assert found["Principals/Principal/RunLevel"] == "LeastPrivilege"
    assert found["Settings/MultipleInstancesPolicy"] == "IgnoreNew"
    assert found["Settings/ExecutionTimeLimit"] == "PT4H"
    assert found["Settings/RestartOnFailure/Count"] == "3"
    assert found["Settings/StopIfGoingOnBatteries"] == "false"
    assert found["Actions/Exec/Command"] == r"C:\Program Files\operoo-relay\Scripts\operoo-relay.exe"
    assert found["Actions/Exec/Arguments"] == r"sync --service --config C:\ProgramData\operoo-relay\relay.toml"


def test_elements_stand_in_the_order_of_the_schema() -> None:
    """Within a trigger the schema is a sequence: a description out of order may be refused."""
    names = [name.rpartition("/")[2] for name in told() if name.startswith("Triggers/TimeTrigger/") and name.count("/") == 2]
    assert names == ["Enabled", "StartBoundary", "Repetition"]
    assert [name for name in told() if "/" not in name] == [
        "RegistrationInfo",
        "Triggers",
        "Principals",
        "Settings",
        "Actions",
    ]


def test_one_that_lasts_has_no_limit_and_is_brought_back() -> None:
    """`watch` may run for ever; if it ends it is started again on the interval."""
    found = told(kind=Kind.SERVICE)
    assert found["Actions/Exec/Arguments"].startswith("watch --service")
    assert found["Settings/ExecutionTimeLimit"] == "PT0S"
    assert found["Triggers/TimeTrigger/Repetition/Interval"] == "PT15M"


@pytest.mark.parametrize(
    ("account", "login"),
    [
        ("LocalService", ""),
        (r"NT AUTHORITY\NETWORK SERVICE", ""),
        (r"SCHOOL\svc-operoo$", r" /RU SCHOOL\svc-operoo$ /RP "),
        (r"SCHOOL\svc-operoo", r" /RU SCHOOL\svc-operoo /RP *"),
    ],
)
def test_no_password_passes_through_us(tmp_path: Path, account: str, login: str) -> None:
    """Windows knows a managed account's, built-in ones have none, and schtasks itself asks for any other."""
    machine = RecordedMachine(tmp_path, "windows")
    machine.carry_out(install_steps(relay_service("windows", account=account)))
    created = next(command for command in machine.commands if "/Create" in command)
    assert created == rf"schtasks /Create /TN operoo-relay /XML {CONFIG.with_name('operoo-relay.task.xml')} /F{login}"
    assert machine.commands[-1] == "schtasks /Run /TN operoo-relay"


def test_what_runs_by_the_old_description_is_ended(tmp_path: Path) -> None:
    """Else it would go on beside the new one; where there is none yet, that it cannot be ended is no matter."""
    machine = RecordedMachine(tmp_path, "windows")
    machine.failing = {"/End": "ERROR: The system cannot find the file specified."}
    machine.carry_out(install_steps(relay_service("windows")))
    assert [command.split()[1] for command in machine.commands if command.startswith("schtasks")] == ["/End", "/Create", "/Run"]


def test_an_account_of_the_school_logs_on_when_nobody_is_there() -> None:
    """With its password, so that it reaches the network too."""
    found = told(account=r"SCHOOL\svc-operoo$")
    assert found["Principals/Principal/UserId"] == r"SCHOOL\svc-operoo$"
    assert found["Principals/Principal/LogonType"] == "Password"


@pytest.mark.parametrize("account", ["SYSTEM", r"NT AUTHORITY\System", "LocalSystem", "S-1-5-18"])
def test_the_system_itself_is_refused(account: str) -> None:
    """Such an account may do everything."""
    with pytest.raises(SettingsError, match="managed service account"):
        install_steps(relay_service("windows", account=account))


def test_what_the_account_cannot_reach_is_refused() -> None:
    """A Python that one person installed for themselves is of no use to a service; to that person it is."""
    python = PureWindowsPath(r"C:\Users\jo\AppData\Local\Programs\Python")
    with pytest.raises(SettingsError, match="Python for all users") as caught:
        refuse_hidden(relay_service("windows", python=python))
    assert caught.value.code == "out-of-reach"
    refuse_hidden(relay_service("windows", python=python, account=r"SCHOOL\jo"))


def test_only_the_account_and_administrators_get_at_the_files(tmp_path: Path) -> None:
    """What the folder would pass on is taken away; the account reads the configuration and changes its own folder only."""
    machine = RecordedMachine(tmp_path, "windows")
    machine.carry_out(install_steps(relay_service("windows")))
    rights = [command for command in machine.commands if command.startswith("icacls")]
    assert all("/inheritance:r /grant:r *S-1-5-32-544:" in command for command in rights)
    assert [command.rpartition(" ")[2] for command in rights] == ["*S-1-5-19:R", "*S-1-5-19:R", "*S-1-5-19:(OI)(CI)M"]


def test_the_description_is_written_as_the_scheduler_reads_it(tmp_path: Path) -> None:
    """In UTF-16 with its mark; a path with a blank, an ampersand or a letter with a mark survives."""
    machine = RecordedMachine(tmp_path, "windows")
    service = relay_service("windows", config=CONFIG.parent / "Zoë & Co" / "relay.toml")
    machine.carry_out(install_steps(service))
    content = next(tmp_path.rglob("*.task.xml")).read_bytes()
    assert content[:2] in {b"\xff\xfe", b"\xfe\xff"}
    arguments = ET.fromstring(content).find(f".//{SPACE}Arguments")
    assert arguments is not None
    assert arguments.text == r'sync --service --config "C:\ProgramData\operoo-relay\Zoë & Co\relay.toml"'


def test_it_can_be_undone(tmp_path: Path) -> None:
    """The run is ended, the task deleted, its description removed; what is not there is left alone."""
    machine = RecordedMachine(tmp_path, "windows")
    machine.carry_out(install_steps(relay_service("windows")))
    machine.commands.clear()
    machine.failing = {"/End": "ERROR: The task is not running."}
    machine.carry_out(uninstall_steps("operoo-relay", CONFIG, is_there=machine.answers(*query("operoo-relay"))))
    assert machine.commands[-1] == "schtasks /Delete /TN operoo-relay /F"
    assert list(tmp_path.rglob("*.xml")) == []
    assert uninstall_steps("operoo-relay", CONFIG, is_there=False) == []
