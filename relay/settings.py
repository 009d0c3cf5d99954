"""The relay's configuration: one TOML file for what may be read by anyone, the environment for what may not.

Every mistake is answered with the key it is in and what to write there; nothing is guessed and no unknown key is passed over.
"""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator

from relay.database.connection_string import build, escape, names_a_password
from shared.errors import SettingsError
from shared.synergetic import SynergeticSettings

PASSWORD_VARIABLE = "OPEROO_RELAY_DB_PASSWORD"  # noqa: S105 - the name of a variable, not a password
DEFAULT_FILE = Path("relay.toml")
_MEGABYTE = 1024 * 1024


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DatabaseSettings(_Section):
    """Where Synergetic is: `[synergetic]`.

    Attributes:
        connection: A whole ODBC connection string instead of the single settings below; it may not hold a password.
        trusted: Log in as the Windows account the relay runs under.
        snapshot: Read everything as of one moment where the server offers it.
        contract: What the school calls things in Synergetic, where it differs from the product's documentation.
    """

    driver: str = "ODBC Driver 18 for SQL Server"
    server: str = ""
    port: int | None = Field(default=None, ge=1, le=65535)
    database: str = ""
    user: str = ""
    trusted: bool = False
    encrypt: bool = True
    trust_server_certificate: bool = False
    connection: str = ""
    login_timeout_s: int = Field(default=15, ge=1, le=600)
    query_timeout_s: int = Field(default=300, ge=1, le=86_400)
    snapshot: bool = True
    contract: SynergeticSettings = SynergeticSettings()

    @field_validator("connection")
    @classmethod
    def _no_password_in_the_file(cls, value: str) -> str:
        if names_a_password(value):
            raise ValueError(f"must not hold the password; put it into the environment variable {PASSWORD_VARIABLE}")
        return value

    @model_validator(mode="after")
    def _says_where(self) -> "DatabaseSettings":
        if self.connection and (self.server or self.database or self.user):
            raise ValueError("give either `connection` or `server`, `database` and `user`, not both")
        if not self.connection and not self.database:
            raise ValueError("give `server` and `database`, or a whole `connection` string")
        if self.is_sqlite and ";" in self.database:
            raise ValueError("the path of a SQLite file must not hold a semicolon")
        if not self.connection and not self.is_sqlite and not self.server:
            raise ValueError("give the `server` that holds the database")
        if not self.connection and not self.is_sqlite and not (self.user or self.trusted):
            raise ValueError("give the `user` to log in as, or `trusted = true` for the Windows account")
        return self

    @property
    def is_sqlite(self) -> bool:
        """Whether this is a file read through the SQLite driver, as the sample school is."""
        return "sqlite" in (self.connection or self.driver).lower()

    def connection_string(self, password: SecretStr) -> str:
        """Return the connection string, password included: for the driver only, never for a message."""
        secret = [("PWD", password.get_secret_value())]
        if self.connection:
            return ";".join(part for part in (self.connection.rstrip("; "), build(secret)) if part)
        if self.is_sqlite:
            # This driver takes braces for a part of the path. Without NoCreat it answers a misspelt one with a new, empty file,
            # and without StepAPI it reads a whole result into memory.
            return f"Driver={escape(self.driver)};Database={self.database};NoCreat=1;StepAPI=1;Timeout=10000"
        server = f"{self.server},{self.port}" if self.port else self.server
        login = [("Trusted_Connection", "yes")] if self.trusted else [("UID", self.user), *secret]
        return build(
            [
                ("Driver", self.driver),
                ("Server", server),
                ("Database", self.database),
                *login,
                ("Encrypt", "yes" if self.encrypt else "no"),
                ("TrustServerCertificate", "yes" if self.trust_server_certificate else "no"),
                ("ApplicationIntent", "ReadOnly"),
                ("APP", "operoo-relay"),
            ],
        )


class ExchangeSettings(_Section):
    """Where the cloud takes things in: `[exchange]`. Credentials come by AWS's standard chain, never from here."""

    bucket: str = Field(min_length=3, max_length=63)
    region: str | None = None
    endpoint_url: str | None = None
    return_queue_url: str | None = None
    upload_threads: int = Field(default=4, ge=1, le=32)


class RelaySettings(_Section):
    """How this relay runs: `[relay]`.

    Attributes:
        state_dir: Where it remembers what may be lost at any time, and spools; relative to the configuration file.
        spool_memory_mb: How much of a row set is held in memory before it goes to disk.
        spool_disk_mb: How much one run may put on the disk.
        error_budget: How many failed runs within `error_window_hours` make `watch` give up.
        restate_after_days: After how long everything is sent again although nothing changed.
        photos_again_after_days: The same for photos, which the cloud keeps longer.
    """

    name: str = Field(default="relay", min_length=1, max_length=60, pattern=r"^[A-Za-z0-9._-]+$")
    state_dir: Path = Path("operoo-relay-state")
    interval_minutes: float = Field(default=15, gt=0, le=24 * 60)
    fetch_size: int = Field(default=1000, ge=1, le=100_000)
    spool_memory_mb: int = Field(default=4, ge=1, le=1024)
    spool_disk_mb: int = Field(default=2048, ge=1)
    max_photo_mb: int = Field(default=20, ge=1, le=100)
    restate_after_days: int = Field(default=30, ge=1, le=60)
    photos_again_after_days: int = Field(default=180, ge=1, le=300)
    error_budget: int = Field(default=20, ge=1)
    error_window_hours: float = Field(default=24, gt=0)

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
    """The whole configuration, with what the environment adds."""

    synergetic: DatabaseSettings
    exchange: ExchangeSettings
    relay: RelaySettings = RelaySettings()
    password: SecretStr = SecretStr("")


def load_settings(path: Path, environment: Mapping[str, str] = os.environ) -> Settings:
    """Read the configuration file and the environment.

    Raises:
        SettingsError: The file is missing, is not TOML, or a key is wrong.
    """
    content = _read(path)
    if "password" in content:
        raise SettingsError(
            f"{path}: a password does not belong in this file.",
            remedy=f"Remove the key and set the environment variable {PASSWORD_VARIABLE}.",
            code="password-in-file",
        )
    try:
        settings = Settings.model_validate({**content, "password": environment.get(PASSWORD_VARIABLE, "")})
    except ValidationError as error:
        raise _wrong_keys(path, error) from None
    folder = path.resolve().parent / settings.relay.state_dir
    return settings.model_copy(update={"relay": settings.relay.model_copy(update={"state_dir": folder})})


def _read(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SettingsError(
            f"The configuration file {path} does not exist.",
            remedy="Copy relay.example.toml there and fill it in, or name another file with --config.",
            code="no-configuration",
        ) from None
    except OSError as error:
        raise SettingsError(
            f"The configuration file {path} cannot be read: {error.strerror}.", code="no-configuration"
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"{path} is not valid TOML: {error}.", remedy="Correct that line.", code="configuration-invalid"
        ) from None


def _wrong_keys(path: Path, error: ValidationError) -> SettingsError:
    faults = [
        f"{'.'.join(str(part) for part in one['loc']) or 'the file'}: {_in_plain_words(one['type'], one['msg'])}"
        for one in error.errors(include_url=False, include_input=False, include_context=False)
    ]
    shown = "; ".join(faults[:5]) + (f"; and {len(faults) - 5} more" if len(faults) > 5 else "")  # noqa: PLR2004 - enough to begin with
    return SettingsError(f"{path}: {shown}.", remedy="relay.example.toml explains each key.", code="configuration-invalid")


def _in_plain_words(kind: str, message: str) -> str:
    known = {"extra_forbidden": "is not a known key", "missing": "is missing"}
    return known.get(kind, message.removeprefix("Value error, "))
