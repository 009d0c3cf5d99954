"""What time it is in AWS, as every answer says."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

# Of a request to SQS, AWS accepts no more; of one to S3 it accepts a quarter of an hour.
_ACCEPTED = timedelta(minutes=5)


def told_time(answer: Mapping[str, Any]) -> datetime | None:
    """Return what time it was in AWS when it gave an answer, none if that does not say."""
    written = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date")
    try:
        return parsedate_to_datetime(written).astimezone(UTC) if written else None
    except ValueError:
        return None


def is_clock_wrong(answer: Mapping[str, Any]) -> bool:
    """Tell whether this machine's clock is farther from AWS's than AWS accepts."""
    return abs(_ahead(answer)) > _ACCEPTED


def described_skew(answer: Mapping[str, Any]) -> str:
    """Say how far this machine's clock is from AWS's, as the end of a sentence; nothing if the answer does not tell."""
    ahead = _ahead(answer)
    minutes, way = round(abs(ahead).total_seconds() / 60), "ahead of" if ahead > timedelta(0) else "behind"
    return f": it is {minutes:,} minutes {way} AWS's" if minutes else ""


def _ahead(answer: Mapping[str, Any]) -> timedelta:
    theirs = told_time(answer)
    return datetime.now(UTC) - theirs if theirs is not None else timedelta(0)
