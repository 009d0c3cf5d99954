"""What a family says is seen by nobody but who may: not in logs, metrics, errors, objects' names, or outside on the queues."""

import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest

from functions.operoo.medical_names import FIELDS
from shared.errors import IntegrationError
from shared.medical.profile import LISTS
from tests.integration.cloud import BUCKET, forget_wiring
from tests.integration.two_way import TwoWay

MARK = "Xyzzymark"
KNOWN = {"conditions.type": "Asthma", "allergies.type": "Egg", "medications.type": "Inhaler", "immunisations.type": "MMR"}


def marked(known: dict[str, str]) -> dict[str, Any]:
    """Return a profile with a marker word in every field there is a name for, but for those that are given a known word."""
    profile: dict[str, Any] = {"something_new": {"deep": [f"{MARK}Unmapped"]}}
    for number, (path, name) in enumerate(FIELDS.items()):
        top = path.split(".")[0]
        if not name or path in LISTS:
            continue
        place = profile.setdefault(FIELDS[top], [{}])[0] if top in LISTS else profile
        *outer, last = name.split(".")
        for one in outer:
            place = place.setdefault(one, {})
        place[last] = known.get(path, f"{MARK}{number}")
    return profile


def outside(two_way: TwoWay) -> Iterator[str]:
    """Yield what can be seen without being let into the bucket's objects, the queues' bodies or the school's database."""
    for page in boto3.client("s3").get_paginator("list_object_versions").paginate(Bucket=BUCKET):
        yield from (one["Key"] for one in page.get("Versions", []))
    for table in ("ledger", "records", "runs"):
        yield json.dumps(boto3.client("dynamodb").scan(TableName=table)["Items"], default=str)
    for name in ("return.fifo", "receipt", "medical.fifo"):
        messages = two_way.cloud.sqs.receive_message(
            QueueUrl=two_way.cloud.urls[name],
            MaxNumberOfMessages=10,
            VisibilityTimeout=0,
            AttributeNames=["All"],
            MessageAttributeNames=["All"],
        ).get("Messages", [])
        yield from (json.dumps([one.get("Attributes"), one.get("MessageAttributes")]) for one in messages)
    yield from (path.name for path in two_way.school.parent.rglob("*"))


@pytest.fixture
def emitted(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> Callable[[], list[str]]:
    """Return what gives all that was logged, printed and counted."""
    caplog.set_level(logging.DEBUG)
    logging.getLogger("botocore").setLevel(logging.WARNING)
    return lambda: [*(str(vars(record)) for record in caplog.records), caplog.text, *capfd.readouterr()]


@pytest.mark.parametrize("case", [("automatic", KNOWN), ("automatic", {}), ("review", KNOWN), ("review", {})])
def test_no_word_of_a_family_gets_out(
    two_way: TwoWay,
    student: str,
    case: tuple[str, dict[str, str]],
    monkeypatch: pytest.MonkeyPatch,
    emitted: Callable[[], list[str]],
) -> None:
    """Pulled, sent, written, refused, failed, parked, taken back: the marker words are in the bucket and the database alone."""
    updates, known = case
    monkeypatch.setenv("MEDICAL_UPDATES", updates)
    monkeypatch.setenv("POWERTOOLS_LOG_LEVEL", "DEBUG")
    forget_wiring()
    two_way.medical.profiles[student] = marked(known)
    two_way.pull()
    seen = list(outside(two_way))
    two_way.execute("create trigger strange after insert on MedicalCondition begin select 1; end")
    two_way.cloud.handed_out_again_after(0)
    errors = []
    try:
        two_way.write()
    except IntegrationError as error:
        errors.append(f"{error} {error.remedy}")
    two_way.execute("drop trigger strange")
    two_way.write()
    two_way.cloud.handed_out_again_after(300)
    if updates == "review":
        two_way.decide(student)
        two_way.write()
    version = two_way.entry(student).version
    two_way.cloud.request(f"undo-{student}", {"kind": "undo", "student": student, "version": version})
    two_way.write()
    seen += [*outside(two_way), *errors, *emitted()]
    assert errors
    assert any("asked of the relay" in one and student in one for one in seen), "nothing was looked at"
    assert [one[max(one.find(MARK) - 80, 0) :][:160] for one in seen if MARK in one] == []
    stored = two_way.cloud.s3.list_objects_v2(Bucket=BUCKET)["Contents"]
    bodies = (two_way.cloud.s3.get_object(Bucket=BUCKET, Key=one["Key"])["Body"].read() for one in stored)
    assert any(MARK.encode() in body for body in bodies), "nothing was planted"
