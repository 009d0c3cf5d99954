"""What is in a record's way, in plain words: for each code a few words for lists, a clause for a sentence, and what to do."""

from typing import NamedTuple


class Words(NamedTuple):
    """A code in words.

    Attributes:
        short: As a list shows it.
        clause: As a sentence goes on after "Not in Operoo: …".
        remedy: What to do.
    """

    short: str
    clause: str
    remedy: str


_SYNC = "then sync this record now"

PROBLEMS: dict[str, Words] = {
    "no-request-email": Words(
        "No contact to ask by e-mail",
        "no contact with an e-mail address may be asked",
        "Add an e-mail address in Synergetic, or correct the flags of a contact there. It is tried again by itself.",
    ),
    "no-staff-email": Words(
        "No work e-mail address",
        "there is no work e-mail address",
        "Add it in Synergetic. It is tried again by itself.",
    ),
    "no-name": Words(
        "No name",
        "Synergetic has neither a surname nor a given or preferred name",
        "Enter a name in Synergetic. It is tried again by itself.",
    ),
    "no-identifier": Words(
        "The ID cannot be used",
        "the ID in Synergetic is not a plain whole number above zero",
        "Correct the ID in Synergetic. It is tried again by itself.",
    ),
    "no-code": Words(
        "No kind or code",
        "the group's kind or its code is missing in Synergetic",
        "Correct it in Synergetic. It is tried again by itself.",
    ),
    "profile-ambiguous": Words(
        "Several profiles in Operoo",
        "Operoo has several profiles with this number, and it is not clear which is meant",
        f"Archive or merge all but one in Operoo, {_SYNC}.",
    ),
    "profile-foreign": Words(
        "Another profile has the number",
        "another profile has this number in Operoo, perhaps with zeros in front: one that was made there, or of somebody "
        "who was uploaded or entered here",
        f"Remove whom somebody uploaded or entered if it is the same person, else correct the number in Operoo, {_SYNC}.",
    ),
    "operoo-rejected": Words(
        "Operoo does not accept it",
        "Operoo does not accept the data",
        "Correct what is named below in Synergetic. It is tried again when it changes.",
    ),
    "operoo-profile-gone": Words(
        "Removed in Operoo",
        "somebody removed the profile in Operoo",
        "To have it made again, sync this record now: Operoo e-mails the family again. To leave it away, deselect it.",
    ),
    "operoo-photo": Words(
        "Photo not taken",
        "Operoo did not take the photo",
        f"Look at the photo in Synergetic: JPEG, PNG and GIF are taken. If it is as it should be, {_SYNC}.",
    ),
    "operoo-address": Words(
        "E-mail address not taken",
        "Operoo did not take the e-mail address; all else was sent",
        f"Operoo locks an address once it has written to it: switch Managed Locally on and off there, {_SYNC}.",
    ),
    "photo-missing": Words(
        "Photo to be read again",
        "the photo is not kept here any more",
        "Sync this record now: the relay is asked to send the photo again.",
    ),
    "record-too-large": Words(
        "Too large",
        "there is more of it than can be kept, such as a group of tens of thousands",
        "Correct it in Synergetic. It is tried again by itself.",
    ),
    "record-rejected": Words(
        "Cannot be brought to Operoo",
        "it cannot be brought to Operoo",
        "Read the reason below.",
    ),
}
# What is in step all the same, but for a part.
PARTS = {"operoo-photo": "photo", "photo-missing": "photo", "operoo-address": "e-mail address"}


def words_of(code: str) -> Words:
    """Return a code in words; one that nobody has put in words is shown as it is."""
    return PROBLEMS.get(code) or Words(code, f"there is a problem ({code})", "Read the reason below.")


def short(code: str) -> str:
    """Return a code as a list shows it; nothing for nothing."""
    return words_of(code).short if code else ""
