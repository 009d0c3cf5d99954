"""The page of assumptions against the settings: neither may know something the other does not."""

import re
from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel

from functions.operoo import medical_targets
from functions.operoo.medical_names import COLUMNS, FIELDS
from functions.operoo.settings import OperooSettings

_PAGE = Path(__file__).parents[2] / "docs" / "operoo-assumptions.md"
# One resource stands for all three, which have the same settings.
_NAMES = {"Names of the medical fields": FIELDS, "Columns of an exported spreadsheet": COLUMNS}
_PLAIN_NAMES = "Names of fields"
_SAME = re.compile(r"^resources\.(group_carers|groups)\.")


def _rows(heading: str = "") -> list[list[str]]:
    """Return the rows of the page's tables of assumptions, or of the table of names under a heading."""
    parts = re.split(r"\n##+ ", _PAGE.read_text(encoding="utf-8"))
    taken = [one for one in parts if one.startswith(heading) and (heading or not one.startswith((*_NAMES, _PLAIN_NAMES)))]
    lines = (line for part in taken for line in part.splitlines() if line.startswith("| "))
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [row for row in cells if row[0] not in {"What is not settled", "Our field", "Of"}]


def _paths(model: type[BaseModel], before: str = "") -> Iterator[str]:
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from _paths(inner, f"{before}{name}.")
        else:
            yield before + name


def test_every_setting_named_there_exists() -> None:
    """Who follows the page must not be told that the setting does not exist."""
    known = set(_paths(OperooSettings))
    named = {name for row in _rows() for name in re.findall(r"`([^`]+)`", row[2])} - {"group_carers", "groups"}
    assert named
    assert named - known == set()


def test_every_setting_is_explained_there() -> None:
    """A setting nobody can read about is a guess that was hidden."""
    named = {name for row in _rows() for name in re.findall(r"`([^`]+)`", row[2])}
    spoken = {_SAME.sub("resources.members.", name) for name in named}
    wanted = {_SAME.sub("resources.members.", name) for name in _paths(OperooSettings)}
    assert wanted - spoken == set()


def test_every_row_says_how_certain_it_is() -> None:
    """A to D as the page explains them, or `ours` for what is our own choice."""
    assert {row[3] for row in _rows()} <= {"A", "B", "C", "D", "ours"}
    assert all(len(row) == 4 for row in _rows())
    for heading in _NAMES:
        assert {row[2] for row in _rows(heading)} <= {"A", "B", "C", "D"}
    assert {row[3] for row in _rows(_PLAIN_NAMES)} <= {"A", "B", "C", "D"}


def test_defaults_named_there_are_the_defaults() -> None:
    """Every address, path and field name of the defaults stands on the page."""
    text = _PAGE.read_text(encoding="utf-8")
    settings = OperooSettings()
    names = [settings.base_url, settings.photos.path, settings.organization_path, *settings.contacts.fields.values()]
    for resource in (settings.resources.members, settings.resources.group_carers, settings.resources.groups):
        names += [resource.path, resource.wrapper, *resource.fields.values(), *resource.listing.query]
    assert [name for name in names if name not in text] == []


def test_the_names_of_fields_there_are_the_defaults() -> None:
    """Who changes Operoo's name of a field has to know ours: it is the one that the settings take."""
    settings = OperooSettings()
    fields = {name: getattr(settings.resources, name).fields for name in ("members", "group_carers", "groups")}
    fields["contacts"] = settings.contacts.fields
    wanted = [[f"`{name}`", f"`{ours}`", f"`{theirs}`"] for name, names in fields.items() for ours, theirs in names.items()]
    assert [row[:3] for row in _rows(_PLAIN_NAMES)] == wanted


def test_the_medical_names_there_are_the_defaults() -> None:
    """Whoever compares an answer with the page sees each name and column that is looked for, and each field without one."""
    for heading, names in _NAMES.items():
        assert [(row[0].strip("`"), row[1].strip("`")) for row in _rows(heading)] == list(names.items())
    text = _PAGE.read_text(encoding="utf-8")
    assert [field for field in medical_targets.fields() if f"`{field}`" not in text] == []
    medical = OperooSettings().medical
    there = (medical.path, medical.profile, *medical.ignored, *medical.none_words)
    assert [name for name in there if f"`{name}`" not in text] == []
