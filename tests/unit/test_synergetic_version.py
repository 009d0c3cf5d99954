"""Versions, layouts, settings and the fingerprint of the contract."""

from decimal import Decimal

import pytest
from pydantic import ValidationError

from shared.errors import ContractError
from shared.synergetic import TSQL, Layout, Queries, SynergeticSettings, Version, refuse_stale_copy, schema_fingerprint


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("66R2", "66R2"),
        ("66 r2", "66 r2"),
        ("v68.24", "68.24"),
        (68, "68"),
        (68.24, "68.24"),
        ("70.16.1", "70.16.1"),
        ("  69 ", "69"),
        ("68.24 build 5", "68.24"),
        ("071", "071"),
        ("66.R2", "66.R2"),
        ("66R2.15", "66R2.15"),
        ("Version 67.0", "67.0"),
        ("Synergetic v68.24", "68.24"),
        ("68.24.20170630", "68.24.20170630"),
        (Decimal("68.24"), "68.24"),
        ("69\0", "69"),
        ("68.", "68"),
        ("68.x", "68"),
        ("68.2.x.", "68.2"),
    ],
)
def test_versions_are_read_leniently(raw: object, shown: str) -> None:
    """Whatever way the database writes it, a version is read and shown as it was."""
    assert str(Version.parse(raw)) == shown


def test_versions_are_ordered() -> None:
    """66 is 66R1 and comes before 66R2; numbers compare as numbers, not as text."""
    written = ["65", "65.19", "66", "66.30", "66R2", "67", "68.3", "68.24", "69", "70.16.1", "71"]
    assert [str(version) for version in sorted(Version.parse(text) for text in reversed(written))] == written
    assert Version.parse("66") == Version.parse("66R1") == Version.parse("66.0")


def test_releases_that_are_not_known_are_told_from_others() -> None:
    """They are read all the same; only 66 is known to have a second one."""
    known = {text: Version.parse(text).is_known for text in ("66", "66R1", "66R2.15", "68.24", "66R3", "66R0", "67R2")}
    assert [text for text, is_known in known.items() if not is_known] == ["66R3", "66R0", "67R2"]


@pytest.mark.parametrize("raw", [None, "", "abc", "6", "R2", "6824", "2017.68", "68.1234567890", [], {}, b"68"])
def test_what_is_no_version_is_refused_with_a_remedy(raw: object) -> None:
    """An unreadable version is a ContractError that says what to set."""
    with pytest.raises(ContractError) as caught:
        Version.parse(raw)
    assert caught.value.code == "version-unreadable"
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("raw", "remedy"), [("64", "Synergetic updated"), ("72", "newer relay"), ("60.1", "Synergetic updated")]
)
def test_other_versions_are_not_supported(raw: str, remedy: str) -> None:
    """Versions outside 65 to 71 are refused by name."""
    with pytest.raises(ContractError, match="not supported") as caught:
        Version.parse(raw)
    assert caught.value.code == "version-unsupported"
    assert remedy in caught.value.remedy


def test_one_version_is_chosen_of_several_databases() -> None:
    """The newest counts, blanks are passed over, two layouts at once are refused."""
    assert str(Version.choose(["67", None, "67.2", " "])) == "67.2"
    with pytest.raises(ContractError, match="two layouts"):
        Version.choose(["67", "68"])
    with pytest.raises(ContractError, match="does not state"):
        Version.choose([None, ""])


def test_a_stale_copy_is_refused() -> None:
    """A database kept from before version 68 is not read, whatever the case of its name."""
    with pytest.raises(ContractError, match="never updated"):
        refuse_stale_copy("ZPRE68SynergyOne")
    with pytest.raises(ContractError):
        Layout.of(Version.parse("67"), SynergeticSettings(media_database="zPre68SynergyOneMedia"))
    refuse_stale_copy("Synergetic_AU_VIC_SAMPLE_PRD")


@pytest.mark.parametrize("name", ["Synergy-One 2", "SynergyOne (Live)", "O'Brien & Co, Zoë", "Schülerdaten", "a" * 128])
def test_a_database_with_an_unusual_name_is_bracketed(name: str) -> None:
    """A name that is no plain identifier cannot end the identifier it stands in."""
    settings = SynergeticSettings(main_database=name)
    assert f"FROM [{name}].dbo.FileSemesters" in Queries.of(Version.parse("67"), settings, TSQL).current_periods().sql


@pytest.mark.parametrize(
    "wrong",
    [
        {"main_database": "x]; DROP TABLE y"},
        {"main_database": "Main $(Stage)"},
        {"main_database": "Main?"},
        {"media_database": "a" * 129},
        {"media_database": "Media\n"},
        {"table_names": {"Photos": "Photos p --"}},
        {"present_meanings": (), "present_codes": ()},
        {"file_types": ()},
        {"column_names": {"Community.Nothing": "x"}},
        {"column_names": {"Community.Surname": "x y"}},
        {"unknown": 1},
    ],
)
def test_wrong_settings_are_refused(wrong: dict[str, object]) -> None:
    """What could not be a name, or would select nobody, is a wrong setting."""
    with pytest.raises(ValidationError):
        SynergeticSettings.model_validate(wrong)


def test_the_fingerprint_follows_the_contract_not_the_codes() -> None:
    """It differs between layouts and by a renamed column, and not by which codes a school uses."""
    plain, version = SynergeticSettings(), Version.parse("68.24")
    found = schema_fingerprint(plain, version)
    assert len(found) == 64
    assert found == schema_fingerprint(SynergeticSettings(file_types=("A", "C")), Version.parse("68.30"))
    assert found != schema_fingerprint(plain, Version.parse("67"))
    assert found != schema_fingerprint(SynergeticSettings(column_names={"Community.Email": "Mail"}), version)
