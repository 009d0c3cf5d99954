"""The school's tables of codes from Synergetic to the cloud: in two-way mode alone, and at the cost of nothing else."""

import logging
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from functions.accept_manifests.snapshots import check_complete
from functions.runtime.wiring import records_table, snapshot_line
from functions.store.codes import code_book
from functions.store.exchange import Exchange
from local.school import create_school
from relay.checking.report import Report
from relay.checking.synergetic import Asked, look_at_synergetic
from relay.logs import LOGGER
from relay.reading.scope import Scope
from relay.running.sync import now
from relay.wiring import database_of
from shared.keys import CHUNKS
from shared.medical.codes import CodeBook
from shared.messages import FullRead
from shared.synergetic import Mode, row_sets_of
from tests.integration.cloud import BUCKET as CLOUD_BUCKET
from tests.integration.cloud import Cloud
from tests.integration.fake_operoo import FakeOperoo
from tests.integration.relay_school import execute
from tests.integration.relay_site import BUCKET, REGION, Bucket, Site
from tests.integration.school_rows import school

TWO_WAY = 'mode = "two-way"'
NO_ALLERGIES = f'{TWO_WAY}\n[synergetic.contract]\ntable_names = {{ "luMedicalAllergyType" = "" }}'
ROWS = [
    {"kind": "condition", "code": "AST", "description": "Asthma", "meaning": "", "active": 1},
    {"kind": "allergy", "code": "PEA", "description": "Peanuts", "meaning": "", "active": 1},
]


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Return the file of a small sample school."""
    path = tmp_path_factory.mktemp("school") / "school.db"
    create_school(path, students=15, photos=0, today=date(2026, 3, 2))
    return path.read_bytes()


@pytest.fixture
def path(tmp_path: Path, sample: bytes) -> Path:
    """Return that school's file, for one test."""
    path = tmp_path / "school.db"
    path.write_bytes(sample)
    return path


@pytest.fixture
def bucket() -> Iterator[Bucket]:
    """Return an empty Exchange bucket."""
    with mock_aws():
        yield Bucket()


def book(bucket: Bucket) -> CodeBook | None:
    """Return the codes of the last manifest as the cloud reads them."""
    return code_book(Exchange(boto3.client("s3", region_name=REGION), BUCKET), bucket.manifest(), {"allergy": {"bees": "BEE"}})


def test_what_families_say_is_matched_to_the_schools_own_codes(path: Path, bucket: Bucket) -> None:
    """All kinds arrive; a meaning is found, an override too, and a code that is not in use is not."""
    execute(path, "update luMedicalConditionType set SynergyMeaning = 'WHEEZE' where Code = 'AST'")
    execute(path, "update luMedicalConditionType set ActiveFlag = 0 where Code = 'EPI'")
    site = Site(path.parent, path, database=TWO_WAY)
    assert {one.name for one in site.run().row_sets} == set(bucket.manifest().row_sets) > {"students", "codes"}
    check_complete(bucket.manifest())
    found = book(bucket)
    assert found is not None
    assert len(found.tables) == 10
    said = [
        ("allergy", "peanut"),
        ("allergy", "bees"),
        ("condition", "wheeze"),
        ("severity", "severe"),
        ("relationship", "Mum"),
    ]
    assert [found.match(kind, word).found for kind, word in said] == ["PEA", "BEE", "AST", "H", "MR"]  # type: ignore[arg-type]
    assert found.match("condition", "Epilepsy").code == "code-unmatched"


@pytest.mark.parametrize("named", [False, True])
def test_any_look_up_may_say_what_its_codes_mean_and_whether_they_are_in_use(
    path: Path, bucket: Bucket, *, named: bool
) -> None:
    """Where a school has such columns: a check finds them, and they are read once the settings name them."""
    lookups = ("luMedicalConditionSeverity", "luMedicalAllergyType", "luConsentType", "luRelationship")
    for lookup in lookups:
        execute(path, f"alter table {lookup} add column SynergyMeaning varchar(15) not null default ''")
    execute(path, "alter table luConsentType add column ActiveFlag bit not null default 1")
    execute(path, "update luMedicalConditionSeverity set Description = 'Red', SynergyMeaning = 'EXTREME' where Code = 'H'")
    execute(path, "update luConsentType set ActiveFlag = 0 where Code = 'SWIM'")
    execute(path, "update luRelationship set Description = 'M', SynergyMeaning = 'Mother' where Code = 'MR'")
    columns = [*(f"{lookup}.SynergyMeaning" for lookup in lookups), "luConsentType.ActiveFlag"]
    lines = [f'column_names."{one}" = "{one.partition(".")[2]}"' for one in columns]
    contract = "\n".join([TWO_WAY, "[synergetic.contract]", *lines]) if named else TWO_WAY
    site = Site(path.parent, path, database=contract)
    report = Report()
    asked = Asked(site.settings.synergetic.contract, "two-way", date(2026, 3, 2), now)
    look_at_synergetic(database_of(site.settings), asked, report)
    remedies = " ".join(finding.remedy for finding in report.findings)
    assert [line in remedies for line in lines] == [not named] * 5
    site.run()
    found = book(bucket)
    assert found is not None
    said = [found.match("severity", "extreme"), found.match("consent", "May swim"), found.match("relationship", "Mum")]
    assert [one.found for one in said] == (["H", None, "MR"] if named else [None, "SWIM", None])


def test_a_changed_code_is_sent_alone_and_an_unchanged_one_is_not(path: Path, bucket: Bucket) -> None:
    """One part of the row set, by which the digest changes; nothing else does, and a full read sends all ten parts again."""
    site = Site(path.parent, path, database=TWO_WAY)
    site.run()
    before = bucket.stated()
    assert not site.run().sent
    execute(path, "update luMedicalAllergyType set Description = 'Peanut butter' where Code = 'PEA'")
    site.run()
    after = bucket.stated()
    changed = {(name, one) for name in after for one in after[name] if after[name][one] != before[name].get(one)}
    assert [name for name, _ in changed] == ["codes"]
    parts = {key for key in bucket.keys(CHUNKS) if key.startswith(f"{CHUNKS}codes/")}
    bucket.s3.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": key} for key in parts]})
    site.sync()._transfer.send(Scope.of([FullRead(request="again", row_sets=("codes",))]))
    assert book(bucket) is not None
    assert bucket.rows()["codes"]


def test_a_one_way_relay_states_none_and_neither_does_one_that_goes_back(path: Path, bucket: Bucket) -> None:
    """Its manifest is whole all the same, and what asks for codes is told that there are none."""
    Site(path.parent, path, database=TWO_WAY).run()
    assert "codes" in bucket.manifest().row_sets
    assert Site(path.parent, path).run().sent
    check_complete(bucket.manifest())
    assert (book(bucket), "codes" in bucket.manifest().row_sets) == (None, False)


def test_a_missing_look_up_costs_the_codes_and_nothing_else(
    path: Path, bucket: Bucket, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of the tables would look like a school without such codes; what it is said not to have is left out."""
    monkeypatch.setattr(logging.getLogger(LOGGER), "propagate", True)
    execute(path, "drop table luMedicalAllergyType")
    outcome = Site(path.parent, path, database=TWO_WAY).run()
    assert outcome.sent
    assert (len(bucket.rows()["students"]), book(bucket)) == (15, None)
    told, *_ = [record for record in caplog.records if hasattr(record, "row_set")]
    assert (told.levelname, told.row_set, told.code) == ("WARNING", "codes", "table-missing")  # type: ignore[attr-defined]
    assert "luMedicalAllergyType" in told.getMessage()
    Site(path.parent, path, database=NO_ALLERGIES).run()
    found = book(bucket)
    assert found is not None
    assert (found.has("allergy"), found.has("condition")) == (False, True)


@pytest.mark.parametrize("mode", ["one-way", "two-way"])
def test_a_check_counts_what_its_mode_reads(path: Path, mode: Mode) -> None:
    """The codes too, in two-way mode; that one of their tables is gone keeps nothing else from being counted."""
    settings = Site(path.parent, path).settings
    asked = Asked(settings.synergetic.contract, mode, date(2026, 3, 2), now)
    well, lacking = Report(), Report()
    look_at_synergetic(database_of(settings), asked, well)
    execute(path, "drop table luMedicalAllergyType")
    look_at_synergetic(database_of(settings), asked, lacking)
    assert tuple(well.facts["rows"]) == row_sets_of(mode)  # type: ignore[arg-type]
    assert well.facts["rows"].get("codes", 1) > 0  # type: ignore[attr-defined]
    assert tuple(lacking.facts["rows"]) == row_sets_of("one-way")  # type: ignore[arg-type]
    assert lacking.tells("tables", "table-missing") == (mode == "two-way")


def test_the_cloud_takes_codes_in_makes_no_record_of_them_and_does_without(stack: Cloud, operoo: FakeOperoo) -> None:
    """A snapshot with them stages what the same one without them does; what nothing is made from can only be read again."""
    assert stack.load({**school(3), "codes": ROWS}, 1)["outcome"] == "accepted"
    before = {one.id: one.version for one in records_table().all("student")}
    head = snapshot_line().head()
    assert head is not None
    answer = stack.request("again", {"kind": "resync", "row_set": "codes", "full_read": True})
    assert answer["outcome"] == "accepted"
    assert "no record is made from codes" in answer["detail"]
    assert "read codes again" in answer["detail"]
    assert [message["row_sets"] for message in stack.queued("return.fifo")] == [["codes"]]
    assert stack.load(school(3), 2)["detail"].endswith("0 buckets differ from what is staged")
    assert {one.id: one.version for one in records_table().all("student")} == before
    assert operoo.calls == []


def test_a_damaged_chunk_of_codes_refuses_the_snapshot(stack: Cloud) -> None:
    """Although nothing is mapped from it: who needs the codes later relies on what was accepted."""
    key = stack.snapshot({**school(3), "codes": ROWS}, 1)
    [damaged, _] = stack.s3.list_objects_v2(Bucket=CLOUD_BUCKET, Prefix=f"{CHUNKS}codes/")["Contents"]
    stack.s3.put_object(Bucket=CLOUD_BUCKET, Key=damaged["Key"], Body=b"x")
    stack.pump()
    answer = stack.answer(key)
    assert (answer["code"], "a chunk of codes" in answer["reason"]) == ("snapshot-damaged", True)
