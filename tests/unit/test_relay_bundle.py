"""What `check --bundle` makes of a configuration: nothing in it tells a place or a person."""

import json
from datetime import UTC, datetime
from pathlib import Path

from relay.checking.bundle import bundle as bundled
from relay.checking.report import Finding, Report, Verdict
from relay.settings import Settings, load_settings


def test_a_bundle_tells_nobodys_login(tmp_path: Path) -> None:
    """Who is said to have changed a row is somebody of the school, whether the relay writes that or a procedure is given it."""
    config = tmp_path / "relay.toml"
    config.write_text(
        '[synergetic]\ndriver = "SQLite3"\ndatabase = "x.db"\nmodified_by = "SCHOOL\\\\jdoe"\nmodified_by_id = 4711\n'
        '[synergetic.contract]\nparameter_values."Consent.LoginName" = "jdoe"\n[exchange]\nbucket = "school"\n'
    )
    told = "4711 rows; 471 rows"
    content = bundled(Report([Finding("rows", Verdict.OK, told)]), load_settings(config), datetime.now(UTC))
    assert "jdoe" not in content
    assert json.loads(content)["findings"][0]["what"] == told
    synergetic = json.loads(content)["configuration"]["synergetic"]
    assert (synergetic["modified_by"], synergetic["modified_by_id"]) == ("set", "set")
    assert synergetic["contract"]["parameter_values"] == {"Consent.LoginName": "set"}


def test_a_bundle_tells_no_place_of_a_connection_string(tmp_path: Path) -> None:
    """The names within it count as places, too; names that are the product's own do not."""
    parts = {"connection": "DSN=Syn;Server={sql01};DATABASE=Synergetic_X;UID=jo", "contract": {"main_database": "OurMain"}}
    settings = Settings.model_validate({"synergetic": parts, "exchange": {"bucket": "abc"}})
    report = Report([Finding("x", Verdict.NOTE, "Of Synergetic_X and sql01 and OurMain by jo, on SynergyOneMedia.")])
    content = json.loads(bundled(report, settings, datetime.now(UTC)))
    what = content["findings"][0]["what"]
    assert what == "Of <connection> and <connection> and <main_database> by <connection>, on SynergyOneMedia."
    assert content["configuration"]["synergetic"]["contract"]["main_database"] == "set"
    assert content["configuration"]["synergetic"]["contract"]["media_database"] == "SynergyOneMedia"


def test_a_bundle_tells_no_database_that_a_data_source_chose() -> None:
    """No setting says which it is; the check found out."""
    settings = Settings.model_validate({"synergetic": {"connection": "DSN=Syn"}, "exchange": {"bucket": "abc"}})
    told = "Snapshot isolation is not allowed in Synergetic_AUVIC_STX_PRD."
    report = Report([Finding("x", Verdict.NOTE, told)], names={"Synergetic_AUVIC_STX_PRD": "database"})
    content = bundled(report, settings, datetime.now(UTC))
    assert json.loads(content)["findings"][0]["what"] == "Snapshot isolation is not allowed in <database>."
    assert "STX" not in content
