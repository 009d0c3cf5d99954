"""pydantic's `model_copy` validates nothing: a misspelt name in it would be a change that nobody ever sees."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.house.documents import ROOT

_ROOMS = ("functions", "relay", "shared", "local")


def _trees() -> Iterator[tuple[Path, ast.Module]]:
    for room in _ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            yield path, ast.parse(path.read_text())


def _fields(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            for line in node.body:
                if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name):
                    yield line.target.id


def _copied(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "model_copy":
            for told in (one.value for one in node.keywords if one.arg == "update" and isinstance(one.value, ast.Dict)):
                yield from ((key.lineno, key.value) for key in told.keys if isinstance(key, ast.Constant))


def test_what_a_copy_changes_is_there() -> None:
    """Each name that a copy of a model is given anew is a field of some model."""
    trees = list(_trees())
    fields = {field for _, tree in trees for field in _fields(tree)}
    copied = [(f"{path.relative_to(ROOT)}:{line}", name) for path, tree in trees for line, name in _copied(tree)]
    assert len(copied) > 50
    assert [(place, name) for place, name in copied if name not in fields] == []
