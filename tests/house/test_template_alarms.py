"""Where somebody must act, an alarm sounds, and it watches what the functions really count."""

import re
from typing import Any

from relay.settings import RelaySettings
from tests.house.cloudformation import ROOT, resources, target, template

METRICS_WATCHED = {
    "ManifestRefused",
    "ApplyFailed",
    "ApplyStopped",
    "HoldsOpened",
    "RecordsParked",
    "RelayHeartbeat",
    "RelayFailed",
    "RelayOutdated",
    "WriteBackRefused",
    "WriteBackFailed",
    "PullStopped",
    "MedicalParked",
    "MedicalToReview",
    "SettingsUnusable",
}


def test_an_alarm_sounds_for_each_queue_of_dead_letters() -> None:
    """Dead letters raise an alarm as soon as there is one."""
    watched = {
        target(alarm["Dimensions"][0]["Value"])
        for alarm in resources("AWS::CloudWatch::Alarm").values()
        if alarm.get("MetricName") == "ApproximateNumberOfMessagesVisible"
    }
    assert watched == {name for name in resources("AWS::SQS::Queue") if name.endswith("DeadLetters")}


def test_alarms_watch_the_metrics_that_the_functions_count() -> None:
    """Each alarm of our namespace is on a metric that some function counts, under the dimension that Powertools gives it."""
    watched = [_metric(alarm) for alarm in resources("AWS::CloudWatch::Alarm").values()]
    ours = {metric["MetricName"]: metric for metric in watched if metric["Namespace"] == "OperooSynergetic"}
    assert set(ours) == METRICS_WATCHED
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "functions").rglob("*.py"))
    counted = {name for call in re.findall(r"count\(([^)]*)\)", code) for name in re.findall(r'"(\w+)"', call)}
    assert counted >= METRICS_WATCHED
    for metric in ours.values():
        assert metric["Dimensions"] == [{"Name": "service", "Value": {"Ref": "AWS::StackName"}}]
    for function in resources("AWS::Lambda::Function").values():
        variables = function["Environment"]["Variables"]
        assert variables["POWERTOOLS_SERVICE_NAME"] == {"Ref": "AWS::StackName"}
        assert variables["POWERTOOLS_METRICS_NAMESPACE"] == "OperooSynergetic"


def test_silence_of_the_relay_is_an_alarm() -> None:
    """No heartbeat is no data, and that counts as bad; everywhere else no data is good."""
    for name, alarm in resources("AWS::CloudWatch::Alarm").items():
        assert alarm["TreatMissingData"] == ("breaching" if name == "RelaySilentAlarm" else "notBreaching")
        assert alarm["AlarmActions"] == [{"Ref": "AlarmTopic"}]


def test_how_long_the_relay_may_be_silent_is_a_parameter() -> None:
    """The alarm waits as many hours as the parameter says, and no longer than CloudWatch looks back."""
    alarm, parameter = resources("AWS::CloudWatch::Alarm")["RelaySilentAlarm"], template()["Parameters"]["RelaySilentHours"]
    assert (_metric(alarm)["Period"], alarm["EvaluationPeriods"]) == (3600, {"Ref": "RelaySilentHours"})
    assert (_metric(alarm)["Stat"], alarm["ComparisonOperator"], alarm["Threshold"]) == ("Sum", "LessThanThreshold", 1)
    assert parameter["MinValue"] >= 1
    assert parameter["MaxValue"] * 3600 == 7 * 86_400


def test_one_failure_of_the_relay_is_no_alarm() -> None:
    """It mends itself at the next try; failures in several hours do not. The alarms on the relay say when they are over."""
    failing = resources("AWS::CloudWatch::Alarm")["RelayFailingAlarm"]
    assert failing["EvaluationPeriods"] >= 2
    assert _metric(failing)["Period"] >= 3600
    for name in ("RelayFailingAlarm", "RelayOutdatedAlarm", "RelaySilentAlarm"):
        assert resources("AWS::CloudWatch::Alarm")[name]["OKActions"] == [{"Ref": "AlarmTopic"}]


def test_no_data_is_none_and_not_what_was_before() -> None:
    """CloudWatch looks back further than an alarm's periods, and takes older data in place of those that are missing."""
    for name, alarm in resources("AWS::CloudWatch::Alarm").items():
        if _metric(alarm)["Namespace"] == "OperooSynergetic":
            told, counted = alarm["Metrics"]
            assert told["Expression"] == f"FILL({counted['Id']}, 0)", name
            assert (told.get("ReturnData", True), counted["ReturnData"]) == (True, False), name


def test_what_is_tried_again_and_again_is_one_alarm() -> None:
    """An alarm that looked back no longer than from one try to the next might go off and on for as long as an outage lasts."""
    alarms, schedules = resources("AWS::CloudWatch::Alarm"), resources("AWS::Scheduler::Schedule")
    assert schedules["ApplySchedule"]["ScheduleExpression"] == "rate(5 minutes)"
    for name in ("ApplyStoppedAlarm", "ApplyFailedAlarm"):
        assert _metric(alarms[name])["Period"] >= 3 * 300, name
    assert schedules["MedicalSchedule"]["ScheduleExpression"] == {"Fn::Sub": "rate(${MedicalMinutes} minutes)"}
    assert _metric(alarms["PullStoppedAlarm"])["Period"] >= 2 * 60 * template()["Parameters"]["MedicalMinutes"]["Default"]
    signs_of_life_s = 60 * RelaySettings.model_fields["interval_minutes"].get_default()
    for name in ("WritingRefusedAlarm", "RelayOutdatedAlarm", "SettingsUnusableAlarm"):
        assert _metric(alarms[name])["Period"] >= 2 * signs_of_life_s, name
    for name in ("ApplyStoppedAlarm", "PullStoppedAlarm", "WritingRefusedAlarm"):
        assert alarms[name]["OKActions"] == [{"Ref": "AlarmTopic"}], name


def test_a_console_that_cannot_even_answer_is_an_alarm() -> None:
    """API Gateway counts what the function could not answer, however it failed: out of time, out of memory, not begun."""
    alarm = resources("AWS::CloudWatch::Alarm")["ConsoleFailingAlarm"]
    assert (alarm["Namespace"], alarm["MetricName"], alarm["Statistic"]) == ("AWS/ApiGateway", "5xx", "Sum")
    assert [(one["Name"], target(one["Value"])) for one in alarm["Dimensions"]] == [("ApiId", "ConsoleApi")]


def _metric(alarm: dict[str, Any]) -> dict[str, Any]:
    """Return what an alarm watches, itself or by an expression."""
    if "MetricName" in alarm:
        return alarm
    (stat,) = [one["MetricStat"] for one in alarm["Metrics"] if "MetricStat" in one]
    return {**stat, **stat["Metric"]}
