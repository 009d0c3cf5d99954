"""Whom the continual selection rules take."""

from collections.abc import Callable, Mapping

from functions.records.rules import meets
from functions.records.staged import StagedRecord
from shared.manifests import Rule
from shared.records import Group, Record, Staff, Student


class Selector:
    """Applies the rules to records.

    Args:
        rules: The rules by identifier.
        group: Looks a group up by its identifier; asked only for groups that a rule names, and once each.
    """

    def __init__(self, rules: Mapping[str, Rule], group: Callable[[str], Group | None]) -> None:
        self._rules = dict(sorted(rules.items()))
        self._groups = {name: group(name) for name in {rule.member_of for rule in rules.values() if rule.member_of}}

    def apply(self, staged: StagedRecord) -> StagedRecord:
        """Return the record with the rule that selects it now, if any.

        Who is absent keeps the rule that took them as long as it stands. Then another may take them by what they were.
        """
        if not staged.content or (not staged.present and staged.by_rule in {"", *self._rules}):
            return staged
        record = staged.record()
        taken = next((key for key, rule in self._rules.items() if self._takes(rule, record)), "")
        return staged if taken == staged.by_rule else staged.but(by_rule=taken)

    def _takes(self, rule: Rule, record: Record) -> bool:
        if rule.kind != record.kind:
            return False
        if not meets(rule, record):
            return False
        return rule.member_of is None or self._in_group(rule.member_of, record)

    def _in_group(self, group_id: str, record: Record) -> bool:
        group = self._groups[group_id]
        if isinstance(record, Student):
            return group is not None and record.id in group.members
        if isinstance(record, Staff):
            return group is not None and record.id in group.staff
        return record.id == group_id
