"""Writes the parts of pages that are made from the code, between marks that name them: `make two-way`."""

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from functions.operoo.medical_names import FIELDS
from functions.operoo.medical_targets import ANSWER, CHANGED, PLAN, PLAN_NAME, PLAN_URL, fields
from local.arguments import take_none
from local.handbook.write_tables import places, table_columns, table_fates
from shared.medical.profile import MedicalProfile

DOCS = Path(__file__).parents[2] / "docs"
ASSUMPTIONS = "operoo-assumptions.md"
_ASSUMED = re.compile(r"^\| `([a-z_.]+)` \| `[^`]+` \| ([A-D]) \|$", re.MULTILINE)
_FILE = "the file is stored, and the case names it"
_NOTES = {
    PLAN_URL: _FILE,
    PLAN_NAME: _FILE,
    f"{PLAN}.id": "**nowhere**",
    CHANGED: "an unchanged file is not fetched again",
    "consents.given": "a consent that is not given has no row",
}
_ENDINGS = {ANSWER: "whether there is anything to state", "id": "which entry it is"}


def mapping() -> str:
    """Return each field of a medical profile, where it comes from, and where it goes."""
    assumptions = (DOCS / ASSUMPTIONS).read_text(encoding="utf-8").partition("### Names of the medical fields")[2]
    # The first that is found is a field of an answer; further down the same field may have a column.
    sure = dict(reversed(_ASSUMED.findall(assumptions)))
    return "\n".join(("| Our field | In Operoo | In Synergetic |", "|---|---|---|", *_rows(sure)))


def _rows(sure: Mapping[str, str]) -> Iterator[str]:
    order, where = list(MedicalProfile.model_fields), places()
    for field in sorted(fields(), key=lambda one: (order.index(one.partition(".")[0]), one)):
        name = FIELDS.get(field, "")
        yield f"| `{field}` | {f'`{name}` ({sure[field]})' if name else 'no name yet'} | {where.get(field) or _note(field)} |"


def _note(field: str) -> str:
    if field.startswith("confirmed."):
        return "nowhere; the case says it"
    return _NOTES.get(field) or _ENDINGS.get(field.rpartition(".")[2]) or "**nowhere**"


PARTS: Mapping[str, Mapping[str, Callable[[], str]]] = {
    "two-way.md": {"rows": table_fates, "columns": table_columns},
    "medical-mapping.md": {"fields": mapping},
}


def made(page: str) -> str:
    """Return a page with its parts as they would be made now.

    Raises:
        ValueError: The page lacks the marks of a part.
    """
    text = (DOCS / page).read_text(encoding="utf-8")
    for name, make in PARTS[page].items():
        begin, end = f"<!-- {name}: `make two-way` writes what follows -->\n", f"\n<!-- end of {name} -->"
        before, found, rest = text.partition(begin)
        _, ended, after = rest.partition(end)
        if not (found and ended):
            raise ValueError(f"{page} has no marks of the part {name}")
        text = f"{before}{begin}\n{make()}\n{end}{after}"
    return text


def main() -> None:
    """Write the parts anew."""
    take_none("local.handbook.pages", __doc__)
    for one in PARTS:
        (DOCS / one).write_text(made(one), encoding="utf-8")


if __name__ == "__main__":
    main()
