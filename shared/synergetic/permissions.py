"""How what a login may do differs from what it needs: what is missing, and what is too much, the widest first."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from shared.synergetic.grants import Grant
from shared.synergetic.login import READER
from shared.synergetic.permission_questions import Fact, Facts, databases_of
from shared.synergetic.tables import SYN_DATABASES

_WRITING = frozenset({"INSERT", "UPDATE", "DELETE"})
_ALL = frozenset({"CONTROL", "ALTER", "EXECUTE", "SELECT", *_WRITING})
# What a role implies for the database as a whole need not be told again.
_IMPLIED = {"db_owner": _ALL, "db_datareader": frozenset({"SELECT"}), "db_datawriter": _WRITING, "db_ddladmin": {"ALTER"}}
_HARMLESS = frozenset({"db_datareader", "db_backupoperator"})
_SHOWN = 8


@dataclass(frozen=True)
class Excess:
    """Something that the login may do and need not.

    Attributes:
        what: What it is, by name.
        writes: Whether it lets the login change something.
    """

    what: str
    writes: bool


@dataclass(frozen=True)
class Difference:
    """How what a login may do differs from what it needs.

    Attributes:
        missing: The permissions that it lacks, with only the columns that it lacks.
        absent: Columns that it needs and that a table does not have, as `schema.table.column`: no grant helps.
        excess: What it may do and need not.
        member: Whether it is in the roles that it needs, in the connected database.
    """

    missing: tuple[Grant, ...] = ()
    absent: tuple[str, ...] = ()
    excess: tuple[Excess, ...] = ()
    member: bool = True

    def __bool__(self) -> bool:
        """Tell whether there is any difference."""
        return bool(self.missing or self.absent or self.excess)


def compare(expected: Sequence[Grant], found: Facts) -> Difference:
    """Compare what a login needs with what it may do."""
    missing = tuple(lacking for grant in expected if (lacking := _lacking(grant, found)))
    absent = dict.fromkeys(
        f"{grant.spot.schema}.{grant.table}.{column}"
        for grant in expected
        for column in grant.columns
        if _is_absent(grant, column, found)
    )
    roles = {fact.name for fact in found.of("role")}
    member = {grant.role for grant in expected} <= roles
    return Difference(missing, tuple(absent), tuple(_excess(expected, found)), member)


def _fact(grant: Grant, column: str = "", permission: str = "") -> Fact:
    kind = "column" if column else "object"
    return Fact(kind, grant.spot.database or "", grant.spot.schema, grant.table, column, permission)


def _is_absent(grant: Grant, column: str, found: Facts) -> bool:
    """Tell whether a table that can be seen has no such column; of one that cannot be seen nothing is known."""
    return found.sees(_fact(grant).table) and _fact(grant, column) not in found


def _lacking(grant: Grant, found: Facts) -> Grant | None:
    if not grant.columns:
        return None if _fact(grant, permission=grant.permission) in found else grant
    columns = tuple(
        column
        for column in grant.columns
        if _fact(grant, column, grant.permission) not in found and not _is_absent(grant, column, found)
    )
    return replace(grant, columns=columns) if columns else None


def _excess(expected: Sequence[Grant], found: Facts) -> Iterator[Excess]:
    roles = [fact.name for fact in found.of("server role")]
    yield from (Excess(f"It is a member of the server role {role}.", writes=True) for role in roles)
    if "sysadmin" in roles:
        return
    if found.of("server"):
        yield Excess("It has CONTROL SERVER: it may do anything on this server.", writes=True)
        return
    needed = {grant.role for grant in expected}
    for fact in found.of("role"):
        if fact.name not in {READER, *needed}:
            yield Excess(f"It is a member of {fact.name} in {fact.database}.", writes=fact.name not in _HARMLESS)
    for database in databases_of(expected):
        yield from _excess_in(database, [grant for grant in expected if (grant.spot.database or "") == database], found)


def _excess_in(database: str, expected: Sequence[Grant], found: Facts) -> Iterator[Excess]:
    name = database or "the database"
    whole = {fact.permission for fact in found.of("database") if fact.database == database} & _ALL
    # The roles are those of the connected database, which is the main one.
    roles = [fact.name for fact in found.of("role") if not database or fact.database.casefold() == database.casefold()]
    told = set().union(*(_IMPLIED.get(role, ()) for role in roles))
    if "CONTROL" in whole:
        if "CONTROL" not in told:
            yield Excess(f"It has CONTROL of {name}: it may do anything there.", writes=True)
        return
    for permission in sorted(whole - told):
        yield Excess(f"It has {permission} on everything in {name}.", writes=permission != "SELECT")
    narrow = [fact for kind in ("column", "object") for fact in found.of(kind) if fact.database == database]
    narrow = [fact for fact in narrow if fact.permission and fact.permission not in whole | told]
    yield from _columns([fact for fact in narrow if fact.kind == "column"], expected)
    yield from _objects([fact for fact in narrow if fact.kind == "object"], expected)


def _columns(held: Sequence[Fact], expected: Sequence[Grant]) -> Iterator[Excess]:
    needed = {_fact(grant, column, grant.permission).folded for grant in expected for column in grant.columns}
    whole = {(_fact(grant).table, grant.permission) for grant in expected if not grant.columns}
    more: dict[tuple[str, str], list[str]] = {}
    for fact in held:
        if fact.folded not in needed and (fact.table, fact.permission) not in whole:
            more.setdefault((f"{fact.schema}.{fact.name}", fact.permission), []).append(fact.column)
    for (table, permission), columns in more.items():
        secret = table.partition(".")[2] == SYN_DATABASES.name
        warning = " That table holds a password too: no more than the two columns must be read." if secret else ""
        yield Excess(
            f"It has {permission} on more columns of {table} than it needs: {_shown(columns)}.{warning}",
            writes=permission != "SELECT",
        )


def _objects(held: Sequence[Fact], expected: Sequence[Grant]) -> Iterator[Excess]:
    tables = {_fact(grant).table for grant in expected}
    needed = {_fact(grant, permission=grant.permission).folded for grant in expected if not grant.columns}
    more: dict[str, list[str]] = {}
    for fact in held:
        # What it may read and change of the tables it needs, its columns have told.
        by_column = fact.table in tables and fact.permission in {"SELECT", "UPDATE"}
        if not by_column and fact.folded not in needed:
            more.setdefault(fact.permission, []).append(f"{fact.schema}.{fact.name}")
    for permission, names in more.items():
        yield Excess(f"It has {permission} on what it need not have it on: {_shown(names)}.", writes=permission != "SELECT")


def _shown(names: Sequence[str]) -> str:
    rest = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {rest:,} more" if rest > 0 else "")
