"""What SQL Server's own error numbers and ODBC's states mean for a school, as tables.

A number says more than a state, and drivers disagree about states: FreeTDS calls a deadlock 42000 and a refused login too.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from shared.errors import ContractError, IntegrationError, RejectedRecordError, SettingsError, SynergeticUnavailableError

DEADLOCK, CONFLICT = "database-deadlock", "snapshot-conflict"
# What ends a query that may succeed if it is begun again at once.
BEGUN_AGAIN = frozenset({DEADLOCK, CONFLICT})
UNCLEAR = "database-error"
# A server that only speaks T-SQL may give one number to all that it has none of SQL Server's for. So does Babelfish: to a
# refusal, to a lock that somebody else has for too long, to a row that somebody else has changed.
UNNUMBERED = 33557097
# A column that must not be empty, a rule or another table's key, and a key that is there already: whoever does the same again
# is told the same. FreeTDS gives the state of it, class 23, to all of these, and not all drivers do.
CONSTRAINTS = frozenset({515, 547, 2601, 2627})
TABLE_MISSING, COLUMN_MISSING, NO_PERMISSION = "table-missing", "column-missing", "no-permission"
# What may mean that a table or column is not there, or not for this login: some drivers tell no more.
LACKING = frozenset({UNCLEAR, TABLE_MISSING, COLUMN_MISSING, NO_PERMISSION})
TEXT_UNREADABLE = "text-unreadable"
GRANTS = "Have the database administrator run the script of `operoo-relay grants`; `operoo-relay check` shows what is missing."
_WAITS = "It is tried again at the next run. If it stays, tell the database administrator."


@dataclass(frozen=True)
class Cause:
    """What an error means.

    Attributes:
        error: Its class.
        code: Its code.
        what: What happened.
        remedy: What to do.
    """

    error: type[IntegrationError]
    code: str
    what: str
    remedy: str


UNREACHABLE = Cause(
    SynergeticUnavailableError,
    "database-unavailable",
    "the database server does not answer",
    "Check `server` and `port` in [synergetic], that the server runs, and that a firewall lets this machine reach it; "
    "an instance by name needs the SQL Server Browser service and UDP port 1434. A slow one may need a longer login_timeout_s.",
)
LOST = Cause(
    SynergeticUnavailableError,
    "connection-lost",
    "the connection to the database server broke",
    _WAITS,
)
TIMEOUT = Cause(
    SynergeticUnavailableError,
    "database-timeout",
    "the database took longer than the time-out",
    "Try again at a quieter time, or raise query_timeout_s in [synergetic].",
)
UNENCRYPTED = Cause(
    SettingsError,
    "certificate-not-trusted",
    "no encrypted connection to the database server comes about: its certificate is not trusted or bears another name than "
    "`server`, or the server does not encrypt",
    "Have the server's certificate, or that of the authority behind it, trusted on this machine: docs/relay.md says how for "
    "each driver, and what `encrypt` and `trust_server_certificate` give up.",
)
NOT_OPENED = Cause(
    SettingsError,
    "database-not-opened",
    "the driver cannot open the database",
    "Check `database` (or `connection`) in [synergetic]: the name or path, and that this account may read it.",
)
UNKNOWN = Cause(
    SynergeticUnavailableError,
    UNCLEAR,
    "the database reports an error",
    "If it stays, look for this number or state in the documentation of SQL Server or the ODBC driver.",
)
LOGIN_REFUSED = Cause(
    SettingsError,
    "login-refused",
    "the database refuses the login: it does not exist, the password is wrong, or it may not open this database",
    "Check `user` and `database` in [synergetic], and the password (`operoo-relay password`); with `trusted = true`, as which "
    "account the relay runs.",
)
_EXPIRED = Cause(
    SettingsError,
    "password-expired",
    "the password of the login has expired or must be changed",
    "Have the database administrator set a new one that does not expire, then keep it: `operoo-relay password`.",
)
_DISABLED = Cause(
    SettingsError,
    "login-disabled",
    "the login is disabled or locked",
    "Have the database administrator enable or unlock it, and find out what locked it.",
)
_WINDOWS = Cause(
    SettingsError,
    "windows-login-refused",
    "the database server does not accept this Windows account",
    "Check under which account the relay runs, that its domain is trusted by the server's, and that the login exists there.",
)
NO_TICKET = Cause(
    SettingsError,
    _WINDOWS.code,
    "this machine cannot prove to the database server under which Windows account the relay runs",
    "Check that this machine is of the server's domain and reaches its controllers, that its clock is right, and that the "
    "server has its service principal name (SPN). On Linux, the relay's account needs a Kerberos ticket.",
)
_NO_DATABASE = Cause(
    SettingsError,
    "database-not-found",
    "the database does not exist, or this login may not open it",
    "Check `database` in [synergetic], and up to version 67 `main_database` and `media_database` in [synergetic.contract]. "
    + GRANTS,
)
_NO_ACCESS = Cause(SettingsError, "no-database-access", "this login may not enter a database that is needed", GRANTS)
_NO_PERMISSION = Cause(SettingsError, NO_PERMISSION, "the database does not let this login do that", GRANTS)
_NO_TABLE = Cause(
    ContractError,
    TABLE_MISSING,
    "a table or view that it needs does not exist, or this login may not see it",
    "Check that this is the live Synergetic database, that its version is supported, and the grants: `operoo-relay check`.",
)
_NO_COLUMN = Cause(
    ContractError,
    COLUMN_MISSING,
    "a column that it needs does not exist",
    "`operoo-relay check` lists what differs; a column that the school names differently is set in [synergetic.contract].",
)
_COLLATION = Cause(
    ContractError,
    "collation-conflict",
    "texts of two collations are compared",
    "Have the database administrator give the columns of Synergetic's own tables one collation, the database's.",
)
_DEADLOCK = Cause(
    SynergeticUnavailableError,
    DEADLOCK,
    "the database ended the query in favour of another one (deadlock)",
    "It is tried again by itself; if it stays, have snapshot isolation allowed for the database.",
)
_SNAPSHOT = Cause(
    SettingsError,
    "snapshot-not-allowed",
    "a database that is needed does not allow snapshot isolation, although the others do",
    "Have it allowed for that one too, or set `snapshot = false` in [synergetic].",
)
CHANGED = Cause(SynergeticUnavailableError, CONFLICT, "what was read as of one moment was changed meanwhile", _WAITS)
_OFFLINE = Cause(
    SynergeticUnavailableError,
    "database-offline",
    "the database or its server is offline or read-only, starting, being restored, recovered, moved or updated, or not the one "
    "of its group that may be read",
    _WAITS,
)
_ENDED = Cause(
    RejectedRecordError,
    "transaction-ended",
    "a procedure or a trigger of the database ended the transaction in which all of this student is written",
    "What was written of this student before may have stayed; the rest was not written. Others are. Have whoever knows the "
    "procedure let it leave a transaction as it found it, or write the table directly.",
)
_FULL = Cause(
    SynergeticUnavailableError, "database-full", "the database server is out of memory, or of room on its disks", _WAITS
)

# In the order in which they are looked for: where an error has several numbers, the first here says the most.
BY_NUMBER: Mapping[int, Cause] = MappingProxyType(
    {
        **dict.fromkeys((18487, 18488), _EXPIRED),
        **dict.fromkeys((18470, 18486), _DISABLED),
        **dict.fromkeys((18452,), _WINDOWS),
        **dict.fromkeys((904, 921, 922, 924, 926, 927, 942, 945, 952, 976, 978, 979, 982, 983, 3906), _OFFLINE),
        # The whole server is paused, starting, updated, or an administrator's alone: no login is refused for its own sake.
        **dict.fromkeys((17142, 17187, 18401, 18461), _OFFLINE),
        # Azure moves a database, or holds back who asks too much.
        **dict.fromkeys((40143, 40197, 40501, 40540, 40613), _OFFLINE),
        **dict.fromkeys((911, 4060, 4063, 4064), _NO_DATABASE),
        **dict.fromkeys((916,), _NO_ACCESS),
        **dict.fromkeys((18456, 17892), LOGIN_REFUSED),
        **dict.fromkeys((229, 230, 297, 300, 15562), _NO_PERMISSION),
        **dict.fromkeys((208,), _NO_TABLE),
        **dict.fromkeys((207,), _NO_COLUMN),
        **dict.fromkeys((451, 457, 468), _COLLATION),
        **dict.fromkeys((1205,), _DEADLOCK),
        **dict.fromkeys((3952,), _SNAPSHOT),
        **dict.fromkeys((3957, 3960, 3961), CHANGED),
        **dict.fromkeys((701, 802, 1101, 1105, 8645, 8651, 9002), _FULL),
        **dict.fromkeys((1222,), TIMEOUT),
        **dict.fromkeys((596, 6005, 6006), LOST),
        # Of Microsoft's drivers, while connecting: the server does not encrypt.
        **dict.fromkeys((20,), UNENCRYPTED),
        # FreeTDS's own: cannot connect; read, write or the whole connection failed.
        **dict.fromkeys((20009, 20012, 20013), UNREACHABLE),
        **dict.fromkeys((20003,), TIMEOUT),
        **dict.fromkeys((20004, 20006, 20017, 20047), LOST),
        # Said besides whatever else went wrong in it.
        **dict.fromkeys((266,), _ENDED),
    }
)
BY_STATE: Mapping[str, Cause] = MappingProxyType(
    {
        "28000": LOGIN_REFUSED,
        **dict.fromkeys(("08001", "08004"), UNREACHABLE),
        **dict.fromkeys(("08003", "08007", "08S01"), LOST),
        **dict.fromkeys(("HYT00", "HYT01", "HY008"), TIMEOUT),
        "42S02": _NO_TABLE,
        "42S22": _NO_COLUMN,
        "40001": _DEADLOCK,
    }
)
# SQLite's own, of a file that somebody else writes to at the moment, is damaged, or is none.
BY_FILE_NUMBER: Mapping[int, Cause] = MappingProxyType(
    {**dict.fromkeys((5, 6), TIMEOUT), **dict.fromkeys((11, 26), NOT_OPENED)}
)
# While connecting these say something else: HY000 is what a driver uses where it has no better state.
WHILE_CONNECTING: Mapping[str, Cause] = MappingProxyType(
    {"08S01": UNREACHABLE, **dict.fromkeys(("HY000", "42000", "HY024"), NOT_OPENED)}
)
