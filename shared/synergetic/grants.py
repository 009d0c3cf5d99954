"""What the relay's login is allowed in Synergetic, permission by permission: what the scripts grant and `--diff` looks for.

Two roles. `operoo_reader` reads what one-way needs; `operoo_writer` reads and writes what two-way needs on top. So a role means
the same in every mode, and a login becomes a one-way login again by leaving `operoo_writer`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from shared.synergetic.access import Access, accesses
from shared.synergetic.layout import TableLocation
from shared.synergetic.login import READER, WRITER
from shared.synergetic.quoting import bracketed
from shared.synergetic.settings import SynergeticSettings
from shared.synergetic.table_model import Mode
from shared.synergetic.version import Version

Permission = Literal["SELECT", "UPDATE", "INSERT", "DELETE", "EXECUTE"]


@dataclass(frozen=True)
class Grant:
    """One permission on one table or procedure, for one of the roles.

    Attributes:
        spot: The table's database and schema.
        table: The table or procedure, by its name here.
        role: The role that has it.
        permission: What it allows.
        columns: The columns it is for; none for permissions that SQL Server has for whole tables only.
        purpose: What the table is used for.
    """

    spot: TableLocation
    table: str
    role: str
    permission: Permission
    columns: tuple[str, ...] = ()
    purpose: str = ""

    @property
    def target(self) -> str:
        """The table and its columns, as T-SQL names them."""
        columns = f" ({', '.join(map(bracketed, self.columns))})" if self.columns else ""
        return f"{bracketed(self.spot.schema)}.{bracketed(self.table)}{columns}"

    @property
    def grant(self) -> str:
        """The statement that gives it, in the table's database."""
        return f"GRANT {self.permission} ON {self.target} TO {bracketed(self.role)};"

    @property
    def revoke(self) -> str:
        """The statement that takes it away, in the table's database."""
        return f"REVOKE {self.permission} ON {self.target} FROM {bracketed(self.role)};"


def grants(mode: Mode, version: Version, settings: SynergeticSettings) -> tuple[Grant, ...]:
    """Return every permission that a login needs in this mode: those of the reader, then those of the writer.

    Raises:
        ContractError: A configured database is a stale copy.
    """
    one_way = accesses("one-way", version, settings)
    read = {(access.spot, access.called): _names(access) for access in one_way}
    # Without columns it would be a permission on the whole table.
    found = [
        Grant(access.spot, access.called, READER, "SELECT", _names(access), access.table.purpose)
        for access in one_way
        if access.columns
    ]
    if mode == "two-way":
        for access in accesses("two-way", version, settings):
            found.extend(_on_top(access, read.get((access.spot, access.called), ())))
    return tuple(found)


def _on_top(access: Access, read: tuple[str, ...]) -> Iterator[Grant]:
    def grant(permission: Permission, columns: tuple[str, ...] = ()) -> Grant:
        return Grant(access.spot, access.called, WRITER, permission, columns, access.table.purpose)

    if access.procedures:
        # One that updates wants every column, whether we know it or not: the batch that calls it reads the row before.
        yield grant("SELECT")
        for _, procedure in access.procedures:
            yield Grant(access.spot, procedure, WRITER, "EXECUTE", purpose=access.table.purpose)
        return
    if more := tuple(name for name in _names(access) if name not in read):
        yield grant("SELECT", more)
    if updated := tuple(column.called for column in access.updated):
        yield grant("UPDATE", updated)
    if access.inserts:
        yield grant("INSERT")
    if access.deletes:
        yield grant("DELETE")


def _names(access: Access) -> tuple[str, ...]:
    return tuple(column.called for column in access.columns)
