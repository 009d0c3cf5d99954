"""Where somebody must act, an alarm sounds, and it watches what the functions really count."""

import re

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
    "PageFailed",
    "SettingsUnusable",
}


def test_an_alarm_sounds_for_each_queue_of_dead_letters() -> None:
    """Dead letters raise an alarm as soon as there is one."""
    watched = {
        target(alarm["Dimensions"][0]["Value"])
        for alarm in resources("AWS::CloudWatch::Alarm").values()
        if alarm["MetricName"] == "ApproximateNumberOfMessagesVisible"
    }
    assert watched == {name for name in resources("AWS::SQS::Queue") if name.endswith("DeadLetters")}


def test_alarms_watch_the_metrics_that_the_functions_count() -> None:
    """Each alarm of our namespace is on a metric that some function counts, under the dimension that Powertools gives it."""
    ours = {
        alarm["MetricName"]: alarm
        for alarm in resources("AWS::CloudWatch::Alarm").values()
        if alarm["Namespace"] == "OperooSynergetic"
    }
    assert set(ours) == METRICS_WATCHED
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "functions").rglob("*.py"))
    counted = {name for call in re.findall(r"count\(([^)]*)\)", code) for name in re.findall(r'"(\w+)"', call)}
    assert counted >= METRICS_WATCHED
    for alarm in ours.values():
        assert alarm["Dimensions"] == [{"Name": "service", "Value": {"Ref": "AWS::StackName"}}]
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
    assert (alarm["Period"], alarm["EvaluationPeriods"]) == (3600, {"Ref": "RelaySilentHours"})
    assert (alarm["Statistic"], alarm["ComparisonOperator"], alarm["Threshold"]) == ("Sum", "LessThanThreshold", 1)
    assert parameter["MinValue"] >= 1
    assert parameter["MaxValue"] * 3600 <= 86_400


def test_one_failure_of_the_relay_is_no_alarm() -> None:
    """It mends itself at the next try; failures in several hours do not. The alarms on the relay say when they are over."""
    failing = resources("AWS::CloudWatch::Alarm")["RelayFailingAlarm"]
    assert failing["EvaluationPeriods"] >= 2
    assert failing["Period"] >= 3600
    for name in ("RelayFailingAlarm", "RelayOutdatedAlarm", "RelaySilentAlarm"):
        assert resources("AWS::CloudWatch::Alarm")[name]["OKActions"] == [{"Ref": "AlarmTopic"}]
