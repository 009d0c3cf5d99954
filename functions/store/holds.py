"""Holds, in the Runs table: many who are gone at once wait there for a person."""

from functions.records.runs import Hold
from functions.store.items import ItemTable, item_of


class Holds(ItemTable):
    """The holds of a school."""

    def put(self, hold: Hold) -> None:
        """Store a hold as it is now.

        Raises:
            ChangedMeanwhileError: A plan, or a decision, wrote it since it was read.
        """
        self._replace(item_of("hold", hold.hold, hold), revision=hold.revision)

    def get(self, hold: str) -> Hold | None:
        """Return a hold, strongly consistent."""
        item = self._get("hold", hold)
        return Hold.model_validate(item) if item else None

    def open(self) -> list[Hold]:
        """Return the holds that wait for a person."""
        return [hold for hold in map(Hold.model_validate, self._query("hold")) if hold.state == "open"]
