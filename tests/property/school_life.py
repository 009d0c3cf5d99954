"""What may happen at a school on any day, in any order: to its rows, in Operoo, by families, by a nurse and on the console."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import date
from itertools import count
from random import Random
from typing import Any

import pytest
from botocore.client import BaseClient
from moto.backends import get_backend

from functions.records.staged import StagedRecord
from functions.runtime.wiring import holds, ledger_table, records_table
from local.school import changes
from local.school.changes import Connection
from shared.keys import REQUESTS
from shared.synergetic.codes import PRESENT_MEANINGS
from tests.integration.cloud import BUCKET, HANDLERS, Killed, forget_wiring
from tests.integration.two_way import TwoWay

_TODAY = date(2026, 3, 2)
_MANY = 8
_PRESENT = (
    "SELECT y.ID FROM StudentYears AS y JOIN luStudentStatus AS s ON s.Code = RTRIM(y.Status) "
    "WHERE y.FileYear = ? AND s.SynergyMeaning IN ({}) ORDER BY 1"
).format(", ".join("?" * len(PRESENT_MEANINGS)))
_LEFT = "SELECT ID FROM StudentYears WHERE FileYear = ? AND LeavingDate IS NOT NULL ORDER BY 1"


class Life:
    """A school in two-way mode, whose students are all selected.

    Attributes:
        deselected: Whom somebody deselected by name, and not selected since.
        by_hand: Whom somebody archived in Operoo by hand.
        days: What happened, for whoever looks at a failure.
    """

    def __init__(self, two_way: TwoWay, dice: Random, patch: pytest.MonkeyPatch) -> None:
        self.two_way, self.cloud, self.dice = two_way, two_way.cloud, dice
        self.operoo = two_way.medical.operoo
        self.deselected: set[str] = set()
        self.by_hand: set[str] = set()
        self.days: list[str] = []
        self._patch = patch
        self._names = count()
        self._calls_to_live = 0
        self._known = self.present()

    @contextmanager
    def _school(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self.two_way.school)) as connection:
            yield connection

    def present(self) -> list[str]:
        """Return the current students."""
        return self._found(_PRESENT, *PRESENT_MEANINGS)

    def _found(self, sql: str, *values: object) -> list[str]:
        with self._school() as school:
            return [str(row[0]) for row in school.execute(sql, (changes.current_period(school).year, *values))]

    def linked(self) -> dict[str, list[str]]:
        """Return Operoo's profiles of each student who has any."""
        found: dict[str, list[str]] = {}
        for operoo_id, one in self.operoo.profiles.items():
            if one["resource"] == "members" and not one["archived"]:
                found.setdefault(str(one["integration_member_id"]), []).append(operoo_id)
        found.pop("", None)
        return found

    def staged(self) -> dict[str, StagedRecord]:
        """Return the students in staging."""
        return {one.id: one for one in records_table().all("student")}

    def day(self) -> None:
        """Let something happen, in a cloud that may be out of order and a process that may die at any request to AWS."""
        happens = self.dice.choices(list(_DAYS), list(_DAYS.values()))[0]
        self.days.append(happens.__name__)
        chance = self.dice.random
        self.cloud.shuffle, self.cloud.duplicates, self.cloud.lossy = chance() < 0.3, chance() < 0.3, chance() < 0.2
        self._calls_to_live = self.dice.randrange(1, 60) if chance() < 0.25 else 0
        try:
            happens(self)
        except Killed:
            self.days[-1] += " (killed)"
        self._calls_to_live = 0
        self._known = sorted({*self._known, *self.present()})

    def mortal(self) -> None:
        """Let processes die before or after a request to AWS, on such days."""
        call = BaseClient._make_api_call  # type: ignore[attr-defined]

        def live(client: BaseClient, operation: str, given: dict[str, Any]) -> Any:
            dies = self._calls_to_live == 1
            self._calls_to_live = max(self._calls_to_live - 1, 0)
            if dies and self.dice.random() < 0.5:
                raise Killed
            answer = call(client, operation, given)
            if dies:
                raise Killed
            return answer

        self._patch.setattr(BaseClient, "_make_api_call", live)

    def settle(self) -> None:
        """Let everything be done that is under way, approve what is held, and have the school read once more."""
        self.cloud.shuffle = self.cloud.duplicates = self.cloud.lossy = False
        self._patch.setenv("RESEND_AFTER_HOURS", "0.0000001")
        self.medical_updates("automatic")
        self.cloud.handed_out_again_after(0)
        _let_come_back()
        self.cloud.pump()
        self.two_way.sync()
        for hold in holds().open():
            self.cloud.request(f"settled-{next(self._names)}", {"kind": "approve", "hold": hold.hold})
        self.two_way.sync()

    def medical_updates(self, mode: str) -> None:
        """Switch them."""
        self._patch.setenv("MEDICAL_UPDATES", mode)
        forget_wiring()

    def ask(self, kind: str, **wish: Any) -> None:
        """Upload a manifest, and have some of what follows done."""
        alive, self._calls_to_live = self._calls_to_live, 0
        body = json.dumps({"kind": kind, **wish}).encode()
        self.cloud.s3.put_object(Bucket=BUCKET, Key=f"{REQUESTS}{kind}-{next(self._names)}.json", Body=body)
        self._calls_to_live = alive
        if self.dice.random() < 0.6:
            self.cloud.pump()
        for queue in self.dice.choices(list(HANDLERS), k=self.dice.randrange(5)):
            self.cloud._once(queue)

    def profile(self, word: str) -> dict[str, Any]:
        """Return what a family states, with a word of its own."""
        chance = self.dice.random
        allergies = [
            {"id": name, "name": name, "reaction": word} for name in ("Egg", "Peanuts", "Penicillin") if chance() < 0.5
        ]
        conditions = [{"id": name, "name": name, "details": word} for name in ("Asthma", "Epilepsy") if chance() < 0.5]
        return {"allergies": allergies, "conditions": conditions, "blood_group": self.dice.choice(("O+", "A-", "AB+"))}

    def anybody(self) -> str:
        """Return a student of now or of before."""
        return self.dice.choice(self._known)


def _let_come_back() -> None:
    """Let what a dead process had received be handed out again, as after its visibility timeout."""
    for regions in get_backend("sqs").values():
        for backend in regions.values():
            for queue in backend.queues.values():
                queue.pending_messages.clear()
                for message in queue._messages:
                    message.visible_at = 0


def _at_school(change: Callable[[Life, Connection], object]) -> Callable[[Life], None]:
    def happens(life: Life) -> None:
        with life._school() as school:
            change(life, school)

    happens.__name__ = change.__name__.removeprefix("_")
    return happens


def _enrols(life: Life, school: Connection) -> None:
    changes.enrol_student(school, like=int(life.present()[0]), today=_TODAY)


def _leaves(life: Life, school: Connection) -> None:
    changes.mark_left(school, student=int(life.dice.choice(life.present())), today=_TODAY)


def _many_leave(life: Life, school: Connection) -> None:
    changes.remove_students(school, _MANY, among=[*map(int, life.dice.sample(life.present(), _MANY))], today=_TODAY)


def _return(life: Life, school: Connection) -> None:
    left = [one for one in life._found(_LEFT) if one in life._known]
    changes.return_students(school, [*map(int, left[: life.dice.choice((1, _MANY))])])


def _new_phone(life: Life, school: Connection) -> None:
    changes.change_mobile(school, contact_of=int(life.dice.choice(life.present())))


def _deselects(life: Life) -> None:
    some = life.dice.sample(life.present(), life.dice.choice((1, 3)))
    life.deselected.update(some)
    life.ask("selection", deselect={"students": some})


def _selects(life: Life) -> None:
    if life.deselected:
        some = life.dice.sample(sorted(life.deselected), life.dice.randint(1, len(life.deselected)))
        life.deselected.difference_update(some)
        life.ask("selection", select={"students": some})


def _decides_holds(life: Life) -> None:
    for hold in holds().open():
        life.ask(life.dice.choice(("approve", "discard")), hold=hold.hold)


def _family_speaks(life: Life) -> None:
    life.two_way.medical.profiles[life.anybody()] = life.profile(life.dice.choice(("Hives", "Wheezing", "Rash")))


def _family_takes_it_back(life: Life) -> None:
    life.two_way.medical.profiles[life.anybody()] = life.dice.choice((None, {"allergies": [], "conditions": []}))


def _nurse_writes(life: Life) -> None:
    life.two_way.execute("UPDATE MedicalAllergy SET AllergyDescription = 'See file' WHERE ID = ?", life.anybody())


def _nurse_ends_some(life: Life) -> None:
    life.two_way.execute("UPDATE MedicalAllergy SET ActiveFlag = 0 WHERE ID = ?", life.anybody())


def _archived_by_hand(life: Life) -> None:
    student, (operoo_id, *_) = life.dice.choice(sorted(life.linked().items()))
    life.by_hand.add(student)
    life.operoo.profiles[operoo_id]["archived"] = True


def _takes_back(life: Life) -> None:
    told = ((student, one) for student in life._known for one in life.two_way.history(student))
    if done := [(student, one.version) for student, one in told if one.outcome == "applied"]:
        student, version = life.dice.choice(done)
        life.ask("undo", student=student, version=version)


def _reviews(life: Life) -> None:
    life.medical_updates(life.dice.choice(("review", "automatic")))


def _decides(life: Life) -> None:
    for student in list(ledger_table().waiting("review")):
        version = life.two_way.entry(student).version
        life.ask("review", student=student, version=version, decision=life.dice.choice(("accept", "reject")))


def _relay_reads(life: Life) -> None:
    life.two_way.sync()


def _pulls(life: Life) -> None:
    life.two_way.pull()


def _relay_writes(life: Life) -> None:
    life.two_way.write()


def _queue_is_lost(life: Life) -> None:
    life.two_way.lose_messages()


# How often each happens.
_DAYS: dict[Callable[[Life], None], float] = {
    _relay_reads: 6,
    _pulls: 4,
    _relay_writes: 5,
    _at_school(_enrols): 1,
    _at_school(_leaves): 2,
    _at_school(_many_leave): 0.5,
    _at_school(_return): 1,
    _at_school(_new_phone): 2,
    _deselects: 1.5,
    _selects: 1.5,
    _decides_holds: 1.5,
    _family_speaks: 6,
    _family_takes_it_back: 1,
    _nurse_writes: 1.5,
    _nurse_ends_some: 0.5,
    _archived_by_hand: 0.7,
    _takes_back: 1,
    _reviews: 0.5,
    _decides: 1,
    _queue_is_lost: 0.3,
}
