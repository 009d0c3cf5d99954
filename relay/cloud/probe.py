"""Tries what the relay may do in AWS, and what it must not be able to, without leaving anything that counts.

What is put is one chunk of fixed content under its own digest, which nothing refers to and the bucket soon drops. Where a put
would count, it is made on condition that there is nothing yet where something is: AWS looks at the permission first.
"""

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from relay.cloud.clock import told_time
from relay.cloud.errors import translated
from shared import keys

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

_CONTENT = b"operoo-relay check"
_ROW_SET = "check"
_DENIED = {"AccessDenied", "403"}
_TAKEN = {"PreconditionFailed", "412"}


class Probe:
    """Tries the Exchange bucket and the return queue.

    Args:
        s3: botocore's S3 client.
        sqs: Makes botocore's SQS client.
        bucket: The bucket's name.
        queue_url: The return queue, if the relay is to listen.
    """

    def __init__(self, s3: "S3Client", *, sqs: "Callable[[], SQSClient]", bucket: str, queue_url: str | None) -> None:
        self._s3 = s3
        self._sqs = sqs
        self._bucket = bucket
        self._queue_url = queue_url

    @property
    def _chunk(self) -> str:
        return keys.chunk_key(_ROW_SET, hashlib.sha256(_CONTENT).hexdigest())

    def put_chunk(self) -> datetime | None:
        """Put a chunk that nothing refers to, and return what time it is in AWS.

        Raises:
            SettingsError: AWS refuses.
            TransientError: AWS cannot be reached.
        """
        with translated("Putting a chunk for a check"):
            answer = self._s3.put_object(Bucket=self._bucket, Key=self._chunk, Body=_CONTENT)
        return told_time(answer)

    def put_photo(self) -> None:
        """Put a photo that nothing refers to.

        Raises:
            SettingsError: AWS refuses.
            TransientError: AWS cannot be reached.
        """
        with translated("Putting a photo for a check"):
            key = keys.photo_key(hashlib.sha256(_CONTENT).hexdigest())
            self._s3.put_object(Bucket=self._bucket, Key=key, Body=_CONTENT)

    def try_commit(self, key: str) -> None:
        """Try to put a manifest where one is already, which changes nothing.

        Raises:
            SettingsError: AWS refuses.
            TransientError: AWS cannot be reached.
        """
        with translated("Trying to put a manifest"):
            try:
                self._s3.put_object(Bucket=self._bucket, Key=key, Body=_CONTENT, IfNoneMatch="*")
            except ClientError as error:
                if _code(error) not in _TAKEN:
                    raise

    def can_read_chunks(self) -> bool:
        """Tell whether a chunk can be read back, which this relay must not be able to do.

        Raises:
            TransientError: AWS cannot be reached.
        """
        return self._allowed("Trying to read a chunk", lambda: self._s3.get_object(Bucket=self._bucket, Key=self._chunk))

    def can_list_everything(self) -> bool:
        """Tell whether the whole bucket can be listed, which this relay must not be able to do.

        Raises:
            TransientError: AWS cannot be reached.
        """
        return self._allowed("Trying to list", lambda: self._s3.list_objects_v2(Bucket=self._bucket, MaxKeys=1))

    def receive(self) -> None:
        """Look into the return queue, and leave what is there to be seen at once.

        Raises:
            SettingsError: AWS refuses.
            TransientError: AWS cannot be reached.
        """
        if self._queue_url:
            with translated("Looking into the return queue"):
                self._sqs().receive_message(
                    QueueUrl=self._queue_url, MaxNumberOfMessages=1, VisibilityTimeout=0, WaitTimeSeconds=0
                )

    def _allowed(self, doing: str, call: Callable[[], object]) -> bool:
        with translated(doing):
            try:
                call()
            except ClientError as error:
                if _code(error) not in _DENIED:
                    raise
                return False
        return True


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))
