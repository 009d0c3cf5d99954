"""What moto's S3 leaves out when it tells of an upload: which version it made, and what sets it apart from others of its key.

On the day moto says both, this room can go.
"""

from itertools import count
from typing import TYPE_CHECKING, Any

from moto.s3 import notifications
from moto.s3.models import FakeKey

if TYPE_CHECKING:
    from moto.s3.models import FakeBucket

_told_as_moto_does = notifications._get_s3_event  # noqa: SLF001 - what we stand before
_uploads = count(1)


def teach() -> None:
    """Teach it to moto, in this process."""
    notifications._get_s3_event = _told  # noqa: SLF001 - as above


def _told(event_name: str, bucket: "FakeBucket", key: FakeKey, notification_id: str) -> dict[str, list[dict[str, Any]]]:
    told = _told_as_moto_does(event_name, bucket, key, notification_id)
    about = told["Records"][0]["s3"]["object"]
    # Of a bucket without versions S3 says none.
    versions = {"versionId": key.version_id} if bucket.is_versioned else {}
    about |= {**versions, "sequencer": f"{next(_uploads):018X}"}
    return told
