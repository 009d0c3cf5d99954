"""Turns the SAM template into the CloudFormation template that moto is given. What is left out of it is said here alone."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from local.stack.aws import local_session

Template = dict[str, Any]

# Where the placeholder for the functions' code lies in moto's S3: the functions run from the working tree.
CODE_BUCKET, CODE_KEY = "local-stack-code", "code.zip"

LEFT_OUT = {
    "AWS::S3::BucketPolicy": "moto reads a Deny without its condition, so the TLS-only policy would close the bucket",
    "AWS::SQS::QueuePolicy": "moto asks no permissions, and its CloudFormation does not know the type",
    "AWS::CloudWatch::Alarm": "there are no metrics to watch: Powertools writes them to the functions' logs",
    "AWS::ApiGatewayV2::Stage": "local.stack.http_api serves the function itself",
    "AWS::SNS::Subscription": "nobody is sent e-mail from here",
}
"""Resource types that are not created, and why. Those that moto needs and does not know are in `local.stack.moto.resources`."""


def read_template(path: Path) -> Template:
    """Return a SAM template as it is written."""
    from samtranslator.yaml_helper import yaml_parse  # noqa: PLC0415 - half a second that AWS and each function would wait for

    template = yaml_parse(path.read_text(encoding="utf-8"))
    assert isinstance(template, dict)
    return template


def behind_http(template: Template) -> str | None:
    """Return the function that a SAM template puts behind its HTTP API, None if there is none."""
    for name, resource in template["Resources"].items():
        events = resource.get("Properties", {}).get("Events", {}) if resource["Type"] == "AWS::Serverless::Function" else {}
        if any(event["Type"] == "HttpApi" for event in events.values()):
            return str(name)
    return None


def translate(template: Template, *, region: str) -> Template:
    """Return the CloudFormation template that SAM makes of a SAM template, with a placeholder for the code."""
    from samtranslator.parser.parser import Parser  # noqa: PLC0415 - as above
    from samtranslator.translator.translator import Translator  # noqa: PLC0415 - as above

    code = f"s3://{CODE_BUCKET}/{CODE_KEY}"
    template = {**template, "Globals": _with_code(template.get("Globals", {}), code)}
    template["Resources"] = {name: _uploaded(resource, code) for name, resource in template["Resources"].items()}
    translator = Translator({}, Parser(), boto_session=local_session(region))
    translated: Template = translator.translate(template, parameter_values={}, passthrough_metadata=False)
    return translated


def without(template: Template, types: Iterable[str]) -> Template:
    """Return a CloudFormation template without the resources of some types; nothing may refer to them but by DependsOn."""
    gone = {name for name, resource in template["Resources"].items() if resource["Type"] in set(types)}
    resources = {name: resource for name, resource in template["Resources"].items() if name not in gone}
    return {**template, "Resources": {name: _not_waiting_for(gone, resource) for name, resource in resources.items()}}


def _with_code(settings: Template, code: str) -> Template:
    return {**settings, "Function": {**settings.get("Function", {}), "CodeUri": code}}


def _uploaded(resource: Template, code: str) -> Template:
    place = {"AWS::Serverless::Function": "CodeUri", "AWS::Serverless::LayerVersion": "ContentUri"}.get(resource["Type"])
    return {**resource, "Properties": {**resource["Properties"], place: code}} if place else resource


def _not_waiting_for(gone: set[str], resource: Template) -> Template:
    waits = resource.get("DependsOn", [])
    left = [name for name in ([waits] if isinstance(waits, str) else waits) if name not in gone]
    rest = {key: value for key, value in resource.items() if key != "DependsOn"}
    return {**rest, "DependsOn": left} if left else rest
