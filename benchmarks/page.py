"""Writes the numbers of docs/benchmarks.md between its two markers, and reads them back for a test."""

from collections.abc import Sequence
from pathlib import Path

from benchmarks import prices
from benchmarks.rows import Row
from shared.errors import SettingsError

BEGIN, END = "<!-- numbers: written by `make bench` -->", "<!-- end of the numbers -->"
_HEAD = ("", "measured", "result", "goal", "verdict")


def write_page(page: Path, rows: Sequence[Row], sentences: Sequence[str]) -> None:
    """Put a table of the rows, and sentences before it, between the page's markers.

    Raises:
        SettingsError: The page is not there, or has no markers.
    """
    before, _, rest = _content(page).partition(BEGIN)
    _, _, after = rest.partition(END)
    lines = [BEGIN, "", *(f"{sentence.rstrip('.')}.\n" for sentence in sentences), *_table(rows), "", *_prices(), "", END]
    page.write_text(before + "\n".join(lines) + after, encoding="utf-8")


def measures(page: Path) -> list[tuple[str, str]]:
    """Return group and measure of each row of the page's table of results.

    Raises:
        SettingsError: The page is not there, or has no markers.
    """
    inside = _content(page).partition(BEGIN)[2].partition(END)[0]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in inside.splitlines() if line.startswith("|")]
    return [(row[0], row[1]) for row in cells if len(row) == len(_HEAD) and row[1] != _HEAD[1] and set(row[0]) - {"-"}]


def _content(page: Path) -> str:
    content = page.read_text(encoding="utf-8") if page.exists() else ""
    if BEGIN not in content or END not in content:
        raise SettingsError(
            f"{page} has no place for the numbers.", remedy=f"Put the lines {BEGIN} and {END} into it.", code="no-place"
        )
    return content


def _table(rows: Sequence[Row]) -> list[str]:
    cells = [_HEAD, ("---",) * len(_HEAD), *((row.group, row.measure, row.result, row.goal, row.verdict) for row in rows)]
    return [f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in cells]


def _prices() -> list[str]:
    return [
        f"List prices in {prices.REGION}, {prices.AS_OF}. From {prices.SOURCE}:",
        "",
        "| for one | USD |",
        "| --- | --- |",
        *(f"| {name} | {price:.10f} |" for name, price in prices.PRICES.items()),
    ]
