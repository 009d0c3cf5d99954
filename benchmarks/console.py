"""How long a page of the console takes its function at a large school, and what it asks of AWS: never a scan."""

import random
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from benchmarks.counting import Usage
from benchmarks.options import Options
from benchmarks.rows import Row
from benchmarks.runs import listed
from benchmarks.stack import System, system
from functions.console.access.roles import ROLES
from functions.console.handler import lambda_handler
from functions.records.list_lines import Line
from functions.records.mailboxes import of_student
from functions.runtime.wiring import lists, sessions
from functions.store.sessions import Session
from local.school.names import GIVEN, SURNAMES
from local.stack.http_api import event_of
from local.stack.runtime import Context
from shared.digests import sha256
from shared.errors import FatalError
from shared.owners import owner_hash
from shared.records import Contact, Name, Student

GROUP = "console"
_MOST_MS, _MOST_KB = 300, 50
_OFTEN, _RARE = 0.9, 0.02
PAGES = {
    "home": "/",
    "the first page of students": "/students",
    "a search for the beginning of a name": "/students?q=an",
    "two filters": "/students?year_level=7&house=RED",
    "the last page, by what changed": "/students?order=-changed&page=100000",
    "what selecting everybody would do": "/students/choose?choice=select",
}
Say = Callable[[str], None]


def measure(options: Options, say: Say) -> list[Row]:
    """Fill the lists of a large school, load each page some times, and return the rows of the table.

    Raises:
        FatalError: A page could not be made.
    """
    say("Starting AWS in this process, and deploying template.yaml")
    with system() as made:
        say(f"Filling the lists with {options.students:,} students")
        _fill(options.students)
        cookie = _signed_in()
        say("Loading pages")
        return [row for name, address in PAGES.items() for row in _rows(made, name, address, cookie, options.repeat)]


def _fill(students: int) -> None:
    dice = random.Random(1)
    parts: dict[str, list[Line]] = defaultdict(list)
    for number in range(100_001, 100_001 + students):
        one = str(number)
        mail, contacts = of_student(
            Student(id=one, contacts=tuple(_parents(number // 2, dice)), court_order=dice.random() < _RARE)
        )
        line = Line(
            id=one,
            name=f"{dice.choice(SURNAMES)}, {dice.choice(GIVEN)}",
            year_level=str(dice.randint(1, 12)),
            campus=dice.choice("SNW"),
            house=dice.choice(("RED", "BLU", "GRN", "YEL")),
            form=f"{dice.randint(1, 12)}{dice.choice('ABCDEF')}",
            photo=sha256(one.encode()),
            link=dice.choice(("none", "linked")),
            mail=mail,
            contacts=contacts,
            changed=dice.randint(1, 400),
            version=3,
        )
        parts[owner_hash(one)[0]].append(line)
    for digit, lines in parts.items():
        lists().put("student", digit, lines, instead_of=lists().part("student", digit), day=datetime.now(UTC).date())


def _parents(family: int, dice: random.Random) -> Iterator[Contact]:
    for order, relationship in enumerate(
        ("Mother", "Father", dice.choice(("Grandmother", "Stepfather", "Aunt")))[: dice.randint(1, 3)], 1
    ):
        yield Contact(
            id=f"{family}.{order}",
            type=f"SC{order}",
            order=order,
            relationship=relationship,
            name=Name(surname=dice.choice(SURNAMES)),
            email=f"{family}.{order}@home.example",
            normal_mail=dice.random() < _OFTEN,
            reports=dice.random() < _OFTEN,
            parent=order < 3,  # noqa: PLR2004 - father and mother
            lives_with=dice.random() < _OFTEN,
        )


def _signed_in() -> str:
    now = datetime.now(UTC)
    session = Session(user="one", email="office@school.example", roles=ROLES, asked_at=now, ends_at=now + timedelta(hours=1))
    return sessions().begin(session)[0]


def _rows(made: System, name: str, address: str, cookie: str, turns: int) -> Iterator[Row]:
    path, _, query = address.partition("?")
    headers = [("Accept", "text/html"), ("Cookie", f"session={cookie}")]
    event = event_of(Request(EnvironBuilder(path=path, query_string=query, headers=headers).get_environ()))
    took_ms: list[float] = []
    for _ in range(turns + 1):
        made.counting.usage = Usage()
        began = time.perf_counter()
        with made.counting.by("Console"):
            answer = lambda_handler(event, _context())
        took_ms.append(1000 * (time.perf_counter() - began))
        if answer["statusCode"] != 200:  # noqa: PLR2004
            raise FatalError(f"The page {path} was answered with {answer['statusCode']}.", code="benchmark-differs")
    asked: Counter[str] = made.counting.usage.of("functions")
    best, kb = min(took_ms), len(str(answer["body"]).encode()) / 1000
    yield Row(GROUP, f"{name}: time of the handler", f"{best:.0f} ms", f"< {_MOST_MS} ms", best < _MOST_MS, best)
    scans = sum(count for operation, count in asked.items() if operation.endswith("Scan"))
    yield Row(GROUP, f"{name}: AWS requests", listed(asked), "no scan", not scans, asked.total())
    yield Row(GROUP, f"{name}: size, without photos", f"{kb:.1f} kB", f"< {_MOST_KB} kB", kb < _MOST_KB, kb)


def _context() -> Any:  # noqa: ANN401 - what Lambda gives
    return Context("Console", 1769, "Console", "00000000-0000-0000-0000-000000000000", time.time() + 60)
