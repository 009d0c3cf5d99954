"""The T-SQL scripts that a database administrator reads and runs: one gives the relay's login what it needs, one takes it back.

They run in sqlcmd and in SQL Server's Management Studio, from SQL Server 2008 R2 on, and may be run again at any time. Each
batch looks where it is before it does anything, since both programs go on after an error.
"""

import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from shared.synergetic import principals
from shared.synergetic.grants import Grant, grants
from shared.synergetic.login import READER, WRITER, Login, LoginKind
from shared.synergetic.principals import PASSWORD_MARK, comment, guard, wrapped
from shared.synergetic.quoting import bracketed, literal
from shared.synergetic.settings import SynergeticSettings
from shared.synergetic.table_model import Mode
from shared.synergetic.version import Version

_GO = re.compile(r"^GO$", re.MULTILINE)
_LABEL_WIDTH = 14
_KINDS: dict[LoginKind, str] = {
    "sql": "a login of the server, with a password",
    "windows": "a Windows account",
    "contained": "a user of the database alone, which must be a contained one",
}
_WHAT = {
    "one-way": "It reads the columns below, and writes nothing.",
    "two-way": "It reads the columns below, and writes medical details: the columns and tables with UPDATE, INSERT and DELETE, "
    "and what procedures with EXECUTE write.",
}
_NOTHING_ELSE = (
    "SQL Server shows a login the columns and triggers of every table on which it has any permission, and CONNECT comes with "
    "the user. So nothing else is granted."
)
_ROLES = (
    f"{READER} reads what one-way needs. {WRITER} adds what two-way needs. So a role means the same in either mode, and the "
    "script for one-way takes a login out of the second."
)


@dataclass(frozen=True)
class Target:
    """What a script is made for.

    Attributes:
        version: The version of Synergetic, which decides where things are.
        settings: What the school calls things.
        login: Who logs in.
        database: The one database from version 68 on; without it the script runs in the database it is started in.
    """

    version: Version
    settings: SynergeticSettings
    login: Login
    database: str | None = None

    def by_database(self, wanted: Sequence[Grant]) -> dict[str | None, list[Grant]]:
        """Sort permissions by the database they are in; None is the one that the script is started in."""
        found: dict[str | None, list[Grant]] = {}
        for grant in wanted:
            found.setdefault(grant.spot.database or self.database, []).append(grant)
        return found


def grant_script(target: Target, mode: Mode) -> str:
    """Return the script that gives a login what this mode needs, and takes the writer's role from it if that is not needed.

    Raises:
        ContractError: A configured database is a stale copy.
    """
    wanted = target.by_database(grants(mode, target.version, target.settings))
    ever = target.by_database(grants("two-way", target.version, target.settings))
    lines = {"What": _WHAT[mode], "Nothing else": _NOTHING_ELSE, "Roles": _ROLES}
    lines["Taking back"] = "`operoo-relay grants --revoke` makes the script for that."
    batches = [principals.created_login(target.login)]
    for database, found in wanted.items():
        batches += [_use(database), "\n".join(_granting(target.login, mode, found, ever[database]))]
    return _script(f"Permissions of the Operoo relay in Synergetic {target.version}, {mode}", target, lines, batches)


def revoke_script(target: Target, *, drop_login: bool = False) -> str:
    """Return the script that takes back whatever the script of either mode gave; the login stays unless it is to go.

    Raises:
        ContractError: A configured database is a stale copy.
    """
    given = target.by_database(grants("two-way", target.version, target.settings))
    lines = {"What": "Takes back what the script of either mode gave. A role that has other members stays as it is."}
    if target.login.kind != "contained":
        lines["The login"] = "is dropped last." if drop_login else "stays: it may serve other ends. `--drop-login` drops it."
    batches = []
    for database, found in given.items():
        batches += [_use(database), "\n".join(_revoking(target.login, found))]
    batches.append(principals.dropped_login(target.login) if drop_login else "")
    return _script(f"Taking back the permissions of the Operoo relay in Synergetic {target.version}", target, lines, batches)


def batches(script: str, *, password: str | None = None) -> list[str]:
    """Split a script as sqlcmd does, for programs that send one batch at a time (and let each commit by itself).

    Args:
        script: A script of this module.
        password: What sqlcmd would put in for its variable.
    """
    if password is not None:
        script = script.replace(PASSWORD_MARK, password.replace("'", "''"))
    return [batch.strip() for batch in _GO.split(script) if batch.strip()]


def _script(title: str, target: Target, lines: dict[str, str], batches: Sequence[str]) -> str:
    databases = target.by_database(grants("two-way", target.version, target.settings))
    lines = {
        "Login": f"{target.login.name}, {_KINDS[target.login.kind]}",
        "Databases": ", ".join(database or "the one that is chosen when this is run" for database in databases),
        **lines,
        "Run it": "as a member of sysadmin, in Management Studio or by sqlcmd; it may be run again at any time:",
        "": f"sqlcmd -b -S SERVER {'-d DATABASE ' if None in databases else ''}-E -i FILE",
    }
    header = "\n".join([comment(f"{title}."), "--", *(_labelled(label, text) for label, text in lines.items())])
    return header + "\n\n" + "\n".join(f"{batch}\nGO\n" for batch in batches if batch)


def _labelled(label: str, text: str) -> str:
    indent = "--   " + " " * _LABEL_WIDTH
    mark = f"{label}:" if label else ""
    return textwrap.fill(text, 120, initial_indent=f"--   {mark:<{_LABEL_WIDTH}}", subsequent_indent=indent)


def _use(database: str | None) -> str:
    return f"USE {bracketed(database)};" if database else ""


def _right_place(found: Sequence[Grant]) -> str:
    first = found[0]
    table = literal(f"{bracketed(first.spot.schema)}.{bracketed(first.table)}")
    return guard(
        f"OBJECT_ID({table}) IS NULL OR DB_NAME() LIKE N'zPre68%'",
        f"Not Synergetic's live database, or its table {first.table} is called otherwise. Nothing was done here.",
    )


def _granting(login: Login, mode: Mode, found: Sequence[Grant], ever: Sequence[Grant]) -> Iterator[str]:
    yield _right_place(found)
    if login.kind != "contained":
        yield guard(f"NOT {principals.in_server(login.name)}", "The login does not exist yet. Nothing was done here.")
    yield f"\n{principals.created_user(login)}\n"
    for role in (READER, WRITER):
        if any(grant.role == role for grant in found):
            yield principals.created_role(role)
            yield principals.joined_role(role, login)
    if mode == "one-way" and any(grant.role == WRITER for grant in ever):
        yield comment("One-way writes nothing: what a script for two-way gave is taken away.")
        yield principals.left_role(WRITER, login)
    yield from _statements(found)


def _statements(found: Sequence[Grant]) -> Iterator[str]:
    table, by_columns = "", True
    for grant in found:
        if table != (table := f"{grant.role} {grant.table}"):
            yield f"\n{comment(f'{grant.table}: {grant.purpose}')}"
        if by_columns and grant.permission in {"INSERT", "DELETE"}:
            yield comment("SQL Server has INSERT and DELETE for whole tables only. The relay names no other columns.")
        by_columns = bool(grant.columns)
        yield wrapped(grant.grant)


def _revoking(login: Login, found: Sequence[Grant]) -> Iterator[str]:
    yield _right_place(found)
    for role in (WRITER, READER):
        if given := [grant for grant in found if grant.role == role]:
            yield f"\n{principals.left_role(role, login)}"
            yield _dropped_role(role, given)
    yield f"\n{principals.dropped_user(login)}"


def _dropped_role(role: str, given: Sequence[Grant]) -> str:
    statements = textwrap.indent("\n".join(wrapped(grant.revoke) for grant in given), "    ")
    return f"""\
IF {principals.in_database(role)}
    AND NOT {principals.has_members(role)}
BEGIN
{statements}
    DROP ROLE {bracketed(role)};
END;"""
