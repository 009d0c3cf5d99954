"""An administrator at the console who brings records, and what comes of them in the lists and in Operoo."""

from io import BytesIO
from itertools import count
from typing import Any

from openpyxl import Workbook

from tests.console.site import Site, Visitor
from tests.integration.fake_operoo import FakeOperoo
from tests.integration.school_rows import Rows

STUDENTS = """First Name,Last Name,Student ID,Parent Email,Parent Mobile,Groups
Ann,Able,X1,able@home.example,+61 491 570 006,"Choir, Chess"
Bob,Busy,X2,busy@home.example,,Choir
Cy,,X3,no address,,
,,X4,d@home.example,,
Eve,Early,7,e@home.example,,
Fay,Fair,X1,f@home.example,,
"""


class Desk:
    """An administrator's desk at a school of twenty students."""

    def __init__(self, site: Site, operoo: FakeOperoo, visitor: Visitor) -> None:
        self.site = site
        self.operoo = operoo
        self.visitor = visitor
        self._sequences = count(2)

    def sent(self, content: str | bytes, kind: str = "student", name: str = "file.csv") -> Any:
        """Upload a file and return what the page says that it would do."""
        data = content if isinstance(content, bytes) else content.encode()
        answer = self.visitor.post("/upload", accept="application/json", files={"file": (BytesIO(data), name)}, kind=kind)
        assert answer.status == 200, answer.text
        return self.visitor.ask(answer.json["see"])

    def refused(self, content: bytes, name: str = "file.csv") -> str:
        """Upload a file that is not taken, and return the code of the reason."""
        files = {"file": (BytesIO(content), name)}
        return self.code("/upload", files=files, kind="student")

    def code(self, address: str, **form: Any) -> str:
        """Send a form that is not carried out, and return the code of the reason."""
        answer = self.visitor.post(address, accept="application/json", **form)
        assert answer.status == 409
        return str(answer.json["code"])

    def confirmed(self, check: Any, **form: Any) -> None:
        """Confirm an upload that was looked at, and have it done."""
        self.visitor.do(f"/upload/{check['draft']}", seen=check["seen"], **form)
        self.site.settle()

    def entered(self, kind: str, record: str = "", **values: str) -> Any:
        """Send the form for a person and return what the page says that it would do."""
        form = self.visitor.ask(f"/custom/person?kind={kind}&record={record}")
        texts = [values.get(field["field"], field["value"]) for field in form["fields"]]
        done = self.visitor.do("/custom/person", kind=kind, record=record, values=texts)
        return self.visitor.ask(done["see"])

    def saved(self, page: Any, **form: str) -> None:
        """Confirm a person who was looked at, and have it done."""
        self.visitor.do(f"/custom/person/{page['draft']}", seen=page["seen"], **form)
        self.site.settle()

    def snapshot(self, rows: Rows) -> None:
        """Have the relay state the school anew."""
        self.site.cloud.load(rows, next(self._sequences))
        self.site.settle()

    def brought(self, kind: str, words: str) -> list[dict[str, Any]]:
        """Return the custom page's rows of a kind, whose names begin with some words."""
        rows: list[dict[str, Any]] = self.visitor.ask("/custom")["rows"][kind]
        return [row for row in rows if row["name"].startswith(words)]

    def profiles(self, prefix: str) -> dict[str, dict[str, object]]:
        """Return the students in Operoo whose numbers begin so."""
        living = {str(one["user_request_id"]): dict(one) for one in self.operoo.living("members")}
        return {number: one for number, one in living.items() if number.startswith(prefix)}

    def group(self, name: str) -> dict[str, object]:
        """Return the one group in Operoo of this name."""
        [found] = [dict(one) for one in self.operoo.living("groups") if one["name"] == name]
        return found


def students(prefix: str) -> str:
    """Return a file of two students who can be taken, in two groups, and four who cannot."""
    return STUDENTS.replace("X", prefix).replace("Choir", f"Choir {prefix}").replace("Chess", f"Chess {prefix}")


def workbook(*rows: tuple[object, ...]) -> bytes:
    """Return a workbook of one sheet."""
    book, content = Workbook(), BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(content)
    return content.getvalue()
