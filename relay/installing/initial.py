"""Writes what an installation begins with: the configuration, and the login's password in a place of its own."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import replace
from enum import StrEnum
from pathlib import Path

from pydantic import SecretStr

from relay.database.settings import DatabaseSettings
from relay.installing.configuration import Choices
from relay.installing.machine import Machine
from relay.installing.private_files import windows_restriction, write_private
from relay.installing.steps import RunCommand
from relay.passwords import store_password
from relay.settings import parse_settings
from shared.errors import SettingsError
from shared.synergetic import refuse_stale_copy


class Store(StrEnum):
    """Where the password of the database login is kept."""

    FILE = "file"
    KEYRING = "keyring"
    ENVIRONMENT = "environment"


def refuse_existing(config: Path) -> None:
    """Make sure that no configuration is overwritten.

    Raises:
        SettingsError: There is one.
    """
    if config.exists():
        raise SettingsError(
            f"There is a configuration already: {config}.",
            remedy="Change it in an editor, or write a new one over it with --force.",
            code="configuration-exists",
        )


def usual_store(machine: Machine) -> Store:
    """Return where a password is best kept: administrators set up services, and those cannot open a person's keyring."""
    import keyring  # noqa: PLC0415 - it looks for every store there might be
    from keyring.backends.fail import Keyring as NoKeyring  # noqa: PLC0415 - as above

    return Store.FILE if machine.is_administrator or isinstance(keyring.get_keyring(), NoKeyring) else Store.KEYRING


def password_file_of(config: Path) -> Path:
    """Return where the password is written that belongs to a configuration."""
    return config.with_suffix(".password")


def change_password(settings: DatabaseSettings, asked: Callable[[], SecretStr]) -> None:
    """Put a new password where the configuration says that it is; it is asked for only if this login has one.

    Raises:
        SettingsError: This login has none, the driver would misread it, or it cannot be kept there.
    """
    if not settings.user:
        raise SettingsError(
            "The configuration names no SQL login, so there is no password.",
            remedy="Set `user` in [synergetic], or leave it: the Windows account needs none.",
            code="no-login",
        )
    password = asked()
    settings.text(password)  # refuses what could never be used
    if settings.password_file:
        write_private(settings.password_file, password.get_secret_value())
    else:
        store_password(settings, password)


def write_all(choices: Choices, config: Path, *, machine: Machine, store: Store, password: SecretStr | None) -> None:
    """Prove that the configuration is one, keep the password, and only then put the configuration in its place.

    Args:
        choices: What goes into it.
        config: Where it goes.
        machine: The machine we are on.
        store: Where the password goes.
        password: The password, if this login has one and it is to be kept.

    Raises:
        SettingsError: A choice will not do, or something cannot be written.
        ContractError: The database is a stale copy.
    """
    secret = password_file_of(config)
    in_file = password is not None and store is Store.FILE
    text = replace(choices, password_file=secret.name if in_file else None).text(config)
    settings = parse_settings(text, config)
    if not settings.synergetic.is_sqlite:
        refuse_stale_copy(settings.synergetic.database)
    if password is not None:
        settings.synergetic.text(password)  # refuses what could never be used
    restrict = _restriction(machine)
    if password is not None and store is Store.KEYRING:
        store_password(settings.synergetic, password)
    with _taken_back(secret) if in_file else nullcontext():
        if password is not None and in_file:
            write_private(secret, password.get_secret_value(), restrict=restrict)
        write_private(config, text, restrict=restrict)


@contextmanager
def _taken_back(secret: Path) -> Iterator[None]:
    """Leave the file with the password as it was, if the configuration that names it is not written after it."""
    was_there, before = secret.exists(), b""
    with suppress(OSError):
        before = secret.read_bytes()
    try:
        yield
    except SettingsError:
        with suppress(OSError):
            if not was_there:
                secret.unlink()
            elif before:
                secret.write_bytes(before)
        raise


def _restriction(machine: Machine) -> Callable[[Path], None] | None:
    if machine.system != "windows":
        return None
    return lambda path: machine.carry_out([RunCommand(windows_restriction(path))])
