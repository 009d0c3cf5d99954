"""What was written to Synergetic of one student, and taking it back. For the role `medical` alone."""

from typing import Annotated

from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.openapi.params import Form, Path
from pydantic import BaseModel

from functions.console.asking import ask
from functions.console.medical.changes import Item, reversed_row
from functions.console.medical.history import Step, StudentId, steps
from functions.console.medical.possible import require_on
from functions.console.medical.reading import Who, describer, receipt, students
from functions.console.web.pages import Done, FormKey, Pages
from functions.records.case import CaseItem
from functions.records.ledger import Noted
from functions.runtime.wiring import ledger_table, settings
from functions.store.audit import AuditEntry
from shared.errors import IntegrationError
from shared.manifests import UndoManifest

pages = Pages()


class Written(BaseModel):
    """What was written under a version.

    Attributes:
        items: Each row as it was and as it was written.
        undo: The same turned round: as it is now, unless somebody changed it, and as it would become again.
        newer: Something was written after it.
        kept: The receipt is still there, so it can be taken back.
        off: Medical updates are off, so that it cannot be now.
    """

    student: Who
    step: Step
    items: list[Item]
    undo: list[Item]
    newer: bool
    kept: bool
    off: bool


class NotWrittenError(IntegrationError):
    """Nothing was written under a version, or it is no longer kept."""

    code = "receipt-unknown"


@pages.page("/medical/<student>/<version>", "medical_version.html.j2", role="medical")
def written(student: StudentId, version: Annotated[int, Path(ge=1)]) -> Written:
    """Show what was written, and what taking it back would do."""
    history = ledger_table().history(student)
    noted = _applied(history, version)
    if noted is None:
        raise NotFoundError
    found = receipt(noted.digest)
    rows = found.rows if found else ()
    there, back = [], []
    if found:
        numbered = [CaseItem(number=number, row=row) for number, row in enumerate(rows, start=1)]
        there = describer(student, found.before, found.after).items(numbered)
        turned = [one.model_copy(update={"row": reversed_row(one.row)}) for one in numbered]
        back = describer(student, found.after, found.before).items(turned)
    return Written(
        student=students([student])[student],
        step=steps([noted])[0],
        items=there,
        undo=back,
        newer=any(one.version > version and one.outcome == "applied" for one in history),
        kept=found is not None and found.before is not None and found.after is not None,
        off=settings().medical_updates == "off",
    )


@pages.action("/medical/<student>/undo", role="medical")
def undo(
    student: StudentId,
    version: Annotated[int, Form(ge=1)],
    forms: FormKey,  # noqa: ARG001 - checked before
) -> Done:
    """Have taken back what was written under a version.

    Raises:
        MedicalOffError: Medical updates are off.
        NotWrittenError: Nothing was.
    """
    require_on()
    if _applied(ledger_table().history(student), version) is None:
        raise NotWrittenError("Nothing of this was written, so nothing can be taken back.", remedy="Look at the history.")
    ask(
        UndoManifest(kind="undo", student=student, version=version),
        AuditEntry(
            who=pages.visit().who,
            what="take back medical change",
            to=f"student {student}, version {version}",
            before="written",
            after="taken back, unless somebody changed it since",
        ),
    )
    return Done(said="It is being taken back. Give it a minute or two.", see=f"/medical/{student}")


def _applied(history: list[Noted], version: int) -> Noted | None:
    return next((one for one in history if one.version == version and one.outcome == "applied"), None)
