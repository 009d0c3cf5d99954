"""Calls that may never return: another thread does them, so that whoever waits can stop waiting."""

from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, TypeVar

_Answer = TypeVar("_Answer")


class DeadlineWorker:
    """A thread that does one call after the other for another; one that never returns does not keep a program from ending.

    Handing a call over costs a few microseconds, a new thread for each would cost more than many a call.

    Attributes:
        busy: Whether a call has not come back, or the worker was dismissed: it then does nothing more.
    """

    def __init__(self) -> None:
        self.busy = False
        self._calls: SimpleQueue[Callable[[], Any] | None] = SimpleQueue()
        self._answers: SimpleQueue[tuple[Any, BaseException | None]] = SimpleQueue()
        Thread(target=self._work, daemon=True).start()

    def call(self, call: Callable[[], _Answer], *, within_s: float) -> _Answer:
        """Have a call done, and return or raise what it does.

        Raises:
            TimeoutError: It has not come back in time, an earlier one has not, or nobody is there any more to do it.
        """
        if self.busy:
            raise TimeoutError
        self.busy = True
        self._calls.put(call)
        answer: _Answer = self.wait(within_s)
        return answer

    def wait(self, within_s: float) -> Any:  # noqa: ANN401 - what the call returns
        """Wait on for the call that has not come back.

        Raises:
            TimeoutError: It has not come back in time.
        """
        try:
            value, error = self._answers.get(timeout=within_s)
        except Empty:
            raise TimeoutError from None
        self.busy = False
        if error is not None:
            raise error
        return value

    def dismiss(self) -> None:
        """End the thread when it has come back; whoever calls after that would wait in vain."""
        self.busy = True
        self._calls.put(None)

    def _work(self) -> None:
        while (call := self._calls.get()) is not None:
            try:
                answer: tuple[Any, BaseException | None] = (call(), None)
            except BaseException as error:  # noqa: BLE001 - a thread's outermost loop: whoever waits gets what was raised
                answer = (None, error)
            self._answers.put(answer)
            # Nothing of it is held while the thread waits for the next call.
            del call, answer
