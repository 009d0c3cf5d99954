"""Makes HTML of what a page says. Templates see the same plain values that the page answers as JSON, and nothing else."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from functions.console.web import wording
from functions.console.web.assets import asset

_TEMPLATES = Path(__file__).parents[1] / "templates"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.globals["asset"] = asset
    environment.filters |= wording.FILTERS
    return environment


def render(template: str, values: Mapping[str, Any]) -> str:
    """Return a page's HTML."""
    return _environment().get_template(template).render(values)
