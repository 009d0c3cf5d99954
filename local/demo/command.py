"""The command: starts everything, tells the story, says where things are, and ends with an exit code that means something."""

import sqlite3
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from shlex import quote

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from local.demo import beginning, changes, health, trouble
from local.demo.checks import Check, counted
from local.demo.options import Options, parse
from local.demo.story import tell
from local.demo.telling import Teller
from local.demo.world import PASSWORD, USERS, World, opened
from shared.errors import IntegrationError

_PULL_S = 30
STEPS = (*beginning.STEPS, *changes.STEPS, *health.STEPS, *trouble.STEPS)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo and return its exit code: 0 if all came out as expected."""
    options = parse(arguments)
    console = Console(highlight=False, emoji=False)
    try:
        return _run(options, console)
    except IntegrationError as error:
        console.print(f"[red]{escape(error.what)}[/]")
        if error.remedy:
            console.print(f"What to do: {escape(error.remedy)}")
    except (OSError, sqlite3.Error) as error:
        console.print(f"[red]The demo cannot go on: {escape(str(error))}.[/]")
    return 1


def _run(options: Options, console: Console) -> int:
    teller, began = Teller(console), time.monotonic()
    console.print("[bold]Operoo and Synergetic, kept in step: the whole system on this machine[/]")
    console.print(f"[dim]A made-up school of {options.students:,} students. Everything is kept in {options.directory}/.[/]")
    with ExitStack() as everything:
        with teller.working():
            world = everything.enter_context(opened(options, teller.doing))
        teller.line(_introduction(world))
        failed = tell(STEPS, world, teller)
        _conclude(console, failed, time.monotonic() - began)
        _point_out(console, world)
        if not options.once:
            _stay_up(console, world)
        console.print("[dim]Stopping ...[/]")
    return 1 if failed else 0


def _introduction(world: World) -> str:
    facts = world.facts
    return (
        f"{counted(len(facts.students), 'current student')}, {counted(len(facts.leavers), 'leaver')}, "
        f"{counted(len(facts.staff), 'staff member')} and {counted(len(facts.photos), 'photo')}; "
        f"Synergetic {facts.version}, semester {facts.period.semester} of {facts.period.year}. AWS and Operoo are running."
    )


def _conclude(console: Console, failed: Mapping[str, Sequence[Check]], took_s: float) -> None:
    console.print()
    if not failed:
        console.print(f"[bold green]All {len(STEPS)} steps came out as expected[/], in {took_s:.0f} seconds.")
        return
    console.print(f"[bold red]{len(failed)} of {len(STEPS)} steps did not come out as expected:[/]")
    for title, checks in failed.items():
        console.print(f"  [bold]{escape(title)}[/]")
        for check in checks:
            console.print(f"    {escape(str(check))}")


def _point_out(console: Console, world: World) -> None:
    """Say where one can look."""
    console.print()
    places = {
        "The console, for administrators": world.cloud.stack.http_url,
        "Who may sign in there": "; ".join(f"{email} ({', '.join(roles)})" for email, roles in USERS.items()),
        "With the password": PASSWORD,
        "Operoo, with all that arrived": world.operoo.url,
        "AWS (moto's server)": f"{world.cloud.stack.url}/moto-api/",
        "The school's database": shown_path(world.database),
        "The functions' logs": shown_path(world.directory / "logs"),
        "The relay's configuration": shown_path(world.relay.configuration),
    }
    table = Table(box=None, pad_edge=False, show_header=False)
    for name, place in places.items():
        table.add_row(f"[dim]{name}[/]", escape(str(place)))
    console.print(table)


def _stay_up(console: Console, world: World) -> None:
    """Say what one can do now, and wait for Ctrl-C."""
    environment, program, configuration = (
        escape(quote(shown_path(path))) for path in (world.directory / "env", world.relay.program, world.relay.configuration)
    )
    console.print()
    console.print("Everything stays up until [bold]Ctrl-C[/]. To run the relay yourself, in another terminal:")
    console.print(f"  . {environment} && {program} sync -c {configuration}", soft_wrap=True)
    console.print(
        "In the console everybody is selected by now. To see what selecting a year level does, take one out first: "
        "[bold]Students[/], choose a year level, [bold]Deselect all[/]."
    )
    console.print(
        "Every half minute medical profiles are read from Operoo. Change one on a student's page there, and "
        "write it to Synergetic by the same command with [bold]writeback[/] in the place of [bold]sync[/]."
    )
    with suppress(KeyboardInterrupt):
        while not threading.Event().wait(_PULL_S):
            world.cloud.stack.fire_schedule("MedicalSchedule")


def shown_path(path: Path) -> str:
    """Return a path as short as it can be typed here."""
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)
