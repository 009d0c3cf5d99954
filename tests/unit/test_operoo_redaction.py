"""The token in log records of the HTTP libraries, in every way it can get there."""

import logging

import httpx
import pytest

from functions.operoo.redaction import LOGGERS, MASK, TokenFilter

_SECRET = "ab/c+d e"


@pytest.mark.parametrize("logger", LOGGERS)
def test_each_logger_of_the_http_libraries_is_guarded(logger: str, caplog: pytest.LogCaptureFixture) -> None:
    """A filter on a parent would not see its children, so each is asked."""
    TokenFilter.guard(_SECRET)
    with caplog.at_level(logging.DEBUG, logger=logger):
        logging.getLogger(logger).debug("GET %s", httpx.URL("https://operoo.test/x", params={"api_access_token": _SECRET}))
        logging.getLogger(logger).debug("plain %s", _SECRET)
    assert caplog.messages == [f"GET https://operoo.test/x?api_access_token={MASK}", f"plain {MASK}"]


def test_other_records_stay_as_they_are(caplog: pytest.LogCaptureFixture) -> None:
    """A record without the secret keeps its arguments, for whoever formats it."""
    TokenFilter.guard(_SECRET)
    with caplog.at_level(logging.INFO, logger="httpx"):
        logging.getLogger("httpx").info("status %d", 200)
    assert caplog.records[0].args == (200,)


def test_two_schools_in_one_process_are_both_guarded() -> None:
    """A second token joins the first, and no second filter is hung up."""
    first, second = TokenFilter.guard("first-secret"), TokenFilter.guard("second-secret")
    assert first is second
    assert sum(isinstance(one, TokenFilter) for one in logging.getLogger("httpx").filters) == 1
