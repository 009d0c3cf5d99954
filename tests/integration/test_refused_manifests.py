"""A manifest is taken in whole or refused whole, with a reason that a person can act on."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest
import zstandard

from functions.runtime.wiring import exchange, records_table, runs_table, snapshot_line
from shared.chunks import assemble
from shared.digests import sha256
from shared.keys import REQUESTS, SNAPSHOTS, chunk_key, snapshot_key
from shared.synergetic import CHUNK_COLUMNS
from tests.integration.cloud import BUCKET, Cloud, forget_wiring
from tests.integration.fake_operoo import FakeOperoo
from tests.integration.school_rows import CLASS_ID, changed, school, without

Manifest = dict[str, Any]


def spoiled(stack: Cloud, spoil: Callable[[Manifest], object], *, sequence: int = 2) -> dict[str, Any]:
    """Put a snapshot whose manifest was spoiled, and return its answer."""
    key = stack.snapshot(school(), sequence)
    manifest = json.loads(stack.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read())
    stack.sqs.purge_queue(QueueUrl=stack.urls["intake"])
    spoil(manifest)
    stack.s3.put_object(Bucket=BUCKET, Key=key, Body=json.dumps(manifest).encode())
    stack.pump()
    return stack.answer(key)


def first_chunk(manifest: Manifest, row_set: str) -> dict[str, Any]:
    """Return the entry of a row set's first chunk."""
    chunk: dict[str, Any] = next(iter(manifest["row_sets"][row_set]["chunks"].values()))
    return chunk


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda m: m["row_sets"].pop("contacts"), "it has no contacts"),
        (lambda m: m["row_sets"]["students"].update(counted=21), "students has 20 rows"),
        (lambda m: m["row_sets"]["staff"].update(rows=7, counted=7), "staff says 7 rows"),
        (lambda m: m["row_sets"]["groups"]["columns"].remove("code"), "groups lacks code"),
        (lambda m: m.update(digits=2), "students is not split"),
        (lambda m: first_chunk(m, "students").update(digest="f" * 64), "students .* not in the Exchange bucket"),
        (lambda m: m["row_sets"]["students"].update(rows=0, counted=0, chunks={}), "no student at all"),
        (lambda m: m.update(sequence=9), "under its own sequence number"),
        (lambda m: m.update(extra=1), "extra"),
        (lambda m: m.update(kind="shapshot"), "kind|tag"),
    ],
)
@pytest.mark.usefixtures("everybody_was_read")
def test_a_snapshot_that_is_not_whole_changes_nothing(
    stack: Cloud, operoo: FakeOperoo, spoil: Callable[[Manifest], object], words: str
) -> None:
    """The answer says which row set fell short; nothing is staged, and nobody is taken for gone."""
    before = {one.id: one for one in records_table().all("student")}
    answer = spoiled(stack, spoil)
    assert answer["outcome"] == "refused"
    assert answer["remedy"]
    assert ("fits this stack" in answer["remedy"]) == ("lacks" in words)
    assert __import__("re").search(words, answer["reason"]), answer["reason"]
    assert {one.id: one for one in records_table().all("student")} == before
    head = snapshot_line().head()
    assert head is not None
    assert head.sequence == 1
    assert "refused" in {run.state for run in runs_table().runs()}
    assert stack.load(without(school(), 1), 3)["outcome"] == "accepted"


@pytest.mark.parametrize("name", ["copy", "000000000001 (1)", "1"])
@pytest.mark.usefixtures("everybody_was_read")
def test_a_snapshot_under_another_name_is_refused(stack: Cloud, name: str) -> None:
    """As when somebody copies one, whether or not a number is in the name."""
    content = stack.s3.get_object(Bucket=BUCKET, Key=snapshot_key(1))["Body"].read()
    key = f"{SNAPSHOTS}{name}.json"
    stack.s3.put_object(Bucket=BUCKET, Key=key, Body=content)
    stack.pump()
    assert stack.answer(key)["code"] == "manifest-misplaced"


@pytest.mark.parametrize("damage", [lambda body: body[:-3], lambda _: zstandard.compress(b'["id"]\n[1]\n'), lambda _: b"x"])
def test_a_damaged_chunk_refuses_the_snapshot(stack: Cloud, damage: Callable[[bytes], bytes]) -> None:
    """A truncated or exchanged chunk is found before anything is staged."""
    key = stack.snapshot(changed(school(), "contacts", 1, mobile="1"), 1)
    manifest = json.loads(stack.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read())
    chunk = chunk_key("contacts", first_chunk(manifest, "contacts")["digest"])
    body = stack.s3.get_object(Bucket=BUCKET, Key=chunk)["Body"].read()
    stack.s3.put_object(Bucket=BUCKET, Key=chunk, Body=damage(body))
    stack.pump()
    answer = stack.answer(key)
    assert (answer["outcome"], answer["code"]) == ("refused", "snapshot-damaged")
    assert "contacts" in answer["reason"]
    assert [message["type"] for message in stack.queued("return.fifo")] == ["full_read"]
    assert list(records_table().all("student")) == []


@pytest.mark.parametrize("damage", [lambda body: body[:-3], lambda _: None])
@pytest.mark.usefixtures("everybody_was_read")
def test_a_chunk_that_was_damaged_since_refuses_a_resync(stack: Cloud, damage: Callable[[bytes], bytes | None]) -> None:
    """Who asks is told at once, and the relay sends everything again: nothing is tried in vain until it is a dead letter."""
    manifest = json.loads(stack.s3.get_object(Bucket=BUCKET, Key=snapshot_key(1))["Body"].read())
    chunk = chunk_key("contacts", first_chunk(manifest, "contacts")["digest"])
    body = damage(stack.s3.get_object(Bucket=BUCKET, Key=chunk)["Body"].read())
    stack.s3.delete_object(Bucket=BUCKET, Key=chunk)
    if body is not None:
        stack.s3.put_object(Bucket=BUCKET, Key=chunk, Body=body)
    answer = stack.request("again", {"kind": "resync"})
    assert (answer["outcome"], answer["code"]) == ("refused", "snapshot-damaged")
    assert [message["type"] for message in stack.queued("return.fifo")] == ["full_read"]
    assert stack.request("staff", {"kind": "resync", "row_set": "staff"})["outcome"] == "accepted"


@pytest.mark.parametrize(
    ("columns", "line", "words"),
    [
        (CHUNK_COLUMNS["staff"], b"oops", "cannot be used"),
        (CHUNK_COLUMNS["staff"], b'["too short"]', "does not fit"),
        (("id",), b"[1]", "other columns"),
    ],
)
def test_rows_that_cannot_be_read_refuse_the_snapshot(stack: Cloud, columns: Sequence[str], line: bytes, words: str) -> None:
    """A digest proves only that nothing happened on the way; what cannot be mapped must not be accepted first."""
    content = assemble(columns, [line])
    key = chunk_key("staff", sha256(content))
    stack.s3.put_object(Bucket=BUCKET, Key=key, Body=zstandard.compress(content))
    answer = spoiled(stack, lambda m: first_chunk(m, "staff").update(digest=sha256(content)), sequence=1)
    assert (answer["outcome"], answer["code"]) == ("refused", "snapshot-damaged")
    assert words in answer["reason"]


def test_what_was_accepted_stays_so_when_s3_tells_of_it_again(stack: Cloud) -> None:
    """A repeated event that comes after a newer snapshot raises no alarm and does not turn the answer round."""
    key = stack.snapshot(school(2), 1)
    told = stack.sqs.receive_message(QueueUrl=stack.urls["intake"])["Messages"]
    stack._invoke("intake", told)
    stack.load(school(3), 2)
    stack._invoke("intake", told)
    assert stack.answer(key)["outcome"] == "accepted"


@pytest.mark.usefixtures("everybody_was_read")
def test_two_uploads_under_one_name_are_two_wishes_however_late_they_are_read(stack: Cloud) -> None:
    """The second does not take the place of the first, which waits in the queue while it comes."""
    for student in ("1", "2"):
        body = json.dumps({"kind": "selection", "select": {"students": [student]}}).encode()
        stack.s3.put_object(Bucket=BUCKET, Key=f"{REQUESTS}same.json", Body=body)
    stack.pump()
    assert {one.id for one in records_table().all("student") if one.selected} == {"1", "2"}


def test_a_folder_that_somebody_makes_is_no_manifest(stack: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    """The AWS console stores an empty object for it: no answer, no alarm."""
    for key in ("manifests/", REQUESTS, f"{REQUESTS}mine/"):
        stack.s3.put_object(Bucket=BUCKET, Key=key, Body=b"")
    stack.pump()
    assert "ManifestRefused" not in capsys.readouterr().out


def test_a_file_far_too_large_is_refused_unread(stack: Cloud) -> None:
    """A film in the wrong folder does not use up the function's memory."""
    stack.s3.put_object(Bucket=BUCKET, Key=f"{REQUESTS}film.mov", Body=b"\0" * (16 * 2**20 + 1))
    stack.pump()
    answer = stack.answer(f"{REQUESTS}film.mov")
    assert (answer["outcome"], answer["code"]) == ("refused", "manifest-invalid")


def test_a_chunk_that_promises_too_much_is_damaged(stack: Cloud) -> None:
    """Its header alone would have the function ask for more memory than there is."""
    compressed = zstandard.compress(b"x" * 100_000)
    forged = compressed[:4] + b"\xe0" + (1 << 45).to_bytes(8, "little") + compressed[8:]
    stack.s3.put_object(Bucket=BUCKET, Key=chunk_key("staff", "0" * 64), Body=forged)
    with pytest.raises(ValueError, match="too large"):
        exchange().chunk("staff", "0" * 64)


def test_an_older_sequence_is_refused_and_the_newer_state_stands(stack: Cloud) -> None:
    """A manifest that arrives late, or from a second relay, does not bring anything back."""
    stack.load(school(), 5)
    answer = stack.load(without(school(), 1), 4)
    assert (answer["outcome"], answer["code"]) == ("refused", "sequence-old")
    assert not stack.queued("return.fifo")
    one = records_table().get("student", "1")
    assert one is not None
    assert one.present


@pytest.mark.parametrize(("number", "code"), [(1, "sequence-old"), (2, "sequence-taken")])
def test_another_manifest_under_a_number_that_was_taken_is_refused_and_the_relay_told_the_newest(
    stack: Cloud, number: int, code: str
) -> None:
    """A relay that lost its memory while the bucket lost its manifests begins with 1, and must still be heard."""
    for sequence in (1, 2):
        stack.load(school(), sequence)
        stack.s3.delete_object(Bucket=BUCKET, Key=snapshot_key(sequence))
    answer = stack.load(without(school(), 1), number)
    assert (answer["outcome"], answer["code"]) == ("refused", code)
    [message] = stack.queued("return.fifo")
    assert (message["type"], message["row_sets"], message["after"]) == ("full_read", [], 2)


@pytest.mark.usefixtures("everybody_was_read")
def test_what_was_refused_is_not_what_a_resync_takes_from(stack: Cloud) -> None:
    """It lies under the name of the accepted one; who is not in it is not gone."""
    assert stack.load(without(school(), 1), 1)["code"] == "sequence-taken"
    answer = stack.request("again", {"kind": "resync", "full_read": True})
    assert "there is no reading yet" in answer["detail"]
    assert stack.request("once-more", {"kind": "resync"})["code"] == "no-snapshot"
    assert all(one.present for one in records_table().all("student"))


@pytest.mark.parametrize(
    ("key", "manifest", "code"),
    [
        (f"{REQUESTS}x.json", {"kind": "resnyc"}, "manifest-invalid"),
        (f"{REQUESTS}x.json", {"kind": "resync"}, "no-snapshot"),
        (f"{REQUESTS}x.json", {"kind": "resync", "groups": ["class:A:2026:S:X"]}, "record-unknown"),
        (
            f"{REQUESTS}x.json",
            {"kind": "selection", "select": {"rules": [{"kind": "staff", "member_of": "form:7X"}]}},
            "record-unknown",
        ),
        (f"{SNAPSHOTS}000000000001.json", {"kind": "resync"}, "manifest-misplaced"),
        ("manifests/x.json", {"kind": "resync"}, "manifest-misplaced"),
        (snapshot_key(1), [], "manifest-invalid"),
    ],
)
def test_a_request_that_cannot_be_carried_out_is_answered(stack: Cloud, key: str, manifest: object, code: str) -> None:
    """The uploader finds the reason next to the manifest, and the manifest is kept."""
    stack.s3.put_object(Bucket=BUCKET, Key=key, Body=json.dumps(manifest).encode())
    stack.pump()
    answer = stack.answer(key)
    assert (answer["outcome"], answer["code"]) == ("refused", code)
    assert stack.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() == json.dumps(manifest).encode()


@pytest.mark.usefixtures("everybody_was_read")
@pytest.mark.parametrize(
    ("select", "detail"),
    [
        (
            {"rules": [{"kind": "student", "year_level": "99"}, {"kind": "staff"}]},
            "2 rules added (1 of them is without anybody now)",
        ),
        ({"rules": [{"kind": "student", "member_of": CLASS_ID}], "all": ["group"]}, "2 rules added"),
        (
            {"rules": [{"kind": "student", "member_of": CLASS_ID, "house": "BLUE"}]},
            "1 rule added (1 of them is without anybody now)",
        ),
        ({"students": ["1", "2"]}, "2 students selected by name (1 of them is not there now)"),
    ],
)
def test_a_selection_of_nobody_is_told_as_that(stack: Cloud, select: dict[str, Any], detail: str) -> None:
    """It may be for those who are still to come, so it is taken; most often it is a slip, so it is said."""
    stack.load(without(school(), 1), 2)
    assert stack.request("some", {"kind": "selection", "select": select})["detail"] == detail


def test_a_full_read_may_be_asked_for_before_there_is_a_snapshot(stack: Cloud) -> None:
    """After a first snapshot that was refused, that is what its own remedy advises."""
    answer = stack.request("anew", {"kind": "resync", "full_read": True})
    assert answer["outcome"] == "accepted"
    assert [message["type"] for message in stack.queued("return.fifo")] == ["full_read"]


@pytest.mark.usefixtures("everybody_arrived")
def test_a_change_of_the_split_stages_everything_anew(stack: Cloud, operoo: FakeOperoo) -> None:
    """A school that grew is split finer; nobody is lost or doubled by it, and nothing is sent to Operoo again."""
    assert stack.load(school(), 2, digits=2)["outcome"] == "accepted"
    stack.load(without(school(), 1), 3, digits=2)
    assert len(operoo.living("members")) == 19
    assert operoo.calls.count("archive members") == 1
    assert "create members" not in operoo.calls


def test_a_heartbeat_of_a_failing_relay_is_not_a_sign_of_life(stack: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    """The alarm for a silent relay must also sound for one that fails at every run."""
    beat = {"relay": "main", "relay_version": "0.1.0", "started_at": "2026-08-01T00:00:00Z", "at": "2026-08-01T00:01:00Z"}
    for ok, metric in ((True, "RelayHeartbeat"), (False, "RelayFailed")):
        body = json.dumps({**beat, "ok": ok, "error": "" if ok else "synergetic-login"})
        stack.s3.put_object(Bucket=BUCKET, Key="heartbeat/relay.json", Body=body.encode())
        capsys.readouterr()
        stack.pump()
        assert f'"{metric}":[1.0]' in capsys.readouterr().out


def test_more_codes_than_one_message_holds_are_refused(stack: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQS takes no message of more than 256 kB: whoever asked is told, and the run does not stay as if it went on."""
    monkeypatch.setenv("MEDICAL_UPDATES", "automatic")
    forget_wiring()
    words = {f"{'word ' * 30}{number}": "AST" for number in range(2_000)}
    answer = stack.request("codes", {"kind": "codes", "codes": {"condition": words}})
    assert (answer["code"], "in several parts" in answer["remedy"]) == ("manifest-invalid", True)
    assert [run.state for run in runs_table().runs()] == ["refused"]
