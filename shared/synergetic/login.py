"""The login that the relay uses, as a database administrator will see it: refused where a script could not name it safely."""

from dataclasses import dataclass
from typing import Literal

from shared.errors import SettingsError

LoginKind = Literal["sql", "windows", "contained"]
READER, WRITER = "operoo_reader", "operoo_writer"
_LONGEST = 128
_TAKEN = {READER, WRITER, "sa", "dbo", "guest", "public", "sys", "information_schema"}
_FORBIDDEN = frozenset('/:;|=,+*?<>"')


@dataclass(frozen=True)
class Login:
    r"""Who logs in.

    Attributes:
        name: The login's name; of a Windows account with its domain, `DOMAIN\name`.
        kind: A login of the server by password, a Windows account, or a user of the one database (from version 68 on).

    Raises:
        SettingsError: It is not a name for such a login.
    """

    name: str
    kind: LoginKind = "sql"

    def __post_init__(self) -> None:
        """Refuse what is not a name for the relay's login."""
        if fault := _fault(self.name) or _fault_of_kind(self.name, self.kind):
            # The name itself is shown only where nothing in it can spoil a terminal.
            shown = f"“{self.name}”" if self.name.isprintable() else "this login's name"
            raise SettingsError(
                f"{shown} cannot be the relay's login: {fault}.",
                remedy=r"Give --login a name such as operoo_relay, or with --windows SCHOOL\svc-operoo.",
                code="login-name-invalid",
            )


def _fault(name: str) -> str:
    if not name or name != name.strip():
        return "it is empty, or has blanks around it"
    if len(name) > _LONGEST:
        return f"it is longer than {_LONGEST} characters"
    if not name.isprintable():
        return "it holds characters that cannot be printed"
    if "$(" in name:
        return "sqlcmd would take $( for the beginning of a variable"
    if name.lower() in _TAKEN or name.lower().startswith(("db_", "##")):
        return "SQL Server, or the script for its own roles, uses that name itself"
    return ""


def _fault_of_kind(name: str, kind: LoginKind) -> str:
    if kind != "windows":
        return "a login with a password has no backslash; a Windows account needs --windows" if "\\" in name else ""
    if name.lower().startswith("builtin\\") or name.lower() == "nt authority\\system":
        return "it would be the system itself, or a group of this machine, and let in more than the relay"
    domain, _, account = name.partition("\\")
    if not domain or not account or "\\" in account or _FORBIDDEN & set(name):
        return r"a Windows account is written DOMAIN\name"
    return ""
