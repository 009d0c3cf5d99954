"""What Operoo itself shows of a profile: what it had before it was sent something, and what it has afterwards.

An answer that shows the profile costs nothing. The listing is read only where a person has somebody sent again.
"""

import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime

from functions.operoo.listing import TEXTS
from functions.operoo.mapping import RESOURCE_OF
from functions.operoo.protocol import Operoo, Resource
from functions.operoo.settings import OperooSettings
from functions.records.staged import Shown, StagedRecord
from shared.errors import IntegrationError

# So many profiles a round are looked for afterwards, too, where no answer shows them: each is the whole listing again.
_FEW = 3
# Longer than any name or address; a record's item has little room beside its content.
_LONGEST = 300
_FEWEST_DIGITS, _COUNTRY_DIGITS = 6, 3
_NUMBER = re.compile(r"\+?[\d\s().\-/]+")
_WORDS = {"request_email": "e-mail address", "request_mobile": "mobile number"}


class Looking:
    """Tells what Operoo shows. A listing that cannot be had is no reason not to send: then it is not known.

    Args:
        operoo: Operoo, behind its protocol.
        settings: How this school's Operoo is spoken to.
    """

    def __init__(self, operoo: Operoo, settings: OperooSettings) -> None:
        self._operoo = operoo
        self._settings = settings
        self._is_listed = True
        self._left = _FEW

    def before(self, staged: StagedRecord) -> Mapping[str, str]:
        """Return what the listing shows of a profile that a person has sent again, by Operoo's names; of any other nothing."""
        is_sent_again = staged.link == "linked" and not staged.applied and not staged.applied_fields
        return self._listed(RESOURCE_OF[staged.kind], staged.operoo_id) if is_sent_again else {}

    def after(self, resource: Resource, operoo_id: str) -> Mapping[str, str]:
        """Return what the listing shows of a profile that was just sent something; nothing once a few were looked for."""
        if not self._left:
            return {}
        self._left -= 1
        return self._listed(resource, operoo_id, again=True)

    def compared(
        self, resource: Resource, sent: Mapping[str, object], shows: Mapping[str, str], before: Mapping[str, str]
    ) -> Shown:
        """Return what was shown and is other than what was sent, or was not sent, by our names of the fields."""
        if not shows and not before:
            return Shown()
        names = self._settings.resource(resource).fields
        has, had = _others(names, sent, shows), _others(names, sent, before)
        return Shown(
            at=datetime.now(UTC).isoformat(timespec="seconds"),
            has=has,
            had={name: text for name, text in had.items() if text != has.get(name)},
            unseen=tuple(name for name in TEXTS if names.get(name) in sent and names[name] not in shows),
        )

    def _listed(self, resource: Resource, operoo_id: str, *, again: bool = False) -> Mapping[str, str]:
        if not self._is_listed:
            return {}
        try:
            return self._operoo.shown(resource, operoo_id, again=again)
        except IntegrationError:
            self._is_listed = False
            return {}


def had_in_words(shown: Shown) -> str:
    """Return which fields Operoo had otherwise before, for a timeline: never what they held."""
    names = [_WORDS.get(name) or name.replace("_", " ") for name in shown.had]
    return f"; until then Operoo had another {', '.join(names)}" if names else ""


def _others(names: Mapping[str, str], sent: Mapping[str, object], shows: Mapping[str, str]) -> dict[str, str]:
    there = {ours: names[ours] for ours in TEXTS if names.get(ours) in shows}
    return {ours: shows[one][:_LONGEST] for ours, one in there.items() if not _is_same(shows[one], sent.get(one))}


def _is_same(shown: str, sent: object) -> bool:
    """Tell whether Operoo shows what was sent: capitals, blanks and the way in which a number is written make no difference."""
    if not isinstance(sent, str):
        return False
    one, other = _plain(shown), _plain(sent)
    return one == other or _is_same_number(one, other)


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


def _is_same_number(one: str, other: str) -> bool:
    if not (_NUMBER.fullmatch(one) and _NUMBER.fullmatch(other)):
        return False
    world, here = (one, other) if one.startswith("+") else (other, one)
    long, short = (re.sub(r"\D", "", text) for text in (world, here))
    if long == short or not world.startswith("+") or here.startswith("+"):
        return long == short
    short = short.lstrip("0")
    return len(short) >= _FEWEST_DIGITS and long.endswith(short) and len(long) - len(short) <= _COUNTRY_DIGITS
