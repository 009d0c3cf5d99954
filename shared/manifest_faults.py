"""What is wrong with a manifest, in words for whoever uploaded it, and never with a value out of it."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from shared.errors import RefusedManifestError

_SHOWN_FAULTS = 5
_PLAIN_NAME = re.compile(r"[a-z_]{1,40}")
_BUCKET_NAME = re.compile(r"[0-9a-f]{1,3}")
_PLAIN = {
    "string_type": "must be text in quotation marks",
    "bool_type": "must be true or false, without quotation marks",
    "int_type": "must be a whole number, without quotation marks",
    "model_attributes_type": "must be an object in braces",
    "model_type": "must be an object in braces",
    "dict_type": "must be an object in braces",
    "tuple_type": "must be a list in brackets",
    "too_short": "is empty; leave it out, or list some",
    "extra_forbidden": "is no field of this kind of manifest",
    "missing": "is missing",
    "union_tag_not_found": "its kind is missing",
    "json_invalid": "is not JSON",
}


def read_json(content: bytes) -> object:
    """Read JSON, in whichever Unicode an editor saved it.

    Raises:
        RefusedManifestError: It is none, or says two things under one name.
    """
    try:
        return json.loads(content, object_pairs_hook=_each_key_once)
    except json.JSONDecodeError as error:
        raise _invalid(f"the file: is not JSON (line {error.lineno})") from None
    except (ValueError, RecursionError):
        raise _invalid("the file: is not JSON") from None


def refusal(error: ValidationError, schema: Mapping[str, Any]) -> RefusedManifestError:
    """Return the answer to a manifest that is not as the schema says: where it is wrong, and how."""
    declared = {"the file", *_words(schema)}
    kinds = ", ".join(schema["discriminator"]["mapping"])
    told = _PLAIN | {"union_tag_invalid": f"its kind is none of {kinds}"}
    faults = [
        _fault(one, told, declared) for one in error.errors(include_url=False, include_input=False, include_context=False)
    ]
    more = len(faults) - _SHOWN_FAULTS
    return _invalid("; ".join(faults[:_SHOWN_FAULTS]) + (f"; and {more} more" if more > 0 else ""))


def _each_key_once(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    """Make an object of its members. Of two under one name JSON would keep the last, and half a wish would be carried out."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _invalid(f"{twice if _PLAIN_NAME.fullmatch(twice) else 'a name'} stands twice in one place")
    return found


def _invalid(how: str) -> RefusedManifestError:
    return RefusedManifestError(
        f"The manifest is not valid: {how}.",
        remedy="Correct it and upload it again; docs/manifests.md shows one of each kind.",
        code="manifest-invalid",
    )


def _fault(error: Mapping[str, Any], told: Mapping[str, str], declared: set[str]) -> str:
    """Say where a manifest is wrong and how. A name that is not declared may be that of a person or an illness."""
    *places, last = error["loc"] or ("the file",)

    def shown(part: str | int) -> str:
        slip = part is last and error["type"] == "extra_forbidden" and _PLAIN_NAME.fullmatch(str(part))
        known = isinstance(part, int) or part in declared or _BUCKET_NAME.fullmatch(part)
        return str(part) if known or slip else "a name"

    where = ".".join(map(shown, (*places, last)))
    return f"{where}: {told.get(error['type'], error['msg'].removeprefix('Value error, '))}"


def _words(schema: object) -> Iterator[str]:
    """Yield the names of all fields in a schema, and the words that a value may be."""
    if isinstance(schema, Mapping):
        yield from map(str, (*schema.get("properties", ()), *schema.get("enum", ()), schema.get("const")))
        schema = list(schema.values())
    if isinstance(schema, list):
        for part in schema:
            yield from _words(part)
