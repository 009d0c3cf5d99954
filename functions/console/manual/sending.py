"""Looks at what somebody brings in the light of the staging area, and asks for it once they have confirmed it."""

from collections.abc import Mapping, Sequence
from typing import Literal

from functions.console.asking import ask, some_of
from functions.console.manual.checking import Checker
from functions.console.manual.known import Known
from functions.console.web.wording import how_many
from functions.records.manual_records import ManualRecord, encode
from functions.runtime.wiring import exchange, lists, records_table, settings
from functions.store.audit import AuditEntry
from shared.digests import sha256
from shared.errors import IntegrationError
from shared.manifests import RecordsManifest
from shared.owners import KINDS, Kind


class ChangedSinceError(IntegrationError):
    """What would be done is not what was shown when somebody confirmed it."""

    code = "changed-since"


def known() -> Known:
    """Return what the staging area has."""
    by_code = settings().operoo_settings.staff_number == "code"
    return Known({kind: lists().all(kind) for kind in KINDS}, staff_by_code=by_code)


def checker(there: Known | None = None) -> Checker:
    """Return what checks rows against the staging area."""
    return Checker(there or known(), records_table().get_many, settings().operoo_settings)


def seen(given: Sequence[ManualRecord]) -> str:
    """Return what stands for what was shown: if something else would be done meanwhile, it is shown again."""
    return sha256(encode(given))[:16]


def require_seen(given: Sequence[ManualRecord], shown: str) -> None:
    """Go on only if what would be done is what was shown.

    Raises:
        ChangedSinceError: It is not.
    """
    if seen(given) != shown:
        raise ChangedSinceError(
            "Something changed since you looked, and nothing was done.", remedy="Go back and look at it once more."
        )


def bring(given: Sequence[ManualRecord], origin: Literal["upload", "custom"], *, who: str, select: bool) -> str:
    """Ask for records to be staged; return the key of the manifest."""
    digest = exchange().put_given(encode(given))
    count = {kind: sum(one.kind == kind for one in given) for kind in KINDS}
    after = ", ".join(how_many(number, kind) for kind, number in count.items() if number)
    deed = AuditEntry(
        who=who,
        what="upload" if origin == "upload" else "enter",
        to=some_of([one.id for one in given]),
        before=f"{_here(given)} of them here",
        after=f"{after} here{', selected' if select else ''}",
    )
    return ask(RecordsManifest(kind="records", origin=origin, file=digest, select=select), deed)


def remove(removed: Mapping[Kind, Sequence[str]], *, who: str) -> str:
    """Ask for records that a person brought to be taken away; return the key of the manifest."""
    ids = [one for some in removed.values() for one in some]
    deed = AuditEntry(who=who, what="remove", to=some_of(ids), before="here", after="removed")
    return ask(RecordsManifest(kind="records", remove={kind: tuple(some) for kind, some in removed.items()}), deed)


def _here(given: Sequence[ManualRecord]) -> int:
    there = {(kind, line.id) for kind in {one.kind for one in given} for line in lists().all(kind) if line.present}
    return sum((one.kind, one.id) in there for one in given)
