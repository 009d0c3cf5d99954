"""Whatever JSON stands in Operoo's answer, reading it gives a profile: nothing fails, nothing is shown, nothing is lost."""

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress

import httpx
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.operoo.attachments import Attachments
from functions.operoo.errors import AttachmentRefusedError
from functions.operoo.medical_names import FIELDS
from functions.operoo.medical_reading import read_medical
from functions.operoo.medical_settings import AttachmentSettings, MedicalSettings
from functions.operoo.medical_values import day_of, moment_of
from functions.operoo.settings import OperooSettings
from functions.operoo.transport import Transport
from shared.medical.profile import MedicalProfile

_SETTINGS = MedicalSettings()
_KNOWN = sorted({name for names in FIELDS.values() for name in (names, *names.split("."))} - {""})
_ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=8)
_WORDS = st.sampled_from(["Yes", "no", "Asthma", "7", "2026-02-30", "5 March 2010", "03/2028", "/file?key=1", "none", " "])
_LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | _WORDS | _ANY_TEXT
_NAMES = st.sampled_from(_KNOWN) | _ANY_TEXT
_JSON = st.recursive(
    _LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=4), max_leaves=12
)
_ANSWERS = st.dictionaries(_NAMES, _JSON, max_size=6)
_PIECES = (
    "https:",
    "http:",
    "//",
    "/",
    "\\",
    "@",
    "operoo.test",
    "files.test",
    "elsewhere.test",
    ":",
    "443",
    "?",
    "#",
    "%2f",
    "\n",
    ".",
)
_UNKNOWN = st.text("abcdefgh", min_size=12, max_size=12)


@given(answer=_ANSWERS)
@settings(max_examples=150)
def test_any_json_gives_a_profile(answer: dict[str, object]) -> None:
    """It can be stored and read back, has one digest whatever the order of names, and speaks of this student alone."""
    profile = read_medical("1001", answer, _SETTINGS).profile
    assert profile.student == "1001"
    assert MedicalProfile.model_validate_json(profile.model_dump_json(exclude_unset=True)) == profile
    turned = dict(reversed(answer.items()))
    assert read_medical("1001", turned, _SETTINGS).profile.digest == profile.digest


@given(answer=_ANSWERS)
@settings(max_examples=80)
def test_no_value_is_ever_shown(answer: dict[str, object]) -> None:
    """Neither how it prints nor any reason for which something is parked holds what stood there."""
    marked = _marked(answer)
    reading = read_medical("1001", marked, _SETTINGS)
    assert "Marker" not in repr(reading)
    assert not any("Marker" in f"{one.reason} {one.code}" for one in reading.profile.parked)


@given(answer=_ANSWERS, unknown=st.dictionaries(_UNKNOWN, _WORDS.filter(str.strip) | st.integers(), max_size=4))
@settings(max_examples=80)
def test_what_no_name_stands_for_is_kept_and_counted(answer: dict[str, object], unknown: dict[str, object]) -> None:
    """A field that the settings do not know is in the profile under its own name, with its value."""
    kept = read_medical("1001", answer | unknown, _SETTINGS).profile
    for name, value in unknown.items():
        assert kept.unmapped[name] == (value,)
        assert kept.unmapped_counts[name] == 1


@given(stated=st.recursive(_WORDS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_UNKNOWN, inner, max_size=3)))
@settings(max_examples=100)
def test_every_value_of_an_unknown_field_is_kept(stated: object) -> None:
    """However deep it is, each of its values counts once."""
    profile = read_medical("1001", {"unheard_of": stated}, _SETTINGS).profile
    assert sum(profile.unmapped_counts.values()) == sum(1 for _ in _leaves(stated))


@given(value=_JSON)
@settings(max_examples=150)
def test_dates_never_fail(value: object) -> None:
    """Whatever is asked for as a day or a moment comes back as one, or as it was."""
    day_of(value, day_first=True)
    day_of(value, day_first=False)
    moment_of(value)


@given(link=st.text(max_size=30) | st.builds("".join, st.lists(st.sampled_from(_PIECES), max_size=8)))
@settings(max_examples=200)
def test_no_link_leads_elsewhere(link: str) -> None:
    """Whatever a family or a stranger writes as a link: Operoo's host and the allowed one are asked, or it is refused."""
    asked: list[httpx.URL] = []

    def answers(request: httpx.Request) -> httpx.Response:
        asked.append(request.url)
        return httpx.Response(200, stream=httpx.ByteStream(b"%PDF-"))

    operoo = OperooSettings.model_validate(
        {"base_url": "https://operoo.test/api/v1/", "requests_per_second": 1e6, "burst": 1000}
    )
    caller = Transport(operoo, "secret-token", transport=httpx.MockTransport(answers))
    files = Attachments(AttachmentSettings(hosts=("files.test",)), operoo.base_url, caller)
    with suppress(AttachmentRefusedError):
        files.fetch(link, what="Attachment of members 7")
    assert {(url.scheme, url.host, url.port) for url in asked} <= {
        ("https", one, None) for one in ("operoo.test", "files.test")
    }
    assert all("secret-token" not in str(url) or url.host == "operoo.test" for url in asked)


def _marked(value: Mapping[str, object]) -> dict[str, object]:
    """Return an answer with a word in each of its texts that nothing may show."""
    found: dict[str, object] = json.loads(json.dumps(value), parse_constant=str)
    return {name: _mark(inner) for name, inner in found.items()}


def _mark(value: object) -> object:
    if isinstance(value, str):
        return f"{value} Marker"
    if isinstance(value, dict):
        return {name: _mark(inner) for name, inner in value.items()}
    return [_mark(inner) for inner in value] if isinstance(value, list) else value


def _leaves(value: object) -> Iterator[object]:
    if isinstance(value, list | dict):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _leaves(inner)
    else:
        yield value
