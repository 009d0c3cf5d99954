"""What the documentation names exists, and what a reader needs to know is in it."""

import json
import re
import shlex
import tomllib
from collections.abc import Iterator
from typing import Any, get_args

import pytest
from pydantic import BaseModel
from typer.main import get_command

from functions.records.case import CaseItem, MedicalCase
from local.handbook.database_access import database_access
from local.handbook.pages import DOCS, PARTS, made
from relay.command_line import app
from relay.database.settings import DatabaseSettings
from relay.reading.photos import EMPTY, GONE, TOO_LARGE, UNKNOWN_TYPE
from relay.settings import ExchangeSettings, RelaySettings
from shared import keys
from shared.manifests import RequestManifest, manifest_schema, parse_manifest
from shared.medical.codes import CodeKind, How
from shared.receipts import WriteOutcome
from shared.synergetic import SynergeticSettings
from shared.writeback.plan import Policies
from tests.house.cloudformation import FUNCTIONS, resources, template
from tests.house.documents import (
    ROOT,
    anchors,
    blocks,
    blocks_in,
    code_words,
    files,
    headings,
    pages,
    rows,
    section,
    text_of,
    without_blocks,
)

MANIFESTS, OPERATIONS, RELAY = "docs/manifests.md", "docs/operations.md", "docs/relay.md"
TWO_WAY = "docs/two-way.md"
SECTIONS: dict[str, type[BaseModel]] = {
    "[synergetic]": DatabaseSettings,
    "[synergetic.contract]": SynergeticSettings,
    "[exchange]": ExchangeSettings,
    "[relay]": RelaySettings,
}
_WORDS, _MOST_BYTES = 20, 150_000
_TARGETS = set(re.findall(r"^([a-z-]+):", text_of("Makefile"), re.MULTILINE))
_PATH = re.compile(r"^\.?[\w.-]+(/[\w.*-]+)*/?$")
# What a reader or a run of the tests makes, and places in the bucket.
_NOT_OURS = {
    "relay.toml",
    "build/screenshots/",
    *(keys.CHUNKS, keys.PHOTOS, keys.SNAPSHOTS, keys.REQUESTS, keys.MAPPED, keys.ANSWERS),
    *(keys.WRITE_BACKS, keys.WITHDRAWN, keys.RECEIPTS, keys.CASES, keys.ATTACHMENTS, keys.UPLOADS, keys.GIVEN, keys.DRAFTS),
    keys.MEDICAL_FIELDS,
}


def _commands(text: str) -> Iterator[list[str]]:
    for language in ("bash", "bat"):
        for block in blocks_in(text, language):
            # A backslash is a part of a path in Windows.
            lines = (shlex.split(line, comments=True, posix=language == "bash") for line in block.splitlines())
            yield from (words[1:] if words[0] == "sudo" else words for words in lines if words)
    yield from (word.split() for word in code_words(text) if " " in word)


@pytest.mark.parametrize("page", pages())
def test_each_make_target_that_a_page_names_exists(page: str) -> None:
    """A reader who types what stands there gets what is promised."""
    named = {words[1] for words in _commands(text_of(page)) if words[0] == "make" and len(words) > 1}
    assert named <= _TARGETS


@pytest.mark.parametrize("page", pages())
def test_each_relay_command_that_a_page_names_exists(page: str) -> None:
    """Commands and options of `operoo-relay` are those of the program."""
    known = {name: {option for one in command.params for option in one.opts} for name, command in _relay().items()}
    for program, *words in _commands(text_of(page)):
        if re.split(r"[/\\]", program)[-1].removesuffix(".exe") == "operoo-relay" and words:
            options = {word for word in words if re.match(r"^--?[a-z-]+$", word)}
            command = next((word for word in words if not word.startswith("-")), None)
            assert options <= (known[command] if command else {"--version", "--help"}), (page, words)


def _relay() -> dict[str, Any]:
    command: Any = get_command(app)
    return dict(command.commands)


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "docs/architecture.md"])
def test_each_file_that_a_page_names_exists(page: str) -> None:
    """A path between backticks leads somewhere, seen from the root."""
    endings = {".md", ".py", ".toml", ".yaml", ".json", ".lock", ".ini"}
    words = {word for word in code_words(text_of(page)) if _PATH.match(word)}
    paths = {word for word in words if "/" in word or any(word.endswith(one) for one in endings)} - _NOT_OURS
    assert sorted(path for path in paths if not (ROOT / path).exists() and not any(ROOT.glob(path))) == []
    assert paths


@pytest.mark.parametrize("page", pages())
def test_each_path_into_a_room_leads_somewhere(page: str) -> None:
    """Decisions and pages for others name modules by their path from the root; one that moved is named anew."""
    rooms = {name.split("/")[0] for name in files() if "/" in name}
    paths = {
        word for word in code_words(text_of(page)) if _PATH.match(word) and word.partition("/")[0] in rooms and "/" in word
    }
    assert sorted(path for path in paths if not (ROOT / path).exists() and not any(ROOT.glob(path))) == []


def test_each_room_is_in_the_readme() -> None:
    """Every folder at the top stands in the README's repository layout, and no other."""
    rooms = {name.split("/")[0] + "/" for name in files() if "/" in name}
    assert set(rows("README.md", "Repository layout")) == {one for one in rooms if not one.startswith(".")}


@pytest.mark.parametrize("page", pages())
def test_links_lead_somewhere(page: str) -> None:
    """Each link within the repository names a file that is there, and a heading in it."""
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", without_blocks(text_of(page))):
        if re.match(r"^[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        place = (ROOT / page).parent / path if path else ROOT / page
        if not place.exists() or (anchor and anchor not in anchors(place.resolve().relative_to(ROOT.resolve()).as_posix())):
            broken.append(target)
    assert broken == []


def test_each_page_is_in_the_index() -> None:
    """`docs/README.md` links to every page below `docs/`."""
    linked = set(re.findall(r"\]\(([^)#\s]+)\)", text_of("docs/README.md")))
    assert {page.removeprefix("docs/") for page in pages() if page.startswith("docs/")} - {"README.md"} == {
        one for one in linked if one.endswith(".md") and not one.startswith("..")
    }


def test_each_picture_is_shown_and_told() -> None:
    """Pages show what `make pictures` takes, no more and no less, in words too; and no picture is large."""
    shown = {
        name: told
        for page in pages()
        for told, name in re.findall(r"!\[([^\]]*)\]\([\w/]*pictures/([\w-]+)\.png\)", text_of(page))
    }
    taken = set(re.findall(r"""\.shoot\("([\w-]+)\"""", text_of("local/pictures.py")))
    kept = {path.stem: path.stat().st_size for path in (ROOT / "docs/pictures").iterdir()}
    assert set(shown) == taken == set(kept)
    assert min(map(len, shown.values())) > _WORDS
    assert max(kept.values()) < _MOST_BYTES


def test_the_console_has_what_its_page_names() -> None:
    """Each button and part of the console that its page names in italics is there; a template may put a verb before it."""
    text = " ".join(text_of("docs/administrator.md").split())
    named = re.findall(r"(?<![*\w])\*([A-Z][^*]+)\*(?!\*)", text)
    code = [text_of(one) for one in files() if one.startswith("functions/console/") and one.endswith((".j2", ".py"))]
    said = " ".join(" ".join(code).split())
    verbs = "Select|Archive|Empty"
    assert [one for one in named if one not in said and re.sub(f"^({verbs}) ", "}} ", one) not in said] == []
    assert len(named) > len(set(named)) > _WORDS


def test_each_example_manifest_is_one() -> None:
    """The JSON that somebody would copy is accepted, and there is one of each kind."""
    examples = [one for one in blocks(MANIFESTS, "json") if "kind" in json.loads(one)]
    kinds = {parse_manifest(one.encode()).kind for one in examples}
    assert kinds == {get_args(kind.model_fields["kind"].annotation)[0] for kind in get_args(RequestManifest)}


def test_the_example_of_a_case_is_one() -> None:
    """Every field of the case that an administrator is shown exists, and is named below it."""
    (example,) = [json.loads(one) for one in blocks(MANIFESTS, "json") if "items" in json.loads(one)]
    case = MedicalCase.model_validate(example)
    assert set(example) == case.model_fields_set
    assert all(set(item["row"]) == told.row.model_fields_set for item, told in zip(example["items"], case.items, strict=True))
    told = {name for words in rows(MANIFESTS, "The case") for name in words.split(", ")}
    assert told <= MedicalCase.model_fields.keys() | CaseItem.model_fields.keys()


def test_the_schema_is_up_to_date() -> None:
    """`docs/manifest.schema.json` is what `make schema` would write now."""
    assert text_of("docs/manifest.schema.json") == json.dumps(manifest_schema(), indent=2) + "\n"


def test_each_parameter_is_explained() -> None:
    """The table of parameters is the template's, with its defaults."""
    wanted = {name: str(one["Default"]) for name, one in template()["Parameters"].items()}
    assert {
        name: cells[0].strip("`").replace("(empty)", "") for name, cells in rows(OPERATIONS, "Parameters").items()
    } == wanted


def test_each_output_is_explained() -> None:
    """The table of outputs is the template's."""
    assert set(rows(OPERATIONS, "Outputs")) == set(template()["Outputs"])


def test_each_alarm_is_explained() -> None:
    """Each alarm is named under the alarms, and no other; the page and heading that its text names are there."""
    alarms = resources("AWS::CloudWatch::Alarm")
    assert {word for word in code_words(section(OPERATIONS, "Alarms")) if word.endswith("Alarm")} == set(alarms)
    for name, alarm in alarms.items():
        told = str(alarm["AlarmDescription"])
        found = re.search(r"\((docs/[a-z]+\.md), ([^)]+)\)", told)
        assert found, name
        assert found[2] in {heading.lower() for heading in headings(found[1])}, name


def test_each_function_can_be_tried_with_its_event() -> None:
    """The page shows `sam local invoke` for every function, with an event that is there."""
    shown = re.findall(r"sam local invoke (\w+) --event (\S+)", text_of(OPERATIONS))
    assert [name for name, _ in shown] == FUNCTIONS
    assert all((ROOT / event).exists() for _, event in shown)


@pytest.mark.parametrize("heading", SECTIONS)
def test_each_setting_of_the_relay_is_explained(heading: str) -> None:
    """The tables of settings are the relay's own, with their defaults."""
    fields = SECTIONS[heading].model_fields
    table = rows(RELAY, heading)
    assert set(table) == set(fields) - {"contract"}
    for name, cells in table.items():
        assert cells[0].strip("`") == _default(fields[name]), name


def _default(field: Any) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    if value in (None, "", (), {}):
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    return json.dumps(list(value)) if isinstance(value, tuple) else str(value)


def test_the_page_for_database_administrators_is_up_to_date() -> None:
    """`docs/database-access.md` is what `make database-access` would write now."""
    assert text_of("docs/database-access.md") == database_access()


@pytest.mark.parametrize("page", PARTS)
def test_the_parts_of_pages_on_two_way_mode_are_up_to_date(page: str) -> None:
    """What `make two-way` would write into the page stands there."""
    assert (DOCS / page).read_text(encoding="utf-8") == made(page)


def test_each_choice_of_two_way_mode_is_explained() -> None:
    """Policies with their defaults, outcomes of receipts, and ways of matching a code are those of the code."""
    told = {name: cells[0].strip("`").replace("{}", "") for name, cells in rows(TWO_WAY, "The choices").items()}
    values = template()["Parameters"]["MedicalUpdates"]["AllowedValues"]
    assert told.keys() - set(values) == Policies.model_fields.keys()
    defaults = {name: str(value or "") for name, value in Policies().model_dump().items()}
    assert {name: told[name] for name in defaults} == defaults
    assert set(rows(TWO_WAY, "The receipt")) == set(get_args(WriteOutcome))
    codes = section("docs/medical-mapping.md", "Codes")
    assert set(rows("docs/medical-mapping.md", "Codes")) == set(get_args(CodeKind))
    assert all(f"| {how} |" in codes for how in get_args(How))


def test_each_reason_for_leaving_a_photo_out_is_explained() -> None:
    """What stands in the account of a run under “left out” has its line."""
    assert set(rows(RELAY, "Photos that are left out")) == {EMPTY, TOO_LARGE, UNKNOWN_TYPE, GONE}


def test_what_the_operator_is_to_put_in_is_to_be_found() -> None:
    """Each word in capitals stands for an output, for a resource by its name in the template, or for what a command shows."""
    shown = {"ACCESS_KEY_ID", "ALARM_NAME"}
    made_up = (*template()["Outputs"], *template()["Resources"])
    named = {re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).upper() for name in made_up}
    text = "".join((*blocks(OPERATIONS, "bash"), *blocks(OPERATIONS, "json")))
    words = re.findall(r'"([A-Z]+_[A-Z_]+)"(?!:)|(?<![\w"-])([A-Z]+_[A-Z_]+)\b', text)
    assert {re.sub(r"_(URL|ARN)$", "", one or other) for one, other in words} <= named | shown
    assert "describe-stack-resource" in section(OPERATIONS, "What is no output")


def test_the_changelog_knows_this_version() -> None:
    """The newest version in the changelog is the project's."""
    version = tomllib.loads(text_of("pyproject.toml"))["project"]["version"]
    newest = next(one for one in headings("CHANGELOG.md") if one.startswith("["))
    assert newest.startswith(f"[{version}]")


def test_nothing_names_somebodys_machine() -> None:
    """No file holds a path or a package index that exists on one machine alone; the lockfile is the package manager's."""
    homes = "work|home|root|Users"
    ours = re.compile(rf"""(?<![\w.:}}*-])/({homes})/|(?:extra-)?index[-_]url\s*[=:]|https?://[^\s"']+/simple\b""")
    found = {}
    for name in files():
        if name == "uv.lock":
            continue
        lines = (ROOT / name).read_text(encoding="utf-8", errors="ignore").splitlines()
        if hits := [number for number, line in enumerate(lines, 1) if ours.search(line)]:
            found[name] = hits
    assert found == {}
