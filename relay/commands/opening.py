"""What every command does first: read the configuration, and go on as the account that the relay belongs to."""

import os
import sys
from pathlib import Path

from relay.disk import disk_errors
from relay.environment import take_environment
from relay.settings import Settings, load_settings
from shared.errors import SettingsError, TransientError


def configured(config: Path) -> Settings:
    """Read the configuration, and the variables beside it.

    Raises:
        SettingsError: One of the two is wrong, or the configuration is missing.
    """
    settings = load_settings(config)
    take_environment(config)
    return settings


def opened(config: Path) -> Settings:
    """Read the configuration; root goes on as the owner of the relay's folder.

    Raises:
        SettingsError: The configuration is missing or wrong.
    """
    settings = configured(config)
    act_as_owner(settings.relay.state_dir)
    return settings


def spare(config: Path, output: Path) -> None:
    """Refuse to write what a command makes over the configuration that it was read from.

    Raises:
        SettingsError: The two are one file.
    """
    if output.exists() and output.samefile(config):
        raise SettingsError(
            f"{output} is the configuration: it would be written over.", remedy="Name another file.", code="output-unwritable"
        )


def act_as_owner(folder: Path) -> None:
    """If this is root's process and the folder another account's, go on as that account.

    What root would leave in the folder, the relay's own account could not use at its next run.

    Raises:
        TransientError: The folder cannot be looked at, or belongs to nobody whom this machine knows.
    """
    if sys.platform == "win32" or os.geteuid() != 0:
        return
    with disk_errors(folder):
        try:
            owner = folder.stat().st_uid
        except (FileNotFoundError, NotADirectoryError):
            return
    if owner == 0:
        return
    import pwd  # noqa: PLC0415 - not there on Windows

    try:
        account = pwd.getpwuid(owner)
    except KeyError:
        raise TransientError(
            f"The folder {folder} belongs to an account that this machine does not know (number {owner}).",
            remedy="Make it the relay's account's: run `operoo-relay install` again, or chown.",
            code="disk-unusable",
        ) from None
    os.initgroups(account.pw_name, account.pw_gid)
    os.setgid(account.pw_gid)
    os.setuid(account.pw_uid)
    # AWS's tools look there for their own settings.
    os.environ["HOME"] = account.pw_dir
