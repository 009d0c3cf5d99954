"""The parts that several row sets begin with: who and what is current. They alone hold question marks.

How the templates are written is said in `selections.py`.
"""


def _key(expression: str) -> str:
    return f"UPPER(LTRIM(RTRIM(COALESCE({expression}, ''))))"


COMMON_PARTS: dict[str, str] = {
    "current_students": f"""
        SELECT y.ID, y.Status, y.StudentCampus, y.YearLevel, y.House, y.Form, y.Tutor, y.Boarder,
               {_key("y.StudentCampus")} AS CampusKey, {_key("y.House")} AS HouseKey, {_key("y.Form")} AS FormKey,
               {_key("y.Tutor")} AS TutorKey
        FROM (SELECT r.ID, r.Status, r.StudentCampus, r.YearLevel, r.House, r.Form, r.Tutor, r.Boarder,
                     ROW_NUMBER() OVER (PARTITION BY r.ID ORDER BY r.StudentYearsSeq DESC) AS Recency
              FROM {{StudentYears}} AS r
              WHERE r.FileYear = ? AND ({{is_present}})
                AND EXISTS (SELECT 1 FROM {{Community}} AS a
                            WHERE a.ID = r.ID AND (a.DeceasedFlag IS NULL OR a.DeceasedFlag = 0))) AS y
        WHERE y.Recency = 1""",  # noqa: S608 - made of constants
    "active_staff": """
        SELECT f.ID, MAX(f.SchoolStaffCode) AS SchoolStaffCode
        FROM {Staff} AS f
        WHERE f.ActiveFlag = 1
          AND EXISTS (SELECT 1 FROM {Community} AS a WHERE a.ID = f.ID AND (a.DeceasedFlag IS NULL OR a.DeceasedFlag = 0))
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
                    WHERE b.FileYear = ? AND b.FileSemester = ? AND ({{is_wanted_class}}) AND b.ClassCode <> '') AS n) AS k
        WHERE k.Turn = 1""",  # noqa: S608 - made of constants
    "wanted_contacts": """
        SELECT w.StudentContactsSeq, w.ID, w.ContactType, w.LinkedID, w.LinkedIDSeq, w.PrimaryOnlyFlag, w.NormalMailFlag,
               w.ReportsFlag, w.ParentFlag, w.LivesWithFlag
        FROM {StudentContacts} AS w
        WHERE w.LinkedID > 0 AND ({is_wanted_contact})""",
    "present_stays": """
        SELECT d.ID, d.FileType, d.FileYear, d.FileSemester, d.ClassCampus, d.ClassCode, d.StartDate, d.StopDate
        FROM {StudentClasses} AS d
        WHERE (d.StartDate IS NULL OR d.StartDate < {day})
          AND (d.StopDate IS NULL OR d.StopDate >= {day} OR d.StopDate < {day})""",
    "latest_photos": """
        SELECT o.ID, o.FileYear, o.ModifiedDate, o.PhotoType, o.Size
        FROM (SELECT p.ID, p.FileYear, p.ModifiedDate, p.PhotoType, {length}(p.Photo) AS Size,
                     ROW_NUMBER() OVER (PARTITION BY p.ID ORDER BY {latest_photo}) AS Recency
              FROM {Photos} AS p
              WHERE p.Photo IS NOT NULL
                AND p.ID IN (SELECT s.ID FROM current_students AS s UNION SELECT f.ID FROM active_staff AS f)) AS o
        WHERE o.Recency = 1""",
}

# Bytes before none, then the newest year, then the newest change; the size only decides what would else be left to chance.
LATEST_PHOTO = "CASE WHEN {length}(p.Photo) > 0 THEN 0 ELSE 1 END, p.FileYear DESC, p.ModifiedDate DESC, {length}(p.Photo) DESC"
ONE_PHOTO = """
    SELECT o.Photo AS Photo
    FROM (SELECT p.Photo, ROW_NUMBER() OVER (ORDER BY {latest_photo}) AS Recency
          FROM {Photos} AS p
          WHERE p.ID = ? AND p.Photo IS NOT NULL) AS o
    WHERE o.Recency = 1"""
