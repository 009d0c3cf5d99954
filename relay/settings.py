"""The relay's configuration: one TOML file for what may be read by anyone, the environment for what may not.

Every mistake is answered with the key it is in and what to write there; nothing is guessed and no unknown key is passed over.
"""

import json
import tomllib
from collections.abc import Iterable
from contextlib import suppress
from difflib import get_close_matches
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic_core import ErrorDetails

from relay.cloud.names import Address, Bucket, Region
from relay.database.settings import PASSWORD_VARIABLE, DatabaseSettings
from relay.paths import FilePath
from shared.errors import SettingsError

DEFAULT_FILE = Path("relay.toml")
_MEGABYTE = 1024 * 1024
_ONE_FORM = "Write all of them within the braces, or take the braces apart into a line for each."
_NO_SUCH_VALUE = "No key of it takes such a value: correct or remove it."


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ExchangeSettings(_Section):
    """Where the cloud takes things in: `[exchange]`. Credentials come by AWS's standard chain, never from here.

    Attributes:
        profile: Which profile of AWS's own files to use.
        aws_config_file: The file with AWS's profiles, if it is not where the account that runs the relay has its own.
        proxy: Through which proxy AWS is reached, and AWS alone; its password is not in the address.
        ca_bundle: The authorities that vouch for AWS, where a proxy looks into encrypted connections.
    """

    bucket: Bucket
    region: Region = None
    endpoint_url: Address = None
    return_queue_url: Address = None
    receipt_queue_url: Address = None
    upload_threads: int = Field(default=4, ge=1, le=32)
    profile: str | None = None
    aws_config_file: FilePath | None = None
    proxy: str | None = None
    ca_bundle: FilePath | None = None

    @field_validator("proxy")
    @classmethod
    def _is_an_address(cls, value: str | None) -> str | None:
        parts = urlsplit(value or "http://none:1")
        if parts.password is not None:
            raise ValueError("must not hold the password; put it into the environment variable OPEROO_RELAY_PROXY_PASSWORD")
        with suppress(ValueError):  # what a port may not be is not repeated
            if parts.scheme in {"http", "https"} and parts.hostname and parts.port:
                return value
        raise ValueError('must be an address with a port, such as "http://proxy.school.example:8080"')

    def check_listens(self) -> None:
        """Refuse to look for what the cloud asks for where nothing can come in.

        Raises:
            SettingsError: There is no return queue.
        """
        if not self.return_queue_url:
            raise SettingsError(
                "The relay does not listen: without a return queue nothing can be asked of it.",
                remedy="Set `return_queue_url` in [exchange]: the stack prints it as an output.",
                code="not-listening",
            )


class RelaySettings(_Section):
    """How this relay runs: `[relay]`.

    Attributes:
        state_dir: Where it remembers what it did, and spools; relative to the configuration file.
        log_file: Where a service's log goes; relative to `state_dir`.
        log_size_mb: How large it grows before a new one is begun.
        log_files: How many are kept, the newest among them.
        schedule_from_console: Whether `watch` runs when the console says, if that says anything.
        poll_every_s: How long `watch` takes from one look into the return queue to the next; each waits for up to 20 seconds.
        heartbeat_minutes: How long `watch` may be silent between two runs before it gives a sign of life; with 0 it gives one
            each time that it has listened.
        spool_memory_mb: How much of a row set is held in memory before it goes to disk.
        spool_disk_mb: How much one run may put on the disk.
        error_budget: How many failed runs within `error_window_hours` make `watch` give up.
        restate_after_days: After how long everything is sent again although nothing changed.
        photos_again_after_days: The same for photos, which the cloud keeps longer.
    """

    name: str = Field(default="relay", min_length=1, max_length=60, pattern=r"^[A-Za-z0-9._-]+$")
    state_dir: FilePath = Path("operoo-relay-state")
    log_file: FilePath = Path("relay.log")
    log_size_mb: int = Field(default=5, ge=1, le=1000)
    log_files: int = Field(default=5, ge=2, le=100)
    interval_minutes: float = Field(default=15, gt=0, le=24 * 60)
    schedule_from_console: bool = True
    poll_every_s: int = Field(default=20, ge=20, le=86_400)
    heartbeat_minutes: float = Field(default=0, ge=0, le=24 * 60)
    fetch_size: int = Field(default=1000, ge=1, le=100_000)
    spool_memory_mb: int = Field(default=4, ge=1, le=1024)
    spool_disk_mb: int = Field(default=2048, ge=1)
    max_photo_mb: int = Field(default=20, ge=1, le=100)
    restate_after_days: int = Field(default=30, ge=1, le=60)
    photos_again_after_days: int = Field(default=180, ge=1, le=300)
    error_budget: int = Field(default=20, ge=1)
    error_window_hours: float = Field(default=24, gt=0, le=366 * 24)

    @field_validator("log_file")
    @classmethod
    def _is_no_file_of_the_relays(cls, value: Path) -> Path:
        if value.suffix in {".db", ".lock"}:
            raise ValueError('must not end as the files that the relay keeps for itself; name it such as "relay.log"')
        return value

    @property
    def log_path(self) -> Path:
        """Where the log of a service is."""
        return self.state_dir / self.log_file

    @property
    def log_file_bytes(self) -> int:
        """How large a log file may grow, in bytes."""
        return self.log_size_mb * _MEGABYTE

    @property
    def spool_memory_bytes(self) -> int:
        """The limit in memory, in bytes."""
        return self.spool_memory_mb * _MEGABYTE

    @property
    def spool_disk_bytes(self) -> int:
        """The limit on disk, in bytes."""
        return self.spool_disk_mb * _MEGABYTE

    @property
    def max_photo_bytes(self) -> int:
        """The largest photo that is sent, in bytes."""
        return self.max_photo_mb * _MEGABYTE


class Settings(_Section):
    """The whole configuration."""

    synergetic: DatabaseSettings
    exchange: ExchangeSettings
    relay: RelaySettings = RelaySettings()


def load_settings(path: Path) -> Settings:
    """Read the configuration file.

    Raises:
        SettingsError: The file is missing, is not TOML, or a key is wrong.
    """
    return parse_settings(_read(path), path)


def parse_settings(text: str, path: Path) -> Settings:
    """Read a configuration that is, or will be, in this file; paths in it are relative to the file's folder.

    Raises:
        SettingsError: It is not TOML, or a key is wrong.
    """
    try:
        content = tomllib.loads(text)
        # Nothing is taken for something else: `true` is no port, "no" is no answer, and a day, which JSON has not, is no text.
        said = json.dumps(content, default=lambda day: {str(day): 0}, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise _not_toml(path, error) from None
    if any("password" in part for part in (content, *content.values()) if isinstance(part, dict)):
        raise SettingsError(
            f"{path}: a password does not belong in this file.",
            remedy=f"Remove the key, and keep the password by `operoo-relay password`, or in the variable {PASSWORD_VARIABLE}.",
            code="password-in-file",
        )
    try:
        settings = Settings.model_validate_json(said, strict=True)
    except ValidationError as error:
        raise _wrong_keys(path, error) from None
    folder = path.resolve().parent
    names = ("synergetic", "exchange", "relay")
    return settings.model_copy(update={name: _placed(getattr(settings, name), folder) for name in names})


_Model = TypeVar("_Model", bound=BaseModel)


def _placed(section: _Model, folder: Path) -> _Model:
    """Return a section whose relative paths begin in a folder; a log's place is relative to another setting."""
    paths = {name: value for name, value in section if isinstance(value, Path) and name != "log_file"}
    return section.model_copy(update={name: folder / value for name, value in paths.items()})


def _read(path: Path) -> str:
    try:
        # Editors on Windows put a mark in front.
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise SettingsError(
            f"The configuration file {path} does not exist.",
            remedy="Make one with `operoo-relay init`, or name another file with --config.",
            code="no-configuration",
        ) from None
    except OSError as error:
        may_not = (
            "Run this as an administrator (on Linux with sudo), or as the account that the relay runs as. If its task or "
            "service says this, run `operoo-relay install` again."
        )
        raise SettingsError(
            f"The configuration file {path} cannot be read: {error.strerror}.",
            remedy=may_not if isinstance(error, PermissionError) else "Name another file with --config.",
            code="no-configuration",
        ) from None
    except UnicodeDecodeError as error:
        raise _not_toml(path, error) from None


def _not_toml(path: Path, error: ValueError | RecursionError) -> SettingsError:
    # What the decoder could not read is not repeated: it may be anything.
    reason, remedy = str(error), r"Correct that line. A text with a backslash stands in single quotes: 'sql01\instance'."
    if isinstance(error, UnicodeError):
        reason, remedy = "it is not UTF-8 text", "Save it as UTF-8."
    elif isinstance(error, RecursionError):
        reason, remedy = "its brackets are nested too deeply", _NO_SUCH_VALUE
    elif "immutable namespace" in reason:
        reason, remedy = f"a key that stands there in braces already takes no more ({reason.rpartition('(')[2]}", _ONE_FORM
    elif not isinstance(error, tomllib.TOMLDecodeError):
        reason, remedy = "it holds a number that is too long", _NO_SUCH_VALUE
    return SettingsError(f"{path} is not valid TOML: {reason}.", remedy=remedy, code="configuration-invalid")


def _wrong_keys(path: Path, error: ValidationError) -> SettingsError:
    faults = [
        f"{'.'.join(str(part) for part in one['loc']) or 'the file'}: {_in_plain_words(one)}"
        for one in error.errors(include_url=False, include_input=False, include_context=False)
    ]
    shown = "; ".join(faults[:5]) + (f"; and {len(faults) - 5} more" if len(faults) > 5 else "")  # noqa: PLR2004 - enough to begin with
    remedy = "docs/relay.md explains each key, and so do the comments in a file that `operoo-relay init` writes."
    return SettingsError(f"{path}: {shown}.", remedy=remedy, code="configuration-invalid")


def _in_plain_words(one: ErrorDetails) -> str:
    if one["type"] == "extra_forbidden":
        *sections, key = (str(part) for part in one["loc"])
        near = get_close_matches(key, _keys(sections), n=1)
        return "is not a known key" + (f"; did you mean {near[0]}?" if near else "")
    known = {"missing": "is missing", "model_type": f"is a section: its keys stand below [{'.'.join(map(str, one['loc']))}]"}
    return known.get(one["type"], one["msg"].removeprefix("Value error, "))


def _keys(sections: Iterable[str]) -> Iterable[str]:
    """Return the keys that a section of the configuration may hold."""
    section: type[BaseModel] = Settings
    for name in sections:
        kind = section.model_fields[name].annotation
        if not (isinstance(kind, type) and issubclass(kind, BaseModel)):
            return ()
        section = kind
    return section.model_fields
