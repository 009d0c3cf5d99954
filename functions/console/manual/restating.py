"""What a row says of somebody who is here already: a column that its file does not have leaves all as it is. Pure functions."""

from functions.console.manual.editing import values_of
from functions.console.manual.reading import Cells
from functions.operoo.mapping import chosen_name
from functions.operoo.settings import OperooSettings
from shared.records import Staff, Student

_NAMED = frozenset({"first_name", "last_name", "full_name"})
_CONTACT = "contact_"


def laid_over(before: Student | Staff, cells: Cells, said: Student | Staff, settings: OperooSettings) -> Cells:
    """Return the cells of a row with those that stand for what its file is silent about.

    Args:
        before: The person as they are here.
        cells: Those that the file has, by field; an empty one says that there is nothing.
        said: The person as the cells alone say.
        settings: Which first name files for Operoo are made with.
    """
    silent = values_of(before)
    if "preferred_name" not in cells and (said.name.given, said.name.surname) == chosen_name(before.name, settings):
        # A file that was downloaded here has the everyday name in the place of the first.
        cells = {field: texts for field, texts in cells.items() if field not in _NAMED}
    if "full_name" in cells:
        silent = {field: text for field, text in silent.items() if field not in _NAMED}
    if "contact_email" in cells and isinstance(said, Student) and not _same_adult(before, said):
        silent = {field: text for field, text in silent.items() if not field.startswith(_CONTACT)}
    return {field: [text] for field, text in silent.items()} | dict(cells)


def _same_adult(before: Student | Staff, said: Student) -> bool:
    """Return whether the one to ask has the same address as before: a new address may be another adult's."""
    had = {contact.email.casefold() for contact in before.contacts} if isinstance(before, Student) else set()
    return {contact.email.casefold() for contact in said.contacts} == had
