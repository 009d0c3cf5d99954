"""How long AWS is waited for: a call as a whole, not only a pause in it, since a byte now and then would be no pause."""

import io
from collections.abc import Callable
from typing import Any

from relay.cloud.errors import TooSlowError
from relay.deadlines import DeadlineWorker

# Enough to try again after a silence; and as slow as a line may be that photos still get through.
_PATIENCE_S = 120.0
_BYTES_A_SECOND = 4_000

Call = Callable[[str, dict[str, Any]], dict[str, Any]]


def bounded(call: Call) -> Call:
    """Return what makes a call of botocore's, reads the whole of its answer, and gives up what does not come to its end.

    Args:
        call: Takes an operation's name and arguments; a client's `_make_api_call`.
    """

    def within(operation: str, arguments: dict[str, Any]) -> dict[str, Any]:
        # One for each, as one that is given up may never come back.
        worker = DeadlineWorker()
        try:
            answer = worker.call(lambda: call(operation, arguments), within_s=_bound_s(len(arguments.get("Body", b""))))
            if "Body" in answer:
                content = worker.call(answer["Body"].read, within_s=_bound_s(answer.get("ContentLength", 0)))
                answer |= {"Body": io.BytesIO(content)}
        except TimeoutError:
            raise TooSlowError from None
        finally:
            worker.dismiss()
        return answer

    return within


def _bound_s(size: int) -> float:
    return _PATIENCE_S + size / _BYTES_A_SECOND
