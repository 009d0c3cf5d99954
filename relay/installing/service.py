"""What is to be installed: the program and its configuration, the account it runs as, and how often; checked beforehand."""

import re
import stat
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePath, PurePosixPath

from relay.database.settings import PASSWORD_VARIABLE
from relay.environment import environment_file_of
from relay.installing.machine import Machine, System
from relay.passwords import CREDENTIAL
from relay.settings import Settings
from shared.errors import SettingsError

NAME = "operoo-relay"
LINUX_ACCOUNT, WINDOWS_ACCOUNT = "operoo-relay", "LocalService"
# What `systemctl edit` writes.
_ADDITIONS = "/etc/systemd/system/{name}.service.d/override.conf"
# What a person may have set in a window, and the setting that says the same to every account.
_OF_A_WINDOW = {
    "HTTPS_PROXY": "proxy",
    "AWS_CA_BUNDLE": "ca_bundle",
    "AWS_CONFIG_FILE": "aws_config_file",
    "AWS_PROFILE": "profile",
    "AWS_ACCESS_KEY_ID": "aws_config_file",
}
# What a relay leaves in its folder, but for its log; and what a disk of its own has.
_OWN = re.compile(r"(state|writeback)\.db(-\w+)?|(relay|watch|writeback)\.lock|spool|lost\+found")
_NAME = re.compile(r"[a-z][a-z0-9-]{0,40}")
# What systemd takes for a name, and what Windows does: its own name for an account, with or without a domain.
_OF_WINDOWS = r'[^\s"/\\\[\]:;|=,+*?<>](?:[^\x00-\x1f"/\\\[\]:;|=,+*?<>]*[^\s"/\\\[\]:;|=,+*?<>])?'
_ACCOUNT: Mapping[System, re.Pattern[str]] = {
    "linux": re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,30}"),
    "windows": re.compile(rf"(?:{_OF_WINDOWS}\\)?{_OF_WINDOWS}"),
}


class Kind(StrEnum):
    """The two ways to run all the time."""

    TIMER = "timer"
    SERVICE = "service"


@dataclass(frozen=True)
class Service:
    """The relay as something that the system runs.

    Attributes:
        program: The program and its first arguments; the program by its whole path.
        python: Where the Python is that the program runs by.
        config: The configuration, by its whole path.
        account: The account that it runs as.
        interval_minutes: How often.
        state_dir: The folder that the account must be able to write.
        log_file: The file that the account must be able to write.
        readable: Files beside the configuration that the account must be able to read, and that are closed to others.
        public: Certificates that everybody may read: they stay as they are.
    """

    name: str
    kind: Kind
    program: tuple[str, ...]
    python: PurePath
    config: PurePath
    account: str
    interval_minutes: int
    state_dir: PurePath
    log_file: PurePath
    readable: tuple[PurePath, ...]
    public: tuple[PurePath, ...] = ()

    @property
    def environment_file(self) -> PurePath:
        """Where variables for the relay may be."""
        return self.config.with_suffix(".env")

    @property
    def needed(self) -> dict[str, PurePath]:
        """What the account must be able to reach, and what it is called."""
        program = type(self.config)(self.program[0])
        files = {f"file {path.name}": path for path in (*self.readable, *self.public)}
        own = {"configuration": self.config, "folder": self.state_dir, "log": self.log_file}
        return {"program": program, "Python": self.python, **own, **files}

    @property
    def own_folders(self) -> tuple[PurePath, ...]:
        """The folders that become the account's, with all that is in them, and are closed to others."""
        logs = self.log_file.parent
        return (self.state_dir,) if logs.is_relative_to(self.state_dir) else (self.state_dir, logs)

    @property
    def command(self) -> tuple[str, ...]:
        """The whole command that the system runs."""
        verb = "sync" if self.kind is Kind.TIMER else "watch"
        return (*self.program, verb, "--service", "--config", str(self.config))


@dataclass(frozen=True)
class InstallOptions:
    """What the person who installs the relay may choose; what is left open is as suits."""

    name: str
    kind: Kind | None
    account: str
    program: Path | None
    readable: tuple[Path, ...] = ()


def service_of(settings: Settings, config: Path, wishes: InstallOptions, system: System) -> Service:
    """Put together what is to be installed.

    Raises:
        SettingsError: The name, the account or the program will not do, or only the school can name the account.
    """
    database, exchange, variables = settings.synergetic, settings.exchange, environment_file_of(config.resolve())
    certificates = [path for path in (database.server_certificate, database.ca_file, exchange.ca_bundle) if path]
    # The system's own authorities may be among them, by which every program here knows whom to trust.
    public = tuple(path for path in certificates if path.is_file() and path.stat().st_mode & stat.S_IROTH)
    files = (
        *(path.resolve() for path in wishes.readable),
        database.password_file,
        exchange.aws_config_file,
        *(path for path in certificates if path not in public),
        variables if variables.exists() else None,
    )
    return Service(
        name=checked_name(wishes.name),
        kind=wishes.kind or _usual_kind(settings),
        program=_program(wishes.program),
        python=Path(sys.base_prefix),
        config=config.resolve(),
        account=_checked_account(wishes.account or _usual_account(system, settings), system),
        interval_minutes=max(1, round(settings.relay.interval_minutes)),
        state_dir=settings.relay.state_dir,
        log_file=settings.relay.log_path,
        readable=tuple(path for path in files if path),
        public=public,
    )


def _usual_kind(settings: Settings) -> Kind:
    # What flows back must not wait for the next run.
    return Kind.SERVICE if settings.synergetic.mode == "two-way" else Kind.TIMER


def _usual_account(system: System, settings: Settings) -> str:
    if system == "linux":
        return LINUX_ACCOUNT
    if settings.synergetic.trusted:
        raise SettingsError(
            "The account that the relay runs as is also its database login, so it must be named.",
            remedy="Give --account DOMAIN\\NAME$, a managed service account that the grants script named.",
            code="account-needed",
        )
    return WINDOWS_ACCOUNT


def refuse_unreachable_password(service: Service, settings: Settings, machine: Machine) -> None:
    """Make sure that the account will find the password of the database login.

    Raises:
        SettingsError: It is where only the person finds it who put it there.
    """
    variables, additions = (
        machine.text(service.environment_file),
        machine.text(PurePosixPath(_ADDITIONS.format(name=service.name))),
    )
    elsewhere = f"{PASSWORD_VARIABLE}=" in variables or CREDENTIAL in additions
    if settings.synergetic.user and not settings.synergetic.password_file and not elsewhere:
        raise SettingsError(
            f"{service.account} would not find the password of the database login.",
            remedy="Write the password into a file that only administrators can read, and name it as password_file in "
            "[synergetic]; `operoo-relay init --password-store file` does both. "
            f"Or write {PASSWORD_VARIABLE}=PASSWORD into {service.environment_file}.",
            code="password-out-of-reach",
        )


def left_behind(service: Service, settings: Settings, machine: Machine, environment: Mapping[str, str]) -> list[str]:
    """Return which variables of this window may matter to the relay, and will not be set where the system runs it."""
    variables = machine.text(service.environment_file)
    return [
        name
        for name, setting in _OF_A_WINDOW.items()
        if name in environment and not getattr(settings.exchange, setting) and f"{name}=" not in variables
    ]


def refuse_missing_files(service: Service) -> None:
    """Make sure that what the account must read is there, before anything is changed.

    Raises:
        SettingsError: A file is not there, or is a folder.
    """
    for path in service.readable:
        if not Path(path).is_file():
            what = "is a folder" if Path(path).is_dir() else "is not there"
            raise SettingsError(
                f"The file {path}, which {service.account} must be able to read, {what}.",
                remedy="Write it first. Or take it out of the configuration, or out of --readable.",
                code="file-missing",
            )


def refuse_shared_folders(service: Service) -> None:
    """Make sure that a folder which is to be the account's alone holds nothing of anybody else.

    Raises:
        SettingsError: One does, such as `/var/log`.
    """
    for folder in service.own_folders:
        with suppress(OSError):  # it is not there yet, or is closed to who may only look
            names = sorted(one.name for one in Path(folder).iterdir())
            if others := [one for one in names if not (_OWN.fullmatch(one) or one.startswith(service.log_file.name))]:
                raise SettingsError(
                    f"{folder} is to be {service.account}'s alone, and holds other things, such as {others[0]}.",
                    remedy="Set state_dir and log_file in [relay] to places in a folder that is for this relay only.",
                    code="folder-shared",
                )


def checked_name(name: str) -> str:
    """Return the name of a task or service, if it is one.

    Raises:
        SettingsError: It is not.
    """
    if not _NAME.fullmatch(name):
        raise SettingsError(
            f"`{name}` cannot be the name of a task or service.",
            remedy="Use lower-case letters, digits and hyphens, such as operoo-relay.",
            code="service-name",
        )
    return name


def _checked_account(account: str, system: System) -> str:
    if (allowed := _ACCOUNT.get(system)) and not allowed.fullmatch(account):
        shown = f"`{account}`" if account.isprintable() else "What --account gives"
        raise SettingsError(
            f"{shown} cannot be the name of an account.",
            remedy="Leave --account out: an account that may do little is taken. On Windows write DOMAIN\\NAME, on Linux "
            "letters, digits, _ and - only.",
            code="account-name",
        )
    return account


def _program(named: Path | None) -> tuple[str, ...]:
    if named is None:
        beside = Path(sys.executable).with_name("operoo-relay.exe" if sys.platform == "win32" else "operoo-relay")
        return (str(beside),) if beside.exists() else (sys.executable, "-m", "relay")
    if not named.is_absolute() or not named.is_file():
        raise SettingsError(
            f"The program {named} is not named by its whole path, or is not there.",
            remedy="Give --program the path of operoo-relay from the root on, or leave it out.",
            code="program-not-found",
        )
    return (str(named),)
