"""The parts of the console, as every page lists them: where, under which name, and for whom."""

from typing import NamedTuple

from functions.console.access.roles import Role


class Place(NamedTuple):
    """One part.

    Attributes:
        often: It stands in the line of parts; the others stand behind *More*.
    """

    address: str
    name: str
    role: Role
    often: bool = False


PLACES = (
    Place("/", "Home", "viewer", often=True),
    Place("/students", "Students", "viewer", often=True),
    Place("/staff", "Staff", "viewer", often=True),
    Place("/groups", "Groups", "viewer", often=True),
    Place("/runs", "Runs", "viewer", often=True),
    Place("/medical", "Medical", "medical", often=True),
    Place("/rules", "Rules", "viewer"),
    Place("/custom", "Custom", "administrator"),
    Place("/upload", "Upload", "administrator"),
    Place("/download", "Download", "administrator"),
    Place("/resync", "Resync", "administrator"),
    Place("/settings", "Settings", "owner"),
    Place("/users", "Users", "owner"),
    Place("/audit", "Audit trail", "owner"),
)
