"""The sandbox's own parts without a socket: its store, its faults, its way of reading forms."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from local.sandbox.bodies import nest
from local.sandbox.faults import Fault, Faults
from local.sandbox.medical_sample import sample
from local.sandbox.store import Store


def test_a_file_outlives_the_process(tmp_path: Path) -> None:
    """What was made, changed, archived and photographed is there again, and numbers are not given twice."""
    path = str(tmp_path / "operoo.sqlite")
    store = Store(path)
    first = store.add("members", {"first_name": "Zoë", "contacts": [{"email": "a@example.com"}]})
    second = store.add("members", {"first_name": "Leo"}, manual=True)
    store.set_photo(first, b"\xff\xd8\xff", "jpeg")
    store.change(second, {"first_name": "Léo"}, archived=True)
    store.set_profile(first, {"safety_alerts": [{"attachment_id": store.add_file("plan.pdf", b"%PDF-")}]})
    store.close()
    again = Store(path)
    assert again.all("members") == [first]
    assert again.all("members", archived=True) == [second]
    assert again.add("groups", {"name": "7A"}).id == second.id + 1
    assert (again.file(1), again.add_file("next.pdf", b"")) == (("plan.pdf", b"%PDF-"), 2)
    again.close()


def test_a_reset_forgets_the_file_too(tmp_path: Path) -> None:
    """Starting over is starting over."""
    path = str(tmp_path / "operoo.sqlite")
    store = Store(path)
    store.add("groups", {"name": "7A"})
    store.add_file("plan.pdf", b"%PDF-")
    store.clear()
    store.close()
    empty = Store(path)
    assert (empty.all("groups"), empty.file(1)) == ([], None)
    empty.close()


def test_every_change_of_a_profile_moves_its_stamp() -> None:
    """However fast one follows the other: a stamp that stands still would hide a change."""
    store = Store()
    child = store.add("members", {"first_name": "Zoë"})
    stamps = []
    for _ in range(20):
        store.set_profile(child, child.profile or {})
        stamps.append(child.updated_at)
    assert stamps == sorted(set(stamps))
    store.set_profile(child, None)
    assert child.profile is None


def test_a_child_has_the_same_profile_each_time() -> None:
    """It is drawn by the child's number alone, and another seed makes another; a few share none, and most are well."""
    first, again, other = (sample("1001", 7, seed) for seed in (0, 0, 1))
    assert first == again
    assert first != other
    everybody = [sample(str(number), number) for number in range(300)]
    assert sum(one is None for one in everybody) in range(10, 45)
    assert sum(bool(one and one.profile["safety_alerts"]) for one in everybody) in range(90, 160)


def test_faults_run_out() -> None:
    """The next two requests that match are hit, no other and no more."""
    faults = Faults()
    faults.add(Fault(kind="status", times=2, method="POST", path="/api/v1/members*"))
    hits = [len(faults.due(method, path)) for method, path in [("POST", "/api/v1/members")] * 2 + [("GET", "/api/v1/members")]]
    assert hits == [1, 1, 0]
    assert faults.due("POST", "/api/v1/members") == []
    assert faults.waiting() == []


def test_a_fault_by_path_leaves_others_alone() -> None:
    """A fault for groups does not hit people, and stays until it is cleared if it has no end."""
    faults = Faults()
    faults.add(Fault(kind="drop", times=None, path="/api/v1/groups*"))
    assert faults.due("POST", "/api/v1/members") == []
    assert [len(faults.due("PATCH", "/api/v1/groups/4")) for _ in range(5)] == [1] * 5
    faults.clear()
    assert faults.due("PATCH", "/api/v1/groups/4") == []


def test_a_refused_record_is_told_by_its_number() -> None:
    """Only that record, and only as often as asked for."""
    faults = Faults()
    faults.add(Fault(kind="reject", request_id="1001"))
    assert [faults.rejects(number) for number in ("1002", "1001", "1001")] == [False, True, False]


def test_an_unknown_fault_is_an_error() -> None:
    """A test that asks for something that cannot happen must not pass."""
    with pytest.raises(ValidationError):
        Fault.model_validate({"kind": "meteorite"})


def test_names_in_brackets_are_nested() -> None:
    """A key that the last object of a list already has begins the next."""
    pairs = [
        ("a[b]", "1"),
        ("a[c][]", "2"),
        ("a[c][]", "3"),
        ("a[d][][x]", "4"),
        ("a[d][][y]", "5"),
        ("a[d][][x]", "6"),
        ("e", "7"),
    ]
    assert nest(pairs) == {"a": {"b": "1", "c": ["2", "3"], "d": [{"x": "4", "y": "5"}, {"x": "6"}]}, "e": "7"}
