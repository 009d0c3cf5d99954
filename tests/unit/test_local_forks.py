"""What a fork says is heard line by line, however it arrives."""

import os
from collections.abc import Iterator

import pytest

from local.stack.forks import Fork


@pytest.fixture
def ends() -> Iterator[tuple[Fork, int]]:
    """Return a fork, and where its answers are written."""
    lines, to_it = os.pipe()
    from_it, answers = os.pipe()
    yield Fork(to_it, from_it), answers
    os.close(lines)


def test_lines_that_come_at_once_are_heard_one_by_one(ends: tuple[Fork, int]) -> None:
    """The second does not wait for a third; silence is no end, and an end is noticed."""
    fork, answers = ends
    os.write(answers, b'{"a": 1}\n{"b"')
    assert fork.hear(1) == {"a": 1}
    os.write(answers, b": 2}\n{}\n")
    assert [fork.hear(1), fork.hear(1)] == [{"b": 2}, {}]
    assert not fork.is_over()
    with pytest.raises(TimeoutError):
        fork.hear(0.01)
    os.close(answers)
    assert fork.is_over()
    with pytest.raises(EOFError):
        fork.hear(1)
    fork.close()
