"""The relay of the sample school: the installed program, in a process of its own, with a configuration as a school has it."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template

from local.school.odbc import database_name, require_driver
from local.stack.aws import NO_PROFILES
from shared.errors import FatalError, SettingsError

_LONGEST_S = 600
# Who may not install a driver for everybody has it in their own folder: ODBC finds it by these.
_KEPT = ("PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "ODBCSYSINI", "ODBCINSTINI")
_CONFIGURATION = Template("""\
# The sample school's relay, as the demo wrote it. relay/relay.example.toml explains every setting.

[synergetic]
driver = "$driver"
database = $database
mode = "two-way"

[exchange]
bucket = "$bucket"
region = "$region"
return_queue_url = "$queue"
receipt_queue_url = "$receipts"

[relay]
name = "sample-school"
state_dir = "state"
""")


@dataclass(frozen=True)
class RelayRun:
    """What the relay said of a run.

    Attributes:
        sequence: The manifest that stands.
        sent: Whether this run sent it.
        rows: How many rows were read.
        changed: How many buckets were sent.
        photos: How many photos were sent.
    """

    sequence: int
    sent: bool
    rows: int
    changed: int
    photos: int


class Relay:
    """The relay of one school.

    Args:
        folder: Where its configuration and its memory go.
        environment: What points it at AWS.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.configuration = folder / "relay.toml"
        self._environment = {
            **{name: os.environ[name] for name in _KEPT if name in os.environ},
            **NO_PROFILES,
            "BOTO_DISABLE_CRT": "true",
            **environment,
        }

    @property
    def program(self) -> Path:
        """The installed program.

        Raises:
            SettingsError: It is not installed beside this Python.
        """
        found = shutil.which("operoo-relay", path=str(Path(sys.executable).parent))
        if found is None:
            raise SettingsError("The program operoo-relay is not installed.", remedy="Run `make setup`.", code="no-relay")
        return Path(found)

    def configure(self, database: Path, outputs: Mapping[str, str], *, region: str) -> None:
        """Write the configuration file, with what the stack's outputs say.

        Raises:
            SettingsError: The ODBC driver is not installed.
        """
        text = _CONFIGURATION.substitute(
            driver=require_driver(),
            # A JSON string is also one of TOML.
            database=json.dumps(database_name(database), ensure_ascii=False),
            bucket=outputs["ExchangeBucket"],
            region=region,
            queue=outputs["ReturnQueueUrl"],
            receipts=outputs["ReceiptQueueUrl"],
        )
        self.configuration.parent.mkdir(parents=True, exist_ok=True)
        self.configuration.write_text(text, encoding="utf-8")

    def command(self) -> list[str]:
        """Return the command of one run."""
        return [str(self.program), "sync", "--config", str(self.configuration), "--log-format", "json"]

    def write_back(self, *options: str) -> tuple[int, list[str]]:
        """Write back what the cloud asks for, and return the exit code and what the relay said of it."""
        command = [str(self.program), "writeback", "--config", str(self.configuration), "--log-format", "json", *options]
        done = subprocess.run(  # noqa: S603 - our own program
            command, env=self._environment, capture_output=True, text=True, timeout=_LONGEST_S, check=False
        )
        said = done.stdout if done.returncode == 0 else done.stderr
        return done.returncode, said.strip().splitlines()

    def start(self) -> "subprocess.Popen[str]":
        """Begin a run. Ctrl-C on the terminal is not for it: whoever began it ends it."""
        return subprocess.Popen(  # noqa: S603 - our own program
            self.command(),
            env=self._environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def sync(self) -> RelayRun:
        """Do one run and return what the relay said of it.

        Raises:
            FatalError: It failed; the error holds what it said.
        """
        with self.start() as process:
            try:
                _, said = process.communicate(timeout=_LONGEST_S)
            finally:
                process.kill()
        lines = said.strip().splitlines()
        if process.returncode:
            raise FatalError(f"The relay failed: {' '.join(lines[-2:]) or 'it said nothing'}", code="relay-failed")
        told = next(line for line in map(json.loads, reversed(lines)) if "sequence" in line)
        return RelayRun(**{name: told[given] for name, given in _FIELDS.items()})


_FIELDS = {"sequence": "sequence", "sent": "sent", "rows": "rows", "changed": "changed_buckets", "photos": "photos"}
