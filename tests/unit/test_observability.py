"""What logs and traces hear of an error that is not ours."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from functions.runtime import observability
from shared.errors import FatalError
from tests.integration.cloud import context


def test_neither_log_nor_trace_hears_what_a_strange_error_quotes(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Its kind and place are told; its text, which may hold a name, is not."""
    traced: list[str] = []

    class Tracer:
        def capture_lambda_handler(self, **_: bool) -> Callable[[observability.Handler], observability.Handler]:
            def wrapped(handler: observability.Handler) -> observability.Handler:
                def run(event: dict[str, Any], context: Any) -> Any:
                    try:
                        return handler(event, context)
                    except Exception as error:
                        traced.append(f"{error!r} {error.__cause__!r}")
                        raise

                return run

            return wrapped

    monkeypatch.setattr(observability, "tracer", Tracer)

    @observability.observed
    def handler(event: dict[str, Any], context: Any) -> None:
        raise KeyError("Zebedee Quill")

    with pytest.raises(FatalError):
        handler({}, context("handler"))
    told = " ".join(str(vars(record)) for record in caplog.records)
    assert "KeyError" in told
    assert "test_observability.py" in told
    assert "Zebedee" not in told + "".join(traced)
    assert len(traced) == 1


def test_the_log_says_why_a_transaction_was_cancelled() -> None:
    """DynamoDB has one code for all reasons, of which some are for a person to look at."""
    reasons = [{"Code": "None"}, {"Code": "ValidationError", "Message": "Zebedee Quill"}]
    response: Any = {"Error": {"Code": "TransactionCanceledException"}, "CancellationReasons": reasons}
    told = observability.account(ClientError(response, "TransactWriteItems"))
    assert told["code"] == "TransactionCanceledException ValidationError"
    assert "Zebedee" not in str(told)
