"""The command line: plain accounts, plain errors, exit codes, and never a password."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path, PurePosixPath

import boto3
import pytest
from moto.server import ThreadedMotoServer

from relay.__main__ import main
from relay.installing.steps import WriteFile
from relay.lock import only_watch
from shared import keys
from shared.errors import SettingsError, TransientError
from tests.integration.relay_school import execute
from tests.integration.relay_site import BUCKET, REGION, Bucket, Site
from tests.unit.relay_machines import RecordedMachine

PASSWORD = "hunter2"
Cli = Callable[..., tuple[int, str, str]]


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    """Return what runs the command line in this process; nothing it prints may hold the password or a traceback."""
    monkeypatch.setenv("OPEROO_RELAY_DB_PASSWORD", PASSWORD)
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["operoo-relay", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        assert PASSWORD not in out + err
        assert "Traceback" not in out + err
        return int(ended.value.code or 0), out, err

    return run


def test_sync_shows_what_it_did(site: Site, bucket: Bucket, cli: Cli) -> None:
    """A first run shows a table and the manifest's number, a second that nothing changed."""
    code, out, _ = cli("sync", "--config", site.config)
    assert code == 0
    assert "Manifest 1 sent." in out
    assert "memberships" in out
    assert "1 unknown-type" in out
    code, out, _ = cli("sync", "--config", site.config)
    assert "Nothing has changed since manifest 1." in out


def test_a_dry_run_shows_and_sends_nothing(site: Site, bucket: Bucket, cli: Cli) -> None:
    """The table says what would be sent; the bucket stays empty."""
    code, out, _ = cli("sync", "--config", site.config, "--dry-run")
    assert code == 0
    assert "would send" in out
    assert "nothing was sent" in out
    assert bucket.keys() == set()


def test_a_number_that_has_no_room_is_not_taken_for_another(
    site: Site, bucket: Bucket, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a narrow window 40 students are 40, or cut short for all to see, never 4."""
    monkeypatch.setenv("COLUMNS", "40")
    _, out, _ = cli("sync", "--config", site.config, "--dry-run")
    students = next(line for line in out.splitlines() if line.startswith("│ st")).split("│")[2].strip()
    assert students in {"40", "…"}


def test_a_log_for_machines_is_json(site: Site, bucket: Bucket, cli: Cli) -> None:
    """Each line is a JSON object of counts."""
    code, out, err = cli("sync", "--config", site.config, "--log-format", "json")
    assert code == 0
    assert out == ""
    line = json.loads(err.strip().splitlines()[-1])
    assert line["sent"] is True
    assert line["sequence"] == 1
    assert line["photos"] == 7


def test_status_before_and_after_a_run(site: Site, bucket: Bucket, cli: Cli) -> None:
    """It says when the last run was, how it went, and what stands."""
    code, out, _ = cli("status", "--config", site.config)
    assert code == 0
    assert "never" in out
    cli("sync", "--config", site.config)
    code, out, _ = cli("status", "--config", site.config, "--json")
    found = json.loads(out)
    assert found["last_run"] == "ok"
    assert found["manifest"] == 1
    assert found["exchange"] == "reached"
    assert (code, found["state"], found["late"], found["runs_by"]) == (0, "well", False, "hand")
    assert found["log"] == str(site.folder / "operoo-relay-state" / "relay.log")
    assert found["remembered"] == {"photos": 8}
    assert found["schedule"] == "every 15 minutes (the configuration)"
    execute(site.school, "drop table Staff")
    assert cli("sync", "--config", site.config)[0] == 1
    code, out, _ = cli("status", "--config", site.config)
    assert "failed: table-missing" in out
    assert (code, "failing" in out) == (1, True)


def test_status_knows_a_relay_by_another_name(site: Site, bucket: Bucket, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which is the one that it was installed under."""
    machine = RecordedMachine(site.folder)
    machine.carry_out([WriteFile(PurePosixPath("/etc/systemd/system/second.service"), "")])
    monkeypatch.setattr("relay.commands.run.this_machine", lambda: machine)
    for name, told in (("second", "second.service of systemd (on)"), ("operoo-relay", "hand")):
        assert json.loads(cli("status", "--config", site.config, "--name", name, "--json")[1])["runs_by"] == told
    assert "service-name" in cli("status", "--config", site.config, "--name", "Two Words")[2]


def test_status_tells_what_it_knows_without_aws(site: Site, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relay that is cut off still says where its log is, and that it is cut off."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(site.folder))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    code, out, _ = cli("status", "--config", site.config)
    assert code == 1
    assert "cut-off" in out
    assert "exchange-credentials" in out
    assert "relay.log" in out


def test_status_says_when_what_lies_in_the_bucket_is_no_manifest(site: Site, bucket: Bucket, cli: Cli) -> None:
    """AWS is reached then, and the next run will fail."""
    assert cli("sync", "--config", site.config)[0] == 0
    boto3.client("s3", region_name=REGION).put_object(Bucket=BUCKET, Key=keys.snapshot_key(2), Body=b"{}")
    code, out, _ = cli("status", "--json", "--config", site.config)
    found = json.loads(out)
    assert (code, found["state"], found["last_run"], found["manifest"]) == (1, "failing", "ok", 1)
    assert found["exchange"].startswith("reached, but: manifests/snapshot/")
    assert "[manifest-invalid]" in found["exchange"]


def test_a_service_logs_into_its_file(site: Site, bucket: Bucket, cli: Cli) -> None:
    """Runs and failures, as JSON for machines; standard error tells a person, and the heartbeat when to expect more."""
    assert cli("sync", "--config", site.config, "--service")[:2] == (0, "")
    assert bucket.heartbeat()["next_run_at"] is not None
    site.school.unlink()
    code, _, err = cli("sync", "--config", site.config, "--service")
    assert (code, err.splitlines()[-2].startswith("Error: ")) == (1, True)
    first, second = (json.loads(line) for line in (site.folder / "operoo-relay-state" / "relay.log").read_text().splitlines())
    assert (first["sequence"], first["level"]) == (1, "info")
    assert (second["code"], second["level"]) == ("database-not-opened", "error")


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["sync", "--config", "none.toml"], 1, "none.toml does not exist"),
        (["sync", "--nonsense"], 2, "--nonsense"),
        (["nonsense"], 2, "nonsense"),
        (["sync", "--log-format", "xml"], 2, "xml"),
        (["status", "--config", "."], 1, "cannot be read"),
    ],
)
def test_wrong_input_ends_in_a_plain_line(cli: Cli, arguments: list[str], code: int, says: str) -> None:
    """What is wrong is said on standard error, with 1 for a failure and 2 for wrong usage."""
    found, out, err = cli(*arguments)
    assert found == code
    assert says in err
    assert out == ""


def test_a_failure_is_two_lines(site: Site, bucket: Bucket, cli: Cli) -> None:
    """What happened, and what to do."""
    site.school.unlink()
    code, _, err = cli("sync", "--config", site.config)
    assert code == 1
    first, second = err.strip().splitlines()
    assert first.startswith("Error: Connecting to Synergetic failed")
    assert "database-not-opened" in first
    assert second.startswith("What to do: ")


def test_a_defect_is_told_without_its_values(site: Site, bucket: Bucket, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unexpected error shows its type and place, and nothing that it quotes."""

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("Jane Citizen")

    monkeypatch.setattr("relay.running.sync.Sync.run", broken)
    code, _, err = cli("sync", "--config", site.config)
    assert code == 1
    assert "RuntimeError at test_relay_cli.py" in err
    assert "Jane" not in err


def test_help_and_version(cli: Cli) -> None:
    """Every command is explained, and where secrets come from."""
    code, out, _ = cli("--help")
    assert code == 0
    assert "OPEROO_RELAY_DB_PASSWORD" in out
    for command in ("sync", "watch", "status"):
        assert command in out
        assert cli(command, "--help")[0] == 0
    assert cli("--version")[1].startswith("operoo-relay ")


def test_the_password_is_in_no_driver_error(site: Site, bucket: Bucket, cli: Cli) -> None:
    """A server that cannot be reached is named by neither its login nor its password."""
    site.config.write_text(
        site.config.read_text().replace(
            f'driver = "SQLite3"\ndatabase = "{site.school}"',
            'driver = "FreeTDS"\nserver = "127.0.0.1"\nport = 1\ndatabase = "d"\nuser = "u"\nlogin_timeout_s = 2',
        ),
    )
    code, _, err = cli("sync", "--config", site.config)
    assert code == 1
    assert "database-unavailable" in err or "driver-missing" in err


@pytest.fixture
def server(site: Site) -> Iterator[str]:
    """Return the address of AWS on this machine, and have the relay use it."""
    server = ThreadedMotoServer(port=0)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    urllib.request.urlopen(f"{url}/moto-api/reset", data=b"").close()
    text = site.config.read_text().replace("[exchange]", f'[exchange]\nendpoint_url = "{url}"')
    site.config.write_text(text.replace("[relay]", "[relay]\ninterval_minutes = 0.01"))
    boto3.client("s3", region_name=REGION, endpoint_url=url).create_bucket(
        Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    yield url
    server.stop()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_watch_runs_until_it_is_told_to_stop(site: Site, server: str, cli: Cli, number: signal.Signals) -> None:
    """It runs again and again, and no second one beside it; the first signal ends it cleanly."""
    environment = {**os.environ, "OPEROO_RELAY_DB_PASSWORD": PASSWORD}
    command = [sys.executable, "-m", "relay", "watch", "--config", str(site.config), "--log-format", "json"]
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
    lines = []
    while sum("run is done" in line for line in lines) < 2:
        lines.append(process.stderr.readline())
        assert lines[-1], "".join(lines)
    code, _, err = cli("watch", "--config", site.config)
    assert (code, "already-watching" in err, process.poll()) == (1, True, None)
    process.send_signal(number)
    _, rest = process.communicate(timeout=300)
    assert process.returncode == 0
    assert "Stopped" in rest
    assert PASSWORD not in "".join(lines) + rest
    found = boto3.client("s3", region_name=REGION, endpoint_url=server).list_objects_v2(Bucket=BUCKET, Prefix=keys.SNAPSHOTS)
    assert found["KeyCount"] == 1


def test_watch_waits_for_what_gives_credentials(site: Site, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a power cut the relay may be up before the network is, without which the program that fetches them fails."""
    # Of each run that fails the cloud is told, for which they are asked for once more.
    told = [TransientError("no network", code="exchange-credentials")] * 2 + [SettingsError("no bucket", code="no-bucket")] * 3

    def client(_: str) -> None:
        raise told.pop(0)

    monkeypatch.setattr("relay.cloud.clients._maker", lambda _: client)
    monkeypatch.setattr("relay.running.watch._FIRST_RETRY", timedelta(0))
    code, _, err = cli("watch", "--config", site.config)
    assert (code, len(told)) == (1, 1)
    assert "The run failed: no network  code=exchange-credentials" in err
    assert "Error: no bucket [no-bucket]" in err
    _, out, _ = cli("status", "--json", "--config", site.config)
    status = json.loads(out)
    assert (status["state"], status["last_run"]) == ("cut-off", "failed: no-bucket")


@pytest.mark.parametrize("command", ["sync", "check", "status"])
def test_ctrl_c_is_told(site: Site, cli: Cli, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    """By a line, and the exit code that shells know it by."""

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("relay.commands.opening.load_settings", interrupted)
    code, out, err = cli(command, "--config", site.config)
    assert (code, out) == (130, "")
    assert err.startswith("Stopped.")


def test_ctrl_c_is_told_at_a_question(cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As anywhere else, and nothing is written."""

    def interrupted(_: str) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr("relay.commands.init._somebody_is_there", lambda: True)
    monkeypatch.setattr("typer._click.termui.visible_prompt_func", interrupted)
    code, _, err = cli("init", "--config", tmp_path / "relay.toml")
    assert (code, err.splitlines()[-1]) == (130, "Stopped.")
    assert list(tmp_path.iterdir()) == []


def test_a_script_for_no_output_at_all_ends_in_no_defect(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that is started without an output has none to ask for its encoding."""
    monkeypatch.setattr(sys, "stdout", None)
    assert cli("grants", "--mode", "one-way", "--version", "68", "--login", "relay") == (0, "", "")


def test_a_full_output_is_told_once_and_in_our_words(tmp_path: Path) -> None:
    """Python itself would fail at its very end, with a code that no page explains."""
    command = [sys.executable, "-m", "relay"]
    with Path("/dev/full").open("w") as full:
        short = subprocess.run([*command, "--version"], stdout=full, stderr=subprocess.PIPE, check=False, text=True)
        failed = subprocess.run(
            [*command, "status", "--config", str(tmp_path / "none.toml")],
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
            text=True,
        )
    assert (short.returncode, short.stderr.count("output-unwritable"), "ignored" in short.stderr) == (1, 1, False)
    assert (failed.returncode, "no-configuration" in failed.stderr, "ignored" in failed.stderr) == (1, True, False)


def test_ctrl_c_is_told_while_the_program_is_being_loaded(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """That takes a second, in which somebody who typed the wrong command stops it."""

    class Interrupted:
        @property
        def main(self) -> None:
            raise KeyboardInterrupt

    monkeypatch.setitem(sys.modules, "relay.command_line", Interrupted())
    assert cli("sync") == (130, "", "Stopped.\n")


def test_a_killed_relay_leaves_no_lock(site: Site, server: str) -> None:
    """After SIGKILL the next run starts at once and sweeps away what was spooled."""
    environment = {**os.environ, "OPEROO_RELAY_DB_PASSWORD": PASSWORD}
    command = [sys.executable, "-m", "relay", "watch", "--config", str(site.config)]
    process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    lock = site.folder / "operoo-relay-state" / "relay.lock"
    while not lock.exists():
        time.sleep(0.01)
    process.kill()
    process.wait()
    done = subprocess.run(
        [sys.executable, "-m", "relay", "sync", "--config", str(site.config)],
        env=environment,
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert not (site.folder / "operoo-relay-state" / "spool").exists()
    with only_watch(site.folder / "operoo-relay-state"):
        pass  # the one that was killed holds up no other
