"""A record's identifier as a part of an address: groups' may hold slashes, blanks and whatever else a school's codes do."""

from urllib.parse import quote, unquote


def segment(record_id: str) -> str:
    """Return an identifier as one part of a path.

    What is not plain is escaped twice, as API Gateway hands a path on with one escaping taken off: a slash would then part it.
    """
    return quote(quote(record_id, safe=":"), safe=":")


def from_segment(part: str) -> str:
    """Return the identifier that such a part of a path, as it is handed on, stands for."""
    return unquote(part)
