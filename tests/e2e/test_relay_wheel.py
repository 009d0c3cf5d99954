"""What a school installs: the wheel holds the relay and nothing else, and works in an environment that has nothing else."""

import json
import os
import shutil
import subprocess
import sys
import urllib.request
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer

from shared import keys
from tests.integration.relay_school import build
from tests.integration.relay_site import BUCKET, REGION

ROOT = Path(__file__).parents[2]
UV = shutil.which("uv") or str(ROOT / ".tools" / "bin" / "uv")


def _run(*words: object, folder: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    command, variables = [str(word) for word in words], {**os.environ, **environment}
    return subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel, as `make relay-wheel` does."""
    folder = tmp_path_factory.mktemp("wheel")
    done = _run(UV, "build", "--wheel", "--out-dir", folder)
    assert done.returncode == 0, done.stderr
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def program(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Install the wheel, and what it says it needs in the versions of the lockfile, into an empty environment."""
    folder = tmp_path_factory.mktemp("school")
    needed = folder / "needed.txt"
    steps = [
        (UV, "export", "--frozen", "--no-default-groups", "--no-hashes", "--no-emit-project", "--quiet", "-o", needed),
        (UV, "venv", "--quiet", "--python", sys.executable, folder / "venv"),
        (UV, "pip", "install", "--quiet", "--python", folder / "venv", "--constraint", needed, wheel),
    ]
    for step in steps:
        done = _run(*step)
        assert done.returncode == 0, done.stderr
    yield folder / "venv" / "bin" / "operoo-relay"
    shutil.rmtree(folder)


@pytest.fixture
def config(tmp_path: Path) -> Iterator[Path]:
    """Configure the relay of a small school whose AWS is on this machine."""
    server = ThreadedMotoServer(port=0)
    server.start()
    url = "http://{}:{}".format(*server.get_host_and_port())
    urllib.request.urlopen(f"{url}/moto-api/reset", data=b"").close()
    where = {"LocationConstraint": REGION}
    boto3.client("s3", endpoint_url=url, region_name=REGION).create_bucket(Bucket=BUCKET, CreateBucketConfiguration=where)
    path = tmp_path / "relay.toml"
    path.write_text(
        f'[synergetic]\ndriver = "SQLite3"\ndatabase = "{build(tmp_path / "school.db")}"\n'
        f'[exchange]\nbucket = "{BUCKET}"\nregion = "{REGION}"\nendpoint_url = "{url}"\n',
    )
    yield path
    server.stop()


def test_the_wheel_holds_the_relay_and_what_it_shares(wheel: Path) -> None:
    """Two packages and the example of a configuration: no functions, no local stack, no tests, no caches."""
    with zipfile.ZipFile(wheel) as content:
        names = content.namelist()
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {"relay", "shared"}
    assert {name for name in names if not name.endswith(".py") and ".dist-info/" not in name} == {"relay/relay.example.toml"}
    ours = {path.relative_to(ROOT).as_posix() for room in ("relay", "shared") for path in (ROOT / room).rglob("*.py")}
    assert ours <= set(names)


def test_it_explains_itself(program: Path, tmp_path: Path) -> None:
    """The program is there under its name, runs from anywhere, and needs no configuration to be asked."""
    shown, version = _run(program, "--help", folder=tmp_path), _run(program, "--version", folder=tmp_path)
    assert shown.returncode == 0, shown.stderr
    for command in ("init", "grants", "check", "sync", "watch", "status", "password", "install", "uninstall"):
        assert f"\n  {command} " in shown.stdout
    assert version.stdout.strip() == "operoo-relay 0.1.0"


def test_it_asks_a_person(program: Path, tmp_path: Path) -> None:
    """At a terminal it asks for one thing after the other, asks again where an answer will not do, and hides the password."""
    answers = [
        "sql01,1433",
        "sql01\\syn",
        " ",
        "Synergetic",
        "reader",
        "x",
        "school-exchange",
        "ap-southeast-2",
        "",
        "",
        "hunter2",
    ]
    terminal, other_end = os.openpty()
    process = subprocess.Popen(
        [program, "init", "--password-store", "file"],
        cwd=tmp_path,
        stdin=other_end,
        stdout=other_end,
        stderr=other_end,
        start_new_session=True,
    )
    os.close(other_end)
    shown = b""
    with suppress(OSError):  # how the end of a terminal shows on Linux
        while new := os.read(terminal, 4096):
            shown += new
            if shown.endswith(b": ") and answers:
                os.write(terminal, f"{answers.pop(0)}\n".encode())
    os.close(terminal)
    assert process.wait(timeout=300) == 0, shown
    assert answers == []
    assert b"must not hold the port" in shown
    assert b"it must not be empty" in shown
    assert b"must be a bucket's name" in shown
    assert b"hunter2" not in shown
    assert (tmp_path / "relay.password").read_text() == "hunter2"
    assert 'server = "sql01\\\\syn"' in (tmp_path / "relay.toml").read_text()


def test_it_checks_a_school(program: Path, config: Path) -> None:
    """Every part of the report is made; all there is to say is that AWS on this machine lets everybody do everything."""
    done = _run(program, "check", "--json", "--config", config, folder=config.parent)
    assert done.returncode == 1, done.stdout + done.stderr
    findings = json.loads(done.stdout)["findings"]
    assert "students: 40 rows." in {one["what"] for one in findings}
    wrong = {one["code"]: one["verdict"] for one in findings if one["verdict"] not in {"ok", "note"}}
    assert wrong == {"exchange-too-open": "warning", "not-listening": "warning"}


def test_it_sends_a_school(program: Path, config: Path) -> None:
    """As a task it reads, sends, logs as JSON and knows afterwards how it is doing."""
    done = _run(program, "sync", "--service", "--config", config, folder=config.parent)
    assert done.returncode == 0, done.stderr
    assert '"sequence": 1' in (config.parent / "operoo-relay-state" / "relay.log").read_text()
    status = _run(program, "status", "--config", config, folder=config.parent)
    assert status.returncode == 0, status.stdout + status.stderr
    url = next(line.split('"')[1] for line in config.read_text().splitlines() if line.startswith("endpoint_url"))
    found = boto3.client("s3", endpoint_url=url, region_name=REGION).list_objects_v2(Bucket=BUCKET, Prefix=keys.SNAPSHOTS)
    assert found["KeyCount"] == 1
