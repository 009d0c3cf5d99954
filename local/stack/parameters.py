"""Parameters as CloudFormation takes them: moto takes any."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from shared.errors import SettingsError


def check(template: Mapping[str, Any], given: Mapping[str, str]) -> None:
    """Look whether a template takes these parameters.

    Raises:
        SettingsError: It has no parameter of that name, or the value is not one that it takes; names all of them.
    """
    declared = template.get("Parameters", {})
    wrong = [f"{name}: there is no such parameter" for name in given if name not in declared]
    for name in given.keys() & declared.keys():
        wrong += [f"{name}: {why}" for why in _wrong(declared[name], given[name])]
    if wrong:
        remedy = "Parameters in template.yaml says what there is. A parameter is given as NAME=VALUE."
        raise SettingsError(f"The template does not take these parameters: {'; '.join(sorted(wrong))}.", remedy=remedy)


def _wrong(parameter: Mapping[str, Any], value: str) -> Iterator[str]:
    allowed = [str(one) for one in parameter.get("AllowedValues", [value])]
    if value not in allowed:
        yield f"one of {', '.join(allowed)}"
    if not re.fullmatch(parameter.get("AllowedPattern", r"[\s\S]*"), value):
        yield parameter.get("ConstraintDescription", "not in the form that is allowed")
    if len(value) > parameter.get("MaxLength", len(value)):
        yield f"at most {parameter['MaxLength']} characters"
    if parameter["Type"] == "Number":
        yield from _wrong_number(parameter, value)


def _wrong_number(parameter: Mapping[str, Any], value: str) -> Iterator[str]:
    try:
        number = float(value)
    except ValueError:
        yield "a number"
        return
    if not parameter.get("MinValue", number) <= number <= parameter.get("MaxValue", number):
        yield f"a number from {parameter.get('MinValue', 'anything')} to {parameter.get('MaxValue', 'anything')}"
