"""How many absences the guard let through lately, in the Runs table."""

from functions.records.runs import About, Passed
from functions.store.items import ItemTable, item_of
from shared.owners import Kind


class PassedAbsences(ItemTable):
    """What was let through of each kind."""

    def get(self, kind: Kind, about: About) -> Passed:
        """Return what was let through, strongly consistent."""
        item = self._get("passed", _key(kind, about))
        return Passed.model_validate(item) if item else Passed()

    def put(self, kind: Kind, about: About, passed: Passed) -> None:
        """Store what was let through.

        Raises:
            ChangedMeanwhileError: Another plan, or a decision, wrote it since it was read.
        """
        self._replace(item_of("passed", _key(kind, about), passed), revision=passed.revision)

    def forget(self, kind: Kind, about: About) -> None:
        """Begin to count anew.

        Raises:
            ChangedMeanwhileError: A plan wrote it since it was read.
        """
        before = self.get(kind, about)
        if before.runs:
            self.put(kind, about, before.model_copy(update={"runs": {}}))


def _key(kind: Kind, about: About) -> str:
    return f"{kind}#{about}"
