"""How each database product is told to write: what comes before, what holds rows still, and how it says what it did."""

from dataclasses import dataclass


@dataclass(frozen=True)
class WriteDialect:
    """One product's words.

    Attributes:
        isolation: What chooses how transactions are kept apart, the first of these that the server takes.
        before: What to execute once, before the first transaction.
        begin: What begins a transaction that will write.
        commit: What makes it last.
        hold: Stands behind a table that is read, so that nobody changes what was read, or adds to it, until the end.
        moment: Stands for the value of a day or a moment, which is given as ISO text.
        now: The server's own time, as Synergetic keeps times.
        words: A long text that is compared, where that needs to be made comparable.
        changed: Asks how many rows the last statement changed, whatever a trigger did.
        numbered: Asks how the row was numbered that was inserted last, whatever a trigger inserted.
        batched: Whether these two must stand in the same batch as the statement that they ask about.
    """

    isolation: tuple[str, ...]
    before: tuple[str, ...]
    begin: str
    commit: str
    hold: str
    moment: str
    now: str
    words: str
    changed: str
    numbered: str
    batched: bool


SQL_SERVER_WRITES = WriteDialect(
    isolation=(
        "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE",
        # A server that only speaks T-SQL may not have that one, and pay no heed to `hold`. Under this one it refuses to change
        # what somebody else has changed since it was read, and the student is tried again.
        "SET TRANSACTION ISOLATION LEVEL SNAPSHOT",
    ),
    before=(
        # An error undoes the whole transaction, not the one statement.
        "SET XACT_ABORT ON",
        # The counts of a trigger's statements would come before our own answers.
        "SET NOCOUNT ON",
        # Somebody's open form must not hold a whole pass up.
        "SET LOCK_TIMEOUT 30000",
        "SET TEXTSIZE 2147483647",
    ),
    begin="BEGIN TRANSACTION",
    commit="COMMIT TRANSACTION",
    # Two who may both read and then both want to write would only find out as a deadlock.
    hold=" WITH (UPDLOCK, HOLDLOCK)",
    moment="CAST(? AS datetime2)",  # as that the text means the same under every language setting
    now="GETDATE()",
    words="CAST({column} AS nvarchar(max))",
    changed="SELECT @@ROWCOUNT AS Changed",
    # Not by OUTPUT, which a trigger forbids unless it goes into a table; the scope keeps a trigger's own inserts apart.
    numbered="SELECT CAST(SCOPE_IDENTITY() AS int) AS Numbered",
    batched=True,
)
FILE_WRITES = WriteDialect(
    isolation=(),
    before=(),
    begin="BEGIN IMMEDIATE TRANSACTION",
    commit="COMMIT TRANSACTION",
    hold="",
    moment="?",
    now="strftime('%Y-%m-%d %H:%M:%S', 'now', 'localtime')",
    words="{column}",
    changed="SELECT changes() AS Changed",
    numbered="SELECT last_insert_rowid() AS Numbered",
    batched=False,
)
