"""The rules of a server's transactions that a client can break: which isolation level may be chosen when."""

import re

from tests.tds.answers import Login, SqlError

_LEVEL = re.compile(r"(?i)^SET TRANSACTION ISOLATION LEVEL (SNAPSHOT|READ COMMITTED|READ UNCOMMITTED)$")
_BEGIN = re.compile(r"(?i)^BEGIN TRAN(SACTION)?$")
_END = re.compile(r"(?i)^(ROLLBACK|COMMIT)( TRAN(SACTION)?)?$")


class Transactions:
    """Keeps each login's level, and the one that its transaction began under."""

    def change(self, login: Login, statement: str) -> bool:
        """Do a statement if it is about transactions, and tell whether it was.

        Raises:
            SqlError: There is no transaction to end.
        """
        statement = statement.strip().rstrip(";")
        if found := _LEVEL.match(statement):
            login.level = found[1].upper()
        elif _BEGIN.match(statement):
            login.began_under = login.level
        elif found := _END.match(statement):
            if login.began_under is None:
                raise SqlError(3903, f"The {found[1].upper()} TRANSACTION request has no corresponding BEGIN TRANSACTION.")
            login.began_under = None
        else:
            return False
        return True

    def read(self, login: Login) -> None:
        """Make sure that a statement may read.

        Raises:
            SqlError: Its transaction began under another level than snapshot isolation, which cannot be changed to.
        """
        if login.level == "SNAPSHOT" and login.began_under not in (None, "SNAPSHOT"):
            raise SqlError(3951)
