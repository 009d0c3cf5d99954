"""Whether a field that Operoo's answers had is in none any more: what families say in it, under another name, is not read."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping

from functions.records.ledger import FieldSeen
from shared.errors import FatalError
from shared.medical.profile import LISTS

# So many would have it by chance alone: of fewer nobody can tell.
_FEW = 5


class FieldsVanishedError(FatalError):
    """Nobody's profile has a field any more that many had; all others were read."""

    code = "medical-fields-vanished"


class FieldCount:
    """Counts, over the answers of one reading of everybody, how many have which field."""

    def __init__(self) -> None:
        self._students = 0
        self._having: Counter[str] = Counter()

    def add(self, found: Collection[str]) -> None:
        """Count one student's answer, by those of our fields that it has."""
        self._students += 1
        self._having.update({*found, *(f"{name}." for name in _lists_with_forms(found))})

    def seen(self, names: Mapping[str, str]) -> dict[str, FieldSeen]:
        """Return the fields that somebody has.

        Args:
            names: What each of our fields is called in Operoo.
        """
        return {
            path: FieldSeen(name=names[path], students=count, among=self._among(path))
            for path, count in sorted(self._having.items())
            if path in names
        }

    def vanished(self, names: Mapping[str, str], known: Mapping[str, FieldSeen]) -> dict[str, FieldSeen]:
        """Return the fields that nobody has any more, although some of these students would: they have another name by now.

        Args:
            names: What each of our fields is called in Operoo. Of one that is called otherwise since, nothing is known.
            known: The fields that were there before.
        """
        gone = ((path, one) for path, one in known.items() if names.get(path) == one.name and not self._having[path])
        return {path: one for path, one in gone if one.students * self._among(path) >= _FEW * one.among}

    def _among(self, path: str) -> int:
        """Return how many could have a field: one of a list's forms only who has such a form."""
        name, dot, _ = path.partition(".")
        return self._having[f"{name}."] if dot and name in LISTS else self._students


def _lists_with_forms(found: Iterable[str]) -> set[str]:
    return {name for name, dot, _ in (path.partition(".") for path in found) if dot and name in LISTS}


def vanished_error(gone: Mapping[str, FieldSeen]) -> FieldsVanishedError:
    """Return the error that tells of fields that nobody has any more; those of a list that is gone go without saying."""
    told = sorted(f"{one.name} ({path})" for path, one in gone.items() if path.partition(".")[0] not in gone or "." not in path)
    return FieldsVanishedError(
        f"Nobody's medical profile in Operoo has these fields any more: {', '.join(told)}. All others were read.",
        remedy="Look at what Operoo calls them now, and correct medical.fields; give those that are no more an empty name.",
    )
