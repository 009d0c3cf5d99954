"""One group: who is in it and who leads it, where it stands in Operoo, and choosing it with everyone in it."""

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Form
from pydantic import BaseModel

from functions.console.asking import ask, sync_record
from functions.console.people.choosing import Choice, ListChangedError, Preview, preview
from functions.console.people.comparing import Comparison, compare
from functions.console.people.descriptions import TimelineLine, timeline_in_words
from functions.console.people.explaining import SOURCES, Explanation, explain
from functions.console.people.finding import by_name
from functions.console.people.listing import Row, row_of
from functions.console.people.lookup import CAME, SENT, Segment, chosen, found, when
from functions.console.web.addresses import segment
from functions.console.web.pages import Done, FormKey, Pages
from functions.console.web.paging import PageNumber, paged
from functions.console.web.wording import follows
from functions.records.list_lines import Line
from functions.records.projection import line_of
from functions.records.staged import StagedRecord
from functions.runtime.wiring import lists, records_table, selection_rules, settings
from functions.store.audit import AuditEntry
from shared.digests import digest
from shared.manifests import Rule, SelectionChange, SelectionManifest
from shared.owners import Kind
from shared.records import Group as GroupRecord

pages = Pages()


class Group(BaseModel):
    """One group.

    Attributes:
        segment: The identifier as addresses have it.
        source: Where it comes from.
        since: Since when Operoo has it by us, if it does.
        chosen: Why it is selected, or nothing.
        members_chosen: Everyone in it is selected because they are in it.
        members: A page of who is in it.
        total: How many are in it, of whom so many are synchronised.
        staff: Who leads it.
        strangers: How many in it are not in Synergetic's lists.
    """

    id: str
    segment: str
    name: str
    source: str
    row: Row
    explanation: Explanation
    since: str
    sent_at: str
    chosen: str
    members_chosen: bool
    comparison: Comparison
    members: list[Row]
    total: int
    synchronised: int
    page: int
    pages: int
    staff: list[Row]
    strangers: int
    timeline: list[TimelineLine]


class WithMembers(BaseModel):
    """What choosing a group with everyone in it would do, for a person to confirm.

    Attributes:
        kept_out: How many stay out, as somebody deselected them by name.
        stay: How many stay selected all the same: by name, or by another rule.
        seen: What stands for those whom this page is about.
    """

    segment: str
    name: str
    choice: Choice
    seen: str
    group: Preview
    students: Preview
    staff: Preview
    kept_out: int
    stay: int


@pages.page("/groups/<record_id>", "group.html.j2")
def show(record_id: Segment, page: PageNumber = 1) -> Group:
    """Show a group."""
    staged = found("group", record_id)
    operoo, rules = settings().operoo_settings, selection_rules().all()
    line = line_of(staged)
    events = records_table().timeline("group", staged.id)
    students, staff = _within(staged)
    part = paged(students, page)
    return Group(
        id=staged.id,
        segment=segment(staged.id),
        name=line.name,
        source=SOURCES[staged.origin],
        row=row_of(line),
        explanation=explain(staged, archives=settings().archive_policy == "archive"),
        since=when(events, CAME) if staged.link == "linked" else "",
        sent_at=when(events, SENT),
        chosen=chosen(staged, rules),
        members_chosen=bool(_rules_of(staged.id, rules)),
        comparison=compare(staged, operoo),
        members=[row_of(one) for one in part.shown],
        total=part.total,
        synchronised=sum(one.link == "linked" for one in students),
        page=part.page,
        pages=part.pages,
        staff=[row_of(one) for one in staff],
        strangers=sum(map(len, _ids(staged))) - len(students) - len(staff),
        timeline=timeline_in_words(events, rules),
    )


@pages.action("/groups/<record_id>/sync", role="administrator")
def sync(record_id: Segment, forms: FormKey) -> Done:  # noqa: ARG001 - checked before
    """Have a group read, staged and applied again now."""
    return sync_record(found("group", record_id), by=pages.visit().who)


@pages.page("/groups/<record_id>/choose", "group_choose.html.j2", role="administrator")
def confirm(record_id: Segment, choice: Choice) -> WithMembers:
    """Show what choosing a group with everyone in it would do."""
    return _with_members(found("group", record_id), choice)


@pages.action("/groups/<record_id>/choose", role="administrator")
def choose(
    record_id: Segment,
    choice: Annotated[Choice, Form()],
    seen: Annotated[str, Form()],
    forms: FormKey,  # noqa: ARG001 - checked before
) -> Done:
    """Select or deselect a group with everyone in it, now and later.

    Raises:
        ListChangedError: Others are in it than were shown.
    """
    staged = found("group", record_id)
    people = [one for some in _within(staged) for one in some]
    if _with_members(staged, choice).seen != seen:
        raise ListChangedError("The group changed since you looked, and nothing was done.", remedy="Look at it once more.")
    what = SelectionChange(with_members_of=(staged.id,))
    deed = AuditEntry(
        who=pages.visit().who,
        what=f"{choice} with members",
        to=f"group {staged.id}, {len(people)} people",
        before=f"{'selected' if staged.selected else 'not selected'}, and {sum(one.selected for one in people)} of them",
        after=f"{'selected' if choice == 'select' else 'not selected'}, with everyone in it, now and later",
    )
    ask(SelectionManifest.model_validate({"kind": "selection", choice: what}), deed)
    verb, sent = ("Selected", sum(not one.selected for one in people)) if choice == "select" else ("Deselected", 0)
    return Done(
        said=f"{verb} with everyone in it. {follows(sent)}. Until then this page shows how it was.",
        see=f"/groups/{segment(staged.id)}",
    )


def _with_members(staged: StagedRecord, choice: Choice) -> WithMembers:
    rules = _rules_of(staged.id, selection_rules().all())
    students, staff = _within(staged)
    line = line_of(staged)
    stays = [one for one in (*students, *staff) if not _follows(one, choice, rules)]
    return WithMembers(
        segment=segment(staged.id),
        name=line.name,
        choice=choice,
        seen=digest([choice, *sorted(one.id for one in (*students, *staff)), *sorted(rules)])[:16],
        group=_effect("group", [line], choice),
        students=_effect("student", [one for one in students if _follows(one, choice, rules)], choice),
        staff=_effect("staff", [one for one in staff if _follows(one, choice, rules)], choice),
        kept_out=sum(one.choice is False for one in stays) if choice == "select" else 0,
        stay=sum(one.selected for one in stays) if choice == "deselect" else 0,
    )


def _effect(kind: Kind, lines: list[Line], choice: Choice) -> Preview:
    return preview(lines, choice, kind, settings().operoo_settings)


def _follows(line: Line, choice: Choice, rules: dict[str, Rule]) -> bool:
    """Return whether the choice of a group reaches somebody in it: what was said of them by name prevails."""
    return line.choice is None and (choice == "select" or line.rule in rules)


def _rules_of(group: str, rules: dict[str, Rule]) -> dict[str, Rule]:
    """Return the rules that select who is in a group, and ask for nothing else."""
    wanted = SelectionChange(with_members_of=(group,)).rules_without_all()
    return {key: rule for key, rule in rules.items() if rule in wanted}


def _ids(staged: StagedRecord) -> tuple[tuple[str, ...], tuple[str, ...]]:
    record = staged.record() if staged.content else None
    return (record.members, record.staff) if isinstance(record, GroupRecord) else ((), ())


def _within(staged: StagedRecord) -> tuple[list[Line], list[Line]]:
    """Return who is in a group and who leads it, by name."""
    members, leaders = _ids(staged)
    return _named("student", members), _named("staff", leaders)


def _named(kind: Kind, ids: tuple[str, ...]) -> list[Line]:
    within = set(ids)
    lines = [line for line in lists().all(kind) if line.id in within] if within else []
    return sorted(lines, key=by_name)
