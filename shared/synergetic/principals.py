"""The T-SQL around a permission: the login, its user in a database, the roles and who is in them. Each may be run again."""

import textwrap

from shared.synergetic.login import Login
from shared.synergetic.quoting import bracketed, literal

# Where the password goes: sqlcmd puts its variable there, anybody else types over it.
PASSWORD_MARK = "$(OperooPassword)"  # noqa: S105 - where a password goes, not one
_NOT_GIVEN = f"N'{PASSWORD_MARK}' IN (N'', N'$' + N'{PASSWORD_MARK[1:]}')"
_WIDTH = 120
_MEMBERS = "SELECT 1 FROM sys.database_role_members WHERE role_principal_id = DATABASE_PRINCIPAL_ID({})"


def comment(text: str) -> str:
    """Return a text as comment lines."""
    return textwrap.fill(" ".join(text.split()), _WIDTH, initial_indent="-- ", subsequent_indent="-- ")


def wrapped(statement: str) -> str:
    """Return a long statement in several lines; what it names has no blanks, so no line ends within a name."""
    return textwrap.fill(statement, _WIDTH, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False)


def guard(condition: str, message: str) -> str:
    """Return what ends a batch with a message if something is not as it must be."""
    return f"IF {condition}\nBEGIN\n    RAISERROR({literal(message)}, 16, 1);\n    RETURN;\nEND;"


def in_server(name: str) -> str:
    """Return the condition that the server has a login of this name."""
    return f"EXISTS (SELECT 1 FROM sys.server_principals WHERE name = {literal(name)})"  # noqa: S608 - escaped


def in_database(name: str, *, login: str = "") -> str:
    """Return the condition that the database has a user or role of this name, and that it belongs to the login if given."""
    belongs = f"\n                     AND sid = SUSER_SID({literal(login)})" if login else ""
    return f"EXISTS (SELECT 1 FROM sys.database_principals WHERE name = {literal(name)}{belongs})"  # noqa: S608 - escaped


def has_members(role: str, login: Login | None = None) -> str:
    """Return the condition that a role has members, or that a login's user is one of them."""
    one = f"\n               AND member_principal_id = DATABASE_PRINCIPAL_ID({literal(login.name)})" if login else ""
    return f"EXISTS ({_MEMBERS.format(literal(role))}{one})"


def created_login(login: Login) -> str:
    """Return the batch that makes the login where it is missing; nothing for a user of a database alone."""
    create = f"CREATE LOGIN {bracketed(login.name)}"
    if login.kind == "contained":
        return ""
    if login.kind == "windows":
        return f"{comment('The login.')}\nIF NOT {in_server(login.name)}\n    {create} FROM WINDOWS;"
    return f"{_password_note('login')}\nIF NOT {in_server(login.name)}\n{_with_password(create)}"


def created_user(login: Login) -> str:
    """Return what makes the login's user in a database where it is missing."""
    user = bracketed(login.name)
    if login.kind == "contained":
        create = _with_password(f"CREATE USER {user}")
        return f"{_password_note('user')}\nIF NOT {in_database(login.name)}\n{create}"
    note = comment("The user. In a database that was restored from another server it exists, and belongs to no login here.")
    # Within a text: a server that only speaks T-SQL may not know this statement, and would refuse the whole batch for it.
    given_back = literal(f"ALTER USER {user} WITH LOGIN = {user}")
    return f"""\
{note}
IF NOT {in_database(login.name)}
    CREATE USER {user} FOR LOGIN {user};
ELSE IF NOT {in_database(login.name, login=login.name)}
    EXEC ({given_back});"""


def created_role(role: str) -> str:
    """Return what makes a role where it is missing."""
    return f"IF NOT {in_database(role)}\n    CREATE ROLE {bracketed(role)};"


def joined_role(role: str, login: Login) -> str:
    """Return what puts a login's user into a role."""
    # ALTER ROLE has ADD MEMBER only from SQL Server 2012 on; Synergetic 65 is older than many a server's successor.
    add = f"EXEC sp_addrolemember @rolename = {literal(role)}, @membername = {literal(login.name)};"
    return f"IF NOT {has_members(role, login)}\n    {add}"


def left_role(role: str, login: Login) -> str:
    """Return what takes a login's user out of a role."""
    drop = f"EXEC sp_droprolemember @rolename = {literal(role)}, @membername = {literal(login.name)};"
    return f"IF {has_members(role, login)}\n    {drop}"


def dropped_user(login: Login) -> str:
    """Return what removes a login's user from a database."""
    return f"IF {in_database(login.name)}\n    DROP USER {bracketed(login.name)};"


def dropped_login(login: Login) -> str:
    """Return the batch that removes the login from the server."""
    return f"IF {in_server(login.name)}\n    DROP LOGIN {bracketed(login.name)};"


def _password_note(what: str) -> str:
    return comment(
        f"The {what}. Its password is written nowhere. For sqlcmd, set the environment variable OperooPassword before. In "
        "Management Studio, replace that word, with its dollar sign and parentheses, in both places, and do not save the file. "
        f"A quote within the password is typed twice. A {what} that exists keeps its password: what stands here is not used."
    )


def _with_password(create: str) -> str:
    return f"""\
BEGIN
    IF {_NOT_GIVEN}
    BEGIN
        RAISERROR(N'No password was given in place of OperooPassword. Nothing was done.', 16, 1);
        RETURN;
    END;
    {create} WITH PASSWORD = N'{PASSWORD_MARK}';
END;"""
