"""What is known of runs: the newest snapshot, how far each bucket is, each run, the holds and the selection rules."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from shared.manifests import Rule
from shared.owners import Kind


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class StandingRule(_Model):
    """A continual selection rule, with who made it and when, as far as that is known."""

    rule: Rule
    by: str = ""
    at: str = ""


def run_of_snapshot(sequence: int) -> str:
    """Return the identifier of a snapshot's run: they sort as their numbers do."""
    return f"{sequence:012d}"


class Head(_Model):
    """The newest snapshot that was accepted."""

    sequence: int
    run: str
    manifest_key: str
    manifest_digest: str
    digits: int


class BucketState(_Model):
    """How far a bucket of a kind has come.

    Attributes:
        claimed: The snapshot whose messages may stage it; those of others are late and do nothing.
        source: The digest of the input that is staged; empty from the claim until it is.
        mapped: The mapped records that are staged.
        leaving: Ids of linked records that are proven absent, or empty.
        waiting: Ids of records that wait for something.
        present: How many records of Synergetic's are present.
    """

    kind: Kind
    bucket: str
    claimed: int = 0
    source: str = ""
    mapped: str = ""
    leaving: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    present: int = 0


RunState = Literal["begun", "staging", "planned", "overtaken", "done", "refused"]
Stoppable = Literal["apply", "medical"]
About = Literal["gone", "emptied"]
ABOUT: tuple[About, ...] = ("gone", "emptied")


class Stop(_Model):
    """Why nothing of a work can be done now: Operoo does not answer, refuses us, or the like.

    Attributes:
        work: What stands still: `apply` brings records to Operoo, `medical` asks it what families say.
        at: Since when.
        reason: What happened, for a person.
        remedy: What to do about it.
    """

    work: Stoppable
    at: str
    code: str
    reason: str
    remedy: str = ""


class Run(_Model):
    """What happened to one manifest.

    Attributes:
        state: `begun` while a request is carried out; `overtaken` if a newer snapshot came before all of this one was staged:
            that one's plan is about these too.
        digest: Of a snapshot's manifest, so that another one under its number is known as that.
        by: Who asked, as the request says; of a snapshot nobody.
        reason: Why they did, as the request says.
        code: Of a refusal, its anchor in `docs/troubleshooting.md`.
        remedy: Of a refusal, what can be done about it.
        waiting: Buckets (`<kind>#<bucket>`) that are not staged yet; of a request, its parts that are not done yet.
        parts: How many there were.
        plan: What applying it would do, by kind and action.
        answer: What the relay said it has done for it.
        answered_at: When the relay had done that.
        stated_by: The snapshot that states what it read for it.
    """

    run: str
    kind: str
    state: RunState
    sequence: int = 0
    manifest_key: str
    digest: str = ""
    at: str
    detail: str = ""
    by: str = ""
    reason: str = ""
    code: str = ""
    remedy: str = ""
    waiting: frozenset[str] = frozenset()
    parts: int = 0
    plan: dict[str, dict[str, int]] = {}
    answer: str = ""
    answered_at: str = ""
    stated_by: int = 0


class Passed(_Model):
    """Absences of a kind that the guard let through within a day.

    Attributes:
        runs: When a run let some through, and how many.
        revision: Counts writes, for optimistic locking.
    """

    runs: dict[str, tuple[str, int]] = {}
    revision: int = 0

    def besides(self, run: str, *, since: str) -> int:
        """Count those that other runs let through since a moment: what is planned anew is not counted twice."""
        return sum(count for name, (at, count) in self.runs.items() if name != run and at >= since)

    def noting(self, run: str, count: int, *, at: str, since: str) -> "Passed":
        """Return it with what a run lets through; of a plan that was made before and came to nothing, the larger number."""
        before = self.runs.get(run, (at, 0))
        kept = {name: one for name, one in self.runs.items() if one[0] >= since}
        return self.model_copy(update={"runs": kept | {run: (at, max(count, before[1]))}})


class Hold(_Model):
    """Absences of a kind that wait for a person.

    Attributes:
        about: Whether the records are gone, and would be archived, or everybody in them is, and they would be emptied.
        run: The run that opened it.
        linked: How many of the kind were in Operoo at the time.
        earlier: How many were let through within a day before, which count as well.
        sequence: The newest snapshot that it tells of.
        revision: Counts writes, for optimistic locking.
    """

    hold: str
    kind: Kind
    about: About = "gone"
    run: str
    state: Literal["open", "approved", "discarded", "lapsed"] = "open"
    records: tuple[str, ...]
    linked: int
    earlier: int = 0
    at: str
    sequence: int | None = None
    revision: int = 0
