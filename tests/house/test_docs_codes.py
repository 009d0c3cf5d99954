"""Every error code of the code has its place in the troubleshooting page, and every code there is still in the code."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from functions.console.web.problems import PROBLEMS
from tests.house.documents import ROOT, headings, rows, section

ROOMS = ("shared", "functions", "relay")
PAGE = "docs/troubleshooting.md"
_KEBAB = re.compile(r"^[a-z]+(-[a-z]+)*$")


def _texts(node: ast.expr, constants: dict[str, str]) -> Iterator[str]:
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.Name(id=name) if name in constants:
            yield constants[name]
        case ast.IfExp(body=one, orelse=other):
            yield from _texts(one, constants)
            yield from _texts(other, constants)


def _constants(tree: ast.Module) -> dict[str, str]:
    found: dict[str, str] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign):
            for target in node.targets:
                pairs = (
                    zip(target.elts, node.value.elts, strict=True)
                    if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple)
                    else [(target, node.value)]
                )
                found |= {
                    name.id: value.value
                    for name, value in pairs
                    if isinstance(name, ast.Name) and isinstance(value, ast.Constant) and isinstance(value.value, str)
                }
    return found


def _codes(tree: ast.Module, constants: dict[str, str]) -> Iterator[str]:
    """Give the codes of a module: an argument or class attribute `code`, and what stands after an error's class in a table."""
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == "code":
            yield from _texts(node.value, constants)
        elif isinstance(node, ast.ClassDef):
            for line in node.body:
                if isinstance(line, ast.Assign) and isinstance(line.targets[0], ast.Name) and line.targets[0].id == "code":
                    yield from _texts(line.value, constants)
        elif isinstance(node, ast.Tuple | ast.Call):
            parts = node.elts if isinstance(node, ast.Tuple) else node.args
            if len(parts) > 2 and isinstance(parts[0], ast.Name) and parts[0].id.endswith("Error"):
                yield from _texts(parts[1], constants)


def codes(room: str) -> set[str]:
    """Return the error codes that stand in a room."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in Path(ROOT / room).rglob("*.py")]
    constants = {name: text for tree in trees for name, text in _constants(tree).items() if _KEBAB.match(text)}
    found = {code for tree in trees for code in _codes(tree, constants)}
    return {code for code in found if _KEBAB.match(code)}


def test_each_code_has_its_place() -> None:
    """Whoever meets a code finds what it means and what to do, and no code is described that no longer exists."""
    described = {one for one in headings(PAGE) if _KEBAB.match(one)}
    wanted = set().union(*map(codes, ROOMS))
    assert (sorted(wanted - described), sorted(described - wanted)) == ([], [])


def test_each_code_says_what_it_means_and_what_to_do() -> None:
    """An entry has both, in this order."""
    for code in (one for one in headings(PAGE) if _KEBAB.match(one)):
        entry = section(PAGE, code)
        assert 0 <= entry.find("**What happened.**") < entry.find("**What to do.**"), code


def test_the_search_finds_codes_in_each_form() -> None:
    """An argument, a class attribute, a table of the relay, a choice between two, a constant: each form is understood."""
    assert {"hold-unknown", "operoo-profile-gone", "changed-meanwhile"} <= codes("functions")
    assert {"login-refused", "exchange-denied", "database-deadlock", "disk-full", "several-current-periods"} <= codes("relay")


def test_the_administrators_list_of_problems_is_the_consoles() -> None:
    """The short list of reasons for which a record waits says what the console says, and the long page explains each."""
    told = {code: cells[0] for code, cells in rows("docs/administrator.md", "Problems").items()}
    assert told == {code: words.short for code, words in PROBLEMS.items() if code != "record-rejected"}
    assert set(told) <= set(headings(PAGE))
