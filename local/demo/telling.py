"""How the story is told at a terminal: a heading, a line for each thing that was looked at, a bar for what takes long."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.progress import Progress, ProgressColumn, SpinnerColumn, Task, TextColumn, TimeElapsedColumn
from rich.text import Text

from local.demo.checks import Check

_INDENT = 6
_CELLS = 30


class _HowFar(ProgressColumn):
    """A bar and a count, where it is known how much there is to do."""

    def render(self, task: Task) -> Text:
        """Return the bar."""
        if not task.total:
            return Text()
        done = round(_CELLS * task.completed / task.total)
        count = f" {task.completed:,.0f} of {task.total:,.0f}"
        return Text.assemble(("━" * done, "green"), ("━" * (_CELLS - done), "dim"), count)


class Teller:
    """Tells the story on a console."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._progress: Progress | None = None

    def heading(self, number: int, of: int, title: str, text: str) -> None:
        """Begin a step."""
        self.console.print()
        self.console.print(f"[dim]{number:>2}/{of}[/] [bold]{escape(title)}[/]")
        self._print(f"[dim]{escape(text)}[/]")

    def line(self, told: "str | Check") -> None:
        """Tell one thing."""
        if isinstance(told, str):
            self._print(escape(told))
            return
        mark = "[bold green]✓[/]" if told.holds else "[bold red]✗[/]"
        self._print(f"{mark} {escape(str(told))}")

    @contextmanager
    def working(self) -> Iterator[None]:
        """Show that something is going on, until the block ends."""
        columns = (
            TextColumn(" " * (_INDENT - 3)),
            SpinnerColumn(),
            TextColumn("{task.description}"),
            _HowFar(),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=self.console, transient=True, disable=not self.console.is_terminal) as progress:
            self._progress = progress
            progress.add_task("Working", total=None)
            try:
                yield
            finally:
                self._progress = None

    @contextmanager
    def bar(self, what: str, total: int) -> Iterator[Callable[[int], None]]:
        """Show how far something has come; the block is given what to call with how much is done."""
        progress = self._progress
        assert progress is not None
        (task,) = progress.task_ids
        progress.update(task, description=what, total=total)
        yield lambda done: progress.update(task, completed=min(done, total))
        progress.reset(task, description="Working", total=None)

    def doing(self, what: str) -> None:
        """Say what is being done now, in the line that shows that something is going on."""
        if self._progress is not None:
            self._progress.update(self._progress.task_ids[0], description=what)

    def _print(self, markup: str) -> None:
        self.console.print(Padding(Text.from_markup(markup, emoji=False), (0, 0, 0, _INDENT), expand=False))
