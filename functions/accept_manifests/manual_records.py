"""Records that a person brings: checked as a whole, then staged bucket by bucket."""

from collections.abc import Iterable, Sequence

from functions.accept_manifests.wording import amounts
from functions.records.manual_records import ManualRecord, decode
from functions.records.staged import LARGEST_CONTENT, content_of
from functions.runtime.wiring import exchange, records_table, stage_queue
from functions.store.exchange import MissingObjectError
from shared.errors import RefusedManifestError
from shared.manifests import RecordsManifest
from shared.messages import StageManualRecords
from shared.owners import PEOPLE, Kind, bucket_of, number_of

_IDS_PER_MESSAGE = 100


def check_records(request: RecordsManifest) -> str:
    """Check a request before anything of it is done; return what it sets in motion, in plain words.

    Raises:
        RefusedManifestError: The file is not whole, or something in it or in the request cannot be.
    """
    given = _read(request)
    ids = {(one.kind, one.id) for one in given}
    if len(ids) < len(given):
        raise _unusable("it states a record twice")
    if any(len(content_of(one.record).encode()) > LARGEST_CONTENT for one in given):
        raise _unusable(f"a record in it has more than {LARGEST_CONTENT // 1000} kB")
    for kind in PEOPLE:
        taken = _taken(kind, [one.id for one in given if one.kind == kind])
        if taken:
            raise RefusedManifestError(
                f"{taken} of the {kind} numbers are those of people in Synergetic.",
                remedy="Leave them out: they are in the staging area already. The console's upload page names the rows.",
                code="number-taken",
            )
    removed = sum(_removable(kind, ids) for kind, ids in request.remove.items())
    said = amounts((len(given), "record brought", "records brought"), (removed, "record removed", "records removed"))
    return said or "the file holds no record"


def send_records(request: RecordsManifest, *, run: str, order: str) -> None:
    """Have a request that was checked staged."""
    places = {(one.kind, bucket_of(one.id, 1)) for one in _read(request)}
    wish = StageManualRecords(
        kind="student",
        bucket="0",
        origin=request.origin,
        by=request.by,
        order=order,
        select=request.select,
        file=request.file or "",
        run=run,
    )
    brought = [wish.model_copy(update={"kind": kind, "bucket": bucket}) for kind, bucket in sorted(places)]
    removed = [
        wish.model_copy(update={"kind": kind, "file": "", "remove": ids[at : at + _IDS_PER_MESSAGE]})
        for kind, ids in request.remove.items()
        for at in range(0, len(ids), _IDS_PER_MESSAGE)
    ]
    stage_queue().send([*brought, *removed])


def _read(request: RecordsManifest) -> list[ManualRecord]:
    if request.file is None:
        return []
    try:
        return decode(exchange().given(request.file))
    except MissingObjectError:
        raise _unusable("it is not there, or has expired") from None
    except ValueError:
        # Its own words would quote what stands in it.
        raise _unusable("it is not what its name says, or a line is no record that a person may bring") from None


def _taken(kind: Kind, ids: Iterable[str]) -> int:
    """Return how many numbers are those of people whom Synergetic has, or had."""
    return len(records_table().get_many(kind, {_plain(number_of(one)) for one in ids}))


def _plain(number: str) -> str:
    """Return a number as Synergetic writes it: without zeros in front."""
    return str(int(number)) if number.isascii() and number.isdecimal() else number


def _removable(kind: Kind, ids: Sequence[str]) -> int:
    known = records_table().get_many(kind, ids)
    unknown = sum(one not in known for one in ids)
    if unknown:
        raise RefusedManifestError(
            f"The staging area does not have {unknown} of the {kind} records to remove.",
            remedy="Use the identifiers shown in staging.",
            code="record-unknown",
        )
    return len(known)


def _unusable(why: str) -> RefusedManifestError:
    return RefusedManifestError(
        f"The file of records cannot be used: {why}.",
        remedy="Upload the spreadsheet in the console again; docs/manifests.md says how such a file is made.",
        code="records-file",
    )
