"""What a person brought: that, and nothing of Synergetic's, may be changed here."""

from functions.records.list_lines import Line
from functions.records.staged import StagedRecord
from functions.runtime.wiring import lists, records_table
from shared.errors import IntegrationError
from shared.owners import Kind, is_manual


class NotBroughtError(IntegrationError):
    """Something of Synergetic's was to be changed as if a person had brought it, or there is no such record."""

    code = "not-brought"


def require_brought(kind: Kind, record: str) -> Line:
    """Return the line of what a person brought.

    Raises:
        NotBroughtError: Nobody brought it, or it is gone already.
    """
    line = next((one for one in lists().all(kind) if one.id == record), None)
    if line is None or not line.present or not is_manual(line.id):
        raise _not_brought()
    return line


def brought(kind: Kind, record: str) -> StagedRecord:
    """Return what a person brought, as a whole.

    Raises:
        NotBroughtError: Nobody brought it, or it is gone already, also if the list says otherwise yet.
    """
    require_brought(kind, record)
    staged = records_table().get(kind, record)
    if staged is None or not staged.present or not staged.content:
        raise _not_brought()
    return staged


def _not_brought() -> NotBroughtError:
    return NotBroughtError(
        "This is not there, or comes from Synergetic, and nothing was done.",
        remedy="What comes from Synergetic is changed there.",
    )
