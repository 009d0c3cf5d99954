"""What a school's nurse sees and does in Synergetic, and what its database administrator changes: for stories of two-way."""

from local.school.changes import Connection
from shared.digests import digest
from shared.synergetic import TABLES


def allergies_of(connection: Connection, student: str) -> dict[str, str]:
    """Return what a student's active allergies are said to be like, by the school's code."""
    sql = "SELECT MedicalAllergyTypeCode, AllergyDescription FROM MedicalAllergy WHERE ID = ? AND ActiveFlag = 1"
    return {row[0].strip(): row[1] for row in connection.execute(sql, (student,)).fetchall()}


def note_allergy(connection: Connection, student: str, *, code: str, words: str) -> None:
    """Let the nurse note something at an allergy."""
    sql = "UPDATE MedicalAllergy SET AllergyDescription = ? WHERE ID = ? AND MedicalAllergyTypeCode = ? AND ActiveFlag = 1"
    connection.execute(sql, (words, student, code))
    connection.commit()


def medical_digest(connection: Connection, student: str) -> str:
    """Return what stands for everything medical that the school has of a student."""
    found = {}
    for table in TABLES.values():
        if table.written and "ID" in {column.name for column in table.columns}:
            rows = connection.execute(f"SELECT * FROM {table.name} WHERE ID = ?", (student,)).fetchall()  # noqa: S608 - the contract's
            found[table.name] = sorted(str(tuple(row)) for row in rows)
    return digest(found)


def rename_column(connection: Connection, *, back: bool = False) -> None:
    """Let the database administrator give a column that is written another name, or its old one again."""
    old, new = ("AllergyDescription", "AllergyText")[:: -1 if back else 1]
    connection.execute(f"ALTER TABLE MedicalAllergy RENAME COLUMN {old} TO {new}", ())
    connection.commit()
