"""Who joins a group, beside who states whom it has: wishes of both kinds come to the same in whichever order they come.

A statement says whom a group has, or that it is removed; whoever joined before it has no claim any more. The queue may hand out
a later joining first, so it is kept for the statement that is still to come.
"""

from collections.abc import Iterable, Iterator

from functions.records.staged import LARGEST_CONTENT, Joined, StagedRecord, content_of
from shared.records import Group


def remember(joined: Iterable[Joined], new: Joined) -> tuple[Joined, ...]:
    """Return who joined, newest first, each person once: by the latest wish that names them."""
    return tuple(_latest(sorted({*joined, new}, key=lambda one: one.order, reverse=True)))


def since(joined: Iterable[Joined], order: str) -> tuple[Joined, ...]:
    """Return who joined after this."""
    return tuple(one for one in joined if one.order > order)


def with_joined(group: Group, joined: Iterable[Joined]) -> Group:
    """Return a group with whoever joined it."""
    joined = tuple(joined)
    if not joined:
        return group
    members, staff = {*group.members}, {*group.staff}
    for one in joined:
        members.update(one.members)
        staff.update(one.staff)
    return group.model_copy(update={"members": tuple(sorted(members)), "staff": tuple(sorted(staff))})


def emptied(before: StagedRecord, joined: tuple[Joined, ...]) -> Group:
    """Return a group that was removed and then joined: nobody is in it but those."""
    group = before.record()
    assert isinstance(group, Group)
    return with_joined(group.model_copy(update={"members": (), "staff": ()}), joined)


def room_for(joined: tuple[Joined, ...], group: Group) -> tuple[Joined, ...]:
    """Return of who joined what an item has room for beside the group: the newest."""
    size = len(content_of(group).encode())
    kept = 0
    for one in joined:
        size += len(one.model_dump_json().encode())
        if size > LARGEST_CONTENT:
            break
        kept += 1
    return joined[:kept]


def _latest(joined: Iterable[Joined]) -> Iterator[Joined]:
    members: set[str] = set()
    staff: set[str] = set()
    for one in joined:
        first = Joined(
            order=one.order,
            members=tuple(sorted({*one.members} - members)),
            staff=tuple(sorted({*one.staff} - staff)),
        )
        members.update(one.members)
        staff.update(one.staff)
        if first.members or first.staff:
            yield first
