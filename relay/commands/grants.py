"""The command that writes the scripts for a database administrator, and says how far they have been run."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from pydantic import TypeAdapter, ValidationError

from relay.commands.opening import configured, spare
from relay.settings import Settings
from shared.errors import SettingsError
from shared.synergetic import Mode, SynergeticSettings, Version, refuse_stale_copy
from shared.synergetic.grant_script import Target, grant_script, revoke_script
from shared.synergetic.grants import grants as needed
from shared.synergetic.login import Login, LoginKind
from shared.synergetic.permissions import Difference, compare
from shared.synergetic.quoting import bracketed
from shared.synergetic.settings import DATABASE_NAMES, DatabaseName

_NO_PERMISSIONS = "This is a file: it has no logins and no permissions, so there is nothing to compare."
_T = TypeVar("_T")


def grants(  # noqa: PLR0913 - a command's options
    mode: Annotated[Mode | None, typer.Option(help="What the login is for. [default: the configuration's]")] = None,
    version: Annotated[str | None, typer.Option(help="Synergetic's version, such as 67 or 68.24.")] = None,
    login: Annotated[str | None, typer.Option(help="The login's name; with --windows it is DOMAIN\\name.")] = None,
    *,
    windows: Annotated[bool, typer.Option("--windows", help="It is a Windows account.")] = False,
    contained: Annotated[bool, typer.Option("--contained", help="It is a user of the database alone (from 68 on).")] = False,
    database: Annotated[str | None, typer.Option(help="Synergetic's database; up to version 67 the main one.")] = None,
    media_database: Annotated[str | None, typer.Option(help="The database with the photos, up to version 67.")] = None,
    config: Annotated[
        Path | None, typer.Option("--config", "-c", help="Take what is not given from this file.", readable=False)
    ] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write to this file, not to the screen.")] = None,
    revoke: Annotated[bool, typer.Option("--revoke", help="The script that takes everything back.")] = False,
    drop_login: Annotated[bool, typer.Option("--drop-login", help="With --revoke: drop the login too.")] = False,
    diff: Annotated[bool, typer.Option("--diff", help="Compare with what the configured login may do now.")] = False,
) -> None:
    """Write the T-SQL script that gives the login its rights.

    It is for a database administrator to read and run.

    It connects to nothing and runs nothing, and needs no configuration. The script creates the login and its users where they
    are missing, the roles operoo_reader and operoo_writer, and grants columns, each with what it is for. It holds no password,
    and may be run again at any time. The script for one-way takes away what one for two-way gave.

    With --diff it connects instead, and says what the configured login lacks and what it has too much of. The exit code is 1 if
    anything differs.

    \b
    Examples:
      operoo-relay grants --mode one-way --version 67 --login operoo_relay -o grants.sql
      operoo-relay grants --mode one-way --version 68.24 --login SCHOOL\\svc-operoo --windows --database Synergetic_AUVIC_X_PRD
      operoo-relay grants --revoke --version 67 --login operoo_relay -o revoke.sql
      operoo-relay grants --diff --config relay.toml
    """  # noqa: D301 - the first \b is for typer: it keeps the lines that follow as they are
    _refuse_together(
        (windows and contained, "--windows and --contained: a Windows account is no user with a password of its own"),
        (diff and revoke, "--diff and --revoke: the one compares, the other writes a script"),
        (diff and output is not None, "--diff and --output: what it finds is shown on the screen"),
        (drop_login and not revoke, "--drop-login without --revoke"),
        (drop_login and contained, "--drop-login and --contained: such a user has no login, and is dropped anyway"),
    )
    settings = configured(config) if config else None
    if config and output:
        spare(config, output)
    if diff:
        settings = _given(settings, "--config", "the configuration of the login to compare")
        _compare(settings, mode or settings.synergetic.mode, version)
        return
    if not revoke:
        what = "one-way, which reads, or two-way, which writes medical details too"
        mode = _given(mode or (settings.synergetic.mode if settings else None), "--mode", what)
    who = _login(settings, login, windows=windows, contained=contained)
    target = _target(who, version, settings, database=database, media_database=media_database)
    _write(grant_script(target, mode) if mode and not revoke else revoke_script(target, drop_login=drop_login), output)


def _refuse_together(*conflicts: tuple[bool, str]) -> None:
    for given, which in conflicts:
        if given:
            raise typer.BadParameter(f"these do not go together: {which}.")


def _given(value: _T | None, option: str, what: str) -> _T:
    if value:
        return value
    raise typer.BadParameter(f"it is needed: {what}.", param_hint=option)


def _login(settings: Settings | None, name: str | None, *, windows: bool, contained: bool) -> Login:
    trusted = settings is not None and settings.synergetic.trusted
    kind: LoginKind = "contained" if contained else "windows" if windows or trusted else "sql"
    what = r"the account that the relay runs under, as DOMAIN\name" if trusted else "a name such as operoo_relay"
    return Login(_given(name or (settings.synergetic.user if settings else None), "--login", what), kind)


def _target(
    login: Login, version: str | None, settings: Settings | None, *, database: str | None, media_database: str | None
) -> Target:
    contract = settings.synergetic.contract if settings else SynergeticSettings()
    parsed = Version.parse(_given(version or contract.version, "--version", "Synergetic's, such as 67 or 68.24"))
    if not parsed.is_known:
        note = f"Note: no Synergetic {parsed} is known here. If it is no slip: this script is that of {parsed.major}."
        typer.echo(note, err=True)
    if parsed.single_database:
        if media_database:
            raise typer.BadParameter("from version 68 on the photos are in the one database.", param_hint="--media-database")
        name = database or (settings.synergetic.database if settings else "")
        if name:
            refuse_stale_copy(_checked(name, "--database"))
        return Target(parsed, contract, login, name or None)
    if login.kind == "contained":
        raise typer.BadParameter(
            "up to version 67 there are several databases, and such a user is in one.", param_hint="--contained"
        )
    named = {"main_database": database, "media_database": media_database}
    update = {key: _checked(name, f"--{key.replace('main_', '').replace('_', '-')}") for key, name in named.items() if name}
    return Target(parsed, contract.model_copy(update=update), login)


def _checked(name: str, option: str) -> str:
    try:
        return TypeAdapter(DatabaseName).validate_python(name)
    except ValidationError:
        raise typer.BadParameter(f"it is not a database's name: {DATABASE_NAMES}.", param_hint=option) from None


def _write(script: str, output: Path | None) -> None:
    if output is None:
        # Without any output, as after `>&-`, there is no encoding either.
        _refuse_unshowable(script, getattr(sys.stdout, "encoding", None) or "utf-8")
        typer.echo(script, nl=False)
        return
    try:
        # sqlcmd takes a file for UTF-8 by its first bytes, and needs to only for what is not ASCII.
        output.write_text(script, encoding="utf-8" if script.isascii() else "utf-8-sig", newline="\n")
    except OSError as error:
        raise SettingsError(
            f"The script cannot be written to {output}: {error.strerror}.",
            remedy="Name a file in a folder that is there and that you may write to.",
            code="output-unwritable",
        ) from None
    typer.echo(f"Written: {output}. Give it to the database administrator; it explains itself.")


def _refuse_unshowable(script: str, encoding: str) -> None:
    """Refuse what would come out with another login's name in it: a question mark for each letter that is not known there."""
    if script != script.encode(encoding, errors="replace").decode(encoding):
        raise SettingsError(
            f"The script holds letters that this output's encoding ({encoding}) does not have.",
            remedy="Write it to a file: --output grants.sql.",
            code="output-unwritable",
        )


def _compare(settings: Settings, mode: Mode, version: str | None) -> None:
    if settings.synergetic.is_sqlite:
        typer.echo(_NO_PERMISSIONS)
        return
    from relay.database.permissions import found_permissions  # noqa: PLC0415 - the driver is loaded with it, and scripts do without
    from relay.reading.school import databases_named, found_version  # noqa: PLC0415 - as above
    from relay.wiring import database_of  # noqa: PLC0415 - as above

    contract = settings.synergetic.contract
    if version:
        contract = contract.model_copy(update={"version": version})
    database = database_of(settings)
    with database.session() as session:
        known = found_version(session, contract)
        expected = needed(mode, known, contract)
        with databases_named(session, known, contract):
            found = found_permissions(session, expected)
    difference = compare(expected, found)
    for line in account(difference, mode):
        typer.echo(line)
    if difference:
        raise typer.Exit(1)


def account(difference: Difference, mode: Mode) -> Iterator[str]:
    """Yield the lines that tell a person what a login lacks and what it has too much of."""
    if not difference:
        yield f"The login may do exactly what {mode} needs."
        return
    if difference.missing:
        yield from _missing(difference)
    if difference.absent:
        yield "Not in the database, so no grant helps (another name is set in column_names):"
        yield from (f"  {name}" for name in difference.absent)
    if difference.excess:
        can_write = mode == "one-way" and any(one.writes for one in difference.excess)
        yield "Too much. A one-way login must not be able to write, and this one is:" if can_write else "Too much:"
        yield from (f"  {'WRITES  ' if one.writes else '        '}{one.what}" for one in difference.excess)


def _missing(difference: Difference) -> Iterator[str]:
    if difference.member:
        yield "Missing. These lines give it, run by a database administrator, unless a DENY stands against it:"
    else:
        yield "Missing. The login is not in its roles: have the whole script run, which `operoo-relay grants` writes. It gives:"
    database: str | None = None
    for grant in difference.missing:
        if grant.spot.database and grant.spot.database != database:
            database = grant.spot.database
            yield f"  USE {bracketed(database)};"
        yield f"  {grant.grant}"
