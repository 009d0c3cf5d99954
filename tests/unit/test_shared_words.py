"""Owners, digests, chunks, keys and manifests: the words both sides speak."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from shared.chunks import Chunk, assemble
from shared.digests import canonical_json, combine, sha256
from shared.errors import IntegrationError, RefusedManifestError, SettingsError
from shared.keys import is_snapshot, snapshot_key
from shared.manifests import ResyncManifest, RowSetEntry, Rule, SelectionManifest, manifest_schema, parse_manifest
from shared.owners import bucket_of, choose_digits, last_part, owner_key


def test_owner_keys_leave_empty_parts_out_and_trim() -> None:
    """A cohort has no file type or year, and a padded code is the same code."""
    assert owner_key("class", "A", 2026, "S  ", "7MAT1") == "class:A:2026:S:7MAT1"
    assert owner_key("year_level", "", "", "S", 7) == "year_level:S:7"


def test_two_groups_with_colons_in_their_codes_are_two() -> None:
    """A class may be called 7:MAT, and a campus S:7; what is one part can be read back."""
    owners = [
        owner_key("class", "A", 2026, campus, code)
        for campus, code in (("S", "7:MAT"), ("S:7", "MAT"), ("", "S:7:MAT"), ("S~17", "MAT"), ("S", "7~1MAT"), ("S:", ":7"))
    ]
    assert len(set(owners)) == len(owners)
    assert [last_part(owner) for owner in owners] == ["7:MAT", "MAT", "S:7:MAT", "MAT", "7~1MAT", ":7"]


def test_a_finer_bucket_lies_in_the_coarser_one() -> None:
    """A query by prefix finds a bucket under any split."""
    for owner in map(str, range(1000)):
        assert bucket_of(owner, 3).startswith(bucket_of(owner, 2))


@pytest.mark.parametrize(("owners", "last", "digits"), [(0, None, 1), (300, None, 1), (3000, None, 2), (20_000, None, 2)])
def test_the_split_follows_the_size(owners: int, last: int | None, digits: int) -> None:
    """Small schools have few buckets."""
    assert choose_digits(owners, last) == digits


def test_a_school_that_hovers_around_a_limit_keeps_its_split() -> None:
    """Two students more must not send everything anew, nor two fewer."""
    assert choose_digits(2049, 1) == 1
    assert choose_digits(2049, 2) == 2
    assert choose_digits(2047, 2) == 1


def test_chunks_do_not_depend_on_row_order() -> None:
    """Equal rows have equal bytes whatever order the database returns them in."""
    lines = [b'[2,"b"]', b'[1,"a"]']
    assert assemble(["id", "x"], lines) == assemble(["id", "x"], reversed(lines))


def test_a_chunk_reads_back_by_column_name() -> None:
    """What was assembled is read."""
    content = assemble(["id", "name"], [b'[1,"Zo\xc3\xab"]'])
    assert list(Chunk.parse(content, digest=sha256(content)).rows()) == [{"id": 1, "name": "Zoë"}]


@pytest.mark.parametrize("damage", [lambda b: b[:-4], lambda b: b + b"[9]\n", lambda b: b.replace(b"1", b"2")])
def test_a_damaged_chunk_is_refused(damage: object) -> None:
    """Whatever happened to the bytes, the digest tells."""
    content = assemble(["id"], [b"[1]"])
    with pytest.raises(ValueError, match="digest"):
        Chunk.parse(damage(content), digest=sha256(content))  # type: ignore[operator]


def test_a_row_of_the_wrong_length_is_named() -> None:
    """A row that does not fit the columns is an error, not a shift of values."""
    content = assemble(["id", "name"], [b"[1]"])
    with pytest.raises(ValueError, match="fit the columns"):
        list(Chunk.parse(content, digest=sha256(content)).rows())


def test_canonical_json_ignores_key_order() -> None:
    """Digests are of content."""
    assert canonical_json({"b": 1, "a": "é"}) == '{"a":"é","b":1}'.encode()
    assert combine({"a": "1", "b": "2"}) == combine({"b": "2", "a": "1"}) != combine({"a": "1"})


def test_snapshot_keys_sort_as_their_numbers() -> None:
    """The last manifest is the last key."""
    assert snapshot_key(9) < snapshot_key(10) < snapshot_key(11_000)
    assert is_snapshot(snapshot_key(42))
    for name in ("request/000000000042", "snapshot/42", "snapshot/000000000042 (1)", "snapshot/00000000004\u0662"):
        assert not is_snapshot(f"manifests/{name}.json")


@pytest.mark.parametrize(
    ("manifest", "words"),
    [
        (b"{", r"the file: is not JSON \(line 1\)"),
        (b'{"kind":\n"selection",\n}', r"is not JSON \(line [23]\)"),
        (b"[" * 100_000, "is not JSON"),
        (b'{"kind": ' + b"9" * 5000 + b"}", "is not JSON"),
        (b'{"kind": "resync", "kind": "selection"}', "kind stands twice"),
        (b'{"kind": "selection", "select": {"students": ["1"]}, "select": {}}', "select stands twice"),
        (b'{"Zebedee": 1, "Zebedee": 2}', "a name stands twice"),
        (b'{"kind": "selection", "select": {"students": [1001]}}', "students.0: must be text in quotation marks"),
        (b'{"kind": "selection", "select": {"students": ["\\ud83d"]}}', "the file: is not JSON"),
        (b'{"kind": "selection", "select": {"students": "1"}}', "students: must be a list in brackets"),
        (b'{"kind": "approve", "hold": "h", "only": []}', "only: is empty; leave it out, or list some"),
        (b'{"kind": "medical", "students": []}', "students: is empty; leave it out, or list some"),
        (
            b'{"kind": "resync", "step": "apply", "students": [], "staff": []}',
            "lists nobody; leave the lists out for everybody",
        ),
        (b'{"kind": "resync", "full_read": "no"}', "full_read: must be true or false, without quotation marks"),
        (b'{"kind": "approve", "hold": "h", "as_of": true}', "as_of: must be a whole number, without quotation marks"),
        (b'{"kind": "resnyc"}', "its kind is none of approve, .*snapshot"),
        (b"{}", "its kind is missing"),
        (b'{"kind": "selection", "select": {"student": ["1"]}}', "select.student: is no field"),
        (b'{"kind": "selection", "select": {"rules": [{"kind": "group", "group_type": "klass"}]}}', "group_type: .*'class'"),
        (b'{"kind": "selection", "select": {"rules": [{"kind": "staff", "campus": "S"}]}}', "staff cannot be asked for campus"),
        (b'{"kind": "selection", "select": {"rules": [{"kind": "student", "form": null}]}}', "form is null; leave it out"),
        (b'{"kind": "approve"}', "hold: is missing"),
        (b'{"kind": "snapshot", "sequence": 0}', "sequence"),
        (b"[]", "not valid"),
    ],
)
def test_a_manifest_that_is_not_one_says_where(manifest: bytes, words: str) -> None:
    """A person reads the reason and can correct the file."""
    with pytest.raises(RefusedManifestError, match=words) as caught:
        parse_manifest(manifest)
    assert "docs/manifests.md" in caught.value.remedy


def test_the_published_schema_asks_for_what_is_asked_for() -> None:
    """A program that holds to it is not refused because it left the kind out."""
    schema: dict[str, Any] = manifest_schema()
    one_of_each = [one["$ref"].rpartition("/")[2] for one in schema["oneOf"]]
    assert [name for name in one_of_each if "kind" not in schema["$defs"][name]["required"]] == []


@pytest.mark.parametrize(
    ("name", "odd"), [("boarder", odd) for odd in ("yes", "1", 1, 0)] + [("year_level", odd) for odd in (7, True)]
)
def test_what_the_published_schema_forbids_is_refused(name: str, odd: object) -> None:
    """A `"yes"` for `true` is no manifest: neither for a program that asks the schema beforehand, nor here."""
    rule = {"kind": "student", "boarder": True, "year_level": "7"}
    parse_manifest(json.dumps({"kind": "selection", "select": {"rules": [rule]}}).encode())
    with pytest.raises(RefusedManifestError, match=f"rules.0.{name}: must be"):
        parse_manifest(json.dumps({"kind": "selection", "select": {"rules": [{**rule, name: odd}]}}).encode())


def test_what_is_listed_in_part_is_a_list() -> None:
    """Who asks may list each kind, and have nobody of some; a number that is the name of a field is text in JSON."""
    resync = parse_manifest(b'{"kind": "resync", "students": ["1"], "staff": []}')
    assert isinstance(resync, ResyncManifest)
    assert resync.listed() == {"student": ("1",), "staff": (), "group": ()}
    review = parse_manifest(b'{"kind": "review", "student": "1", "version": 5, "reject_columns": {"3": ["BloodGroup"]}}')
    assert getattr(review, "reject_columns", {}) == {3: ("BloodGroup",)}


def test_nothing_is_left_out_less_than_not_at_all() -> None:
    """Or a count below nothing would make good for rows that the database never counted."""
    with pytest.raises(ValidationError):
        RowSetEntry.model_validate({"rows": 9, "counted": 8, "columns": [], "left_out": {"odd": -1}, "chunks": {}})


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_a_manifest_may_come_from_any_editor(encoding: str) -> None:
    """Windows' own saves a mark before the text, or another Unicode."""
    manifest = parse_manifest('{"kind": "selection", "reason": "für Zoë"}'.encode(encoding))
    assert (manifest.kind, getattr(manifest, "reason", "")) == ("selection", "für Zoë")


@pytest.mark.parametrize(
    "manifest",
    [
        '{"kind": "selection", "select": {"students": [{"n": "Zebedee"}]}}',
        '{"kind": "selection", "Zebedee Example": true}',
        '{"kind": "codes", "codes": {"condition": {"Zebedee fever": 7}}}',
        '{"kind": "codes", "codes": {"condition": {"zebedee": 7}}}',
    ],
)
def test_refusals_never_quote_values(manifest: str) -> None:
    """A name or an illness in a manifest does not slip into a log, nor where it stands as a field."""
    with pytest.raises(RefusedManifestError) as caught:
        parse_manifest(manifest.encode())
    assert "zebedee" not in str(caught.value).lower()


def test_a_rule_is_the_same_however_its_codes_are_written() -> None:
    """Or the rule could be made, and not be removed."""
    assert Rule(kind="student", house=" red") == Rule(kind="student", house="RED")


def test_a_selection_writes_its_rules_out() -> None:
    """`all` and `with_members_of` are continual rules too."""
    manifest = parse_manifest(b'{"kind":"selection","select":{"all":["staff"],"with_members_of":["form:7A"]}}')
    assert isinstance(manifest, SelectionManifest)
    assert set(manifest.select.rules_in_full()) == {
        Rule(kind="staff"),
        Rule(kind="student", member_of="form:7A"),
        Rule(kind="staff", member_of="form:7A"),
    }
    assert manifest.select.listed()["group"] == ("form:7A",)


def test_errors_keep_what_to_do_across_processes() -> None:
    """An error that was pickled says the same."""
    import pickle

    error = SettingsError("X is missing.", remedy="Add it.", code="settings-x")
    again = pickle.loads(pickle.dumps(error))
    assert isinstance(again, SettingsError)
    assert isinstance(again, IntegrationError)
    assert (str(again), again.code) == ("X is missing. Add it.", "settings-x")
