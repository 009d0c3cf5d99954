"""Reads the template as CloudFormation would be given it, for the tests that look it over."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from local.stack.template import Template, read_template, translate

ROOT = Path(__file__).parents[2]
FED_BY_QUEUES = ["AcceptManifests", "MapRows", "StageRecords", "PlanRun", "ApplyRecords", "RecordReceipts", "PullMedical"]
FUNCTIONS = [*FED_BY_QUEUES, "ListRecords", "Console"]


@cache
def template() -> Template:
    """Return what CloudFormation is given."""
    return translate(read_template(ROOT / "template.yaml"), region="ap-southeast-2")


def resources(kind: str) -> dict[str, dict[str, Any]]:
    """Return the properties of all resources of a type, by logical ID."""
    return {name: one["Properties"] for name, one in template()["Resources"].items() if one["Type"] == kind}


def made(**parameters: str) -> set[str]:
    """Return the logical IDs of the resources that are made with these parameters, the others at their defaults."""
    values = {name: str(one["Default"]) for name, one in template()["Parameters"].items()} | parameters

    def holds(condition: Any) -> bool:
        match condition:
            case {"Fn::Not": [inner]}:
                return not holds(inner)
            case {"Fn::Equals": [{"Ref": name}, value]}:
                return values[name] == value
        raise AssertionError(f"a condition of a form that is new here: {condition}")

    held = {name for name, condition in template()["Conditions"].items() if holds(condition)}
    return {name for name, one in template()["Resources"].items() if one.get("Condition", "") in {"", *held}}


def target(reference: dict[str, Any]) -> str:
    """Return the logical ID that a Ref or GetAtt names."""
    name = reference["Ref"] if "Ref" in reference else reference["Fn::GetAtt"][0]
    assert isinstance(name, str)
    return name


def as_list(value: Any) -> list[Any]:
    """Return a value that may stand alone or in a list as a list."""
    return value if isinstance(value, list) else [value]


def statements(name: str) -> Iterator[dict[str, Any]]:
    """Yield the statements of a role's or managed policy's own policies."""
    properties = template()["Resources"][name]["Properties"]
    for document in [one["PolicyDocument"] for one in properties.get("Policies", [])] + [properties.get("PolicyDocument")]:
        yield from document["Statement"] if document else []


def places(name: str, action: str) -> set[str]:
    """Return where in the Exchange bucket a role or policy may do something."""
    found: set[str] = set()
    for statement in statements(name):
        if action in as_list(statement["Action"]):
            for resource in as_list(statement["Resource"]):
                text = resource.get("Fn::Sub", "") if isinstance(resource, dict) else resource
                found |= {text.removeprefix("${ExchangeBucket.Arn}/")} if "ExchangeBucket" in text else set()
    return found
