"""A record in one line, as the console's lists show it: what can be searched, filtered and sorted, and what waits.

A school's lists are read whole, so a line holds no more than they need. It is plain JSON: twenty thousand are read at a time.
"""

from typing import NamedTuple

# Raise it when lines are made otherwise: each list is then made anew as its first record changes.
FORMAT = 5


class Line(NamedTuple):
    """One record.

    Attributes:
        name: A person's as lists sort it (`Surname, Given`), a group's own name or code.
        boarder: A student who boards.
        type: A group's type; of people nothing.
        size: How many members a group has.
        photo: The digest of the photo, or nothing.
        link: As `StagedRecord.link`.
        choice: Selected or deselected by a person, None if rules decide.
        rule: The rule that selects it, or nothing.
        work: The list it waits on, or nothing.
        action: What is to be done in Operoo, or nothing.
        problem: The code of what is in its way, or nothing.
        mail: What stands for the address that would be asked by e-mail if the profile were created, or nothing: brothers and
            sisters have the same. Of a student in a list, those of all contacts, of which `mailboxes.asking` tells one.
        contacts: Of a student in a list, what settings choose one by, as `mailboxes` writes it.
        changed: The snapshot in which the school's side last changed.
        present: Whether the latest snapshot has it.
        known: Whether Operoo ever had a profile of it.
        origin: Who states it, as `StagedRecord.origin`.
        born: A student's date of birth (ISO 8601), or nothing: by it a person is known again.
        code: A member of staff's code, or nothing.
        version: Of the record, so that a late message does not undo a newer line.
        changes: How often the school's side changed since the record is known.
        applies: How often something was done in Operoo.
        failures: How often something could not be done.
    """

    id: str
    name: str
    year_level: str = ""
    campus: str = ""
    house: str = ""
    form: str = ""
    tutor: str = ""
    boarder: bool = False
    type: str = ""
    size: int = 0
    photo: str = ""
    link: str = "none"
    choice: bool | None = None
    rule: str = ""
    work: str = ""
    action: str = ""
    problem: str = ""
    mail: str = ""
    contacts: str = ""
    changed: int = 0
    present: bool = True
    known: bool = False
    version: int = 0
    origin: str = "synergetic"
    born: str = ""
    code: str = ""
    changes: int = 0
    applies: int = 0
    failures: int = 0

    @property
    def selected(self) -> bool:
        """Whether it is continually synchronised."""
        return self.choice if self.choice is not None else bool(self.rule)
