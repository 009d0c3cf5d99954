"""What may be asked for at this school: nothing medical while updates are off, and no reading where Operoo is not asked for it.

Whoever carries out requests refuses the same. Said here, nobody is told that something is on its way which is then refused.
"""

from functions.runtime.wiring import records_table, settings
from shared.errors import IntegrationError


class MedicalOffError(IntegrationError):
    """Medical updates are off, so that nothing that families say is read, decided or written."""

    code = "medical-off"


class NotAskedError(IntegrationError):
    """Operoo's interface is not asked for medical profiles: they come by spreadsheets."""

    code = "medical-source-none"


class NotSynchronisedError(IntegrationError):
    """Something was asked for about a student of whom Operoo has no profile by us."""

    code = "record-unknown"


def reads() -> bool:
    """Return whether a student's profile can be read from Operoo."""
    return settings().medical_updates != "off" and settings().operoo_settings.medical.source != "none"


def require_on() -> None:
    """Go on only if medical updates are on.

    Raises:
        MedicalOffError: They are off.
    """
    if settings().medical_updates == "off":
        raise MedicalOffError("Medical updates are off, so nothing was done.", remedy="An owner can turn them on in Settings.")


def require_reading(student: str) -> None:
    """Go on only if a student's profile can be read from Operoo.

    Raises:
        MedicalOffError: Medical updates are off.
        NotAskedError: Profiles come by spreadsheets.
        NotSynchronisedError: The student is not synchronised.
    """
    require_on()
    if not reads():
        raise NotAskedError(
            "Operoo's interface is not asked for medical details at this school, so nothing was read.",
            remedy="Upload the spreadsheet that Operoo exports, under Medical.",
        )
    _require_synchronised(student)


def require_deciding(student: str) -> None:
    """Go on only if what is decided about a student can be carried out.

    Raises:
        MedicalOffError: Medical updates are off.
        NotSynchronisedError: The student is not synchronised any more.
    """
    require_on()
    _require_synchronised(student)


def _require_synchronised(student: str) -> None:
    staged = records_table().get("student", student)
    if staged is None or not staged.two_way:
        raise NotSynchronisedError(
            "This student is not synchronised with Operoo, so nothing was done.", remedy="Have the student selected first."
        )
