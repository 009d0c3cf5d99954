"""The template's functions keep the rules of this house, and are given what their code asks for."""

import ast
import json
import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from functions.runtime.settings import Settings
from shared.synergetic import TABLES
from shared.writeback.plan import Policies
from tests.house.cloudformation import FUNCTIONS, resources, target, template

LAMBDAS_ENVIRONMENT = 4096
LONGEST_STACK_NAME = "s" * 41
POWERTOOLS = {"POWERTOOLS_SERVICE_NAME", "POWERTOOLS_METRICS_NAMESPACE", "POWERTOOLS_LOG_LEVEL"}


def test_the_functions_are_the_ones_we_know() -> None:
    """There is no function that the tests below do not look at."""
    assert sorted(resources("AWS::Lambda::Function")) == sorted(FUNCTIONS)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_each_function_has_its_handler_under_its_own_name(name: str) -> None:
    """The handler lies in the folder of the function's name in snake case, and is there."""
    folder = re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
    assert resources("AWS::Lambda::Function")[name]["Handler"] == f"functions.{folder}.handler.lambda_handler"
    assert find_spec(f"functions.{folder}.handler")


@pytest.mark.parametrize("name", FUNCTIONS)
def test_each_function_runs_as_the_house_runs(name: str) -> None:
    """One runtime, arm64, traced, with the shared layer and a role of its own."""
    function = resources("AWS::Lambda::Function")[name]
    assert function["Runtime"] == "python3.14"
    assert function["Architectures"] == ["arm64"]
    assert function["TracingConfig"] == {"Mode": "Active"}
    assert [target(layer)[:11] for layer in function["Layers"]] == ["SharedLayer"]
    assert target(function["Role"]) == f"{name}Role"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_each_function_has_a_log_group_that_forgets(name: str) -> None:
    """Logs go to a group of the function's own with a retention."""
    group = target(resources("AWS::Lambda::Function")[name]["LoggingConfig"]["LogGroup"])
    assert group == f"{name}Logs"
    assert resources("AWS::Logs::LogGroup")[group]["RetentionInDays"]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_each_function_reads_what_it_is_given(name: str) -> None:
    """Every environment variable is one that the settings read, or Powertools' own."""
    given = set(resources("AWS::Lambda::Function")[name]["Environment"]["Variables"])
    assert given >= POWERTOOLS
    assert given - POWERTOOLS <= {field.upper() for field in Settings.model_fields}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_each_function_is_given_what_it_asks_for(name: str) -> None:
    """Every setting that a function's modules ask the wiring for is in its environment."""
    function = resources("AWS::Lambda::Function")[name]
    asked = {setting.upper() for module in _modules(function["Handler"].rpartition(".")[0]) for setting in _asks(module)}
    # No parameter says it: owners choose it in the console, and it is in the school's time.
    asked = {{"RELAY_SCHEDULE": "TIME_ZONE"}.get(name, name) for name in asked}
    assert asked <= set(function["Environment"]["Variables"])


@pytest.mark.parametrize("name", FUNCTIONS)
def test_lambda_takes_the_environment_of_each_function_at_its_largest(name: str) -> None:
    """Lambda measures it written as JSON; a stack with the longest name and the longest parameters can be deployed, too."""
    variables = resources("AWS::Lambda::Function")[name]["Environment"]["Variables"]
    largest = {key: _largest(value) for key, value in variables.items()}
    assert len(json.dumps(largest, separators=(",", ":")).encode()) <= LAMBDAS_ENVIRONMENT


def test_every_choice_of_what_is_written_back_fits_into_its_parameter() -> None:
    """Also one for each table."""
    every = Policies(remove_from={name: "deactivate" for name, table in TABLES.items() if table.written})
    assert len(every.model_dump_json()) <= template()["Parameters"]["WriteBackPolicies"]["MaxLength"]


def test_whoever_calls_operoo_knows_whether_another_does() -> None:
    """They share one budget of requests, and none of them can see what another spends."""
    functions = resources("AWS::Lambda::Function")
    callers = {name for name in functions if "OPEROO_TOKEN_SECRET" in functions[name]["Environment"]["Variables"]}
    assert callers == {"ApplyRecords", "PullMedical"}
    for name in callers:
        assert functions[name]["Environment"]["Variables"]["MEDICAL_UPDATES"] == {"Ref": "MedicalUpdates"}


def test_a_function_that_feeds_itself_may() -> None:
    """Lambda ends a chain of about 16 invocations of one function unless its recursion is allowed: exactly where we mean it."""
    functions = resources("AWS::Lambda::Function")
    fed_by = {
        target(mapping["FunctionName"]): target(mapping["EventSourceArn"])
        for mapping in resources("AWS::Lambda::EventSourceMapping").values()
    }
    for name, function in functions.items():
        sends_to = {target(value) for key, value in function["Environment"]["Variables"].items() if key.endswith("_QUEUE_URL")}
        assert function.get("RecursiveLoop", "Terminate") == ("Allow" if fed_by.get(name) in sends_to else "Terminate"), name


def test_what_the_functions_hold_for_the_delay_of_the_apply_queue_is_its_delay() -> None:
    """Senders make wishes of one slot one message, which is only right while the queue delays by what they are told."""
    delay = resources("AWS::SQS::Queue")["ApplyQueue"]["DelaySeconds"]
    for function in resources("AWS::Lambda::Function").values():
        variables = function["Environment"]["Variables"]
        assert ("APPLY_QUEUE_URL" in variables) == ("APPLY_DELAY_SECONDS" in variables)
        assert variables.get("APPLY_DELAY_SECONDS", delay) == delay


def _largest(value: Any) -> str:
    """Return the longest text that a variable may have, as it is or as what it refers to."""
    if isinstance(value, str):
        return value
    name = target(value)
    if name == "AWS::StackName":
        return LONGEST_STACK_NAME
    if (parameter := template()["Parameters"].get(name)) is not None:
        return _longest(parameter)
    before = {
        "AWS::SQS::Queue": "https://sqs.ap-southeast-2.amazonaws.com/123456789012/",
        "AWS::SecretsManager::Secret": "arn:aws:secretsmanager:ap-southeast-2:123456789012:secret:",
    }
    return f"{before.get(template()['Resources'][name]['Type'], '')}{LONGEST_STACK_NAME}-{name}-ABCDEFGHIJKL"


def _longest(parameter: dict[str, Any]) -> str:
    if "MaxLength" in parameter:
        # Of JSON about every fifth character is a quotation mark, which is two in JSON.
        most = int(parameter["MaxLength"])
        return ('"name' * most)[:most]
    if "AllowedValues" in parameter:
        return str(max(parameter["AllowedValues"], key=lambda one: len(str(one))))
    return "9" * 10 if parameter["Type"] == "Number" else "x" * 60


def _source(module: str) -> ast.Module:
    spec = find_spec(module)
    assert spec is not None
    assert spec.origin is not None
    return ast.parse(Path(spec.origin).read_text(encoding="utf-8"))


def _modules(start: str) -> set[str]:
    """Return the modules of `functions` that one imports, directly or not; the wiring itself is nobody's need."""
    found, open_ends = {start}, [start]
    while open_ends:
        for node in ast.walk(_source(open_ends.pop())):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("functions."):
                new = {node.module} - found - {"functions.runtime.wiring"}
                found |= new
                open_ends += new
    return found


def _asks(module: str) -> set[str]:
    """Return the settings behind what a module calls of the wiring."""
    needs = {
        node.name: set(re.findall(r"'(\w+)'", ast.unparse(node))) & set(Settings.model_fields)
        for node in ast.walk(_source("functions.runtime.wiring"))
        if isinstance(node, ast.FunctionDef)
    }
    tree = _source(module)
    called = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    imported = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "functions.runtime.wiring"
        for alias in node.names
    }
    asked = set(re.findall(r"settings\(\)\.(\w+)", ast.unparse(tree))) & set(Settings.model_fields)
    return asked.union(*(needs[name] for name in called & imported))
