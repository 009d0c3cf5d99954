"""The command: measures what was asked for, prints the table, and writes it where it was asked to."""

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict

from rich.console import Console
from rich.table import Table

from benchmarks import machine
from benchmarks.options import Options, parse
from benchmarks.page import write_page
from benchmarks.rows import Row
from shared.errors import IntegrationError

_WIDTH = 160
_COLOURS = {"met": "green", "missed": "red", "not measured": "yellow"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmarks and return 0: they tell, they do not assert."""
    options, progress = parse(arguments), Console(stderr=True, highlight=False)
    # In a file or a pipe nobody resizes a window.
    console = Console() if sys.stdout.isatty() else Console(width=_WIDTH)
    rows: list[Row] = []
    with progress.status("Beginning") as status:
        for name in options.only:
            try:
                rows += _measured(name, options, lambda text: status.update(f"{text} …"))
            except (IntegrationError, RuntimeError) as error:
                # The other one may still have something to tell.
                progress.print(f"[red]{name}: {error}[/]", soft_wrap=True)
    facts = machine.facts()
    console.print(_table(rows))
    console.print(f"{facts}. {_sizes(options)}", style="dim", soft_wrap=True)
    if options.json:
        told = {"machine": facts, "sizes": _sizes(options), "rows": [asdict(row) | {"verdict": row.verdict} for row in rows]}
        options.json.write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    if options.page and rows:
        write_page(options.page, rows, (facts, _sizes(options)))
    return 0


def _measured(name: str, options: Options, say: Callable[[str], None]) -> list[Row]:
    # Loaded only when asked for: reading needs none of what the cloud needs.
    if name == "extraction":
        from benchmarks import extraction  # noqa: PLC0415

        return extraction.measure(options, say)
    if name == "writing":
        from benchmarks import writing  # noqa: PLC0415

        return writing.measure(options, say)
    if name == "console":
        from benchmarks import console  # noqa: PLC0415

        return console.measure(options, say)
    from benchmarks import cloud  # noqa: PLC0415

    return cloud.measure(options, say)


def _sizes(options: Options) -> str:
    sizes = {
        "extraction": f"extraction with {options.students:,} students, best of {options.repeat}",
        "writing": f"writing with {options.cloud_students:,} students, best of {options.repeat}",
        "console": f"console with {options.students:,} students, best of {options.repeat}",
        "cloud": f"cloud with {options.cloud_students:,} students, everybody and every group selected",
    }
    return f"Sizes: {'; '.join(sizes[name] for name in options.only)}."


def _table(rows: Sequence[Row]) -> Table:
    table = Table(title="Benchmarks", title_justify="left", row_styles=("",), expand=False)
    table.add_column("", style="bold", no_wrap=True)
    table.add_column("measured", overflow="fold")
    table.add_column("result", overflow="fold", ratio=1)
    table.add_column("goal", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    group = ""
    for row in rows:
        if group and row.group != group:
            table.add_section()
        colour = _COLOURS.get(row.verdict, "white")
        table.add_row("" if row.group == group else row.group, row.measure, row.result, row.goal, f"[{colour}]{row.verdict}[/]")
        group = row.group
    return table
