"""Whom a group names, and under which identifiers Operoo has them."""

from functions.apply_records.profiles import Profiles
from functions.operoo.mapping import link_key
from functions.records.staged import StagedRecord
from functions.store.records import RecordsTable
from shared.owners import Kind


class Links:
    """Operoo's identifiers of whom groups name, as far as they are linked.

    Groups share their people, and nobody but this worker links: whom one group asked for, the next need not.

    Args:
        records: The staging area.
        profiles: Knows whom a group names, and what Operoo lists.
    """

    def __init__(self, records: RecordsTable, profiles: Profiles) -> None:
        self._records = records
        self._profiles = profiles
        self._known: dict[str, str] = {}

    def of(self, staged: StagedRecord) -> dict[str, str]:
        """Return Operoo's identifiers of whom a group names and who is linked, by `link_key`; of a person none."""
        named = self._profiles.named_by(staged.record())
        for kind, ids in named.items():
            unknown = [one for one in ids if link_key(kind, one) not in self._known]
            found = self._records.get_many(kind, unknown)
            linked = {one.id: one.operoo_id for one in found.values() if one.link == "linked"}
            self._known |= {link_key(kind, one): linked.get(one, "") for one in unknown}
        keys = (link_key(kind, one) for kind, ids in named.items() for one in ids)
        return {key: self._known[key] for key in keys if self._known[key]}

    def forget(self, staged: StagedRecord) -> None:
        """Have a record that was written asked for anew."""
        self._known.pop(link_key(staged.kind, staged.id), None)

    def named_by(self, group: StagedRecord) -> set[str]:
        """Return whom a group names, linked or not, as keys."""
        return {link_key(kind, one) for kind, ids in self._profiles.named_by(group.record()).items() for one in ids}

    def not_listed(self, group: StagedRecord) -> dict[tuple[Kind, str], None]:
        """Return those, in order, whom a group that was just stated names and Operoo's listing does not show.

        Raises:
            FatalError: The listing tells nothing.
        """
        named: dict[tuple[Kind, str], None] = {}
        for kind, ids in self._profiles.named_by(group.record()).items():
            linked = {one: self._known[key] for one in ids if self._known.get(key := link_key(kind, one))}
            missing = self._profiles.not_listed(kind, linked.values())
            named |= {(kind, one): None for one, operoo_id in linked.items() if operoo_id in missing}
        return named
