"""Medical details on their way back: what a parent says is in Synergetic, can be taken back, and is never forced."""

import json

from functions.records.ledger import Noted
from local.demo.checks import Check
from local.demo.operoo import Profile, State
from local.demo.story import Step, Told
from local.demo.telling import Teller
from local.demo.world import World
from local.school.nurse import allergies_of, medical_digest, note_allergy, rename_column

_EGG, _EGG_CODE = "Egg", "EGG"
_OURS = 900_001
_WRITTEN = {"applied", "unchanged"}
_SHOWN = 12


def families_share(world: World, teller: Teller) -> Told:
    """Let most families share what they know, and write all of it back."""
    before = _digests(world)
    world.operoo.families_share()
    sharing = _sharing(world.state())
    teller.doing("Medical profiles are read from Operoo")
    world.cloud.pull_medical()
    teller.doing("The relay writes to Synergetic")
    code, _ = world.relay.write_back()
    world.cloud.settle()
    after, entries = _digests(world), {one: world.cloud.ledger.entry(one) for one in sharing}
    yield f"{len(sharing):,} of {len(before):,} families share what they know of their children's health."
    yield Check("exit code of operoo-relay writeback", 0, code)
    written = {one for one, entry in entries.items() if entry.outcome in _WRITTEN}
    yield Check("students whose receipt says that it is in Synergetic now", len(sharing), len(written))
    changed = {one for one in after if after[one] != before[one]}
    yield Check("students who changed in Synergetic though their family shares nothing", set(), changed - sharing)
    codes = sorted({code for one in entries.values() for code in one.parked})
    yield f"What has no code at this school waits for a person, and the rest is written: {', '.join(codes) or 'nothing waits'}."
    teller.doing("Medical profiles are read from Operoo again")
    world.cloud.pull_medical()
    versions = {one: world.cloud.ledger.entry(one).version for one in sharing}
    yield Check("students sent again, as nothing has changed", 0, sum(versions[one] != entries[one].version for one in sharing))


def new_allergy(world: World, teller: Teller) -> Told:
    """Let a parent enter an allergy; look at the plan, then write it."""
    student = _example(world)
    _says(world, student, "Swelling of the lips")
    teller.doing("The next cycle")
    world.cloud.pull_medical()
    world.cloud.hand_out_again()
    _, plan = world.relay.write_back("--dry-run", "--show-values", "--student", student)
    yield f"A parent of student {student} enters an allergy ({world.operoo.page_of(_member(world, student))})."
    yield "`operoo-relay writeback --dry-run --show-values` tells what would be done; without --show-values it masks values:"
    yield from (line for line in plan[:_SHOWN])
    yield Check("written by that", None, _noted(world, student).get(_EGG_CODE))
    world.relay.write_back()
    world.cloud.settle()
    yield Check("the allergy in Synergetic", "Swelling of the lips", _noted(world, student).get(_EGG_CODE))
    yield _told(_last(world, student))


def taken_back(world: World, teller: Teller) -> Told:
    """Take it back."""
    student = _example(world)
    last = _last(world, student)
    teller.doing("An administrator asks for it")
    answer = world.request("undo-allergy", {"kind": "undo", "student": student, "version": last.version, "reason": "a mistake"})
    world.relay.write_back()
    world.cloud.settle()
    yield f"The manifest was {answer['outcome']}: {answer.get('detail', '')}."
    yield Check("the allergy in Synergetic", None, _noted(world, student).get(_EGG_CODE))
    yield _told(_last(world, student))
    yield "All of it is in the student's timeline:"
    for event in world.cloud.timeline(student):
        yield f"  {event.at[:19]} {event.event} {event.detail}"


def conflict(world: World, teller: Teller) -> Told:
    """Let a parent and the nurse change the same row."""
    student = _example(world)
    _says(world, student, "Swelling of the lips and eyes")
    teller.doing("A parent enters it again")
    _cycle(world)
    with world.office() as office:
        note_allergy(office, student, code=_EGG_CODE, words="Only raw egg, says the nurse")
    _says(world, student, "Hives")
    teller.doing("The nurse and a parent change the same row")
    _cycle(world)
    last = _last(world, student)
    yield "The nurse wrote into the same row since. By default the family's word holds, and the receipt tells of the conflict."
    yield Check("rows that somebody else had changed", 1, last.conflicts)
    yield Check("the allergy in Synergetic", "Hives", _noted(world, student).get(_EGG_CODE))
    teller.doing("An administrator takes it back")
    world.request("undo-conflict", {"kind": "undo", "student": student, "version": last.version})
    world.relay.write_back()
    world.cloud.settle()
    yield "What was overwritten is in the receipt, so it can be had back."
    yield Check("the nurse's words", "Only raw egg, says the nurse", _noted(world, student).get(_EGG_CODE))
    yield 'A school may choose "ask" or "refuse" instead (docs/two-way.md).'


def refusal(world: World, teller: Teller) -> Told:
    """Let the database change its shape: nothing is written until somebody has looked; reading goes on."""
    student = _example(world)
    with world.office() as office:
        rename_column(office)
    before = _digests(world)[student]
    _says(world, student, "Wheezing")
    teller.doing("The relay looks before it writes")
    world.cloud.pull_medical()
    code, said = world.relay.write_back()
    world.cloud.settle()
    entry = world.cloud.ledger.entry(student)
    yield "The database administrator renamed a column, as an upgrade of Synergetic might."
    yield f"The relay said: {_message(said)}"
    yield Check("exit code", 1, code)
    yield Check("the receipt's outcome", "refused", entry.outcome)
    yield Check("anything of the student written", False, _digests(world)[student] != before)
    run = world.run()
    yield Check("the relay still reads the school", True, run.rows > 0)
    with world.office() as office:
        rename_column(office, back=True)
    teller.doing("The column has its name again")
    world.relay.write_back()
    world.cloud.settle()
    yield "The column got its name back. Nobody had to ask again: the message was still there."
    yield Check("the allergy in Synergetic", "Wheezing", _noted(world, student).get(_EGG_CODE))


STEPS = (
    Step(
        "Families share medical details",
        "This is two-way mode: what families confirm in Operoo is written to Synergetic's medical tables, and to no others.",
        families_share,
    ),
    Step("A parent enters an allergy", "It is in Synergetic within one cycle, as few statements as it takes.", new_allergy),
    Step("An administrator takes it back", "A write can be reversed, unless somebody has changed the rows since.", taken_back),
    Step("A conflict", "The relay compares with what it saw last, so it knows what somebody else did.", conflict),
    Step("A refusal", "Before it writes, the relay looks at every table and column it would write to.", refusal),
)


def _cycle(world: World) -> None:
    world.cloud.pull_medical()
    world.relay.write_back()
    world.cloud.settle()


def _member(world: World, student: str) -> Profile:
    return world.state().profiles["members"][student]


def _says(world: World, student: str, reaction: str) -> None:
    """Let a parent say something of the student's allergy to egg, and leave all else as it was."""
    member = _member(world, student)
    profile = dict(member["profile"])
    others = [one for one in profile.get("allergies", ()) if one["name"] != _EGG]
    allergy = {"id": _OURS, "name": _EGG, "risk_level": "high", "reaction": reaction, "conditions": []}
    world.operoo.says(member, {**profile, "allergies": [*others, allergy]})


def _sharing(state: State) -> set[str]:
    return {one for one in state.present("members") if state.profiles["members"][one].get("profile")}


def _example(world: World) -> str:
    """Return the first student whose family shares something and speaks of no allergy to egg, but where the story lets it."""
    state = world.state()
    return next(one for one in sorted(_sharing(state)) if _EGG not in _allergies(state.profiles["members"][one]))


def _allergies(member: Profile) -> set[str]:
    return {one["name"] for one in member["profile"].get("allergies", ()) if one["id"] != _OURS}


def _noted(world: World, student: str) -> dict[str, str]:
    with world.office() as office:
        return allergies_of(office, student)


def _digests(world: World) -> dict[str, str]:
    with world.office() as office:
        return {str(one): medical_digest(office, str(one)) for one in world.linked()}


def _last(world: World, student: str) -> Noted:
    return world.cloud.ledger.history(student)[-1]


def _told(noted: Noted) -> str:
    counts = ", ".join(f"{count} {kind}" for kind, count in noted.counts.items() if count)
    undo = " (taken back)" if noted.undo else ""
    return f"The receipt{undo}: {noted.outcome}, rows: {counts or 'none'}; contract {noted.fingerprint[:8]}."


def _message(said: list[str]) -> str:
    """Return what the relay said last, as its log holds it."""
    told = [json.loads(line) for line in said if line.startswith("{")]
    return str(told[-1].get("message", "")) if told else " ".join(said[-2:])
