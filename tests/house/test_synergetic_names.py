"""Synergetic's names stand in the contract, and in the sample school that plays the other side; nowhere else."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from shared.synergetic import TABLES

ROOT = Path(__file__).parents[2]
ROOMS = ("functions", "relay", "shared", "local", "benchmarks")
ALLOWED = ("shared/synergetic/", "local/school/")
# Names of one word (`Email`, `Status`) are everybody's; those of several are Synergetic's.
NAMES = {
    name
    for table in TABLES.values()
    for name in (table.name, *(column.name for column in table.columns))
    if len(re.findall(r"[A-Z]", name)) > 1 or name.startswith("lu")
} - {"ID"}


def _words(source: str) -> Iterator[str]:
    """Give every word in strings and keywords of a module; docstrings and comments may say where a thing comes from."""
    tree = ast.parse(source)
    told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told:
            yield from re.findall(r"\w+", node.value)
        elif isinstance(node, ast.keyword) and node.arg:
            yield node.arg


def test_only_the_contract_names_tables_and_columns() -> None:
    """No module outside the contract and the sample school names a table or column in code, SQL or settings."""
    found = {}
    for room in ROOMS:
        for path in (ROOT / room).rglob("*.py"):
            place = path.relative_to(ROOT).as_posix()
            if not place.startswith(ALLOWED) and (named := NAMES & set(_words(path.read_text(encoding="utf-8")))):
                found[place] = sorted(named)
    assert found == {}


def test_the_names_looked_for_are_those_of_the_contract() -> None:
    """The search would find them: the contract itself is full of them."""
    found = {word for path in (ROOT / "shared/synergetic").glob("*.py") for word in _words(path.read_text(encoding="utf-8"))}
    assert {"StudentYears", "luHouse", "SpouseID", "FileSemester"} <= NAMES & found
