"""Bad days: far too many leave at once, a manifest is wrong, Operoo does not answer."""

from local.demo.changes import CONTACT_FIELDS
from local.demo.checks import Check
from local.demo.operoo import Difference, difference
from local.demo.story import Step, Told
from local.demo.telling import Teller
from local.demo.world import World
from local.school.changes import change_mobile, remove_students, return_students
from shared.owners import Kind
from shared.records import Student

_SHARE = 0.15
_FEWEST = 12


def mass_departure(world: World, teller: Teller) -> Told:
    """Lose many students by mistake, with a true change on the same day; then discard the hold and mend the mistake."""
    before, known = world.state(), set(map(str, world.linked()))
    with world.office() as office:
        gone = remove_students(office, max(_FEWEST, round(_SHARE * len(known))), among=_by_year(world)).students
        moved = change_mobile(office, person=world.facts.examples["couple_adult_1"]).students
    teller.doing("The relay runs, and the plan is looked at")
    world.run()
    came = difference(before, world.state())
    yield f"{len(gone)} of the {len(known)} students were marked as left by mistake; one parent's number changed as well."
    held = {one.kind: set(one.records) for one in world.cloud.open_holds()}
    yield Check("students held for a person to decide", set(gone) & known, held.get("student", set()))
    yield Check("students archived meanwhile", set(), came.archived["members"])
    yield Check("students whose new number arrived all the same", set(moved) & known, _with_new_contacts(came))
    yield from _discard(world, teller)
    with world.office() as office:
        return_students(office, list(map(int, gone)))
    teller.doing("The office mends its mistake, and the relay runs")
    world.run()
    came = difference(before, world.state())
    yield "The office took the students back."
    yield Check("students archived in all this", set(), came.archived["members"])
    yield Check("students whose profile differs from before, the new number apart", set(), _changed(came, "members"))
    yield Check("groups that differ from before", set(), _changed(came, "groups") | came.archived["groups"])


def _discard(world: World, teller: Teller) -> Told:
    """Discard every hold by a manifest, as an administrator does."""
    holds = world.cloud.open_holds()
    before = world.state()
    teller.doing("An administrator discards the hold")
    for hold in holds:
        request = {"kind": "discard", "hold": hold.hold, "reason": "a mistake at the office"}
        answer = world.request(f"discard-{hold.kind}", request)
        yield f"A discard manifest for {hold.hold} was {answer['outcome']}: {answer.get('detail', '')}."
    yield Check("holds that are still open", 0, len(world.cloud.open_holds()))
    yield Check("profiles archived after that", set(), difference(before, world.state()).archived["members"])


def refused_manifest(world: World, teller: Teller) -> Told:
    """Upload a manifest with a slip of the pen."""
    before = world.state().requests.total()
    teller.doing("The manifest is looked at")
    answer = world.request("slip", {"kind": "selection", "select": {"studnets": ["1001"]}})
    yield Check("outcome", "refused", answer["outcome"])
    yield f"Reason: {answer.get('reason', 'none')}"
    yield f"What to do: {answer.get('remedy', 'none')}"
    yield Check("the reason names the field", True, "studnets" in answer.get("reason", ""))
    yield Check("requests to Operoo", 0, world.state().requests.total() - before)


def outage(world: World, teller: Teller) -> Told:
    """Let Operoo fail while something changes, and come back."""
    before, known = world.state(), set(map(str, world.linked()))
    world.operoo.go_down()
    with world.office() as office:
        children = set(change_mobile(office, person=world.facts.examples["couple_adult_1"]).students) & known
    teller.doing("The relay runs, and Operoo does not answer")
    world.run()
    came = difference(before, world.state())
    yield "Operoo answers every request with 503, and a parent's number changes."
    yield Check("profiles that changed", set(), came.touched)
    waiting = set(world.cloud.records.waiting("pending", _STUDENT))
    yield Check("students who wait for Operoo", children, waiting)
    world.operoo.come_back()
    teller.doing("Operoo is back, and the schedule comes")
    world.cloud.stack.fire_schedule("ApplySchedule")
    world.cloud.settle()
    came = difference(before, world.state())
    yield "Operoo is back. A schedule looks every five minutes whether something waits; it comes now."
    yield Check("students whose contact details changed", children, _with_new_contacts(came))
    yield Check("anybody or anything else touched", set(), came.touched - children)
    yield Check("students who still wait", set(), set(world.cloud.records.waiting("pending", _STUDENT)))


def last_look(world: World, _teller: Teller) -> Told:
    """Look at what must hold after everything."""
    state = world.state()
    yield Check("messages that were given up", 0, world.cloud.dead_letters())
    yield Check("groups made by hand in Operoo", {"Chess club"}, {one["name"] for one in state.by_hand.values()})
    numbers = [one["user_request_id"] for one in state.profiles["members"].values()]
    yield Check("students with two profiles", 0, len(numbers) - len(set(numbers)))


STEPS = (
    Step(
        "Far too many students leave at once",
        "Somebody marks whole year levels as left. More than 5, and more than one in ten, are held until a person decides.",
        mass_departure,
    ),
    Step(
        "A manifest with a slip of the pen", "It is refused as a whole, with a reason; nothing is half done.", refused_manifest
    ),
    Step("Operoo does not answer", "Nothing is lost: what could not be done waits, and is done when Operoo is back.", outage),
    Step("A last look", "What must hold whatever happened.", last_look),
)

_STUDENT: Kind = "student"


def _by_year(world: World) -> list[int]:
    """Return the students whom Operoo has, year level by year level: a list that somebody marks as a whole."""
    found = world.cloud.records.get_many(_STUDENT, map(str, world.linked()))
    years = {int(key): record.year_level for key, one in found.items() if isinstance(record := one.record(), Student)}
    return sorted(years, key=lambda student: (years[student], student))


def _with_new_contacts(came: Difference) -> set[str]:
    return {key for key, fields in came.changed["members"].items() if fields <= CONTACT_FIELDS}


def _changed(came: Difference, resource: str) -> set[str]:
    lists = {name: found for name, found in came.changed.items() if name == resource}
    return {key for found in lists.values() for key, fields in found.items() if not fields <= CONTACT_FIELDS}
