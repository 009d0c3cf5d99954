"""What families say and what a school had before, drawn by chance from few words, so that much of it meets."""

from random import Random
from typing import Any

from shared.medical.codes import Code, CodeBook
from shared.writeback.comparing import key_of
from shared.writeback.rows import Value
from shared.writeback.tables import WriteColumn, WriteTable
from tests.property.paper_tables import OTHER, STUDENT, PaperTables, keyed

WORDS = ("", "Rest", "Two puffs", "Call 000", "Naïve café", "Line one\nLine two")
MISFITS = ("x" * 300, "Emoji 🐝")
DAYS = ("", "2024-02-29", "2026-05-01")
CODES = CodeBook(
    {
        "condition": (
            Code(code="AST", description="Asthma"),
            Code(code="ANA", description="Anaphylaxis", meaning="ANAPHYLAXIS"),
            Code(code="OTH", description="Other"),
            Code(code="OLD", description="Migraine", active=False),
        ),
        "severity": (Code(code="H", description="Severe"), Code(code="L", description="Mild")),
        "allergy": (Code(code="NUT", description="Nuts"), Code(code="EGG", description="Egg")),
        "immunisation": (Code(code="MMR", description="Measles, mumps, rubella"),),
        "consent": (Code(code="PARA", description="Paracetamol"), Code(code="SWIM", description="May swim")),
        "ability": (Code(code="SW0", description="Cannot swim"), Code(code="SW25", description="Swims 25 metres")),
        "asthma_category": (Code(code="MILD", description="Mild"),),
        "medication_type": (Code(code="INH", description="Inhaler"),),
        "equipment": (Code(code="SPAC", description="Spacer"), Code(code="EPI", description="EpiPen")),
        "relationship": (Code(code="GM", description="Grandmother"),),
    }
)
_SCHOOLS_CODES = ("AST", "ast ", "ANA", "OTH", "NUT", "EGG", "H", "L", "MMR", "SPAC", "EPI", "SW0", "SW25", "PARA", "")


class Family:
    """Fills in forms; `odd` is the share of answers that no column can hold or no code stands for."""

    def __init__(self, rng: Random, *, odd: float = 0.05) -> None:
        self._rng = rng
        self._odd = odd

    def profile(self) -> dict[str, Any]:
        """Return the fields of a profile, some of them not stated."""
        conditions = [self._condition(number) for number in range(self._rng.randrange(4))]
        links = [one["id"] for one in conditions if "id" in one]
        fields = {
            "medicare": {"number": self._text(), "line": self._rng.choice(("", 1, 2)), "expiry": self._day()},
            "ambulance": {"covered": self._flag(), "number": self._text()},
            "private_insurance": {"insured": self._flag(), "fund": self._text()},
            "blood": {"group": self._rng.choice(("", "O+", "AB-"))},
            "doctors": [{"name": self._text(), "phone": self._text()} for _ in range(self._rng.randrange(3))],
            "dentist": {"name": self._text()},
            "emergency_contacts": [self._emergency() for _ in range(self._rng.randrange(4))],
            "conditions": conditions,
            "allergies": [self._allergy(links, number) for number in range(self._rng.randrange(3))],
            "medications": [self._medication(links, number) for number in range(self._rng.randrange(3))],
            "equipment": [self._of(links, type=self._pick("Spacer", "EpiPens")) for _ in range(self._rng.randrange(3))],
            "symptoms": [self._of(links, text=self._text()) for _ in range(self._rng.randrange(3))],
            "risks": [self._of(links, text=self._text(), action=self._text()) for _ in range(self._rng.randrange(2))],
            "immunisations": [{"type": "MMR", "given": self._day()} for _ in range(self._rng.randrange(3))],
            "dietary": [{"text": self._text()} for _ in range(self._rng.randrange(3))],
            "abilities": [{"type": self._pick("Cannot swim", "Swims 25 metres")} for _ in range(self._rng.randrange(3))],
            "consents": [self._consent() for _ in range(self._rng.randrange(3))],
        }
        return {name: value for name, value in fields.items() if self._rng.random() > 0.1}

    def _text(self) -> str:
        return self._rng.choice(MISFITS if self._rng.random() < self._odd else WORDS)

    def _day(self) -> str:
        return self._rng.choice(DAYS)

    def _flag(self) -> bool:
        return self._rng.random() < 0.5

    def _pick(self, *words: str) -> str:
        return "Unheard of" if self._rng.random() < self._odd else self._rng.choice(words)

    def _identified(self, number: int, **fields: Any) -> dict[str, Any]:
        return {"id": number + 1, **fields} if self._rng.random() < 0.8 else fields

    def _of(self, links: list[int], **fields: Any) -> dict[str, Any]:
        return {**fields, "conditions": self._rng.sample(links, self._rng.randrange(len(links) + 1))}

    def _condition(self, number: int) -> dict[str, Any]:
        fields = self._identified(
            number,
            type=self._pick("Asthma", "Severe allergies", "Other"),
            severity=self._pick("", "High", "Mild"),
            details=self._text(),
            emergency_treatment=self._text(),
            confidential=self._flag(),
            started=self._day(),
            asthma={"triggers": self._text(), "category": "Mild"} if self._flag() else None,
        )
        return fields if self._flag() else {name: value for name, value in fields.items() if name != "started"}

    def _allergy(self, links: list[int], number: int) -> dict[str, Any]:
        kind = {"type": self._pick("Nuts", "Egg"), "severity": self._pick("Severe", ""), "description": self._text()}
        return self._identified(number, **self._of(links, **kind))

    def _medication(self, links: list[int], number: int) -> dict[str, Any]:
        fields = {"type": self._pick("Puffer", ""), "name": self._pick("Salbutamol", "Adrenaline"), "dose": self._text()}
        return self._identified(number, **self._of(links, expiry=self._day(), **fields))

    def _emergency(self) -> dict[str, Any]:
        return {"name": self._text(), "phone": self._text(), "relationship": self._pick("Grandma", "")}

    def _consent(self) -> dict[str, Any]:
        kind = self._pick("Paracetamol", "May swim")
        return {"type": kind, "given": self._rng.random() < 0.8, "by": {"id": self._rng.choice(("", "501"))}, "on": self._day()}


class Nurse:
    """Keeps records at the school, of this student and of another."""

    def __init__(self, rng: Random, school: PaperTables) -> None:
        self._rng = rng
        self._school = school

    def write(self) -> None:
        """Write what was there before."""
        for student in (OTHER, STUDENT):
            for name in ("Community", "Students"):
                table = self._school.tables[name]
                self._school.add(table, {**self._values(table), table.owner: student})
            for table in self._school.tables:
                if table.name not in {"Community", "Students"}:
                    for _ in range(self._rng.randrange(2 if table.single else 4)):
                        self.add(table, student)

    def add(self, table: WriteTable, student: int = STUDENT) -> None:
        """Add a row, if what it hangs on is there and it is not there already."""
        values = self._values(table)
        for column in table.references:
            parents = self._school.tables[column.refers]
            there = [row[parents.identity] for row in self._school.rows[parents.name] if row[parents.owner] == student]
            if not there:
                return
            values[column.name] = self._rng.choice(there)
        if table.owner:
            values[table.owner] = student
        taken = {key_of(table, row) for row in self._school.rows[table.name]}
        if table.identity or not keyed(table) or key_of(table, values) not in taken:
            self._school.add(table, values)

    def change(self) -> None:
        """Change, add or remove something of the student's."""
        table = self._rng.choice([table for table in self._school.tables if table.writes])
        mine = [row for row in self._school.rows[table.name] if table.owner and row[table.owner] == STUDENT]
        free = [one for one in table.content if not one.insert_only and one.name not in table.key]
        if mine and free and self._rng.random() < 0.7:
            column = self._rng.choice(free)
            self._rng.choice(mine)[column.name] = self._value(column)
        elif table.inserts and not table.single:
            self.add(table)

    def _values(self, table: WriteTable) -> dict[str, Value]:
        return {one.name: self._value(one) for one in table.columns if one.name not in {table.identity, table.owner}}

    def _value(self, column: WriteColumn) -> Value:
        pick = self._rng.choice
        if column.stamp:
            return None
        if not column.write:
            return pick((None, None, None, "NURSE" if column.kind == "text" else 1 if column.kind == "whole" else True))
        match column.kind:
            case "bit":
                return pick((True, False, None) if column.nullable else (True, False))
            case "whole":
                return pick((0, 1, 501))
            case "moment":
                return pick((None, "2024-02-29T00:00:00", "2026-05-01", "2019-01-01T10:30:00"))
            case "text":
                return pick(_SCHOOLS_CODES if column.code else ("", "Rest", "Call 000", "Nurse's own ", "Line one\r\nLine two"))
