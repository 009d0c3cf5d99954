"""What a person may do here. Roles are the user pool's groups; a person may have several."""

from collections.abc import Collection
from typing import Literal, get_args

Role = Literal["viewer", "administrator", "medical", "owner"]
ROLES: tuple[Role, ...] = get_args(Role)

TOLD: dict[Role, str] = {
    "viewer": "sees students, staff, groups, rules and runs",
    "administrator": "selects, uploads and approves as well",
    "medical": "sees and decides medical changes",
    "owner": "sets up the school, and manages users",
}


def allows(held: Collection[Role], wanted: Role) -> bool:
    """Return whether somebody with these roles may do what a role is wanted for.

    Whoever selects or owns also sees. Nobody sees what is medical but who has just that role.
    """
    if wanted == "viewer":
        return bool(held)
    return wanted in held
