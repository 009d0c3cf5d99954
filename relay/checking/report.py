"""What a check found: findings with a verdict each, and facts. Names of tables, counts, versions and codes; nobody's data."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from relay.unexpected_errors import foreseen
from shared.errors import IntegrationError


class Verdict(StrEnum):
    """How a finding is to be taken."""

    OK = "ok"
    NOTE = "note"
    WARNING = "warning"
    ERROR = "error"
    UNKNOWN = "not checked"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        topic: What it is about, in a word or two.
        what: What was found.
        remedy: What the reader can do about it.
        code: The code in `docs/troubleshooting.md`, if it is not well.
    """

    topic: str
    verdict: Verdict
    what: str
    remedy: str = ""
    code: str = ""


@dataclass
class Report:
    """All findings in the order they were made, and the facts that support asks for first.

    Attributes:
        names: What names the school although no setting does, and what it is the name of: for a bundle, which hides it.
    """

    findings: list[Finding] = field(default_factory=list)
    facts: dict[str, object] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)

    @property
    def exit_code(self) -> int:
        """0 if all is well, 1 if the relay works but somebody should look, 2 if it does not work."""
        verdicts = {finding.verdict for finding in self.findings}
        if verdicts & {Verdict.ERROR, Verdict.UNKNOWN}:
            return 2
        return 1 if Verdict.WARNING in verdicts else 0

    def add(self, findings: Iterable[Finding]) -> None:
        """Add findings."""
        self.findings.extend(findings)

    def tried(self, topic: str, step: Callable[[], Iterable[Finding]]) -> bool:
        """Do one step; its failure, even a defect of ours, is a finding and ends nothing else. Say whether it could be done."""
        try:
            with foreseen():
                self.add(step())
        except IntegrationError as error:
            self.add([failed(topic, error)])
            return False
        return True

    def tells(self, topic: str, code: str) -> bool:
        """Tell whether this was found already."""
        return any((finding.topic, finding.code) == (topic, code) for finding in self.findings)

    def has_error(self, topic: str) -> bool:
        """Tell whether there is an error about this already."""
        return any((finding.topic, finding.verdict) == (topic, Verdict.ERROR) for finding in self.findings)

    def skipped(self, *topics: str, since: str) -> None:
        """Say of each topic of which there is no finding yet that it was not looked at, and why."""
        looked_at = {finding.topic for finding in self.findings}
        self.add(Finding(one, Verdict.UNKNOWN, f"Not looked at, since {since}.") for one in topics if one not in looked_at)

    def counts(self) -> dict[str, int]:
        """Return how many findings have which verdict."""
        return {verdict.value: sum(finding.verdict is verdict for finding in self.findings) for verdict in Verdict}

    def to_json(self) -> dict[str, object]:
        """Return it as what JSON can say."""
        return {
            "exit_code": self.exit_code,
            "counts": self.counts(),
            "facts": self.facts,
            "findings": [
                {"topic": one.topic, "verdict": one.verdict.value, "what": one.what, "remedy": one.remedy, "code": one.code}
                for one in self.findings
            ],
        }


def failed(topic: str, error: IntegrationError) -> Finding:
    """Return what an error is as a finding."""
    return Finding(topic, Verdict.ERROR, error.what, error.remedy, error.code)


def well(topic: str, what: str) -> Finding:
    """Return a finding that all is well."""
    return Finding(topic, Verdict.OK, what)
