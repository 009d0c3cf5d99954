"""The parts that several row sets begin with: who and what is current. They alone hold question marks.

How the templates are written is said in `selections.py`.
"""


def as_key(expression: str) -> str:
    """Return what a code is compared by, whatever the collation: neither case nor blanks around it count."""
    return f"UPPER(LTRIM(RTRIM({expression})))"


def meanings(lookup: str, column: str, of_several: str = "MIN", **keys: str) -> str:
    """Return a look-up as a derived table: a column by `CodeKey` (or other keys), each code once."""
    by = keys or {"CodeKey": as_key("z.Code")}
    named = ", ".join(f"{key} AS {name}" for name, key in by.items())
    read = f"{of_several}(z.{column}) AS {column}"
    return f"(SELECT {named}, {read} FROM {{{lookup}}} AS z GROUP BY {', '.join(by.values())})"  # noqa: S608 - made of constants


def _key(expression: str) -> str:
    return as_key(f"COALESCE({expression}, '')")


def _spelt(table: str, and_same_campus: str) -> str:
    """Return the current classes in each way that a table writes them; the table's rows are then found as they stand."""
    return f"""
        SELECT DISTINCT k.TypeKey, k.CampusKey, k.CodeKey, k.FileYear, k.FileSemester, n.FileType, n.ClassCampus, n.ClassCode
        FROM (SELECT DISTINCT {{written_type}} AS FileType, {{written_campus}} AS ClassCampus, {{written_code}} AS ClassCode
              FROM {{{table}}} AS w
              WHERE w.FileYear = ? AND w.FileSemester = ?) AS n
        JOIN current_classes AS k ON k.TypeKey = {as_key("n.FileType")} AND k.CodeKey = {as_key("n.ClassCode")}
            {and_same_campus}"""  # noqa: S608 - made of constants


# No campus is '' or NULL, and a class may have the one and its people the other.
SAME_CAMPUS = f"AND k.CampusKey = {_key('n.ClassCampus')}"

# Who has a row this year, with their rows in order: the last that was entered says what is. Were an older one that says "here"
# taken instead, a leaver would stay. Only rows without a number come to a tie: there the one that keeps the student is taken,
# and the rest of the order leaves nothing to chance.
_YEARS = """
    SELECT v.ID, v.Status, v.StudentCampus, v.YearLevel, v.House, v.Form, v.Tutor, v.Boarder, v.Present,
           ROW_NUMBER() OVER (PARTITION BY v.ID ORDER BY v.StudentYearsSeq DESC, v.Present DESC, v.YearLevel DESC,
                              v.StudentCampus, v.Status, v.House, v.Form, v.Tutor, v.Boarder) AS Recency
    FROM (SELECT r.ID, r.Status, r.StudentCampus, r.YearLevel, r.House, r.Form, r.Tutor, r.Boarder, r.StudentYearsSeq,
                 CASE WHEN {is_present} THEN 1 ELSE 0 END AS Present
          FROM {StudentYears} AS r
          WHERE r.FileYear = ?) AS v"""
_ALIVE = "y.ID IN (SELECT a.ID FROM {Community} AS a WHERE a.DeceasedFlag IS NULL OR a.DeceasedFlag = 0)"

COMMON_PARTS: dict[str, str] = {
    "current_students": f"""
        SELECT y.ID, y.Status, y.StudentCampus, y.YearLevel, y.House, y.Form, y.Tutor, y.Boarder,
               {_key("y.StudentCampus")} AS CampusKey, {_key("y.House")} AS HouseKey, {_key("y.Form")} AS FormKey,
               {_key("y.Tutor")} AS TutorKey
        FROM ({_YEARS}) AS y
        WHERE y.Recency = 1 AND y.Present = 1
          AND {_ALIVE}""",  # noqa: S608 - made of constants
    "boarding_students": f"""
        SELECT y.ID, y.Status, y.StudentCampus, y.YearLevel, y.House, y.Form, y.Tutor,
               CASE WHEN {{goes_home}} THEN 0 ELSE 1 END AS Boards
        FROM current_students AS y
        LEFT JOIN {meanings("luBoarder", "SynergyMeaning", "MAX")} AS t ON t.CodeKey = {as_key("y.Boarder")}""",  # noqa: S608 - as above
    "active_staff": """
        SELECT f.ID, MAX(f.SchoolStaffCode) AS SchoolStaffCode
        FROM {Staff} AS f
        WHERE f.ActiveFlag = 1
          AND f.ID IN (SELECT a.ID FROM {Community} AS a WHERE a.DeceasedFlag IS NULL OR a.DeceasedFlag = 0)
        GROUP BY f.ID""",
    "current_classes": f"""
        SELECT k.FileType, k.FileYear, k.FileSemester, k.ClassCampus, k.ClassCode, k.Description, k.NormalYearLevel,
               k.TypeKey, k.CampusKey, k.CodeKey
        FROM (SELECT n.FileType, n.FileYear, n.FileSemester, n.ClassCampus, n.ClassCode, n.Description, n.NormalYearLevel,
                     n.TypeKey, n.CampusKey, n.CodeKey,
                     ROW_NUMBER() OVER (PARTITION BY n.TypeKey, n.CampusKey, n.CodeKey ORDER BY n.SubjectClassesSeq) AS Turn
              FROM (SELECT b.FileType, b.FileYear, b.FileSemester, b.ClassCampus, b.ClassCode, b.Description,
                           b.NormalYearLevel, b.SubjectClassesSeq, {_key("b.FileType")} AS TypeKey,
                           {_key("b.ClassCampus")} AS CampusKey, {_key("b.ClassCode")} AS CodeKey
                    FROM {{SubjectClasses}} AS b
                    WHERE b.FileYear = ? AND b.FileSemester = ? AND ({{is_wanted_class}})) AS n) AS k
        WHERE k.Turn = 1 AND k.CodeKey <> ''""",  # noqa: S608 - made of constants
    "classes_of_students": _spelt("StudentClasses", SAME_CAMPUS),
    "classes_of_staff": _spelt("SubjectClassStaff", "{and_same_campus}"),
    "wanted_contacts": """
        SELECT w.StudentContactsSeq, w.ID, w.ContactType, w.LinkedID, w.LinkedIDSeq, w.PrimaryOnlyFlag, w.NormalMailFlag,
               w.ReportsFlag, w.ParentFlag, w.LivesWithFlag
        FROM {StudentContacts} AS w
        WHERE w.LinkedID > 0 AND ({is_wanted_contact}) AND w.ID IN (SELECT s.ID FROM current_students AS s)""",
    "present_stays": """
        SELECT d.ID, d.FileType, d.FileYear, d.FileSemester, d.ClassCampus, d.ClassCode, d.StartDate, d.StopDate
        FROM {StudentClasses} AS d
        WHERE (d.StartDate IS NULL OR d.StartDate < {day})
          AND (d.StopDate IS NULL OR d.StopDate >= {day} OR d.StopDate < {day})""",
    # Sizes first: what the rows are ranked by is held for all of them, and must not be the photos themselves.
    "latest_photos": """
        SELECT o.ID, o.FileYear, o.ModifiedDate, o.PhotoType, o.Size
        FROM (SELECT p.ID, p.FileYear, p.ModifiedDate, p.PhotoType, p.Size,
                     ROW_NUMBER() OVER (PARTITION BY p.ID ORDER BY {latest_of_sizes}) AS Recency
              FROM (SELECT n.ID, n.FileYear, n.ModifiedDate, n.PhotoType, {length}(n.Photo) AS Size
                    FROM {Photos} AS n
                    WHERE n.Photo IS NOT NULL
                      AND n.ID IN (SELECT s.ID FROM current_students AS s UNION SELECT f.ID FROM active_staff AS f)) AS p) AS o
        WHERE o.Recency = 1""",
}

# Bytes before none, then the newest year, then the newest change; the size only decides what would else be left to chance.
LATEST_PHOTO = "CASE WHEN {size} > 0 THEN 0 ELSE 1 END, p.FileYear DESC, p.ModifiedDate DESC, {size} DESC"
ONE_PHOTO = """
    SELECT o.Photo AS Photo
    FROM (SELECT p.Photo, ROW_NUMBER() OVER (ORDER BY {latest_photo}) AS Recency
          FROM {Photos} AS p
          WHERE p.ID = ? AND p.Photo IS NOT NULL) AS o
    WHERE o.Recency = 1"""
# Of everybody's that has any, as many bytes as tell a type.
PHOTO_BEGINNINGS = """
    SELECT o.Beginning AS Beginning, COUNT(*) AS Photos
    FROM (SELECT {photo_beginning} AS Beginning,
                 ROW_NUMBER() OVER (PARTITION BY p.ID ORDER BY {latest_photo}) AS Recency
          FROM {Photos} AS p
          WHERE {length}(p.Photo) > 0
            AND p.ID IN (SELECT s.ID FROM current_students AS s UNION SELECT f.ID FROM active_staff AS f)) AS o
    WHERE o.Recency = 1
    GROUP BY o.Beginning"""

# Of everybody with a row this year: which row it is (the first is the one that counts), whether it makes a current student,
# whether the person is there and alive, how many they are, and the meaning of their status.
YEAR_STATUSES = f"""
    SELECT z.Recency, z.Present, z.Alive, COUNT(*) AS Students, z.Meaning
    FROM (SELECT y.Recency, y.Present, CASE WHEN {_ALIVE} THEN 1 ELSE 0 END AS Alive,
                 COALESCE(t.SynergyMeaning, '') AS Meaning
          FROM ({_YEARS}) AS y
          LEFT JOIN {meanings("luStudentStatus", "SynergyMeaning")} AS t ON t.CodeKey = {as_key("y.Status")}
          WHERE y.Recency <= 2) AS z
    GROUP BY z.Recency, z.Present, z.Alive, z.Meaning"""  # noqa: S608 - made of constants
