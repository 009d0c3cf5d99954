"""A school in two-way mode with its console, as the medical pages meet it."""

from typing import Any

from tests.console.site import Site
from tests.integration.two_way import TwoWay

FAMILY: dict[str, Any] = {
    "updated_at": "2026-03-01T09:05:00Z",
    "confirmed_by": "Sam Example",
    "allergies": [
        {"id": "a1", "name": "Egg", "reaction": "Hives"},
        {"id": "a2", "name": "Pollen", "reaction": "Sneezes"},
        {"id": "a3", "name": "Unicorn hair"},
    ],
}


class MedicalSite:
    """The school, its console, and a student whose family said something."""

    def __init__(self, site: Site, school: TwoWay, student: str) -> None:
        self.site, self.school, self.student = site, school, student
        self.page = f"/medical/{student}"

    def says(self, **profile: Any) -> None:
        """Have the family say something, and have it read and looked at by the relay."""
        self.school.medical.profiles[self.student] = FAMILY | profile
        self.school.pull()
        self.school.write()

    def follows(self) -> None:
        """Have done all that was asked for."""
        self.site.cloud.pump()
        self.school.write()

    def form(self, page: dict[str, Any], *, without: frozenset[str] = frozenset()) -> dict[str, Any]:
        """Return the form of a page as a browser sends it if nobody touches it, but for marks that were taken away."""
        changes = [(item, change) for item in page["items"] for change in item["changes"] if change["changed"]]
        names = [(f"{item['number']}:{change['column']}", change["value"]) for item, change in changes]
        return {
            "version": page["version"],
            "item": [one["number"] for one in page["items"] if f"{one['number']}" not in without and not one["rejected"]],
            "part": [name for name, _ in names if name not in without],
            "name": [name for name, _ in names],
            "value": [value for _, value in names],
        }
