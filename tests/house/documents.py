"""Reads the documentation as its readers do: pages, headings, tables, code blocks, links."""

import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
_HEADING = re.compile(r"^(#{1,6}) (.+?)\s*$")
_FENCE = re.compile(r"^ *```(\w*)[^\n]*\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`([^`\n]+)`")


def text_of(page: str) -> str:
    """Return a page's text; pages are named by their path from the root."""
    return (ROOT / page).read_text(encoding="utf-8")


def without_blocks(text: str) -> str:
    """Return a page's text without its fenced blocks."""
    return _FENCE.sub("", text)


def blocks_in(text: str, language: str) -> list[str]:
    """Return the contents of the fenced blocks of one language in a text."""
    return [content for found, content in _FENCE.findall(text) if found == language]


def blocks(page: str, language: str) -> list[str]:
    """Return the contents of a page's fenced blocks of one language."""
    return blocks_in(text_of(page), language)


def headings(page: str) -> list[str]:
    """Return a page's headings, without code marks."""
    lines = without_blocks(text_of(page)).splitlines()
    return [found[2].replace("`", "") for line in lines if (found := _HEADING.match(line))]


def anchors(page: str) -> set[str]:
    """Return the anchors that a page's headings give."""
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings(page)}


def section(page: str, heading: str) -> str:
    """Return what stands under a heading, up to the next one of its level or above."""
    found: list[str] = []
    level = 0
    for line in text_of(page).splitlines():
        match = _HEADING.match(line)
        if match and level and len(match[1]) <= level:
            break
        if match and match[2].replace("`", "") == heading:
            level = len(match[1])
        elif level:
            found.append(line)
    assert level, f"{page} has no heading {heading!r}"
    return "\n".join(found)


def rows(page: str, heading: str) -> dict[str, list[str]]:
    """Return the table under a heading: the first column, which is code, to the other cells."""
    table: dict[str, list[str]] = {}
    for line in section(page, heading).splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if line.startswith("| `") and (name := _CODE.match(cells[0])):
            table[name[1]] = cells[1:]
    return table


def code_words(text: str) -> Iterator[str]:
    """Yield what stands between backticks, outside of fenced blocks."""
    yield from _CODE.findall(without_blocks(text))


@cache
def files() -> tuple[str, ...]:
    """Return every file that is, or is about to be, in the repository."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return tuple(sorted(name for name in set(done.stdout.splitlines()) if (ROOT / name).is_file()))


def pages() -> list[str]:
    """Return every page of documentation."""
    return [name for name in files() if name.endswith(".md")]
