"""Whoever follows the pages may do what they say, and what they say is kept so long is kept so long."""

import json
import re
import shlex
from collections.abc import Iterator
from fnmatch import fnmatchcase

import pytest

from tests.house.cloudformation import as_list, resources
from tests.house.documents import blocks, blocks_in, code_words, files, section, text_of

MANIFESTS, OPERATIONS = "docs/manifests.md", "docs/operations.md"
_BUCKET = "s3://BUCKET/"
_AS_ARN = {"RECORDS_TABLE": "RECORDS_TABLE_ARN", "RUNS_TABLE": "RUNS_TABLE_ARN", "LEDGER_TABLE": "LEDGER_TABLE_ARN"}
_Need = tuple[str, str]


def _needs(text: str) -> Iterator[_Need]:
    """Yield what the AWS commands of a text take: an action, and on what."""
    for block in blocks_in(text, "bash"):
        for words in map(shlex.split, block.splitlines()):
            match words:
                case ["aws", "s3", "cp", source, target]:
                    puts = target.startswith(_BUCKET)
                    place = (target if puts else source).removeprefix(_BUCKET)
                    yield "s3:PutObject" if puts else "s3:GetObject", f"arn:aws:s3:::BUCKET/{place}"
                case ["aws", "dynamodb", deed, "--table-name", table, *others]:
                    action = "".join(part.title() for part in deed.split("-"))
                    index = f"/index/{others[others.index('--index-name') + 1]}" if "--index-name" in others else ""
                    yield f"dynamodb:{action}", _AS_ARN[table] + index


def _allowed(policies: list[str]) -> list[_Need]:
    statements = [one for text in policies for one in json.loads(text)["Statement"]]
    return [(action, place) for one in statements for action in as_list(one["Action"]) for place in as_list(one["Resource"])]


@pytest.mark.parametrize("medical", [False, True])
def test_who_has_the_policies_may_do_what_the_page_says(medical: bool) -> None:  # noqa: FBT001 - a parameter
    """Each command of the page on manifests is allowed: by the first policy, or for medical details by both."""
    before, after = text_of(MANIFESTS).split("\n## Medical details\n")
    policies = [one for one in blocks(OPERATIONS, "json") if "Statement" in json.loads(one)]
    allowed = _allowed(policies if medical else policies[:1])
    needed = set(_needs(after if medical else before))
    refused = [
        (action, place) for action, place in needed if not any(action == may and fnmatchcase(place, on) for may, on in allowed)
    ]
    assert refused == []
    assert len(needed) > 3


def test_each_metric_is_explained() -> None:
    """What the functions count has an alarm, or is named under the alarms; and no alarm watches what nobody counts."""
    lines = [
        line for name in files() if name.startswith("functions/") for line in text_of(name).splitlines() if "count(" in line
    ]
    counted = {word for line in lines for word in re.findall(r'"((?:[A-Z][a-z]+){2,})"', line)}
    stats = [
        one["MetricStat"] for alarm in resources("AWS::CloudWatch::Alarm").values() for one in alarm.get("Metrics", ())[1:]
    ]
    alarmed = {one["Metric"]["MetricName"] for one in stats}
    told = set(code_words(section(OPERATIONS, "Alarms")))
    assert alarmed <= counted
    assert counted - alarmed <= told


def test_how_long_what_is_kept_is_told() -> None:
    """The table on what is stored where says of each folder of the bucket what the template says."""
    (bucket,) = resources("AWS::S3::Bucket").values()
    table = [line.strip("|").split("|") for line in section(OPERATIONS, "What is stored where, and how long").splitlines()]
    told: dict[str, list[str]] = {}
    for _, where, _, how_long in (cells for cells in table if len(cells) == 4):
        for folder in re.findall(r"`([\w/-]+/)`", where):
            told.setdefault(folder, []).append(how_long)
    rules = [one for one in bucket["LifecycleConfiguration"]["Rules"] if "Prefix" in one]
    for rule in rules:
        kept = rule["ExpirationInDays"]
        wanted = f"{kept} days" if isinstance(kept, int) else f"`{kept['Ref']}`"
        assert rule["Prefix"] in told, rule
        assert all(wanted in how_long for how_long in told[rule["Prefix"]]), rule
    assert rules
