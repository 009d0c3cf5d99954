"""Medical profiles over HTTP: read from the listing of students or one by one, and the files that they link to.

The documented interface has no list of what has changed, so everything is read and compared by content.
"""

import random
from collections.abc import Collection, Iterator, Mapping
from urllib.parse import quote

from functions.operoo.answers import item_of, json_of
from functions.operoo.attachments import Attachments
from functions.operoo.errors import (
    OperooFailedError,
    OperooForbiddenError,
    ProfileGoneError,
    RefusedError,
    UnreadableProfileError,
    partly,
)
from functions.operoo.listing import profile_of
from functions.operoo.listings import Listings
from functions.operoo.protocol import FetchedFile, MedicalAnswer
from functions.operoo.settings import OperooSettings
from functions.operoo.tracked_json import ROOT, TrackedJson
from functions.operoo.transport import Call, Transport
from shared.errors import FatalError, IntegrationError

# One that cannot be read happens; so many in a row are an outage, or our key.
_ODD_IN_A_ROW = 5
# A few may have been removed by hand. That nobody at all is there says that we ask in the wrong place.
_FEW = 3


class MedicalClient:
    """The `OperooMedical` protocol over HTTP, with one school's settings.

    Args:
        settings: How this school's Operoo is spoken to.
        transport: Makes the calls.
    """

    def __init__(self, settings: OperooSettings, transport: Transport) -> None:
        self._settings = settings
        self._transport = transport
        self._listings = Listings(settings, transport)
        self._attachments = Attachments(settings.medical.attachments, settings.base_url, transport)

    def medical_profiles(self, operoo_ids: Collection[str]) -> Iterator[MedicalAnswer]:
        """Yield what Operoo states of these students; who is not there, or is archived, is left out.

        One that cannot be read keeps no other from being read: it is told when all are done. Five in a row are an outage.

        Raises:
            OperooUnavailableError: Operoo cannot serve, or could not for some; all others were yielded.
            FatalError: The answer cannot be understood, or that of some; or shows nobody's profile at all.
        """
        wanted = set(operoo_ids)
        failures: list[IntegrationError] = []
        items = self._one_by_one(wanted, failures) if self._settings.medical.source == "each" else self._listed()
        seen = shown = 0
        for item in items:
            try:
                answer = self._answer(item)
            except FatalError as error:
                failures.append(error)
                continue
            if answer is None or answer.id not in wanted:
                continue
            # A page that was shifted while it was read shows somebody a second time.
            wanted.discard(answer.id)
            seen += 1
            shown += (
                TrackedJson(item).find(ROOT, self._settings.medical.profile) is not None or not self._settings.medical.profile
            )
            yield answer
        if seen and not shown:
            raise _not_understood(f"none of {seen} students has a field {self._settings.medical.profile}")
        if failures:
            raise partly(failures[-1], "Not every medical profile could be read; all others were.") if seen else failures[-1]
        if not seen and len(wanted) >= _FEW:
            raise _not_understood(f"not one of {len(wanted)} students is there")

    def attachment(self, operoo_id: str, url: str) -> FetchedFile:
        """Return the file that a student's profile links to.

        Raises:
            AttachmentRefusedError: The link leads where we may not ask, or to what we do not take.
        """
        return self._attachments.fetch(url, what=f"Attachment of members {operoo_id}")

    def _listed(self) -> Iterator[Mapping[str, object]]:
        for page in self._listings.pages("members"):
            yield from page

    def _one_by_one(self, wanted: Collection[str], failures: list[IntegrationError]) -> Iterator[Mapping[str, object]]:
        in_a_row = 0
        # In another order each time: some that always fail must not keep the others from their turn.
        for operoo_id in random.sample(sorted(wanted), len(wanted)):
            try:
                item = self._one(operoo_id)
            except ProfileGoneError:
                continue
            except (OperooFailedError, OperooForbiddenError, UnreadableProfileError) as error:
                failures.append(error)
                in_a_row += 1
                if in_a_row >= _ODD_IN_A_ROW:
                    raise
            else:
                in_a_row = 0
                yield item

    def _one(self, operoo_id: str) -> Mapping[str, object]:
        what = f"Medical profile of members {operoo_id}"
        path = self._settings.medical.path.format(id=quote(operoo_id, safe=""))
        try:
            return item_of(json_of(self._transport.make(Call("GET", path, what, names_profile=True))))
        except ValueError as error:
            raise _not_understood(f"{what}: {error}") from None
        except RefusedError as refusal:
            raise _not_understood(refusal.what) from refusal

    def _answer(self, item: Mapping[str, object]) -> MedicalAnswer | None:
        try:
            who = profile_of(item, self._settings.resources.members, "members")
        except ValueError as error:
            raise _not_understood(str(error)) from error
        if who is None:
            return None
        stated = TrackedJson(item)
        where = self._settings.medical.profile
        spot = stated.find(ROOT, where) if where else ROOT
        fields = None if spot is None else stated.value(spot)
        if not fields and not isinstance(fields, Mapping):
            fields = None
        if not (fields is None or isinstance(fields, Mapping)):
            raise _not_understood(f"the field {where} of members {who.id} is not an object")
        return MedicalAnswer(who.id, who.request_id, who.integration_id, fields)


def _not_understood(why: str) -> UnreadableProfileError:
    return UnreadableProfileError(
        f"Operoo's medical profiles cannot be understood: {why}.",
        remedy="Check medical.source, medical.path and medical.profile in the Operoo settings; nothing is taken for gone.",
    )
