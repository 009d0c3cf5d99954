"""Functions and files stay small. The exceptions below may shrink and go, and none may come."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = ("shared", "functions", "relay", "local", "benchmarks", "tests")
LONGEST_FUNCTION, USUAL_FUNCTION, USUAL_SHARE, LONGEST_FILE = 60, 40, 0.95, 400
# Name to lines. What is in here is longer than allowed; a number may only become smaller.
EXCEPTIONS: dict[str, int] = {}


def _modules() -> Iterator[tuple[str, str]]:
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")


def _functions() -> Iterator[tuple[str, int]]:
    """Give every function with its number of lines, its docstring apart."""
    for place, source in _modules():
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                first = node.body[0]
                told = ast.get_docstring(node, clean=False) is not None
                documented = (first.end_lineno or 0) - first.lineno + 1 if told else 0
                yield f"{place}:{node.name}", (node.end_lineno or 0) - node.lineno + 1 - documented


def _too_long(found: Iterator[tuple[str, int]], limit: int) -> dict[str, int]:
    return {name: lines for name, lines in found if lines > max(limit, EXCEPTIONS.get(name, 0))}


def test_no_function_is_too_long() -> None:
    """No function has more than 60 lines, its docstring apart."""
    assert _too_long(_functions(), LONGEST_FUNCTION) == {}


def test_most_functions_are_short() -> None:
    """95 of 100 functions have no more than 40 lines."""
    lines = [number for _, number in _functions()]
    assert sum(number <= USUAL_FUNCTION for number in lines) >= USUAL_SHARE * len(lines)


def test_no_file_is_too_long() -> None:
    """No module has more than 400 lines."""
    assert _too_long(((place, len(source.splitlines())) for place, source in _modules()), LONGEST_FILE) == {}
