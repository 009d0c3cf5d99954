"""Makes the line of a record, as the console's lists show it."""

from functions.records.list_lines import Line
from functions.records.mailboxes import mailbox, of_student
from functions.records.staged import StagedRecord, action_of, work_of
from shared.records import Group, Name, Record, Staff, Student


def line_of(staged: StagedRecord) -> Line:
    """Return the line of a record."""
    problem = staged.fault or staged.problem
    line = Line(
        id=staged.id,
        name=staged.id,
        link=staged.link,
        choice=staged.choice,
        rule=staged.by_rule,
        work=work_of(staged) or "",
        action=action_of(staged) or "",
        problem=problem.code if problem is not None else "",
        changed=staged.sequence,
        present=staged.present,
        known=bool(staged.operoo_id),
        version=staged.version,
        origin=staged.origin,
        changes=staged.tally.changed,
        applies=staged.tally.applied,
        failures=staged.tally.failed,
    )
    return _told(line, staged.record()) if staged.content else line


def _told(line: Line, record: Record) -> Line:
    match record:
        case Student():
            mail, contacts = of_student(record)
            return line._replace(
                name=sorted_name(record.name) or line.id,
                year_level=record.year_level,
                campus=record.campus,
                house=record.house,
                form=record.form,
                tutor=record.tutor,
                boarder=record.boarder,
                photo=record.photo.digest if record.photo else "",
                born=record.birth_date.isoformat() if record.birth_date else "",
                mail=mail,
                contacts=contacts,
            )
        case Staff():
            return line._replace(
                name=sorted_name(record.name) or line.id,
                photo=record.photo.digest if record.photo else "",
                code=record.code,
                mail=mailbox(record.email),
            )
        case Group():
            return line._replace(
                name=record.name or record.code,
                year_level=record.year_level,
                campus=record.campus,
                type=record.type,
                size=len(record.members),
            )


def sorted_name(name: Name) -> str:
    """Return a person's name as lists sort it."""
    return ", ".join(part for part in (name.surname, name.preferred or name.given) if part)
