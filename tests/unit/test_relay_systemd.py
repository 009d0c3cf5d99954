"""The relay under systemd: what is written and run, that it may do no more than it must, and that it can be undone."""

import shutil
import subprocess
from configparser import ConfigParser
from pathlib import Path, PurePosixPath

import pytest

from relay.installing import scheduled_task
from relay.installing.service import InstallOptions, Kind, service_of
from relay.installing.steps import RunCommand, WriteFile
from relay.installing.systemd import install_steps, refuse_hidden, uninstall_steps
from relay.settings import parse_settings
from shared.errors import FatalError, SettingsError
from tests.unit.relay_machines import RecordedMachine, relay_service

UNITS = "etc/systemd/system"


def units(**changes: object) -> dict[str, str]:
    """Return the texts of the files that installing writes, by name."""
    steps = install_steps(relay_service(**changes), lambda _: False)
    return {step.path.name: step.content for step in steps if isinstance(step, WriteFile)}


def settings(unit: str) -> dict[str, str]:
    """Return what a unit's [Service] sets; of what it sets twice, the last."""
    parser = ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str
    parser.read_string(unit)
    return dict(parser["Service"])


@pytest.mark.parametrize("kind", Kind)
def test_what_is_installed_is_enabled_and_can_be_removed(tmp_path: Path, kind: Kind) -> None:
    """Files come to be, the right unit is started, and after uninstalling nothing of it is left."""
    machine = RecordedMachine(tmp_path)
    machine.carry_out(install_steps(relay_service(kind=kind), machine.exists))
    assert machine.commands[0] == "systemd-sysusers /etc/sysusers.d/operoo-relay.conf"
    assert machine.commands[-2:] == ["systemctl daemon-reload", f"systemctl enable --now operoo-relay.{kind}"]
    assert "chown root:operoo-relay /etc/operoo-relay/relay.password" in machine.commands
    machine.commands.clear()
    machine.carry_out(uninstall_steps("operoo-relay", machine.exists))
    assert f"systemctl disable --now operoo-relay.{kind}" in machine.commands
    # Else a service whose last run failed stays among the failed ones, and the machine “degraded”.
    assert machine.commands[-1] == "systemctl reset-failed operoo-relay.service"
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_installing_again_changes_nothing_but_the_way_of_running(tmp_path: Path) -> None:
    """A second time leaves the same files, and a service in place of a timer stops the timer."""
    machine = RecordedMachine(tmp_path)
    for _ in range(2):
        machine.carry_out(install_steps(relay_service(), machine.exists))
    assert {path.name for path in (tmp_path / UNITS).iterdir()} == {"operoo-relay.service", "operoo-relay.timer"}
    machine.commands.clear()
    machine.carry_out(install_steps(relay_service(kind=Kind.SERVICE), machine.exists))
    assert "systemctl disable --now operoo-relay.timer" in machine.commands
    assert {path.name for path in (tmp_path / UNITS).iterdir()} == {"operoo-relay.service"}


def test_what_the_account_cannot_reach_is_said_before_anything_is_stopped(tmp_path: Path) -> None:
    """A folder that its maker's mask closed: the message has the file, and what ran before goes on."""
    machine = RecordedMachine(tmp_path)
    machine.carry_out(install_steps(relay_service(), machine.exists))
    machine.commands.clear()
    machine.failing = {"head": "head: cannot open '/etc/operoo-relay/relay.toml' for reading: Permission denied"}
    with pytest.raises(FatalError, match=r"cannot open '/etc/operoo-relay/relay\.toml'") as caught:
        machine.carry_out(install_steps(relay_service(), machine.exists))
    assert caught.value.code == "install-failed"
    assert machine.commands[-2:] == [
        "runuser -u operoo-relay -- /opt/operoo-relay/bin/operoo-relay --version",
        "runuser -u operoo-relay -- head --bytes=0 /etc/operoo-relay/relay.toml /etc/operoo-relay/relay.password",
    ]
    assert not [line for line in machine.commands if line.startswith("systemctl")]


def test_uninstalling_what_is_not_there_does_nothing(tmp_path: Path) -> None:
    """No command is run for it."""
    assert uninstall_steps("operoo-relay", RecordedMachine(tmp_path).exists) == []


def test_the_service_may_do_no_more_than_it_must() -> None:
    """It is nobody in particular, writes its own folder only, and gains nothing."""
    found = settings(units()["operoo-relay.service"])
    assert found["User"] == "operoo-relay"
    assert found["StateDirectory"] == "operoo-relay"
    assert found["StateDirectoryMode"] == "0700"
    assert found["ProtectSystem"] == "strict"
    assert found["CapabilityBoundingSet"] == ""
    assert found["MemoryMax"] == "512M"
    assert "ReadWritePaths" not in found
    assert {found[name] for name in ("NoNewPrivileges", "ProtectHome", "PrivateTmp", "RestrictSUIDSGID")} == {"true"}


def test_a_run_now_and_then_and_one_that_lasts() -> None:
    """The timer starts `sync` on the configured interval; the service is `watch`, and comes back after an error."""
    timer = units(interval_minutes=20)
    assert "OnUnitActiveSec=20min" in timer["operoo-relay.timer"]
    one_run = settings(timer["operoo-relay.service"])
    assert one_run["ExecStart"].endswith("operoo-relay sync --service --config /etc/operoo-relay/relay.toml")
    assert (one_run["Type"], one_run["SuccessExitStatus"]) == ("oneshot", "SIGTERM")
    lasting = settings(units(kind=Kind.SERVICE)["operoo-relay.service"])
    assert " watch --service " in lasting["ExecStart"]
    assert lasting["Restart"] == "on-failure"


def test_folders_elsewhere_are_made_and_given_to_the_account() -> None:
    """A state folder on another disk and a log below /var/log are writable too, and nothing else is."""
    service = relay_service(state_dir=PurePosixPath("/data/relay"), log_file=PurePosixPath("/var/log/operoo/relay.log"))
    steps = install_steps(service, lambda _: False)
    unit = next(step.content for step in steps if isinstance(step, WriteFile) and step.path.suffix == ".service")
    found = settings(unit)
    assert found["ReadWritePaths"] == "/data/relay"
    assert found["LogsDirectory"] == "operoo"
    assert "chown --recursive operoo-relay: /data/relay" in map(str, steps)


@pytest.mark.parametrize(
    "changes",
    [
        {"program": (str(PurePosixPath("/", "root", "venv", "operoo-relay")),)},
        {"python": PurePosixPath("/", "root", ".pyenv")},
        {"config": PurePosixPath("/", "home", "jo", "relay.toml")},
        {"state_dir": PurePosixPath("/tmp/state")},
    ],
)
def test_what_a_service_cannot_reach_is_refused(changes: dict[str, object]) -> None:
    """It says which, and where to put it."""
    with pytest.raises(SettingsError, match="below /opt") as caught:
        refuse_hidden(relay_service(**changes))
    assert caught.value.code == "out-of-reach"


def test_certificates_that_everybody_may_read_stay_as_they_are(tmp_path: Path) -> None:
    """The system's authorities may be among them: were they closed, no program here would know whom to trust."""
    public, own, config = tmp_path / "authorities.pem", tmp_path / "server.pem", tmp_path / "relay.toml"
    for path, mode in ((public, 0o644), (own, 0o600)):
        path.touch()
        path.chmod(mode)
    where = f"driver = 'FreeTDS'\nserver = 's'\ndatabase = 'd'\nuser = 'u'\nca_file = '{own}'"
    chosen = parse_settings(f"[synergetic]\n{where}\n[exchange]\nbucket = 'abc'\nca_bundle = '{public}'", config)
    service = service_of(chosen, config, InstallOptions("operoo-relay", None, "", None), "linux")
    lines = [str(step) for step in install_steps(service, lambda _: False) if isinstance(step, RunCommand)]
    assert [line.split()[0] for line in lines if str(public) in line] == ["runuser"]
    assert [line.split()[0] for line in lines if str(own) in line] == ["chown", "chmod", "runuser"]
    lines = [str(step) for step in scheduled_task.install_steps(service) if isinstance(step, RunCommand)]
    assert ["inheritance" in line for line in lines if str(public) in line] == [False]
    assert ["inheritance" in line for line in lines if str(own) in line] == [True]


def test_root_is_refused() -> None:
    """As the system itself is on Windows."""
    with pytest.raises(SettingsError) as caught:
        units(account="root")
    assert caught.value.code == "account-too-powerful"


def test_words_with_a_meaning_to_systemd_are_escaped() -> None:
    """Blanks, percent and dollar signs in a path stay what they are."""
    unit = units(config=PurePosixPath("/etc/50% of $us/relay.toml"))["operoo-relay.service"]
    assert '--config "/etc/50%% of $$us/relay.toml"' in unit


def test_a_folder_with_a_blank_is_one_folder() -> None:
    """Else it would be two to systemd: the account would have a shell of that name, and nothing to write to."""
    folder = PurePosixPath("/srv/our relay/50%")
    texts = units(state_dir=folder, log_file=PurePosixPath("/var/log/our relay/relay.log"))
    assert texts["operoo-relay.conf"].endswith(' "/srv/our relay/50%%"\n')
    assert 'ReadWritePaths="/srv/our relay/50%%"' in texts["operoo-relay.service"]
    assert 'LogsDirectory="our relay"' in texts["operoo-relay.service"]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not on this machine")
@pytest.mark.parametrize("kind", Kind)
def test_systemd_itself_finds_no_fault(tmp_path: Path, kind: Kind) -> None:
    """It knows every setting, and calls what is left exposed little."""
    for name, text in units(kind=kind, program=("/usr/bin/env",), state_dir=PurePosixPath("/srv/our relay")).items():
        (tmp_path / name).write_text(text)
    files = [str(path) for path in tmp_path.glob("operoo-relay.[st]*")]
    verified = subprocess.run(["systemd-analyze", "verify", *files], capture_output=True, text=True, check=False)
    assert (verified.returncode, verified.stderr) == (0, "")
    command = ["systemd-analyze", "security", "--offline=true", "--threshold=20", str(tmp_path / "operoo-relay.service")]
    judged = subprocess.run(command, capture_output=True, text=True, check=False)
    assert judged.returncode == 0, judged.stdout
