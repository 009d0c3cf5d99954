"""Makes the relay's configuration from the commented example, so that what each key means is written down once."""

import codecs
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path, PurePath

from pydantic import BaseModel, TypeAdapter, ValidationError

from shared.errors import SettingsError

Value = str | int | bool
Answers = Mapping[str, Mapping[str, Value | None]]

_SECTION = re.compile(r"^\[(?P<name>[\w.]+)\]$")
_KEY = re.compile(r"^(?:# )?(?P<name>\w+) = ")
_DRIVER = re.compile(r"^ODBC Driver (\d+) for SQL Server$")


@dataclass(frozen=True, kw_only=True)
class Choices:
    """What differs from school to school.

    Attributes:
        user: The SQL login; none means the Windows account that the relay runs under.
        password_file: Where the login's password is, if it is in a file.
    """

    server: str
    database: str
    user: str
    bucket: str
    region: str
    driver: str
    mode: str = "one-way"
    port: int | None = None
    return_queue_url: str | None = None
    receipt_queue_url: str | None = None
    aws_config_file: str | None = None
    password_file: str | None = None

    def text(self, config: PurePath) -> str:
        """Return the configuration file's text, for this place."""
        state = _state_dir(config)
        return filled(
            example(),
            {
                "synergetic": {
                    "mode": self.mode,
                    "driver": self.driver,
                    "server": self.server,
                    "port": self.port,
                    "database": self.database,
                    "user": self.user or None,
                    "trusted": None if self.user else True,
                    "password_file": self.password_file,
                },
                "exchange": {
                    "bucket": self.bucket,
                    "region": self.region,
                    "return_queue_url": self.return_queue_url or None,
                    "receipt_queue_url": self.receipt_queue_url or None,
                    "aws_config_file": self.aws_config_file,
                },
                "relay": {"state_dir": state} if state else {},
            },
        )


def _state_dir(config: PurePath) -> str | None:
    """Return the relay's folder, if it is not beside the configuration: what changes does not belong below `/etc`."""
    match config.parts:
        case (_, "etc", folder, *_, _):
            return f"/var/lib/{folder}"  # a second relay on this machine has another one
        case (_, "etc", _):
            return "/var/lib/operoo-relay"
        case _:
            return None


# The stack's outputs that the configuration takes over.
OUTPUTS = {
    "ExchangeBucket": "bucket",
    "Region": "region",
    "ReturnQueueUrl": "return_queue_url",
    "ReceiptQueueUrl": "receipt_queue_url",
}


def read_outputs(path: Path) -> dict[str, str]:
    """Return what a file with the stack's outputs says for the configuration, by its keys.

    Raises:
        SettingsError: The file is not there, or is none.
    """
    try:
        outputs = TypeAdapter(list[_Output]).validate_json(_text_of(path.read_bytes()))
    except OSError as error:
        what = f"cannot be read: {error.strerror}"
    except ValidationError:
        what = "does not hold a stack's outputs"
    else:
        return {OUTPUTS[one.OutputKey]: one.OutputValue for one in outputs if one.OutputKey in OUTPUTS}
    raise SettingsError(
        f"The file {path} {what}.",
        remedy='Ask whoever runs the stack for what `aws cloudformation describe-stacks --query "Stacks[0].Outputs"` prints.',
        code="outputs-unreadable",
    )


def _text_of(content: bytes) -> str | bytes:
    """Return what a file says that PowerShell's `>` or an editor wrote: UTF-16, or UTF-8 with a mark in front."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", errors="replace")
    return content.removeprefix(codecs.BOM_UTF8)


class _Output(BaseModel):
    OutputKey: str
    OutputValue: str


def example() -> str:
    """Return the commented example that comes with the relay."""
    return files("relay").joinpath("relay.example.toml").read_text(encoding="utf-8")


def filled(template: str, answers: Answers) -> str:
    """Return the template with each answered key set, or, where the answer is nothing, left out as a comment.

    Raises:
        KeyError: The template has no place for an answer.
    """
    section, lines = "", []
    open_keys = {(name, key) for name, keys in answers.items() for key in keys}
    for line in template.splitlines():
        if found := _SECTION.match(line):
            section = found["name"]
        elif (found := _KEY.match(line)) and (section, found["name"]) in open_keys:
            key = found["name"]
            open_keys.remove((section, key))
            lines.append(_line(key, answers[section][key], line))
            continue
        lines.append(line)
    if open_keys:
        raise KeyError(*sorted(open_keys))
    return "\n".join(lines) + "\n"


def best_driver(installed: Iterable[str], otherwise: str) -> str:
    """Return the newest of Microsoft's ODBC drivers that are installed, or `otherwise` if there is none."""
    versions = [int(found[1]) for name in installed if (found := _DRIVER.match(name))]
    return f"ODBC Driver {max(versions)} for SQL Server" if versions else otherwise


def _line(key: str, value: Value | None, before: str) -> str:
    if value is None:
        return f"# {before.removeprefix('# ')}"
    # A JSON string, number or truth value is also one of TOML.
    return f"{key} = {json.dumps(value, ensure_ascii=False)}"
