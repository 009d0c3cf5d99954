"""The commands that set the relay up: what they take, what they say, and how they end."""

import io
import json
import os
import pwd
import re
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from rich.console import Console

from relay.__main__ import main
from relay.commands.display import show_status
from relay.commands.opening import act_as_owner
from relay.installing.machine import System
from relay.settings import load_settings
from shared.errors import TransientError
from tests.unit.relay_machines import RecordedMachine

Cli = Callable[..., tuple[int, str, str]]
SCHOOL = ("--server", "sql01", "--database", "Syn", "--bucket", "school-exchange", "--region", "ap-southeast-2")
LOGIN = (*SCHOOL, "--user", "reader", "--password-stdin", "--password-store", "file")


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RecordedMachine:
    """Return the machine that the commands find themselves on."""
    made = RecordedMachine(tmp_path / "root")
    monkeypatch.setattr("relay.commands.install.this_machine", lambda: made)
    monkeypatch.setattr("relay.commands.init.this_machine", lambda: made)
    # Where these tests run, everything may be in somebody's home.
    monkeypatch.setattr("relay.installing.systemd._HIDDEN", ("/nowhere",))
    return made


@pytest.fixture
def cli(machine: RecordedMachine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    """Return what runs the command line in this process, in a folder of its own."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, stdin: str | None = "") -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "stdin", None if stdin is None else io.StringIO(stdin))
        monkeypatch.setattr(sys, "argv", ["operoo-relay", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        assert "hunter2" not in out + err
        assert "Traceback" not in out + err
        return int(ended.value.code or 0), out, err

    return run


def test_a_configuration_from_options(cli: Cli, tmp_path: Path) -> None:
    """Nobody is asked; the password comes by standard input; what to do next is told."""
    code, out, _ = cli("init", *LOGIN, stdin="hunter2\n")
    assert code == 0
    assert load_settings(tmp_path / "relay.toml").synergetic.user == "reader"
    assert (tmp_path / "relay.password").read_text() == "hunter2"
    assert "relay.password, which only" in out
    for command in ("grants --version VERSION", "check", "sync --dry-run", "install"):
        assert f"operoo-relay {command} --config {tmp_path / 'relay.toml'}" in out


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_the_stacks_outputs_are_taken_as_they_are(cli: Cli, tmp_path: Path, encoding: str) -> None:
    """Who runs the stack hands one file over, and nothing of it need be typed, whatever PowerShell made of it."""
    outputs = {
        "ExchangeBucket": "school-exchange",
        "Region": "us-east-1",
        "ReceiptQueueUrl": "https://q/2",
        "AlarmTopic": "arn",
    }
    file = tmp_path / "outputs.json"
    file.write_text(json.dumps([{"OutputKey": key, "OutputValue": value} for key, value in outputs.items()]), encoding)
    code, _, _ = cli("init", "--server", "s", "--database", "d", "--trusted", "--outputs", "outputs.json")
    assert code == 0
    exchange = load_settings(tmp_path / "relay.toml").exchange
    assert (exchange.bucket, exchange.region, exchange.return_queue_url) == ("school-exchange", "us-east-1", None)
    assert exchange.receipt_queue_url == "https://q/2"


@pytest.mark.parametrize(
    ("arguments", "stdin", "code", "says"),
    [
        (("init",), "", 2, "--server, --database, --bucket, --region, --user or --trusted"),
        (("init", *SCHOOL, "--user", "reader"), "", 2, "--password-stdin"),
        (("init", *SCHOOL, "--trusted", "--server", ""), "", 2, "not to be empty"),
        (("init", *SCHOOL, "--trusted", "--region", "Sydney"), "", 1, "region of AWS"),
        (("init", *SCHOOL, "--trusted", "--outputs", "."), "", 1, "outputs-unreadable"),
        (("init", *LOGIN), "", 2, "nothing on standard input"),
        (("init", *LOGIN), "hunter2\nhunter3\n", 2, "it is one line, and there is more on standard input"),
        (("init", *SCHOOL, "--user", "reader", "--trusted"), "", 2, "give one of the two"),
        (("init", *SCHOOL, "--trusted", "--driver", "Oracle"), "", 1, "configuration-invalid"),
        (("init", *SCHOOL, "--trusted", "--outputs", "none.json"), "", 1, "outputs-unreadable"),
        (("init", *SCHOOL, "--trusted", "--database", "zPre68SynergyOne"), "", 1, "stale-database"),
        (("install",), "", 1, "no-configuration"),
        (("password", "--password-stdin"), "x\n", 1, "no-configuration"),
        (("uninstall", "--name", "Two Words"), "", 1, "service-name"),
        (("uninstall", "--name", "two-lines\n"), "", 1, "service-name"),
    ],
)
def test_what_is_missing_or_wrong_is_said(cli: Cli, arguments: tuple[str, ...], stdin: str, code: int, says: str) -> None:
    """In a line or two on standard error, and nothing is written."""
    found, out, err = cli(*arguments, stdin=stdin)
    assert (found, out) == (code, "")
    assert says in err
    assert list(Path.cwd().glob("relay*")) == []


def test_the_windows_account_is_named_to_the_next_command(cli: Cli) -> None:
    """The configuration does not say which it is, and the script needs it."""
    assert r"grants --version VERSION --windows --login DOMAIN\name --config" in cli("init", *SCHOOL, "--trusted")[1]


def test_an_output_on_a_full_disk_is_no_defect(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said, and where what is asked for is a script, nobody takes the half of it for the whole."""
    # Newer Pythons try once more as it is closed.
    with suppress(OSError), Path("/dev/full").open("w") as full:
        monkeypatch.setattr(sys, "stdout", full)
        code, _, err = cli("grants", "--mode", "one-way", "--version", "68", "--login", "x")
        monkeypatch.undo()
    assert (code, "output-unwritable" in err) == (1, True)


def test_what_a_stream_cannot_show_is_a_question_mark(
    machine: RecordedMachine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On Windows a pipe has an old encoding; a report must come through it. A script, where a letter counts, is refused."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="ascii") for _ in range(2))
    (tmp_path / "relay.toml").write_text(
        '[synergetic]\nconnection = "none"\n[exchange]\nbucket = "abc"\naws_config_file = "none"\n'
    )
    for arguments in (["check"], ["grants", "--mode", "one-way", "--version", "68", "--login", "łukasz"]):
        monkeypatch.setattr(sys, "argv", ["operoo-relay", *arguments])
        monkeypatch.setattr(sys, "stdout", out)
        monkeypatch.setattr(sys, "stderr", err)
        with pytest.raises(SystemExit):
            main()
    out.flush()
    err.flush()
    shown, said = out.buffer.getvalue().decode("ascii"), err.buffer.getvalue().decode("ascii")
    assert "driver-missing" in shown
    assert "?ODBC Driver" in shown
    assert "GRANT" not in shown
    assert "output-unwritable" in said
    assert "unexpected" not in said


def test_a_new_password_goes_where_the_old_one_was(cli: Cli, tmp_path: Path) -> None:
    """The configuration stays as it is."""
    cli("init", *LOGIN, stdin="old\n")
    before = (tmp_path / "relay.toml").read_text()
    code, out, _ = cli("password", "--password-stdin", stdin="hunter2\n")
    assert (code, (tmp_path / "relay.password").read_text()) == (0, "hunter2")
    assert str(tmp_path / "relay.password") in out
    assert (tmp_path / "relay.toml").read_text() == before
    assert cli("password")[0] == 2


def test_a_login_of_windows_has_no_password(cli: Cli) -> None:
    """It is said rather than kept for nothing."""
    cli("init", *SCHOOL, "--trusted")
    code, _, err = cli("password", "--password-stdin", stdin="hunter2\n")
    assert code == 1
    assert "no-login" in err


def test_installing_shows_first_and_does_then(cli: Cli, machine: RecordedMachine, tmp_path: Path) -> None:
    """What is printed is what is written and run; it can be taken back, twice."""
    cli("init", *LOGIN, stdin="hunter2\n")
    code, shown, _ = cli("install", "--print")
    assert (code, machine.commands, list((tmp_path / "root").glob("*"))) == (0, [], [])
    assert "Nothing was done." in shown
    code, out, _ = cli("install")
    assert code == 0
    assert "every 15 minutes, as operoo-relay" in out
    for command in machine.commands:
        assert f"Run {command}" in shown
    unit = (tmp_path / "root/etc/systemd/system/operoo-relay.service").read_text()
    assert all(f"    {line}".rstrip() in shown for line in unit.splitlines())
    code, out, _ = cli("uninstall")
    assert "runs no longer" in out
    assert "nothing to remove" in cli("uninstall")[1]


def test_what_is_in_the_way_is_told_beside_what_would_be_done(
    cli: Cli, machine: RecordedMachine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To be shown everything one need not have put everything in its place; to have it done one must."""
    monkeypatch.setattr("relay.installing.systemd._HIDDEN", (str(tmp_path),))
    cli("init", *SCHOOL, "--user", "reader", "--password-store", "environment")
    code, shown, err = cli("install", "--print", "--readable", "relay.key")
    assert code == 0
    assert "Write /etc/systemd/system/operoo-relay.service" in shown
    assert [code in err for code in ("[out-of-reach]", "[password-out-of-reach]", "[file-missing]")] == [True] * 3
    code, _, err = cli("install")
    assert (code, machine.commands) == (1, [])
    assert "[out-of-reach]" in err


@pytest.mark.parametrize("key", ["state_dir", "log_file"])
def test_a_folder_with_things_of_others_is_not_taken(cli: Cli, machine: RecordedMachine, tmp_path: Path, key: str) -> None:
    """All of `/var/log` would become the account's; what the relay itself left there before is no reason."""
    shared, config = tmp_path / "shared", Path("relay.toml")
    cli("init", *LOGIN, stdin="hunter2\n")
    place = shared / "relay.log" if key == "log_file" else shared
    config.write_text(re.sub(f"(?m)^{key} = .*", f"{key} = '{place}'", config.read_text()))
    shared.mkdir()
    for name in ("relay.log.2", "state.db-wal", "watch.lock", "writeback.db", "spool", "syslog"):
        (shared / name).touch()
    code, _, err = cli("install")
    assert (code, machine.commands, "syslog. [folder-shared]" in err) == (1, [], True)
    (shared / "syslog").unlink()
    assert cli("install")[0] == 0
    assert f"chown --recursive operoo-relay: {shared}" in machine.commands


def test_a_private_key_is_made_readable(cli: Cli, machine: RecordedMachine) -> None:
    """AWS's tools need it, and only who installs knows where it is; AWS's profile the configuration names."""
    cli("init", *LOGIN, "--aws-config-file", "aws.config", stdin="hunter2\n")
    Path("aws.config").touch()
    for named, what in (("relay.key", "relay.key, which operoo-relay must be able to read, is not there"), (".", "folder")):
        code, _, err = cli("install", "--readable", named)
        assert (code, machine.commands, what in err, "file-missing" in err) == (1, [], True, True)
    Path("relay.key").touch()
    cli("install", "--readable", "relay.key")
    for name in ("relay.key", "aws.config"):
        assert f"chown root:operoo-relay {Path(name).resolve()}" in machine.commands


def test_installing_takes_an_administrator(cli: Cli, machine: RecordedMachine) -> None:
    """To look takes none."""
    cli("init", *LOGIN, stdin="hunter2\n")
    machine.is_administrator = False
    code, _, err = cli("install")
    assert (code, machine.commands) == (1, [])
    assert "with sudo" in err
    assert cli("install", "--print")[0] == 0


def test_a_service_must_find_its_password(cli: Cli, machine: RecordedMachine) -> None:
    """One in somebody's own store is out of its reach; in its environment file it is not."""
    cli("init", *SCHOOL, "--user", "reader", "--password-store", "environment")
    code, _, err = cli("install")
    assert code == 1
    assert "password-out-of-reach" in err
    credential = "LoadCredentialEncrypted=operoo-relay-db-password:/etc/credstore.encrypted/x"
    for path, text in (
        (Path("relay.env").resolve(), "# OPEROO\nOPEROO_RELAY_DB_PASSWORD=hunter2\n"),
        (Path("/etc/systemd/system/operoo-relay.service.d/override.conf"), f"[Service]\n{credential}\n"),
    ):
        place = machine._place(path)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text("# nothing yet\n")
        assert cli("install")[0] == 1
        place.write_text(text)
        assert cli("install")[0] == 0
        place.unlink()


def test_what_only_this_window_has_is_told(cli: Cli, machine: RecordedMachine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy that is set in a window is not set for a service, unless the configuration or the file beside it says so."""
    for name in ("HTTPS_PROXY", "AWS_PROFILE"):
        monkeypatch.setenv(name, "http://proxy:8080")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    cli("init", *LOGIN, stdin="hunter2\n")
    assert "not where the relay will run: HTTPS_PROXY, AWS_PROFILE." in cli("install")[1]
    variables = Path("relay.env").resolve()
    for place in (variables, machine._place(variables)):
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text("HTTPS_PROXY=http://proxy:8080\nAWS_PROFILE=x\n")
    assert "not where the relay will run" not in cli("install")[1]
    assert f"chown root:operoo-relay {variables}" in machine.commands


def test_a_password_that_the_driver_would_misread_is_not_kept(cli: Cli, tmp_path: Path) -> None:
    """FreeTDS takes no closing brace; said at once, not at the first run."""
    code, _, err = cli("init", *LOGIN, "--driver", "FreeTDS", stdin="hunter2}\n")
    assert (code, "password-unfit" in err, list(tmp_path.glob("relay*"))) == (1, True, [])
    cli("init", *LOGIN, "--driver", "FreeTDS", stdin="old\n")
    for misread in ("hunter2}\n", "hunter\udcff\n"):  # the second is what Python makes of a byte that is no text
        code, _, err = cli("password", "--password-stdin", stdin=misread)
        assert (code, "Microsoft's driver" in err, (tmp_path / "relay.password").read_text()) == (1, True, "old")


def test_without_a_standard_input_nobody_is_asked(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that was started with it closed has none, not an empty one."""
    cli("init", *LOGIN, stdin="old\n")
    for command in (("init", "--force"), ("init", "--force", *LOGIN), ("password",), ("password", "--password-stdin")):
        code, _, err = cli(*command, stdin=None)
        assert (code, "--" in err) == (2, True), command


def test_a_second_relay_has_a_name_of_its_own(cli: Cli) -> None:
    """What is said of how to look at it names it."""
    cli("init", *LOGIN, stdin="hunter2\n")
    out = cli("install", "--name", "second")[1]
    assert f"operoo-relay status --config {Path('relay.toml').resolve()} --name second" in out


def _after_opening(folder: Path) -> list[str]:
    program = (
        "import os, sys, pathlib; from relay.commands.opening import act_as_owner; act_as_owner(pathlib.Path(sys.argv[1]))"
    )
    command = [sys.executable, "-c", f"{program}; print(os.getuid(), os.getgid(), os.environ['HOME'])", folder]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_root_goes_on_as_the_relays_own_account(tmp_path: Path) -> None:
    """So a command by hand leaves nothing that the service could not change; in root's own folder root stays root."""
    nobody = pwd.getpwnam("nobody")
    assert _after_opening(tmp_path)[:2] == ["0", "0"]
    os.chown(tmp_path, nobody.pw_uid, nobody.pw_gid)
    assert _after_opening(tmp_path) == [str(nobody.pw_uid), str(nobody.pw_gid), nobody.pw_dir]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
@pytest.mark.parametrize(("name", "says"), [("nobodys", "number 54321"), ("x" * 300, "File name too long")])
def test_a_folder_whose_owner_cannot_be_found_is_named(tmp_path: Path, name: str, says: str) -> None:
    """One of an account that was removed, and one that cannot even be looked at."""
    folder = tmp_path / name
    if name == "nobodys":
        folder.mkdir()
        os.chown(folder, 54321, 54321)
    with pytest.raises(TransientError, match=says) as caught:
        act_as_owner(folder)
    assert caught.value.code == "disk-unusable"


def test_two_way_listens(cli: Cli, machine: RecordedMachine) -> None:
    """Then what Operoo changes need not wait for the next run, unless somebody wishes it so."""
    cli("init", *LOGIN, "--mode", "two-way", stdin="hunter2\n")
    assert "watch --service" in cli("install", "--print")[1]
    assert "sync --service" in cli("install", "--print", "--as", "timer")[1]


def test_a_program_is_named_by_its_whole_path(cli: Cli) -> None:
    """Else the service would look for it elsewhere."""
    cli("init", *LOGIN, stdin="hunter2\n")
    code, _, err = cli("install", "--program", "operoo-relay")
    assert code == 1
    assert "program-not-found" in err
    assert sys.executable in cli("install", "--print", "--program", sys.executable)[1]


def test_on_windows_the_account_of_a_trusted_login_is_named(cli: Cli, machine: RecordedMachine) -> None:
    """It is the database login, so nobody can guess it; with a SQL login one that may do little is taken."""
    machine.system = "windows"
    cli("init", *SCHOOL, "--trusted")
    code, _, err = cli("install")
    assert code == 1
    assert "account-needed" in err
    assert "/RU 'SCHOOL\\svc$' /RP ''" in cli("install", "--print", "--account", "SCHOOL\\svc$")[1]


def test_a_path_does_not_lose_its_end() -> None:
    """A narrow terminal, or a file, breaks a long word and cuts nothing off."""
    paper = io.StringIO()
    show_status(Console(file=paper, width=40), {"folder": "/srv/" + "deep/" * 20 + "end", "rows": {"students": 60}})
    assert "…" not in paper.getvalue()
    assert "".join(line.strip() for line in paper.getvalue().splitlines()).count("deep/") >= 15
    assert "/end" in paper.getvalue()


@pytest.mark.parametrize(
    ("system", "account"),
    [
        *(("linux", name) for name in ("a b;c", "relay\nUser=root", "0", "1relay", "SCHOOL\\svc", "-x")),
        *(("windows", name) for name in ("a b;c", "SCHOOL\\", "\\svc", "A\\B\\C", " ", 'a"b', "svc\n")),
    ],
)
def test_what_is_no_account_is_refused_before_anything_is_done(
    cli: Cli, machine: RecordedMachine, system: System, account: str
) -> None:
    """It stands in a unit, in the task's description and on command lines."""
    assert cli("init", *SCHOOL, "--trusted")[0] == 0
    machine.system = system
    code, out, err = cli("install", "--print", "--account", account)
    assert (code, out) == (1, "")
    assert "account-name" in err
