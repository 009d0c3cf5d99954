"""Ordinary days: one thing changes at the school, and exactly that arrives in Operoo."""

from collections.abc import Callable, Mapping

from local.demo.beginning import GROUP_TYPES
from local.demo.checks import Check, counted
from local.demo.operoo import Difference, difference
from local.demo.relay import RelayRun
from local.demo.story import Step, Told
from local.demo.telling import Teller
from local.demo.world import World
from local.school.changes import Change, Connection, change_mobile, enrol_student, mark_left, move_class, new_photo

CONTACT_FIELDS = {"contacts", "request_mobile_number"}


def new_student(world: World, teller: Teller) -> Told:
    """Enrol a student."""
    change, run, came = _one_day(world, teller, lambda office: enrol_student(office, like=world.linked()[0]))
    groups = synchronised(change)
    yield f"The office enrolled student {change.students[0]} with two parents. {_sent(run)}"
    yield Check("students created", set(change.students), came.created["members"])
    yield Check("classes and year levels that have a member more", groups, set(came.changed["groups"]))
    yield from nothing_else(came, {*change.students, *groups}, {"create student": 1, "update group": len(groups)})


def new_mobile(world: World, teller: Teller) -> Told:
    """Change a parent's mobile number."""
    parent = world.facts.examples["couple_adult_1"]
    change, run, came = _one_day(world, teller, lambda office: change_mobile(office, person=parent))
    children = set(change.students) & set(map(str, world.linked()))
    yield f"A parent of {counted(len(children), 'student')} has a new mobile number. {_sent(run)}"
    yield Check("students whose contact details changed", children, set(came.changed["members"]))
    fields = {field for one in came.changed["members"].values() for field in one}
    yield Check("fields that changed, other than contact details", set(), fields - CONTACT_FIELDS)
    yield from nothing_else(came, children, {"update student": len(children)})


def class_change(world: World, teller: Teller) -> Told:
    """Move a student from one class to the parallel one."""
    change, run, came = _one_day(world, teller, lambda office: move_class(office, among=world.linked()))
    student, groups = change.students[0], set(change.groups)
    left, joined = change.groups
    yield f"Student {student} moved from {left} to {joined}. {_sent(run)}"
    yield Check("classes with other members", groups, set(came.changed["groups"]))
    yield Check("the student is now in", {joined}, _groups_of(world, student, groups))
    yield from nothing_else(came, groups, {"update group": 2})


def fresh_photo(world: World, teller: Teller) -> Told:
    """Take a new photo of a student."""
    known = world.state().photos
    student = next(one for one in world.linked() if str(one) in known)
    change, run, came = _one_day(world, teller, lambda office: new_photo(office, person=student))
    yield f"Student {student} was photographed again."
    yield Check("photos the relay read and sent", 1, run.photos)
    yield Check("students with another photo", set(change.people), set(came.changed["members"]))
    yield Check("fields that changed", {"photo"}, came.changed["members"].get(str(student), set()))
    yield from nothing_else(came, set(change.people), {"send photo": 1})


def leaver(world: World, teller: Teller) -> Told:
    """Let a student leave."""
    # Not the newcomer of an earlier step, who is the last one; nor anybody with whom a year level ends.
    alone = world.state().alone()
    student = next(one for one in reversed(world.linked()[:-1]) if str(one) not in alone)
    change, run, came = _one_day(world, teller, lambda office: mark_left(office, student=student))
    groups = synchronised(change)
    yield f"Student {student} left. {_sent(run)}"
    yield Check("students archived", set(change.students), came.archived["members"])
    yield Check("classes and year levels that have a member less", groups, set(came.changed["groups"]))
    requests = {"archive student": 1, "update group": len(groups)}
    yield from nothing_else(came, {*change.students, *groups}, requests)


STEPS = (
    Step("A new student", "Nobody has to select the newcomer: the selection holds for whoever comes.", new_student),
    Step("A parent's new mobile number", "It reaches the profile of each of the parent's children.", new_mobile),
    Step("A student changes class", "Synergetic keeps the old row with a last day, and adds a new one.", class_change),
    Step("A new photo", "Of all photos, only the one that changed is read and sent.", fresh_photo),
    Step("A student leaves", "The profile is archived in Operoo, not deleted: who returns gets it back.", leaver),
)


def synchronised(change: Change) -> set[str]:
    """Return the groups a change touched that are of a selected type."""
    return {one for one in change.groups if one.split(":")[0] in GROUP_TYPES}


def nothing_else(came: Difference, expected: set[str], requests: dict[str, int]) -> Told:
    """Yield that nobody else was touched, and that Operoo was asked no more than it had to be."""
    yield Check("anybody or anything else touched", set(), came.touched - expected)
    yield Check("what Operoo was asked to do", _told(requests), _told(came.writes))


def _told(requests: Mapping[str, int]) -> str:
    parts = (name.partition(" ") for name in sorted(requests) if requests[name])
    return ", ".join(f"{verb} {counted(requests[f'{verb} {noun}'], noun)}" for verb, _, noun in parts)


def _sent(run: RelayRun) -> str:
    return f"The relay sent {counted(run.changed, 'parcel')} of rows."


def _one_day(world: World, teller: Teller, happens: Callable[[Connection], Change]) -> tuple[Change, RelayRun, Difference]:
    """Let something happen at the school, run the relay, and compare Operoo before and after."""
    before = world.state()
    with world.office() as office:
        change = happens(office)
    teller.doing("The relay runs, and what changed goes its way")
    run = world.run()
    return change, run, difference(before, world.state())


def _groups_of(world: World, student: str, among: set[str]) -> set[str]:
    state = world.state()
    operoo_id = state.profiles["members"][student]["id"]
    groups = state.profiles["groups"]
    return {key for key in among if operoo_id in map(int, groups[key]["student_memberships"])}
