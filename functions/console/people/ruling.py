"""Continual rules as a person chooses them, and whom they take now. Nothing here does I/O but through what it is given."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from functions.records.list_lines import Line
from functions.records.rules import meets
from shared.manifests import Rule
from shared.owners import Kind
from shared.records import Group

Lines = Callable[[Kind], Sequence[Line]]
Groups = Callable[[str], Group | None]
ASKED: dict[Kind, tuple[str, ...]] = {
    "student": ("year_level", "campus", "house", "form", "tutor"),
    "staff": (),
    "group": ("type", "year_level", "campus"),
}
"""What a record of a kind can be asked for, by the names of lists."""


class Wanted(BaseModel):
    """A rule as the page's form states it; what is empty does not matter.

    Attributes:
        group: What somebody typed to name a group: a part of its name, or its identifier.
        member_of: The group itself.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    kind: Kind = "student"
    year_level: str = Field(default="", max_length=200)
    campus: str = Field(default="", max_length=200)
    house: str = Field(default="", max_length=200)
    form: str = Field(default="", max_length=200)
    tutor: str = Field(default="", max_length=200)
    boarder: Literal["", "yes", "no"] = ""
    type: str = Field(default="", max_length=40)
    group: str = Field(default="", max_length=200)
    member_of: str = Field(default="", max_length=200)

    def rule(self) -> Rule:
        """Return the rule.

        Raises:
            ValueError: There is no such type of group.
        """
        given = {name: value for name in (*ASKED[self.kind], "member_of") if (value := getattr(self, name))}
        if "type" in given:
            given["group_type"] = given.pop("type")
        if self.kind == "group":
            given.pop("member_of", None)
        if self.kind == "student" and self.boarder:
            given["boarder"] = self.boarder == "yes"
        return Rule.model_validate({"kind": self.kind, **given})


class Takers:
    """Whom each rule takes.

    Args:
        lines: Every record of a kind.
        group: Looks a group up; asked only for groups that a rule names.
    """

    def __init__(self, lines: Lines, group: Groups) -> None:
        self._lines = lines
        self._group = group

    def taken(self, rule: Rule) -> list[Line]:
        """Return the present records that a rule takes."""
        members = self._members(rule)
        return [
            line
            for line in self._lines(rule.kind)
            if line.present and meets(rule, line) and (members is None or line.id in members)
        ]

    def only_by(self, rule: Rule, others: Mapping[str, Rule]) -> list[Line]:
        """Return those whom just this rule selects: no other one does, and nobody selected or deselected them by name."""
        kept = {line.id for other in others.values() if other.kind == rule.kind for line in self.taken(other)}
        return [line for line in self.taken(rule) if line.choice is None and line.id not in kept]

    def _members(self, rule: Rule) -> Collection[str] | None:
        if rule.member_of is None:
            return None
        group = self._group(rule.member_of)
        if group is None:
            return ()
        return frozenset(group.members if rule.kind == "student" else group.staff)
