"""The console's rooms: pages beside the logic that they show, and what a page has nobody borrows."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
CONSOLE = ROOT / "functions/console"
_ROUTES = re.compile(r"^pages = Pages\(\)$", re.MULTILINE)
_IMPORTS = re.compile(r"^\s*(?:from|import) .*\w_page\b", re.MULTILINE)


def _modules() -> dict[str, str]:
    return {path.relative_to(CONSOLE).as_posix(): path.read_text(encoding="utf-8") for path in CONSOLE.rglob("*.py")}


def test_a_page_is_called_one() -> None:
    """A module has routes just if it is called `…_page`, and every one of them is in the console."""
    modules = _modules()
    pages = {name for name in modules if name.endswith("_page.py")}
    assert {name for name, source in modules.items() if _ROUTES.search(source)} == pages
    assert {name for name in pages if f"        {Path(name).stem},\n" not in modules["handler.py"]} == set()


def test_only_the_handler_imports_pages() -> None:
    """What two pages need lies in a module of its own: import-linter's contract says which room may know which."""
    assert {name for name, source in _modules().items() if _IMPORTS.search(source)} == {"handler.py"}


def test_every_room_says_what_it_is_for() -> None:
    """Each folder with modules has a docstring of its own."""
    rooms = {path.parent for path in CONSOLE.rglob("*.py")}
    assert [room.name for room in rooms if not (room / "__init__.py").read_text(encoding="utf-8").startswith('"""')] == []
