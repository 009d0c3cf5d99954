"""Rules: what is selected continually, made from plain choices, and looked at before it holds."""

from collections import Counter
from collections.abc import Sequence
from functools import cache
from typing import Annotated, Any
from urllib.parse import parse_qsl, urlencode

from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.openapi.params import Form, Query
from pydantic import BaseModel

from functions.console.asking import ask
from functions.console.people.choosing import Choice, Preview, preview
from functions.console.people.descriptions import rule_in_words
from functions.console.people.finding import Filter, by_name, matching, natural
from functions.console.people.ruling import ASKED, Takers, Wanted
from functions.console.web.pages import Done, FormKey, Pages
from functions.console.web.wording import follows
from functions.records.list_lines import Line
from functions.records.runs import StandingRule
from functions.runtime.wiring import lists, records_table, selection_rules, settings
from functions.store.audit import AuditEntry
from shared.digests import digest
from shared.errors import IntegrationError
from shared.manifests import Rule, SelectionChange, SelectionManifest
from shared.owners import Kind
from shared.records import Group

pages = Pages()
_NAMES = 12
_GROUPS = 20


class RuleView(BaseModel):
    """A rule in plain words.

    Attributes:
        takes: How many it takes now.
        left_out: How many of these somebody deselected by name: that prevails.
    """

    id: str
    told: str
    kind: Kind
    by: str
    at: str
    takes: int
    left_out: int


class Rules(BaseModel):
    """The rules."""

    rules: list[RuleView]


class NewRule(BaseModel):
    """What a new rule can be made from.

    Attributes:
        choices: What can be asked for: values, and how many have them now.
        boards: Whether some students board and some do not.
    """

    wanted: Wanted
    choices: dict[str, dict[str, int]]
    boards: bool


class FoundGroup(BaseModel):
    """A group that may be meant."""

    id: str
    name: str
    type: str
    size: int


class RulePreview(BaseModel):
    """What making or removing a rule would do, for a person to confirm.

    Attributes:
        rule: Its identifier, if it is there.
        wanted: What the form states.
        groups: The groups that may be meant, if more than one could be; nothing is to confirm then.
        missing: Whether no group is called as somebody typed; nothing is to confirm then either.
        seen: What stands for those whom it is about.
        count: How many the rule takes now; of one that is removed, whom it alone selects.
        left_out: How many of these stay deselected, as somebody deselected them by name.
    """

    rule: str
    told: str
    kind: Kind
    wanted: Wanted
    chosen: str
    groups: list[FoundGroup]
    missing: bool
    there: bool
    seen: str
    count: int
    left_out: int
    names: list[str]
    preview: Preview


class RuleChangedError(IntegrationError):
    """A rule takes others than were shown when somebody confirmed."""

    code = "rule-changed"


class RuleImpossibleError(IntegrationError):
    """No rule can be made of these choices."""

    code = "rule-impossible"


@pages.page("/rules", "rules.html.j2")
def show_rules() -> Rules:
    """Show which rules select continually."""
    takers = _takers()
    standing = sorted(selection_rules().standing().items(), key=lambda one: (one[1].at, one[0]), reverse=True)
    return Rules(rules=[_told(key, one, takers.taken(one.rule)) for key, one in standing])


@pages.page("/rules/new", "rule_new.html.j2", role="administrator")
def new_rule(wanted: Annotated[Wanted, Query()]) -> NewRule:
    """Show what a new rule can be made from."""
    lines = [line for line in lists().all(wanted.kind) if line.present]
    counted = {name: Counter(str(getattr(line, name)) for line in lines) for name in ASKED[wanted.kind]}
    choices = {
        name: dict(sorted(((value, count) for value, count in counts.items() if value), key=lambda one: natural(one[0])))
        for name, counts in counted.items()
    }
    boards = len({line.boarder for line in lines}) > 1
    return NewRule(wanted=wanted, choices={name: some for name, some in choices.items() if some}, boards=boards)


@pages.page("/rules/preview", "rule_preview.html.j2", role="administrator")
def preview_rule(wanted: Annotated[Wanted, Query()]) -> RulePreview:
    """Show what a new rule would do.

    Raises:
        RuleImpossibleError: No rule can be made of this.
    """
    wanted, groups = _with_group(wanted)
    missing = bool(wanted.group) and not groups
    rule = _rule_of(wanted)
    taken = [] if groups or missing else _takers().taken(rule)
    selected = [line for line in taken if line.choice is not False]
    there = rule in selection_rules().all().values()
    told = _shown(rule, taken, _effect(rule, selected, "select"))
    chosen = _chosen(wanted)
    return RulePreview(rule="", wanted=wanted, chosen=chosen, groups=groups, missing=missing, there=there, **told)


@pages.action("/rules", role="administrator")
def make_rule(
    seen: Annotated[str, Form()],
    forms: FormKey,  # noqa: ARG001 - checked before
    chosen: Annotated[str, Form(max_length=20_000, description="The choices, as the preview's address has them.")] = "",
) -> Done:
    """Make a rule.

    Raises:
        RuleChangedError: It takes others than were shown, or somebody else made it meanwhile.
        RuleImpossibleError: No rule can be made of this.
    """
    rule = _rule_of(_read(chosen))
    if rule in selection_rules().all().values():
        raise RuleChangedError("This rule is there already, and nothing was done.", remedy="Look at the rules once more.")
    taken = _takers().taken(rule)
    _check_seen(taken, seen)
    deed = AuditEntry(
        who=pages.visit().who, what="make rule", to=rule_in_words(rule), before="no rule", after=f"takes {len(taken)} now"
    )
    ask(SelectionManifest(kind="selection", select=SelectionChange(rules=(rule,))), deed)
    sent = sum(not line.selected and line.choice is None for line in taken)
    return Done(said=f"The rule holds from now on. {follows(sent)}.", see="/rules")


@pages.page("/rules/<rule>/remove", "rule_preview.html.j2", role="administrator")
def preview_removal(rule: str) -> RulePreview:
    """Show what removing a rule would do."""
    found, others = _found(rule)
    alone = _takers().only_by(found, others)
    told = _shown(found, alone, _effect(found, alone, "deselect"))
    return RulePreview(rule=rule, wanted=Wanted(kind=found.kind), chosen="", groups=[], missing=False, there=True, **told)


@pages.action("/rules/<rule>/remove", role="administrator")
def remove_rule(rule: str, seen: Annotated[str, Form()], forms: FormKey) -> Done:  # noqa: ARG001 - checked before
    """Remove a rule.

    Raises:
        RuleChangedError: It selects others than were shown, or somebody else removed it meanwhile.
    """
    others = selection_rules().all()
    found = others.pop(rule, None)
    if found is None:
        raise RuleChangedError(
            "Somebody removed this rule already, and nothing was done.", remedy="Look at the rules once more."
        )
    alone = _takers().only_by(found, others)
    _check_seen(alone, seen)
    before, after = f"takes {len(_takers().taken(found))} now", f"no rule, and {len(alone)} are no longer selected"
    deed = AuditEntry(who=pages.visit().who, what="remove rule", to=rule_in_words(found), before=before, after=after)
    ask(SelectionManifest(kind="selection", deselect=SelectionChange(rules=(found,))), deed)
    return Done(said="The rule is gone. Operoo follows within a minute or two.", see="/rules")


def _takers() -> Takers:
    return Takers(cache(lists().all), cache(_group))


def _group(group_id: str) -> Group | None:
    staged = records_table().get("group", group_id)
    record = staged.record() if staged is not None and staged.present and staged.content else None
    return record if isinstance(record, Group) else None


def _found(key: str) -> tuple[Rule, dict[str, Rule]]:
    rules = selection_rules().all()
    if key not in rules:
        raise NotFoundError
    return rules.pop(key), rules


def _read(chosen: str) -> Wanted:
    try:
        return Wanted.model_validate(dict(parse_qsl(chosen)))
    except ValueError:
        raise _impossible("These choices cannot be read.") from None


def _chosen(wanted: Wanted) -> str:
    return urlencode({name: value for name, value in wanted.model_dump().items() if value})


def _in_words(rule: Rule) -> str:
    group = _group(rule.member_of) if rule.member_of else None
    return rule_in_words(rule, group.name or group.code if group is not None else "")


def _rule_of(wanted: Wanted) -> Rule:
    try:
        return wanted.rule()
    except ValueError:
        raise _impossible("There is no such type of group.") from None


def _with_group(wanted: Wanted) -> tuple[Wanted, list[FoundGroup]]:
    """Return what is wanted with the group that was typed in its place; or the groups that may be meant, if it is not one."""
    if not wanted.group.strip() or wanted.kind == "group":
        return wanted.model_copy(update={"group": ""}), []
    present = [line for line in lists().all("group") if line.present]
    typed = wanted.group.strip()
    found = [line for line in present if line.id == typed] or matching(present, Filter(q=typed))
    if len(found) != 1:
        some = sorted(found, key=by_name)[:_GROUPS]
        return wanted, [FoundGroup(id=line.id, name=line.name, type=line.type, size=line.size) for line in some]
    return wanted.model_copy(update={"member_of": found[0].id, "group": ""}), []


def _impossible(what: str) -> RuleImpossibleError:
    return RuleImpossibleError(f"{what} No rule was made.", remedy="Go back and choose what the page offers.")


def _check_seen(lines: Sequence[Line], seen: str) -> None:
    if _seen(lines) != seen:
        raise RuleChangedError(
            "The rule takes others than when you looked, and nothing was done.", remedy="Look at what would happen once more."
        )


def _seen(lines: Sequence[Line]) -> str:
    return digest(sorted(line.id for line in lines))[:16]


def _effect(rule: Rule, lines: Sequence[Line], choice: Choice) -> Preview:
    return preview(lines, choice, rule.kind, settings().operoo_settings)


def _shown(rule: Rule, lines: Sequence[Line], effect: Preview) -> dict[str, Any]:
    return {
        "told": _in_words(rule),
        "kind": rule.kind,
        "seen": _seen(lines),
        "count": len(lines),
        "left_out": sum(line.choice is False for line in lines),
        "names": [line.name for line in sorted(lines, key=by_name)[:_NAMES]],
        "preview": effect,
    }


def _told(key: str, standing: StandingRule, taken: Sequence[Line]) -> RuleView:
    return RuleView(
        id=key,
        told=_in_words(standing.rule),
        kind=standing.rule.kind,
        by=standing.by,
        at=standing.at,
        takes=len(taken),
        left_out=sum(line.choice is False for line in taken),
    )
