"""The story as data: steps in order, each with what it is about and what it does; and the one way to tell them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from local.demo.checks import Check
from local.demo.telling import Teller
from local.demo.world import World

Told = Iterator[str | Check]


@dataclass(frozen=True)
class Step:
    """One step.

    Attributes:
        title: What happens, as a heading.
        text: Why, in a sentence or two for somebody who runs a school's office.
        act: Does it, and yields what there is to tell.
    """

    title: str
    text: str
    act: Callable[[World, Teller], Told]


def tell(steps: Sequence[Step], world: World, teller: Teller) -> dict[str, list[Check]]:
    """Tell all steps and return those that did not come out as expected, with what did not."""
    failed: dict[str, list[Check]] = {}
    for number, step in enumerate(steps, start=1):
        teller.heading(number, len(steps), step.title, step.text)
        with teller.working():
            for told in step.act(world, teller):
                teller.line(told)
                if isinstance(told, Check) and not told.holds:
                    failed.setdefault(step.title, []).append(told)
    return failed
