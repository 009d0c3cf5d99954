"""The parts of a medical profile: sections, of which there is one each, and items, of which there may be many.

What kind a thing is (`type`), and how severe, stands in the family's words: the school's codes are found later. Nested parts
and links to other items are fields as any other.
"""

from typing import ClassVar

from shared.digests import digest
from shared.medical.values import Day, Flag, Moment, Number, Text
from shared.private import Private


class Person(Private):
    """Somebody in the family. `id` is the Community ID where it is known."""

    id: Text = ""
    name: Text = ""
    email: Text = ""


class Attachment(Private):
    """A stored file, by the digest of its bytes."""

    digest: Text = ""
    type: Text = ""
    name: Text = ""


class ActionPlan(Private):
    """An action plan for a condition. `id` is what medications name it by."""

    id: Text = ""
    attachment: Attachment | None = None
    review: Day = None


class Asthma(Private):
    """What the asthma form asks."""

    category: Text = ""
    triggers: Text = ""
    action: Text = ""


class Anaphylaxis(Private):
    """What the anaphylaxis form asks."""

    triggers: Text = ""
    last_reaction: Text = ""
    auto_injector: Text = ""
    action: Text = ""


class Epilepsy(Private):
    """What the epilepsy form asks."""

    seizures: Text = ""
    triggers: Text = ""
    last_seizure: Text = ""
    action: Text = ""


class Diabetes(Private):
    """What the diabetes form asks."""

    kind: Text = ""
    insulin: Text = ""
    signs: Text = ""
    action: Text = ""


class Medicare(Private):
    """A Medicare card, and the line on it that is the child's."""

    number: Text = ""
    line: Number = None
    expiry: Day = None


class Ambulance(Private):
    """Ambulance cover."""

    covered: Flag = False
    number: Text = ""


class HealthCareCard(Private):
    """A health care card."""

    held: Flag = False
    number: Text = ""
    expiry: Day = None


class PrivateInsurance(Private):
    """Private health insurance."""

    insured: Flag = False
    fund: Text = ""
    number: Text = ""
    table: Text = ""
    extra_cover: Flag = False
    expiry: Day = None


class Blood(Private):
    """A blood group."""

    group: Text = ""


class Confirmation(Private):
    """When, and by whom in the family, the profile was last confirmed, as far as it is known."""

    at: Moment = None
    by: Person = Person()


class Item(Private):
    """One of many. It can be followed from one version of the profile to the next by its `ref`.

    Attributes:
        kind: What `ref` begins with.
        natural: The fields that tell it from its neighbours where the source gives it no identifier.
        id: The source's identifier; empty if it gives none.
        ref: Its name within the profile. It says nothing of what the item is.
    """

    kind: ClassVar[str]
    natural: ClassVar[tuple[str, ...]]

    id: Text = ""
    ref: str = ""

    @property
    def says_nothing(self) -> bool:
        """Whether nothing is filled in that tells it from an empty form."""
        return not any(_says_something(getattr(self, name)) for name in self.model_fields_set - {"id", "ref"})

    @property
    def is_nameless(self) -> bool:
        """Whether it does not say what it is."""
        return not any(getattr(self, name) for name in self.natural)

    @property
    def natural_ref(self) -> str:
        """The name that the item has by itself, before it is told from another one of the same name."""
        if self.id:
            return f"{self.kind}:{self.id}"
        words = [str(getattr(self, name) or "").casefold() for name in self.natural]
        return f"{self.kind}:~{digest(words)[:16]}"


class Practitioner(Item):
    """A doctor or dentist."""

    kind = "doctor"
    natural = ("name",)

    name: Text = ""
    phone: Text = ""
    phone_alt: Text = ""
    address: Text = ""
    specialisation: Text = ""


class EmergencyContact(Item):
    """Whom to call if no parent answers."""

    kind = "emergency"
    natural = ("name", "phone")

    name: Text = ""
    relationship: Text = ""
    phone: Text = ""
    phone_alt: Text = ""
    address: Text = ""


class Condition(Item):
    """A medical condition.

    Attributes:
        name: What it is called more closely than its type.
        severity: Severity, or the level of risk.
        notified_by: Who told the school of it.
    """

    kind = "condition"
    natural = ("type", "name")

    type: Text = ""
    name: Text = ""
    severity: Text = ""
    details: Text = ""
    treatment: Text = ""
    emergency_treatment: Text = ""
    confidential: Flag = False
    started: Day = None
    ended: Day = None
    notified_by: Person = Person()
    action_plan: ActionPlan | None = None
    asthma: Asthma | None = None
    anaphylaxis: Anaphylaxis | None = None
    epilepsy: Epilepsy | None = None
    diabetes: Diabetes | None = None


class Linked(Item):
    """An item that may belong to conditions, by their `ref`."""

    conditions: tuple[Text, ...] = ()


class Allergy(Linked):
    """An allergy."""

    kind = "allergy"
    natural = ("type", "description")

    type: Text = ""
    severity: Text = ""
    description: Text = ""
    treatment: Text = ""


class Medication(Linked):
    """A medication. `plans` are action plans by their `id`."""

    kind = "medication"
    natural = ("type", "name")

    type: Text = ""
    name: Text = ""
    dose: Text = ""
    frequency: Text = ""
    details: Text = ""
    expiry: Day = None
    plans: tuple[Text, ...] = ()


class Equipment(Linked):
    """Equipment that the child has, for conditions or for none."""

    kind = "equipment"
    natural = ("type",)

    type: Text = ""
    held: Flag = True


class Symptom(Linked):
    """A sign that a condition shows itself."""

    kind = "symptom"
    natural = ("text",)

    text: Text = ""


class Risk(Linked):
    """A risk, and what is to be done about it."""

    kind = "risk"
    natural = ("text",)

    text: Text = ""
    action: Text = ""


class Immunisation(Item):
    """An immunisation."""

    kind = "immunisation"
    natural = ("type", "given")

    type: Text = ""
    given: Day = None


class DietaryRequirement(Item):
    """What the child must, or must not, eat."""

    kind = "dietary"
    natural = ("text",)

    text: Text = ""


class Ability(Item):
    """What the child is able to do, such as to swim 25 metres."""

    kind = "ability"
    natural = ("type",)

    type: Text = ""


class Consent(Item):
    """A consent, or the refusal of one."""

    kind = "consent"
    natural = ("type",)

    type: Text = ""
    given: Flag = True
    by: Person = Person()
    on: Day = None


def _says_something(value: object) -> bool:
    if isinstance(value, Private):
        return any(_says_something(getattr(value, name)) for name in value.model_fields_set)
    return value not in ("", None, (), False, True)
