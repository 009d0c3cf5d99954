"""The benchmarks run, and their page shows what they measure. How long anything takes is nobody's business here."""

import json
import subprocess
import sys
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from benchmarks.console import GROUP as CONSOLE
from benchmarks.console import PAGES
from benchmarks.counting import REGION, Counting
from benchmarks.extraction import GROUP, rows
from benchmarks.options import NAMES, PAGE, parse
from benchmarks.page import measures, write_page
from benchmarks.readers import READERS, Account
from benchmarks.rows import Row
from benchmarks.units import index_units, read_units, size, write_units

ROOT = Path(__file__).parents[2]


def run(tmp_path: Path, *arguments: str) -> list[dict[str, object]]:
    """Run the command on a tiny school and return its rows."""
    told = tmp_path / "told.json"
    command = [sys.executable, "-m", "benchmarks", "--quick", "--json", str(told), *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "verdict" in done.stdout
    return json.loads(told.read_text())["rows"]


def test_the_page_is_written_by_a_whole_run_at_full_size_alone() -> None:
    """Numbers of a smaller school, or of fewer turns, never replace those of the page."""
    assert parse([]).page == PAGE
    for smaller in ("--quick", "--only=cloud", "--students=40", "--cloud-students=40", "--repeat=1"):
        assert parse([smaller]).page is None, smaller


@pytest.mark.parametrize("wrong", ["--students=x", "--students=19", "--repeat=0", "--repeat=-1", "--cloud-students="])
def test_sizes_that_are_none_are_refused(wrong: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Each says in a line what it takes."""
    with pytest.raises(SystemExit):
        parse([wrong])
    assert "at least" in capsys.readouterr().err


@pytest.mark.slow
def test_reading_is_measured_and_its_rows_stand_on_the_page(tmp_path: Path) -> None:
    """The extraction's rows are those of the page, with dlt or without it."""
    found = run(tmp_path, "--only", "extraction", "--students", "40")
    assert [(row["group"], row["measure"]) for row in found] == [one for one in measures(PAGE) if one[0] == GROUP]


@pytest.mark.slow
def test_writing_cloud_and_console_are_counted_and_their_rows_stand_on_the_page(tmp_path: Path) -> None:
    """Their rows are those of the page, and what does not depend on time came out as promised: no change, no write."""
    only = [word for name in ("writing", "cloud", "console") for word in ("--only", name)]
    found = run(tmp_path, *only, "--cloud-students", "20", "--students", "40")
    assert [(row["group"], row["measure"]) for row in found] == [one for one in measures(PAGE) if one[0] != GROUP]
    assert {(row["group"], row["measure"]): row["verdict"] for row in found if _counted(str(row["goal"]))} == {
        ("write-back", "statements of a student with an unchanged profile"): "met",
        ("no change", "AWS requests of the relay"): "met",
        ("no change", "writes of the functions"): "met",
        ("no change", "Operoo requests"): "met",
        ("medical, no change", "writes of the functions"): "met",
        **{(CONSOLE, f"{name}: AWS requests"): "met" for name in PAGES},
        **{(CONSOLE, f"{name}: size, without photos"): "met" for name in PAGES},
    }


def _counted(goal: str) -> bool:
    """Tell whether a goal is about a count, and not about time or proportions."""
    return bool(goal) and "in" not in goal and "ms" not in goal


def test_rows_are_the_same_without_dlt() -> None:
    """Where dlt is not installed its rows stand there and say so."""
    account = Account(rows=10, cpu_s=2, wall_s=2, count_cpu_s=0.5, count_wall_s=0.5, peak_mb=1)
    everyone = dict.fromkeys(READERS, account)
    without = {name: one for name, one in everyone.items() if not name.startswith("dlt")}
    assert [row.measure for row in rows([everyone])] == [row.measure for row in rows([without])]
    assert "not measured" in {row.verdict for row in rows([without])}


def test_a_ratio_is_of_readers_that_took_the_same_turn() -> None:
    """One turn on a machine that was quick just then decides nothing."""
    turns = [
        {name: Account(rows=10, cpu_s=(8 if name == "bare" else 10) / quick, wall_s=1) for name in READERS}
        for quick in (1, 1, 4)
    ]
    turns[2]["bare"].cpu_s = 1
    found = {row.measure: row.value for row in rows(turns)}
    assert found["relay as a share of the bare loop"] == 0.8
    assert found["bare pyodbc loop"] == 10


def test_the_page_keeps_its_prose(tmp_path: Path) -> None:
    """Writing the numbers twice leaves what stands around them as it was, and only the last numbers."""
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- numbers: written by `make bench` -->\n<!-- end of the numbers -->\nafter\n")
    for measure in ("one", "two"):
        write_page(page, [Row("group", measure, "1")], ["A sentence"])
    assert measures(page) == [("group", "two")]
    assert page.read_text().startswith("before\n")
    assert page.read_text().endswith("after\n")


def test_units_are_counted_as_dynamodb_documents_them() -> None:
    """Sizes, rounding, transactions and index entries."""
    item = {"pk": {"S": "a" * 1020}, "n": {"N": "1"}, "m": {"M": {"x": {"BOOL": True}}}}
    assert size(item) == (2 + 1020) + (1 + 2) + (1 + 3 + 1 + 1 + 1)
    assert write_units(None, {"pk": {"S": "a"}}, in_transaction=False) == 1
    assert write_units(item, None, in_transaction=True) == 4
    assert read_units(4097, consistent=True) == 2
    assert read_units(1, consistent=False) == 0.5
    assert size({"b": {"B": "AP8A"}}) == size({"b": {"B": b"\0\xff\0"}}) == 1 + 3
    entry = {"work": {"S": "pending"}, "id": {"S": "1"}}
    assert index_units(None, entry) == 1
    assert index_units(entry, entry) == 0
    assert index_units(entry, entry | {"work": {"S": "held"}}) == 2
    assert index_units(entry, entry | {"kind": {"S": "student"}}) == 1


def test_writes_are_counted_as_they_are_charged() -> None:
    """What an index takes over costs again, and a write whose condition fails costs as much as one, and writes nothing."""
    counting, names = Counting(), ("pk", "at")
    keys = [{"AttributeName": name, "KeyType": kind} for name, kind in zip(names, ("HASH", "RANGE"), strict=True)]
    item = {"pk": {"S": "run"}, "at": {"S": "2026"}}
    change = {"UpdateExpression": "SET n = :n", "ExpressionAttributeValues": {":n": {"N": "1"}}}
    failing = {**change, "ConditionExpression": "attribute_not_exists(pk)"}
    with mock_aws(), counting.hooked():
        table = boto3.session.Session(region_name=REGION).client("dynamodb")
        table.create_table(
            TableName="runs",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in names],
            KeySchema=keys,
            GlobalSecondaryIndexes=[{"IndexName": "all", "KeySchema": keys, "Projection": {"ProjectionType": "ALL"}}],
        )
        with counting.by("PlanRun"):
            table.put_item(TableName="runs", Item=item)
            table.update_item(TableName="runs", Key=item, **change)
            assert (counting.usage.write_units, counting.usage.items) == (4, {"runs": 2})
            with pytest.raises(table.exceptions.ConditionalCheckFailedException):
                table.update_item(TableName="runs", Key=item, **failing)
    assert (counting.usage.write_units, counting.usage.items) == (5, {"runs": 2})


def test_the_command_explains_itself() -> None:
    """--help names every benchmark."""
    command = [sys.executable, "-m", "benchmarks", "--help"]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert all(f"\n  {name} " in told for name in NAMES)
