"""Parameters that CloudFormation takes and the functions cannot use: somebody hears of it at once."""

import json
from contextlib import suppress
from pathlib import Path

import pytest

from functions.console.handler import lambda_handler as console
from functions.runtime import observability
from shared.errors import FatalError
from tests.integration.cloud import HANDLERS, Cloud, context, forget_wiring

EVENTS = Path(__file__).parents[2] / "events"
GIVEN_OPEROO_SETTINGS = {
    "accept_manifests": HANDLERS["intake"],
    "apply_records": HANDLERS["apply.fifo"],
    "pull_medical": HANDLERS["medical.fifo"],
    "console": console,
}


@pytest.mark.parametrize("name", GIVEN_OPEROO_SETTINGS)
def test_an_alarm_sounds_at_once_over_a_parameter_that_cannot_be_used(
    stack: Cloud,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    name: str,
) -> None:
    """No try makes it better, so nobody waits until the last of them has failed; the log says which setting it is."""
    monkeypatch.setenv("OPEROO_SETTINGS", '{"base_ulr": "https://operoo.example"}')
    forget_wiring()
    event = json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8"))
    with suppress(FatalError):
        answer = GIVEN_OPEROO_SETTINGS[name](event, context(name))
        # It is not lost: it comes back, and is done once the parameter is mended.
        assert answer == {"batchItemFailures": [{"itemIdentifier": event["Records"][0]["messageId"]}]}
    counted = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
    assert [one["SettingsUnusable"] for one in counted] == [[1.0]]
    assert ["base_ulr" in vars(one)["reason"] for one in caplog.records if "reason" in vars(one)] == [True]


def test_what_may_pass_raises_no_alarm_on_settings() -> None:
    """It is tried again, and only the dead letters are somebody's business."""
    observability.failed("message failed", FatalError("no"), message_id="1")
    assert not observability.metrics().metric_set
