"""A group that Synergetic does not have: named, its people picked from the lists, and then confirmed."""

from collections.abc import Iterable
from typing import Annotated, Literal

from aws_lambda_powertools.event_handler.openapi.params import Form, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from functions.console.manual import sending
from functions.console.manual.drafts import GroupDraft
from functions.console.manual.known import Known
from functions.console.manual.manual_only import brought
from functions.console.manual.reading import plain
from functions.console.people.finding import Filter, by_name, facets_of, matching
from functions.console.web import drafts
from functions.console.web.drafts import DRAFT
from functions.console.web.pages import Done, FormKey, Pages
from functions.console.web.paging import PageNumber, paged
from functions.records.list_lines import Line
from functions.records.manual_records import ManualRecord
from functions.runtime.wiring import lists, records_table
from shared.errors import IntegrationError
from shared.owners import KINDS, Kind, number_of
from shared.records import Group

pages = Pages()
Name = Annotated[str, Path(pattern=DRAFT)]
GroupName = Annotated[str, Form(min_length=1, max_length=100)]
Marked = Annotated[list[str], Form(description="Whom to add, such as `student#10234` or `staff#20011`.")]
Unwanted = Annotated[list[str], Form(description="Whom to take out, the same.")]
Selected = Annotated[Literal["yes", ""], Form(description="Also select it.")]
TypedName = Annotated[str, Form(max_length=100, description="The name as it is typed by now; it is kept until it is saved.")]
Who = Literal["student", "staff"]
_FOUND, _MOST_PEOPLE = 30, 5_000


class Wanted(BaseModel):
    """Whom one looks for, to add them."""

    model_config = ConfigDict(frozen=True)

    who: Who = "student"
    q: str = Field(default="", max_length=100)
    year_level: str = Field(default="", max_length=200)


class Person(BaseModel):
    """Somebody who is in the group, or could be."""

    kind: Who
    id: str
    number: str
    name: str
    year_level: str
    cloud: bool


class GroupPage(BaseModel):
    """A group while it is made or edited.

    Attributes:
        id: Empty of a new one.
        people: A page of who is in it.
        students: How many students are in it, and how many on the staff.
        wanted: Whom one looks for.
        found: The first of those who are found and not in it.
        total: How many are found and not in it.
        year_levels: What students can be filtered by.
        unsynchronised: How many of its people are not in Operoo: they are no members there.
    """

    draft: str
    id: str
    name: str
    people: list[Person]
    page: int
    pages: int
    students: int
    staff: int
    wanted: Wanted
    found: list[Person]
    total: int
    year_levels: list[str]
    unsynchronised: int
    select: bool
    done: str


class GroupNameTakenError(IntegrationError):
    """A group of this name is there already."""

    code = "group-name-taken"


class GroupTooLargeError(IntegrationError):
    """More people were to be in a group than one may hold."""

    code = "group-too-large"


@pages.action("/custom/group", role="administrator")
def begin(
    forms: FormKey,  # noqa: ARG001 - checked before
    group: Annotated[str, Form(max_length=100, description="The name of a new group.")] = "",
    record: Annotated[str, Form(max_length=200, description="The identifier of a group to edit.")] = "",
) -> Done:
    """Begin a new group, or the editing of one that a person made.

    Raises:
        GroupNameTakenError: There is one of this name, or there is no name.
        NotBroughtError: Nobody brought it.
    """
    if not record:
        draft = GroupDraft(name=_free_name(group, sending.known(), but=""), select=True)
        return Done(said="", see=f"/custom/group/{drafts.begin(draft)}")
    staged = brought("group", record)
    found = staged.record()
    assert isinstance(found, Group)
    name, members, staff = found.name or found.code, list(found.members), list(found.staff)
    draft = GroupDraft(id=record, seen=staged.digest, name=name, members=members, staff=staff)
    return Done(said="", see=f"/custom/group/{drafts.begin(draft)}")


@pages.page("/custom/group/<name>", "custom_group.html.j2", role="administrator")
def show(name: Name, wanted: Annotated[Wanted, Query()], page: PageNumber = 1) -> GroupPage:
    """Show who is in the group, and who could be."""
    draft = drafts.find(GroupDraft, name)
    lines = {kind: lists().all(kind) for kind in KINDS}
    people = [*_in(lines["student"], "student", draft.members), *_in(lines["staff"], "staff", draft.staff)]
    found, part = _found(lines[wanted.who], wanted, draft), paged(people, page)
    students = sum(person.kind == "student" for person in people)
    return GroupPage(
        draft=name,
        id=draft.id,
        name=draft.name,
        people=list(part.shown),
        page=part.page,
        pages=part.pages,
        students=students,
        staff=part.total - students,
        wanted=wanted,
        found=[_person(line, wanted.who) for line in found[:_FOUND]],
        total=len(found),
        year_levels=list(facets_of(lines["student"]).get("year_level", {})),
        unsynchronised=sum(not person.cloud for person in people),
        select=draft.select,
        done=draft.done,
    )


@pages.action("/custom/group/<name>/people", role="administrator")
def change_people(  # noqa: PLR0913, PLR0917 - the fields of one form
    name: Name,
    forms: FormKey,  # noqa: ARG001 - checked before
    add: Marked = [],  # noqa: B006
    drop: Unwanted = [],  # noqa: B006
    group: TypedName = "",
    select: Selected = "",
) -> Done:
    """Add marked people to the group, or take them out of it.

    Raises:
        GroupTooLargeError: It would hold too many.
    """
    draft = drafts.find_open(GroupDraft, name)
    _keep(name, _marked(draft, add, drop), group, select)
    return Done(said="", see=f"/custom/group/{name}")


@pages.action("/custom/group/<name>/everyone", role="administrator")
def add_everyone(  # noqa: PLR0913, PLR0917 - the fields of one form
    name: Name,
    who: Annotated[Who, Form()],
    forms: FormKey,  # noqa: ARG001 - checked before
    q: Annotated[str, Form(max_length=100)] = "",
    year_level: Annotated[str, Form(max_length=200)] = "",
    group: TypedName = "",
    select: Selected = "",
) -> Done:
    """Add everyone who is found.

    Raises:
        GroupTooLargeError: It would hold too many.
    """
    draft = drafts.find_open(GroupDraft, name)
    found = _found(lists().all(who), Wanted(who=who, q=q, year_level=year_level), draft)
    field = "members" if who == "student" else "staff"
    people = [*(draft.members if who == "student" else draft.staff), *(line.id for line in found)]
    _keep(name, draft.model_copy(update={field: people}), group, select)
    return Done(said=f"Added to the group: {len(found)}. Save it when it is complete.", see=f"/custom/group/{name}")


@pages.action("/custom/group/<name>", role="administrator")
def save(  # noqa: PLR0913, PLR0917 - the fields of one form
    name: Name,
    group: GroupName,
    forms: FormKey,  # noqa: ARG001 - checked before
    select: Selected = "",
    add: Marked = [],  # noqa: B006
    drop: Unwanted = [],  # noqa: B006
) -> Done:
    """Bring the group to the staging area, with whom is marked by now.

    Raises:
        GroupNameTakenError: There is another one of this name.
        GroupTooLargeError: It would hold too many.
        ChangedSinceError: Somebody else changed it since this editing began.
        DoneAlreadyError: It was done before.
    """
    draft, there = _marked(drafts.find_open(GroupDraft, name), add, drop), sending.known()
    called = _free_name(group, there, but=draft.id)
    _require_size(draft)
    if draft.id:
        staged = records_table().get("group", draft.id)
        if staged is None or not staged.present or staged.digest != draft.seen:
            raise sending.ChangedSinceError(
                "Somebody else changed this group meanwhile, and nothing was done.", remedy="Start editing it again."
            )
    record = Group(
        id=draft.id or there.group_id(called),
        type="custom",
        code=called,
        name=called,
        members=tuple(sorted(set(draft.members))),
        staff=tuple(sorted(set(draft.staff))),
    )
    # Two who make one of the same name at the same moment make one group, of which neither loses anybody.
    given = ManualRecord(record=record, join=not draft.id)
    sending.bring([given], "custom", who=pages.visit().who, select=select == "yes")
    said = f"Saved: {called}. It is in the list within a minute."
    drafts.keep(name, draft.model_copy(update={"name": called, "done": said}))
    return Done(said=said, see="/custom")


def _free_name(name: str, there: Known, *, but: str) -> str:
    called = plain(name)
    if not called:
        raise GroupNameTakenError("The group has no name.", remedy="Go back and give it one.")
    if there.group_called(called, but=but) or there.synergetic_group(called):
        raise GroupNameTakenError(
            f"There is a group called {called} already.",
            remedy="Go back and choose another name, or edit that one.",
        )
    return called


def _keep(name: str, draft: GroupDraft, called: str, select: str) -> None:
    """Keep how far a group has come, with all that its form says."""
    _require_size(draft)
    drafts.keep(name, draft.model_copy(update={"name": plain(called) or draft.name, "select": select == "yes"}))


def _require_size(draft: GroupDraft) -> None:
    if max(len(draft.members), len(draft.staff)) > _MOST_PEOPLE:
        raise GroupTooLargeError(
            f"A group holds up to {_MOST_PEOPLE:,} students, and as many staff. Nobody was added.",
            remedy="Go back and make several groups.",
        )


def _marked(draft: GroupDraft, add: list[str], drop: list[str]) -> GroupDraft:
    if not add and not drop:
        return draft
    lines: dict[Who, list[Line]] = {"student": lists().all("student"), "staff": lists().all("staff")}
    known = {f"{kind}#{line.id}" for kind, some in lines.items() for line in some if line.present}
    members = _changed(draft.members, "student", known & set(add), drop)
    return draft.model_copy(update={"members": members, "staff": _changed(draft.staff, "staff", known & set(add), drop)})


def _changed(people: list[str], kind: Who, add: Iterable[str], drop: Iterable[str]) -> list[str]:
    prefix = f"{kind}#"
    gone = {one.removeprefix(prefix) for one in drop if one.startswith(prefix)}
    more = sorted(one.removeprefix(prefix) for one in add if one.startswith(prefix))
    return list(dict.fromkeys([*(one for one in people if one not in gone), *more]))


def _found(lines: list[Line], wanted: Wanted, draft: GroupDraft) -> list[Line]:
    if not wanted.q.strip() and not wanted.year_level:
        return []
    inside = {*draft.members} if wanted.who == "student" else {*draft.staff}
    asked = Filter(q=wanted.q, year_level=wanted.year_level if wanted.who == "student" else "")
    found = (line for line in matching(lines, asked) if line.present and line.id not in inside)
    return sorted(found, key=by_name)


def _in(lines: list[Line], kind: Who, ids: list[str]) -> list[Person]:
    known = {line.id: line for line in lines}
    found = sorted((known[one] for one in ids if one in known), key=by_name)
    return [_person(line, kind) for line in found]


def _person(line: Line, kind: Kind) -> Person:
    return Person.model_validate(
        {
            "kind": kind,
            "id": line.id,
            "number": number_of(line.id),
            "name": line.name,
            "year_level": line.year_level,
            "cloud": line.link == "linked",
        }
    )
