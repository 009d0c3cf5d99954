"""What the staging area has already, as far as it matters for what somebody brings: numbers, names, groups. Pure functions."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from itertools import count

from functions.console.people.finding import bare, folded
from functions.records.list_lines import Line
from shared.digests import sha256
from shared.owners import Kind, is_manual, last_part, manual_id, number_of
from shared.records import Name

Lines = Mapping[Kind, Sequence[Line]]
_DIGITS = 12


class Known:
    """Everybody and everything in the staging area.

    Args:
        lines: The lists.
        staff_by_code: Whether Operoo knows staff of Synergetic by their code.
    """

    def __init__(self, lines: Lines, *, staff_by_code: bool) -> None:
        self._here = {kind: {line.id: line for line in some} for kind, some in lines.items()}
        self._names: dict[Kind, dict[str, list[Line]]] = {}
        for kind, some in lines.items():
            by_name: dict[str, list[Line]] = defaultdict(list)
            for line in some:
                if line.present:
                    by_name[_called(kind, line.name)].append(line)
            self._names[kind] = by_name
        self._group_ids: dict[str, str] = {}
        classes = (line.id for line in lines["group"] if line.present and line.type == "class")
        self._classes = {folded(last_part(one)) for one in classes}
        by_code = lines.get("staff", ()) if staff_by_code else ()
        self._codes = {line.code.casefold(): line.id for line in by_code if line.code}

    def taken(self, kind: Kind, number: str) -> bool:
        """Return whether a number is that of a person in Synergetic, who is here or was."""
        if kind == "staff" and number.casefold() in self._codes:
            return True
        return _plain(number) in self._here[kind]

    def person(self, kind: Kind, number: str) -> str:
        """Return the identifier of who has a number, of Synergetic's people first; nothing if nobody has."""
        coded = self._codes.get(number.casefold(), "") if kind == "staff" else ""
        for record_id in (coded, _plain(number), manual_id(number)):
            line = self._here[kind].get(record_id)
            if line is not None and line.present:
                return record_id
        return ""

    def namesakes(self, kind: Kind, name: Name, born: date | None, *, but: str) -> list[Line]:
        """Return who has the same name, and the same date of birth as far as both are known; not the record itself."""
        shown = {_called(kind, f"{name.surname}, {first}") for first in (name.preferred, name.given) if first and name.surname}
        found = {line.id: line for one in shown for line in self._names[kind].get(one, ()) if line.id != but}
        day = born.isoformat() if born else ""
        return [line for line in found.values() if not day or not line.born or line.born == day]

    def doubles(self, kind: Kind, line: Line) -> list[Line]:
        """Return whom of Synergetic's what a person brought may be: by number, and by name and date of birth."""
        found = {one.id: one for one in self._names[kind].get(_called(kind, line.name), ()) if not is_manual(one.id)}
        if (same := self._here[kind].get(_plain(number_of(line.id)))) is not None:
            found[same.id] = same
        return [one for one in found.values() if not one.born or not line.born or one.born == line.born or one is same]

    def group_called(self, name: str, *, but: str) -> bool:
        """Return whether another group has this name."""
        return any(line.id != but for line in self._names["group"].get(folded(name), ()))

    def synergetic_group(self, name: str) -> bool:
        """Return whether a group of this name, or a class of this code, comes from Synergetic."""
        return folded(name) in self._classes or any(
            not is_manual(line.id) for line in self._names["group"].get(folded(name), ())
        )

    def group_id(self, name: str) -> str:
        """Return the identifier of the group that a person means by a name: of the one that is there, or of a new one."""
        if name not in self._group_ids:
            self._group_ids[name] = self._group_id(name)
        return self._group_ids[name]

    def _group_id(self, name: str) -> str:
        own = next((line.id for line in self._names["group"].get(folded(name), ()) if is_manual(line.id)), "")
        if own:
            return own
        # Of a name that a group had before it was given another, the identifier is that group's.
        tried = (manual_id(sha256(f"{folded(name)} {again}".encode())[:_DIGITS]) for again in count())
        return next(one for one in tried if not self._is_called_otherwise(one, name))

    def _is_called_otherwise(self, group_id: str, name: str) -> bool:
        line = self._here["group"].get(group_id)
        return line is not None and line.present and folded(line.name) != folded(name)


def _called(kind: Kind, name: str) -> str:
    """Return a name as it is looked up. Of a group it says who it is, and a sign in it may tell it from another."""
    return folded(name) if kind == "group" else bare(name)


def _plain(number: str) -> str:
    """Return a number as Synergetic writes it: without zeros in front."""
    return number.lstrip("0") or "0" if number.isascii() and number.isdecimal() else number
