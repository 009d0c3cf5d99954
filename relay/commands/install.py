"""The commands that have the system run the relay, or no longer: by a scheduled task on Windows, by systemd on Linux."""

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated
from urllib.request import getproxies

import typer

from relay.commands.options import Config, Name
from relay.installing import scheduled_task, systemd
from relay.installing.machine import Machine, this_machine
from relay.installing.service import (
    NAME,
    InstallOptions,
    Kind,
    Service,
    checked_name,
    left_behind,
    refuse_missing_files,
    refuse_shared_folders,
    refuse_unreachable_password,
    service_of,
)
from relay.installing.steps import Step, described
from relay.settings import DEFAULT_FILE, Settings, load_settings
from shared.errors import SettingsError
from shared.wording import counted

# ruff: noqa: FBT002 - to typer a boolean with a default is a flag

_Print = Annotated[bool, typer.Option("--print", help="Show every file and command, and do nothing.")]


def install(  # noqa: PLR0913 - a command's options
    config: Config = DEFAULT_FILE,
    *,
    kind: Annotated[
        Kind | None,
        typer.Option(
            "--as", help="A run every so many minutes, or one that keeps running and listens. [default: as the mode needs]"
        ),
    ] = None,
    account: Annotated[str, typer.Option(help="The account it runs as. [default: one with few rights]")] = "",
    name: Name = NAME,
    readable: Annotated[
        list[Path] | None,
        typer.Option(
            help="Another file that the account must be able to read, such as a private key; may be repeated.", metavar="<path>"
        ),
    ] = None,
    program: Annotated[Path | None, typer.Option(help="The full path of operoo-relay. [default: this one]")] = None,
    print_only: _Print = False,
) -> None:
    """Install the scheduled task or service that runs the relay.

    The relay then runs from now on, also after a restart and with nobody logged on: as a scheduled task on Windows, by systemd
    on Linux. Running it again updates what is installed. Requires administrator rights.
    """
    settings, machine = load_settings(config), this_machine()
    service = service_of(settings, config, InstallOptions(name, kind, account, program, tuple(readable or ())), machine.system)
    on_windows = machine.system == "windows"
    steps = scheduled_task.install_steps(service) if on_windows else systemd.install_steps(service, machine.exists)
    needs = _needs(service, settings, machine)
    if print_only:
        _show(steps)
        _tell_what_is_in_the_way(needs)
        return
    machine.refuse_unless_ready()
    for need in needs:
        need()
    machine.carry_out(steps)
    _tell_what_stays_behind(service, settings, machine)
    rhythm = f"every {counted(service.interval_minutes, 'minute')}" if service.kind is Kind.TIMER else "all the time"
    typer.echo(f"Installed: {service.name} runs {rhythm}, as {service.account}.")
    named = "" if service.name == NAME else f" --name {service.name}"
    typer.echo(f"Its log is {service.log_file}. How it is doing: operoo-relay status --config {service.config}{named}")


def _needs(service: Service, settings: Settings, machine: Machine) -> tuple[Callable[[], None], ...]:
    """Return what makes sure that the relay would run once it is installed."""
    refuse_hidden = scheduled_task.refuse_hidden if machine.system == "windows" else systemd.refuse_hidden
    return (
        lambda: refuse_hidden(service),
        lambda: refuse_unreachable_password(service, settings, machine),
        lambda: refuse_missing_files(service),
        lambda: refuse_shared_folders(service),
    )


def _tell_what_is_in_the_way(needs: Iterable[Callable[[], None]]) -> None:
    for need in needs:
        try:
            need()
        except SettingsError as error:
            typer.echo(f"In the way of installing it: {error.what} {error.remedy} [{error.code}]", err=True)


def _tell_what_stays_behind(service: Service, settings: Settings, machine: Machine) -> None:
    # On Windows each account has a proxy in its own settings, too.
    proxy = {"HTTPS_PROXY": found} if (found := getproxies().get("https")) else {}
    if names := left_behind(service, settings, machine, os.environ | proxy):
        typer.echo(
            f"Set here, and not where the relay will run: {', '.join(names)}. If it needs that, write NAME=value into "
            f"{service.environment_file}, and install again."
        )


def uninstall(config: Config = DEFAULT_FILE, name: Name = NAME, print_only: _Print = False) -> None:
    """Remove the scheduled task or service.

    The configuration, what is beside it, and the relay's folder stay. Requires administrator rights.
    """
    checked_name(name)
    machine = this_machine()
    steps = _uninstall_steps(machine, name, config.resolve())
    if print_only:
        _show(steps)
        return
    machine.refuse_unless_ready()
    machine.carry_out(steps)
    typer.echo(f"Removed: {name} runs no longer." if steps else f"There is nothing to remove: {name} is not installed.")
    typer.echo("Left as they are: the configuration, what is beside it, and the relay's folder.")


def _uninstall_steps(machine: Machine, name: str, config: Path) -> list[Step]:
    if machine.system == "windows":
        return scheduled_task.uninstall_steps(name, config, is_there=machine.answers(*scheduled_task.query(name)))
    return systemd.uninstall_steps(name, machine.exists)


def _show(steps: list[Step]) -> None:
    for line in described(steps):
        typer.echo(line)
    typer.echo("Nothing was done." if steps else "There is nothing to do.")
