"""Addresses of the console's own: of lists and records, and where somebody goes on to after signing in."""

from typing import Literal
from urllib.parse import quote, unquote

from aws_lambda_powertools.event_handler.exceptions import NotFoundError

from shared.owners import Kind

Plural = Literal["students", "staff", "groups"]
PLURALS: dict[Kind, Plural] = {"student": "students", "staff": "staff", "group": "groups"}
"""Records of a kind, as addresses and manifests name them."""
SINGULARS: dict[Plural, Kind] = {plural: kind for kind, plural in PLURALS.items()}
_LONGEST, _LONGEST_IDENTIFIER = 2000, 800


def segment(record_id: str) -> str:
    """Return an identifier as one part of a path: groups' may hold slashes, blanks and whatever else a school's codes do.

    What is not plain is escaped twice, as API Gateway hands a path on with one escaping taken off: a slash would then part it.
    """
    return quote(quote(record_id, safe=":"), safe=":")


def record_address(kind: Kind, record_id: str) -> str:
    """Return the address of a record's own page."""
    return f"/{PLURALS[kind]}/{segment(record_id)}"


def from_segment(part: str) -> str:
    """Return the identifier that such a part of a path, as it is handed on, stands for.

    Raises:
        NotFoundError: It is longer than any identifier is: DynamoDB refuses such a key.
    """
    identifier = unquote(part)
    if len(identifier.encode()) > _LONGEST_IDENTIFIER:
        raise NotFoundError
    return identifier


def address_of(path: str, query: str) -> str:
    """Return the address of a page that was asked for; a path is handed on with one escaping taken off."""
    return quote(path, safe="/:") + (f"?{query}" if query else "")


def own_address(text: str) -> str:
    """Return an address if it leads to a page of ours, and nothing if it does not, or might not as browsers read it.

    They take a backslash for a slash and leave out tabs and ends of lines, and `//` begins the name of another machine.
    """
    ours = text.startswith("/") and "//" not in text and "\\" not in text and not text.startswith("/sign-")
    plain = text.isascii() and text.isprintable() and " " not in text
    return text if ours and plain and len(text) <= _LONGEST else ""
