"""Choosing what is synchronised: of a list the marked, or all that match. What it would do is looked at first."""

from typing import Annotated
from urllib.parse import parse_qsl, unquote, urlencode

from aws_lambda_powertools.event_handler.openapi.params import Form, Query
from pydantic import BaseModel

from functions.console.asking import ask, some_of
from functions.console.people.choosing import Choice, ListChangedError, Preview, all_chosen, preview, year_groups
from functions.console.people.finding import Filter, by_name, matching
from functions.console.people.listing import first_since
from functions.console.web.addresses import SINGULARS, Plural, segment
from functions.console.web.pages import Done, FormKey, Pages
from functions.console.web.wording import follows, how_many
from functions.records.list_lines import Line
from functions.runtime.wiring import lists, settings
from functions.store.audit import AuditEntry
from shared.digests import digest
from shared.errors import IntegrationError
from shared.manifests import SelectionChange, SelectionManifest

pages = Pages()
Chosen = Annotated[
    list[Annotated[str, Form(max_length=40_000)]],
    Form(
        max_length=2,
        description="`ids` with commas between, and filter as in the confirmation's address; `groups=yes` takes its groups.",
    ),
]
_SHOWN_NAMES = 12


class YearGroup(BaseModel):
    """The group of a year level, which can be selected with its students."""

    id: str
    name: str
    campus: str


class Confirmation(BaseModel):
    """What choosing would do, for a person to confirm.

    Attributes:
        ids: Whom they have marked one by one; empty if all that match the filter.
        seen: What stands for those whom this page is about: if others match meanwhile, the page is shown again.
        names: The first of them.
        already: All are selected, or deselected, as it is.
        by_name: And for each of them somebody said so by name, so that nothing at all would change.
        groups: The groups of the year level that was looked for, which are not selected.
        groups_whole: With those who are selected here, nobody of these groups is left out.
        back: Where the person comes from.
    """

    kind: Plural
    choice: Choice
    ids: list[str]
    filter: Filter
    query: str
    seen: str
    count: int
    names: list[str]
    preview: Preview
    already: bool
    by_name: bool
    groups: list[YearGroup]
    groups_whole: bool
    back: str


class NobodyMarkedError(IntegrationError):
    """Something was to be done with marked records, and none was."""

    code = "nobody-marked"


@pages.page("/<kind>/choose", "confirm.html.j2", role="administrator")
def confirm(
    kind: Plural,
    choice: Choice,
    wanted: Annotated[Filter, Query()],
    ids: Annotated[list[str], Query()] = [],  # noqa: B006 - Powertools copies it
) -> Confirmation:
    """Show what selecting or deselecting would do: of the marked, or of all that match the filter.

    Raises:
        NobodyMarkedError: Nobody was marked, or nobody matches.
    """
    everyone = lists().all(SINGULARS[kind])
    lines = _marked(everyone, ids, wanted)
    groups = _groups_of(kind, choice, wanted, lines)
    return Confirmation(
        kind=kind,
        choice=choice,
        ids=ids,
        filter=wanted,
        query=urlencode(wanted.chosen()),
        seen=_seen([*lines, *groups]),
        count=len(lines),
        names=[line.name for line in sorted(lines, key=by_name)[:_SHOWN_NAMES]],
        preview=preview(lines, choice, SINGULARS[kind], settings().operoo_settings),
        already=all(line.selected is (choice == "select") for line in lines),
        by_name=all(line.choice is (choice == "select") for line in lines),
        groups=[YearGroup(id=line.id, name=line.name, campus=line.campus) for line in groups],
        groups_whole=all_chosen(groups, everyone, lines),
        back=_back(kind, ids, wanted),
    )


@pages.action("/<kind>/choose", role="administrator")
def choose(
    kind: Plural,
    choice: Annotated[Choice, Form()],
    seen: Annotated[str, Form()],
    forms: FormKey,  # noqa: ARG001 - checked before
    chosen: Chosen = [],  # noqa: B006 - Powertools copies it
) -> Done:
    """Select or deselect what was confirmed.

    Raises:
        NobodyMarkedError: Nobody was marked.
        ListChangedError: Others match than were shown.
    """
    wanted, marked, with_groups = _read("&".join(chosen))
    lines = _marked(lists().all(SINGULARS[kind]), marked, wanted)
    offered = _groups_of(kind, choice, wanted, lines)
    if _seen([*lines, *offered]) != seen:
        raise _list_changed()
    also = offered if with_groups else []
    taken = {kind: lines} | ({"groups": also} if also else {})
    what = SelectionChange.model_validate({name: [line.id for line in some] for name, some in taken.items()})
    deed = AuditEntry(
        who=pages.visit().who,
        what=choice,
        to="; ".join(some_of([line.id for line in some], name) for name, some in taken.items()),
        before=_stand([*lines, *also]),
        after="selected" if choice == "select" else "not selected",
    )
    ask(SelectionManifest.model_validate({"kind": "selection", choice: what}), deed)
    verb = "Selected" if choice == "select" else "Deselected"
    told = ", ".join([how_many(len(lines), SINGULARS[kind]), *(f"the group {line.name}" for line in also)])
    when = follows(_sent(choice, [*lines, *also]))
    return Done(said=f"{verb}: {told}. {when}. Until then this page shows how it was.", see=_back(kind, marked, wanted))


def _sent(choice: Choice, lines: list[Line]) -> int:
    """Return how many records a choice sends to Operoo: who is let go of stays there as they are."""
    return sum(not line.selected for line in lines) if choice == "select" else 0


def _stand(lines: list[Line]) -> str:
    """Return for the audit trail how records stand: where they differ, how many are selected and how many are not."""
    counts = {"selected": sum(line.selected for line in lines), "not selected": sum(not line.selected for line in lines)}
    some = {words: count for words, count in counts.items() if count}
    return ", ".join(f"{count} {words}" if len(some) > 1 else words for words, count in some.items())


def _groups_of(kind: Plural, choice: Choice, wanted: Filter, lines: list[Line]) -> list[Line]:
    """Return the groups to offer with students who are selected from the list of a year level."""
    offered = kind == "students" and choice == "select" and wanted.year_level
    return year_groups(lists().all("group"), lines) if offered else []


def _read(chosen: str) -> tuple[Filter, list[str], bool]:
    given = dict(parse_qsl(chosen))
    try:
        # A comma may stand in the code of a class, and so in its identifier.
        marked = [unquote(one) for one in given.get("ids", "").split(",") if one]
        return Filter.model_validate(given), marked, given.get("groups") == "yes"
    except ValueError:
        raise _list_changed() from None


def _list_changed() -> ListChangedError:
    return ListChangedError(
        "The list changed since you looked, and nothing was done.", remedy="Look at what would happen once more."
    )


def _marked(lines: list[Line], ids: list[str], wanted: Filter) -> list[Line]:
    if ids:
        wished = set(ids)
        found = [line for line in lines if line.id in wished]
    else:
        found = matching(lines, wanted, since=first_since(wanted))
    if not found:
        raise NobodyMarkedError("Nobody is marked.", remedy="Mark some in the list first, or choose all that match.")
    return sorted(found, key=lambda line: line.id)


def _back(kind: Plural, ids: list[str], wanted: Filter) -> str:
    """Return the list that somebody comes from; of one record alone, its own page."""
    if len(ids) == 1 and not wanted.chosen():
        return f"/{kind}/{segment(ids[0])}"
    return f"/{kind}?{urlencode(wanted.chosen())}"


def _seen(lines: list[Line]) -> str:
    return digest([line.id for line in lines])[:16]
