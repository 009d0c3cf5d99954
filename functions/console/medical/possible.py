"""What may be asked for at this school: nothing medical while updates are off, and no reading where Operoo is not asked for it.

Whoever carries out requests refuses the same. Said here, nobody is told that something is on its way which is then refused.
"""

from functions.runtime.wiring import settings
from shared.errors import IntegrationError


class MedicalOffError(IntegrationError):
    """Medical updates are off, so that nothing that families say is read, decided or written."""

    code = "medical-off"


class NotAskedError(IntegrationError):
    """Operoo's interface is not asked for medical profiles: they come by spreadsheets."""

    code = "medical-source-none"


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


def require_reading() -> None:
    """Go on only if a student's profile can be read from Operoo.

    Raises:
        MedicalOffError: Medical updates are off.
        NotAskedError: Profiles come by spreadsheets.
    """
    require_on()
    if not reads():
        raise NotAskedError(
            "Operoo's interface is not asked for medical details at this school, so nothing was read.",
            remedy="Upload the spreadsheet that Operoo exports, under Medical.",
        )
