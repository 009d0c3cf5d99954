"""Tries what the relay may do in AWS, and what it must not be able to, without leaving anything that counts.

What is put is one chunk of fixed content under its own digest, which nothing refers to and the bucket soon drops. Where a put
would count, it is made on condition that there is nothing yet where something is: AWS looks at the permission first. What is
said on the receipt queue is a hello, which the cloud passes over.
"""

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from relay.cloud.clock import told_time
from relay.cloud.errors import TAKEN, code_of, translated
from relay.settings import ExchangeSettings
from shared import keys
from shared.heartbeats import Heartbeat
from shared.receipts import Hello

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import PutObjectOutputTypeDef
    from mypy_boto3_sqs import SQSClient

_CONTENT = b"operoo-relay check"
_DIGEST = hashlib.sha256(_CONTENT).hexdigest()
_CHUNK = keys.chunk_key("check", _DIGEST)
_DENIED = {"AccessDenied", "403"}
_MISSING = {"NoSuchKey", "404"}


class Probe:
    """Tries the Exchange bucket and the queues.

    Args:
        s3: botocore's S3 client.
        sqs: Makes botocore's SQS client.
        settings: `[exchange]`.
    """

    def __init__(self, s3: "S3Client", *, sqs: "Callable[[], SQSClient]", settings: ExchangeSettings) -> None:
        self._s3 = s3
        self._sqs = sqs
        self._bucket = settings.bucket
        self._return_queue = settings.return_queue_url
        self._receipt_queue = settings.receipt_queue_url

    def put_chunk(self) -> datetime | None:
        """Put a chunk that nothing refers to, and return what time it is in AWS.

        Raises:
            SettingsError: AWS refuses.
            TransientError: AWS cannot be reached.
        """
        return told_time(self._put("Putting a chunk for a check", _CHUNK))

    def put_photo(self) -> None:
        """Put a photo that nothing refers to.

        Raises:
            SettingsError: AWS refuses.
            TransientError: AWS cannot be reached.
        """
        self._put("Putting a photo for a check", keys.photo_key(_DIGEST))

    def put_receipt(self) -> None:
        """Put a receipt that nothing refers to, as one that is too large for its queue.

        Raises:
            SettingsError: AWS refuses.
            TransientError: AWS cannot be reached.
        """
        self._put("Putting a receipt for a check", keys.receipt_key(_DIGEST))

    def try_commit(self, key: str) -> None:
        """Try to put a manifest where one is already, which changes nothing.

        Raises:
            SettingsError: AWS refuses.
            TransientError: AWS cannot be reached.
        """
        self._put_unless_there("Trying to put a manifest", key, _CONTENT)

    def try_heartbeat(self, first: Heartbeat) -> None:
        """Try to put a sign of life where one is already, which changes nothing; if there is none yet, put the first one.

        Raises:
            SettingsError: AWS refuses.
            TransientError: AWS cannot be reached.
        """
        self._put_unless_there("Trying to put the heartbeat", keys.HEARTBEAT, first.model_dump_json().encode())

    def _put(self, doing: str, key: str) -> "PutObjectOutputTypeDef":
        with translated(doing):
            return self._s3.put_object(Bucket=self._bucket, Key=key, Body=_CONTENT)

    def _put_unless_there(self, doing: str, key: str, content: bytes) -> None:
        with translated(doing):
            try:
                self._s3.put_object(Bucket=self._bucket, Key=key, Body=content, IfNoneMatch="*")
            except ClientError as error:
                if code_of(error) not in TAKEN:
                    raise

    def finds_no_write_back(self) -> bool:
        """Look for a message that is not there; say whether AWS tells that it is not, as it does to those who may read them.

        To who may not list the bucket either, AWS answers as if it were forbidden, whether or not it is.

        Raises:
            TransientError: AWS cannot be reached.
        """
        key = keys.write_back_key(_DIGEST)
        with translated("Looking for a message in the bucket"):
            try:
                self._s3.get_object(Bucket=self._bucket, Key=key)
            except ClientError as error:
                if code_of(error) not in _DENIED | _MISSING:
                    raise
                return code_of(error) in _MISSING
        return True

    def can_read_chunks(self) -> bool:
        """Tell whether a chunk can be read back, which this relay must not be able to do.

        Raises:
            TransientError: AWS cannot be reached.
        """
        return self._allowed("Trying to read a chunk", lambda: self._s3.get_object(Bucket=self._bucket, Key=_CHUNK))

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
        if self._return_queue:
            with translated("Looking into the return queue"):
                self._sqs().receive_message(
                    QueueUrl=self._return_queue, MaxNumberOfMessages=1, VisibilityTimeout=0, WaitTimeSeconds=0
                )

    def say_hello(self, hello: Hello) -> None:
        """Send what the cloud passes over to the receipt queue.

        Raises:
            SettingsError: AWS refuses.
            TransientError: AWS cannot be reached.
        """
        if self._receipt_queue:
            with translated("Sending a hello to the receipt queue"):
                self._sqs().send_message(QueueUrl=self._receipt_queue, MessageBody=hello.model_dump_json())

    def _allowed(self, doing: str, call: Callable[[], object]) -> bool:
        with translated(doing):
            try:
                call()
            except ClientError as error:
                if code_of(error) not in _DENIED:
                    raise
                return False
        return True
