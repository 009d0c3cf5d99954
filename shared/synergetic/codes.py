"""What Synergetic's own codes mean: those the product understands; all others are a school's and stand in the settings."""

PRESENT_MEANINGS = ("NORMAL", "NEW", "REPEATING", "LEAVING", "LOA")
LEFT_MEANING = "LEFT"
CONTACT_TYPES = (*(f"SC{number}" for number in range(1, 10)), "SCT")
FILE_TYPES = ("A",)
# No public page lists the meanings of boarding codes; these say no in any school.
DAY_CODES = ("0", "N", "NO", "NONE", "D", "DAY", "DAY STUDENT")

CLASS, YEAR_LEVEL, FORM, HOUSE, TUTOR, CAMPUS = "class", "year_level", "form", "house", "tutor", "campus"
TEACHER, COORDINATOR, HEAD, FORM_TEACHER = "teacher", "coordinator", "head", "form_teacher"
