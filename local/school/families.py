"""Families: the adults behind a student, how they live, and the contact rows a school keeps of them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

from local.school import names
from local.school.book import Book
from local.school.facts import SchoolFacts

PARENT, STEPPARENT, GRANDPARENT = "parent", "stepparent", "grandparent"
RELATIONSHIPS = {
    "FR": "Father",
    "MR": "Mother",
    "SF": "Stepfather",
    "SM": "Stepmother",
    "GF": "Grandfather",
    "GM": "Grandmother",
    "SO": "Son",
    "DA": "Daughter",
    "CH": "Child",
}
_WORDS = {(PARENT, "M"): "FR", (PARENT, "F"): "MR", (STEPPARENT, "M"): "SF", (STEPPARENT, "F"): "SM"}
_WORDS |= {(GRANDPARENT, "M"): "GF", (GRANDPARENT, "F"): "GM"}


@dataclass(frozen=True)
class Row:
    """One contact row of each child of the family."""

    type: str
    adult: int
    primary_only: bool = False
    mail: bool = True
    lives_with: bool = True


@dataclass(frozen=True)
class Plan:
    """A kind of family. `spouses` are pairs of adults who live together; only the first of a pair needs a contact row."""

    name: str
    weight: int
    rows: tuple[Row, ...]
    adults: int = 2
    spouses: tuple[tuple[int, int], ...] = ((0, 1),)
    role: str = PARENT
    shared_mail: bool = False
    mail: bool = True
    silent: bool = False
    separated: bool = False
    court_order: bool = False
    deceased: int | None = None


_ONE = (Row("SC1", 0),)
_APART = (Row("SC1", 0), Row("SC2", 1, lives_with=False))
PLANS = (
    Plan("couple", 46, _ONE),
    Plan("shared_mail", 12, _ONE, shared_mail=True),
    Plan("separated", 10, _APART, spouses=(), separated=True),
    Plan(
        "court_order",
        2,
        (Row("SC1", 0), Row("SC2", 1, primary_only=True, mail=False, lives_with=False)),
        spouses=(),
        separated=True,
        court_order=True,
    ),
    Plan(
        "new_partner",
        4,
        (Row("SC1", 0), Row("SC2", 1, primary_only=True)),
        adults=3,
        spouses=((1, 2),),
        separated=True,
    ),
    Plan("single", 8, _ONE, adults=1, spouses=()),
    Plan("both_have_rows", 4, (Row("SC1", 0), Row("SC2", 1))),
    Plan("twice", 2, (Row("SC1", 0), Row("SC2", 1), Row("SC3", 0)), spouses=(), separated=True),
    Plan("widowed", 2, _ONE, deceased=1),
    Plan("grandparent", 2, _ONE, adults=1, spouses=(), role=GRANDPARENT),
    Plan("no_mail", 2, _ONE, mail=False),
    Plan("barred", 2, (Row("SC1", 0, mail=False),), adults=1, spouses=()),
    Plan("silent", 4, _ONE, silent=True),
)


@dataclass
class Adult:
    """An adult before they are written down."""

    id: int
    gender: str
    surname: str
    given: tuple[str, str, str]
    address: int
    email: str
    spouse: int = 0


@dataclass
class Family:
    """A family that has been written down; children are linked to it one by one."""

    plan: Plan
    surname: str
    address: int
    adults: list[Adult] = field(default_factory=list)


def plans(rng: Random) -> Iterator[Plan]:
    """Yield a plan per family: each kind once, so that the smallest school has them all, then by weight."""
    yield from PLANS
    weights = [plan.weight for plan in PLANS]
    while True:
        yield from rng.choices(PLANS, weights, k=64)


class Families:
    """Writes families into a book."""

    def __init__(self, book: Book, rng: Random, facts: SchoolFacts) -> None:
        self._book, self._rng, self._facts = book, rng, facts

    def add(self, plan: Plan) -> Family:
        """Add a family's adults and addresses."""
        family = Family(plan, names.surname(self._rng), self._add_address(silent=plan.silent))
        for number in range(plan.adults):
            family.adults.append(self._draw_adult(family, number))
        for one, other in plan.spouses:
            first, second = family.adults[one], family.adults[other]
            first.spouse, second.spouse, second.address = second.id, first.id, first.address
            if plan.shared_mail:
                second.email = first.email
        for number, adult in enumerate(family.adults):
            self._write_adult(family, number, adult)
        return family

    def _add_address(self, *, silent: bool = False) -> int:
        address = self._book.new_address()
        self._book.add(
            "Addresses",
            AddressID=address,
            Phone=names.landline(self._rng) if names.chance(self._rng, 0.6) or silent else "",
            SilentPhoneFlag=int(silent),
            Address1=f"{self._rng.randrange(1, 240)} Example Street",
            Suburb="Sampleton",
            State="VIC",
            PostCode="3999",
        )
        return address

    def _draw_adult(self, family: Family, number: int) -> Adult:
        rng, plan = self._rng, family.plan
        given = names.given_names(rng)
        surname = family.surname if names.chance(rng, 0.7) else names.surname(rng)
        person = self._book.new_person()
        lives_here = number == 0 or (0, number) in plan.spouses
        email = f"{names.mail_name(given[0], surname)}{person}@example.org" if plan.mail else ""
        gender = "FM"[(number + (names.chance(rng, 0.3))) % 2]
        return Adult(person, gender, surname, given, family.address if lives_here else self._add_address(), email)

    def _write_adult(self, family: Family, number: int, adult: Adult) -> None:
        rng, plan = self._rng, family.plan
        works = plan.mail and names.chance(rng, 0.3)
        self._book.add(
            "Community",
            ID=adult.id,
            Title=("Mr" if adult.gender == "M" else "Ms") if names.chance(rng, 0.9) else "Dr",
            Given1=adult.given[0],
            Given2=adult.given[1],
            Preferred=adult.given[2] if names.chance(rng, 0.8) else "",
            Surname=adult.surname,
            Gender=adult.gender,
            Email=adult.email if names.chance(rng, 0.97) or not works else "",
            OccupEmail=f"{names.mail_name(adult.given[0])}.{adult.id}@work.example.org" if works else "",
            MobilePhone=names.mobile(rng) if names.chance(rng, 0.96) else "",
            SilentMobilePhoneFlag=int(plan.silent),
            OccupMobilePhone=names.mobile(rng) if works else "",
            AddressID=adult.address,
            SpouseID=adult.spouse,
            DeceasedFlag=int(plan.deceased == number),
        )

    def link(self, family: Family, child: int, child_gender: str) -> None:
        """Give a child the family's contact rows, relationships and legal notes."""
        for order, row in enumerate(family.plan.rows, start=1):
            self._add_contact(child, family.adults[row.adult].id, row, order)
        if names.chance(self._rng, 0.2):
            self._add_contact(child, self._add_neighbour(family), Row("SE1", 0, mail=False, lives_with=False), 1)
        for number, adult in enumerate(family.adults):
            self._relate(family, number, adult, (child, child_gender))
        if family.plan.separated:
            self._add_legal(family.plan, child)

    def _add_contact(self, child: int, linked: int, row: Row, order: int) -> None:
        self._book.add(
            "StudentContacts",
            StudentContactsSeq=self._book.sequence("StudentContacts"),
            ID=child,
            ContactType=row.type,
            LinkedID=linked,
            LinkedIDSeq=order,
            PrimaryOnlyFlag=int(row.primary_only),
            NormalMailFlag=int(row.mail),
            ReportsFlag=int(row.mail),
            ParentFlag=int(row.type != "SE1"),
            LivesWithFlag=int(row.lives_with),
            ModifiedBy="SYNERGY",
        )

    def _add_neighbour(self, family: Family) -> int:
        person = self._book.new_person()
        first, second, _ = names.given_names(self._rng)
        self._book.add(
            "Community",
            ID=person,
            Given1=first,
            Given2=second,
            Surname=names.surname(self._rng),
            MobilePhone=names.mobile(self._rng),
            AddressID=family.address,
        )
        return person

    def _relate(self, family: Family, number: int, adult: Adult, child: tuple[int, str]) -> None:
        """Write both directions, as the product does; a few families have none, or one word too many."""
        if names.chance(self._rng, 0.05):
            return
        child_id, child_gender = child
        role = STEPPARENT if number > 1 else family.plan.role
        words = [_WORDS[role, adult.gender]]
        if family.plan.name == "grandparent":
            words.append("MR")
            self._facts.example("two_relationships", child_id)
        for word in words:
            self._add_relationship(adult.id, word, child_id)
        self._add_relationship(child_id, {"M": "SO", "F": "DA"}.get(child_gender, "CH"), adult.id)

    def _add_relationship(self, person: int, word: str, related: int) -> None:
        number = self._book.sequence("Relationships")
        self._book.add("Relationships", RelationshipSeq=number, ID=person, Relationship=word, RelatedID=related)

    def _add_legal(self, plan: Plan, child: int) -> None:
        date = None
        if plan.court_order:
            # 30 December 1899 is what some programs write for "no date".
            date = "1899-12-30 00:00:00" if names.chance(self._rng, 0.2) else "2024-05-17 00:00:00"
        self._book.add(
            "CommunityLegal",
            ID=child,
            ParentsSeparatedFlag=1,
            CourtOrderType="PAR" if plan.court_order else "",
            CourtOrderDate=date,
        )
