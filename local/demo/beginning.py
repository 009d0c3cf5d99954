"""The first day: the school is read, an administrator selects, and what was selected arrives."""

from local.demo.checks import Check
from local.demo.operoo import PEOPLE, State
from local.demo.story import Step, Told
from local.demo.telling import Teller
from local.demo.world import World
from shared.records import Group

GROUP_TYPES = ("class", "year_level")


def read_the_school(world: World, teller: Teller) -> Told:
    """Run the relay for the first time."""
    world.operoo.make_by_hand("groups", {"name": "Chess club"})
    teller.doing("The relay reads Synergetic")
    run = world.run()
    staged = world.cloud.staged()
    yield f"The relay read {run.rows:,} rows and {run.photos:,} photos, and sent them as snapshot {run.sequence}."
    yield Check("current students received", len(world.facts.students), staged["student"])
    yield Check("active staff received", len(world.facts.staff), staged["staff"])
    yield Check("photos received", len(world.facts.photos), run.photos)
    yield f"{staged['group']:,} groups came with them: classes, year levels, forms, houses, tutor groups and campuses."
    yield Check("requests to Operoo, as nobody is selected yet", 0, world.state().requests.total())


def select_a_year(world: World, teller: Teller) -> Told:
    """Select one year level's students and their group."""
    group, wanted = _a_year_level(world)
    rule = {"kind": "student", "year_level": group.year_level, "campus": group.campus}
    teller.doing("Applying the selection")
    answer = world.request(
        "select-a-year", {"kind": "selection", "reason": "a first try", "select": {"rules": [rule], "groups": [group.id]}}
    )
    yield f"The manifest for {group.id} was {answer['outcome']}: {answer.get('detail') or answer['reason']}."
    state = world.state()
    yield Check("students of that year level in Operoo", wanted, state.present("members"))
    yield Check("groups in Operoo", {group.id}, state.present("groups"))
    yield Check("students in that group", wanted, state.members_of(group.id))
    yield Check("staff in Operoo", set(), state.present("group_carers"))


def select_the_school(world: World, teller: Teller) -> Told:
    """Select all students and staff, and the classes and year levels."""
    groups = _groups(world)
    students = {str(one) for one in world.facts.students} - _not_askable(world)
    select = {"all": ["student", "staff"], "rules": [{"kind": "group", "group_type": one} for one in GROUP_TYPES]}
    total = len(students) + len(world.facts.staff) + len(groups)
    with teller.bar("Sending to Operoo", total) as done:
        world.request("select-school", {"kind": "selection", "select": select}, lambda: done(_count(world.state())))
    state = world.state()
    yield Check("students in Operoo", len(students), len(state.present("members") & students))
    yield Check("staff in Operoo", len(world.facts.staff), len(state.present("group_carers")))
    yield Check("classes and year levels in Operoo", len(groups), len(state.present("groups") & groups))
    known = state.present("members") | state.present("group_carers")
    yield Check("photos in Operoo", len({str(one) for one in world.facts.photos} & known), len(state.photos))
    yield Check("anything else in Operoo", set(), _all(state) - students - groups - {str(one) for one in world.facts.staff})
    yield from _waiting_for_a_person(world)


def run_again(world: World, teller: Teller) -> Told:
    """Run the relay when nothing has changed."""
    before = world.state().requests.total()
    teller.doing("The relay reads Synergetic again")
    run = world.run()
    yield f"The relay read {run.rows:,} rows again and compared them with what it had sent."
    yield Check("snapshots sent", 0, int(run.sent))
    yield Check("photos sent", 0, run.photos)
    yield Check("requests to Operoo", 0, world.state().requests.total() - before)


STEPS = (
    Step(
        "The relay reads the school",
        "It reads Synergetic and hands everybody to the cloud, where they wait. Nobody reaches Operoo before a person says so.",
        read_the_school,
    ),
    Step(
        "An administrator selects one year level",
        "A selection is a small file, uploaded. It holds from now on: whoever comes into the year level later is selected too.",
        select_a_year,
    ),
    Step(
        "Then the whole school",
        "All students and staff, all classes and year levels. Houses, forms and tutor groups are left out on purpose.",
        select_the_school,
    ),
    Step("The relay runs again, and nothing has changed", "What is unchanged is read, but never sent again.", run_again),
)


def _waiting_for_a_person(world: World) -> Told:
    parked = world.cloud.parked()
    yield Check("students who wait because nobody may be asked about them", _not_askable(world), {one.id for one in parked})
    reasons = sorted({one.problem.code for one in parked if one.problem})
    yield Check("of these, with a reason a person can act on", len(parked), sum(1 for one in parked if one.problem))
    yield f"The reason given: {', '.join(reasons) or 'none'}. Once an e-mail address is entered in Synergetic, they follow."


def _not_askable(world: World) -> set[str]:
    """Return who has no parent with an e-mail address, or only one who must not be written to: known from making them."""
    families = world.facts.families
    return {str(one) for name in ("no_mail", "barred") for one in families[name]}


def _a_year_level(world: World) -> tuple[Group, set[str]]:
    """Return the first year level in which somebody can be asked, and who that is: a small school has gaps."""
    not_askable = _not_askable(world)
    levels = [one.record() for one in world.cloud.records.all("group") if one.id.startswith("year_level:")]
    found = [one for one in levels if isinstance(one, Group) and set(one.members) - not_askable]
    first = min(found, key=lambda one: (not one.year_level.isdigit(), one.year_level.zfill(2), one.campus))
    return first, set(first.members) - not_askable


def _groups(world: World) -> set[str]:
    return {one.id for one in world.cloud.records.all("group") if one.id.split(":")[0] in GROUP_TYPES}


def _all(state: State) -> set[str]:
    return {key for resource in (*PEOPLE, "groups") for key in state.profiles[resource]}


def _count(state: State) -> int:
    return len(_all(state))
