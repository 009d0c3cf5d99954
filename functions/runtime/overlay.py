"""Lays what the school's owners chose over what the stack's parameters say: all of it, or nothing."""

from pydantic import ValidationError

from functions.operoo.settings import OperooSettings
from functions.records.chosen_settings import ChosenSettings
from functions.runtime.settings import Settings
from shared.errors import SettingsError
from shared.writeback.plan import Policies

_PLAIN = ("medical_updates", "archive_policy", "guard_count", "guard_share")
_POLICIES = ("conflict", "ownership", "remove")


def laid_over(given: Settings, chosen: ChosenSettings) -> Settings:
    """Return the settings with the choices laid over them.

    Raises:
        SettingsError: Together they cannot be.
    """
    made = chosen.model_dump(exclude_none=True)
    policies = {name: made[name] for name in _POLICIES if name in made}
    operoo = given.operoo_settings.model_dump()
    if "name_choice" in made:
        operoo["name_choice"] = made["name_choice"]
    if "contact_types" in made:
        operoo["contacts"]["types"] = made["contact_types"]
    if "relationships" in made:
        operoo["contacts"]["relationships"] = made["relationships"]
    try:
        update: dict[str, object] = {
            **{name: made[name] for name in _PLAIN if name in made},
            # The schedule comes no more often than the template has it.
            "medical_minutes": max(given.medical_minutes, chosen.pull_minutes or 0),
            "write_back_policies": Policies.model_validate(given.write_back_policies.model_dump() | policies),
            "operoo_settings": OperooSettings.model_validate(operoo),
            "relay_schedule": chosen.schedule(given.time_zone),
        }
    except ValidationError:
        raise SettingsError(
            "The settings that were chosen in the console do not fit the stack's parameters.",
            remedy="Look at Settings in the console, and go back to an older version.",
            code="settings-unusable",
        ) from None
    return given.model_copy(update=update)
