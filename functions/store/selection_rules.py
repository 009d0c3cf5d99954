"""The continual selection rules, in the Runs table, and whether their groups are to be looked at again."""

from collections.abc import Iterable, Mapping
from typing import Any

from functions.records.runs import StandingRule
from functions.store.items import ItemTable, now
from shared.manifests import Rule


class SelectionRules(ItemTable):
    """The rules by which a school selects."""

    def all(self) -> dict[str, Rule]:
        """Return the continual selection rules by identifier, strongly consistent."""
        return {item["sk"]: Rule.model_validate_json(item["rule"]) for item in self._query("rule") if item.get("rule")}

    def standing(self) -> dict[str, StandingRule]:
        """Return the same with who made them and when."""
        items = (item for item in self._query("rule") if item.get("rule"))
        return {
            item["sk"]: StandingRule(
                rule=Rule.model_validate_json(item["rule"]), by=item.get("by", ""), at=item.get("made_at", "")
            )
            for item in items
        }

    def put(self, rules: Mapping[str, Rule], *, order: str, by: str = "") -> None:
        """Add rules, with who asked for them; one that was added or removed by a later wish stays as that left it."""
        for key, rule in rules.items():
            made = {"rule": rule.model_dump_json(exclude_none=True), "order": order, "by": by, "made_at": now()}
            self._put_rule({"pk": "rule", "sk": key, **made})

    def drop(self, keys: Iterable[str], *, order: str) -> None:
        """Remove rules; what remains of one is when that was wished."""
        for key in keys:
            self._put_rule({"pk": "rule", "sk": key, "order": order})

    def _put_rule(self, item: dict[str, Any]) -> None:
        names = {"#order": "order"}
        self._put_if(item, "attribute_not_exists(pk) OR #order <= :order", {":order": item["order"]}, names=names)

    def regrouped(self) -> int:
        """Return the snapshot that staged a group by which a rule selects, if its members are yet to be looked at; else 0."""
        return int((self._get("regrouped", "regrouped") or {}).get("sequence", 0))

    def mark_regrouped(self, sequence: int) -> None:
        """Note that the members of such a group are to be looked at again once all of this snapshot is staged."""
        item = {"pk": "regrouped", "sk": "regrouped", "sequence": sequence}
        names = {"#sequence": "sequence"}
        self._put_if(item, "attribute_not_exists(pk) OR #sequence < :sequence", {":sequence": sequence}, names=names)

    def forget_regrouped(self, sequence: int) -> None:
        """Take the mark of a snapshot away, if no later one has made it anew."""
        item = {"pk": "regrouped", "sk": "regrouped", "sequence": 0}
        self._put_if(item, "#sequence = :sequence", {":sequence": sequence}, names={"#sequence": "sequence"})
