"""A spreadsheet of medical details that Operoo exported comes in through the console, and goes the usual way."""

import json
from io import BytesIO
from typing import Any

import pytest

from functions.store.audit import AuditEntry
from tests.console.medical_site import MedicalSite
from tests.console.site import Answer, deeds
from tests.integration.cloud import BUCKET, forget_wiring


def send(medical: MedicalSite, content: bytes, *roles: str, **how: Any) -> Answer:
    """Upload a file as somebody, and return what is answered."""
    visitor = medical.site.visitor(*(roles or ("medical",)))
    visitor.get("/medical/upload")
    return visitor.post("/medical/upload", files={"file": (BytesIO(content), "conditions.csv")}, **how)


def _uploads() -> list[AuditEntry]:
    """Return what the trail has of such files."""
    return [one for one in deeds() if one.what == "medical spreadsheet"]


def test_what_it_states_waits_for_a_decision(medical: MedicalSite) -> None:
    """Of whoever is synchronised; the trail has no word of what it states."""
    page = medical.site.visitor("medical").ask("/medical/upload")
    assert (page["off"], page["student"], page["megabytes"]) == (False, "Profile Id", 4)
    assert "Condition" in page["columns"]
    # Two, as a student may have one of them already.
    sheet = f"Profile Id,Condition\n{medical.student},Asthma\n{medical.student},Epilepsy\n99999,Asthma\n,Asthma\n"
    before = _uploads()
    see = send(medical, sheet.encode(), accept="application/json").json["see"]
    medical.follows()
    assert _uploads() == before
    confirmed = medical.site.visitor("medical").do(see)
    assert confirmed["said"].startswith("The file is taken in, about 1 student.")
    medical.follows()
    nurse = medical.site.visitor("medical")
    assert medical.student in {row["student"]["id"] for row in nurse.ask("/medical")["rows"]}
    (deed,) = [one for one in _uploads() if one not in before]
    assert (deed.who, deed.to) == ("medical@school.example", "1 student")
    manifest = json.loads(medical.site.cloud.s3.get_object(Bucket=BUCKET, Key=deed.manifest)["Body"].read())
    assert (manifest["kind"], manifest["file"][:16]) == ("medical", "uploads/medical/")
    assert "Asthma" not in json.dumps(manifest) + deed.model_dump_json()


def test_what_would_happen_is_looked_at_first(medical: MedicalSite, monkeypatch: pytest.MonkeyPatch) -> None:
    """By numbers, and by the mode: where it is written without a person looking, the page says so. Once, and by that role."""
    sheet = (
        f"Profile Id,Condition,Asthma Severity Score,Condition Date\n{medical.student},Asthma,3,\n99999,Asthma,,\n,Asthma,,\n"
    )
    before = _uploads()
    see = send(medical, sheet.encode(), accept="application/json").json["see"]
    nurse = medical.site.visitor("medical")
    page = nurse.ask(see)
    counts = {"students": 1, "others": 0, "unknown": 1, "unnumbered": 1, "unread": 0}
    assert {name: page["contents"][name] for name in counts} == counts
    assert page["contents"]["unused"] == ["Asthma Severity Score", "Condition Date"]
    assert "waits under Medical" in nurse.get(see).text
    assert medical.site.visitor("administrator", "owner").get(see).status == 403
    monkeypatch.setenv("MEDICAL_UPDATES", "automatic")
    forget_wiring()
    assert "nobody looks at it before" in nurse.get(see).text
    nurse.do(see)
    assert "was taken in" in nurse.get(see).text
    assert nurse.post(see, accept="application/json").json["code"] == "done-already"
    assert len(_uploads()) == len(before) + 1


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "no-file"),
        (b"x" * 4_000_001, "spreadsheet-too-large"),
        (b"PK\x03\x04 damaged", "spreadsheet-unreadable"),
        (b"Name,Condition\nA,Asthma\n", "spreadsheet-columns"),
        (b"Profile Id,Condition\n99999,Asthma\n", "spreadsheet-nobody"),
    ],
)
def test_what_cannot_be_read_is_said_and_nothing_is_asked(medical: MedicalSite, content: bytes, code: str) -> None:
    """With what to do about it."""
    before = medical.site.cloud.s3.list_objects_v2(Bucket=BUCKET)["KeyCount"]
    answer = send(medical, content, accept="application/json")
    assert (answer.status, answer.json["code"]) == (409, code)
    assert answer.json["remedy"]
    assert medical.site.cloud.s3.list_objects_v2(Bucket=BUCKET)["KeyCount"] == before


def test_where_medical_updates_are_off_nothing_is_read(medical: MedicalSite, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page says so before anybody chooses a file."""
    monkeypatch.setenv("MEDICAL_UPDATES", "off")
    forget_wiring()
    assert "Medical updates are off" in medical.site.visitor("medical").get("/medical/upload").text
    answer = send(medical, b"Profile Id,Condition\n1,Asthma\n", accept="application/json")
    assert (answer.status, answer.json["code"]) == (409, "medical-off")


def test_nobody_without_the_role_uploads_medical_details(medical: MedicalSite) -> None:
    """Not even who may upload everything else."""
    assert medical.site.visitor("administrator").get("/medical/upload").status == 403
    assert send(medical, b"x", "administrator", "owner").status == 403
