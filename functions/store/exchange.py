"""The Exchange bucket as the functions use it: manifests, chunks and photos in; mapped buckets and answers out."""

import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import zstandard
from botocore.exceptions import ClientError
from pydantic import BaseModel

from shared.chunks import Chunk
from shared.digests import sha256
from shared.heartbeats import Heartbeat
from shared.keys import (
    HEARTBEAT,
    answer_key,
    attachment_key,
    case_key,
    chunk_key,
    draft_key,
    manual_records_key,
    mapped_key,
    medical_file_key,
    photo_key,
    relay_answer_key,
    withdrawn_key,
)

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

Document = TypeVar("Document", bound=BaseModel)

_LARGEST_CHUNK = 64 * 2**20
_LARGEST_OBJECT = 128 * 2**20


class MissingObjectError(ValueError):
    """There is no such object in the Exchange bucket."""


class TooLargeError(ValueError):
    """An object is larger than anything that belongs there."""


class Exchange:
    """The Exchange bucket of one school."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def read(self, key: str, *, at_most: int = _LARGEST_OBJECT, version: str = "") -> bytes:
        """Return an object's content, of its newest version or of the given one.

        Raises:
            MissingObjectError: There is none.
            TooLargeError: It has more than `at_most` bytes; it was not read.
        """
        try:
            given: dict[str, Any] = {"VersionId": version} if version else {}
            answer = self._client.get_object(Bucket=self._bucket, Key=key, **given)
            if answer["ContentLength"] > at_most:
                answer["Body"].close()
                raise TooLargeError(f"it has {answer['ContentLength']} bytes, more than the {at_most} that are taken")
            return answer["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] in {"NoSuchKey", "NoSuchVersion", "404"}:
                raise MissingObjectError(f"{key} is not in the Exchange bucket") from None
            raise

    def heartbeat(self) -> Heartbeat | None:
        """Return what the relay said of itself last; None if none has connected yet."""
        try:
            return self.document(Heartbeat, HEARTBEAT)
        except MissingObjectError:
            return None

    def chunk(self, row_set: str, digest: str) -> Chunk:
        """Return a chunk, checked against its digest.

        Raises:
            ValueError: It is missing, truncated, or not what its name says.
        """
        content = _decompress(self.read(chunk_key(row_set, digest)))
        return Chunk.parse(content, digest=digest)

    def photo(self, digest: str) -> bytes:
        """Return a photo's bytes, checked against their digest.

        Raises:
            ValueError: It is missing or not what its name says.
        """
        content = self.read(photo_key(digest))
        if sha256(content) != digest:
            raise ValueError("the photo does not match its digest")
        return content

    def put_mapped(self, kind: str, content: bytes) -> str:
        """Store a mapped bucket (NDJSON) under its digest and return the digest."""
        digest = sha256(content)
        self._client.put_object(Bucket=self._bucket, Key=mapped_key(kind, digest), Body=zstandard.compress(content))
        return digest

    def mapped(self, kind: str, digest: str) -> Sequence[bytes]:
        """Return the lines of a mapped bucket.

        Raises:
            MissingObjectError: It has expired.
        """
        return _decompress(self.read(mapped_key(kind, digest))).splitlines()

    def put_manifest(self, key: str, request: BaseModel) -> None:
        """Upload a request, as a person would."""
        body = request.model_dump_json(indent=2, exclude_defaults=True).encode()
        self._client.put_object(Bucket=self._bucket, Key=key, Body=body, ContentType="application/json")

    def put_given(self, content: bytes) -> str:
        """Store records that a person brings (NDJSON) under their digest and return the digest."""
        digest = sha256(content)
        self._client.put_object(Bucket=self._bucket, Key=manual_records_key(digest), Body=zstandard.compress(content))
        return digest

    def given(self, digest: str) -> Sequence[bytes]:
        """Return the lines of records that a person brings, checked against their digest.

        Raises:
            MissingObjectError: They have expired.
            ValueError: They are truncated, or not what their name says.
        """
        content = _decompress(self.read(manual_records_key(digest), at_most=_LARGEST_CHUNK))
        if sha256(content) != digest:
            raise ValueError("the records do not match their digest")
        return content.splitlines()

    def put_medical_file(self, content: bytes) -> str:
        """Store a spreadsheet of medical details under its digest and return the key."""
        key = medical_file_key(sha256(content))
        self._client.put_object(Bucket=self._bucket, Key=key, Body=content)
        return key

    def put_draft(self, draft: str, content: BaseModel) -> None:
        """Store what a person has begun in the console; what is there is replaced."""
        body = zstandard.compress(content.model_dump_json().encode())
        self._client.put_object(Bucket=self._bucket, Key=draft_key(draft), Body=body)

    def draft(self, model: type[Document], draft: str) -> Document:
        """Return what a person has begun.

        Raises:
            MissingObjectError: It has expired.
        """
        return model.model_validate_json(_decompress(self.read(draft_key(draft), at_most=_LARGEST_CHUNK)))

    def put_answer(self, manifest_key: str, answer: dict[str, object]) -> None:
        """Put the answer to a manifest where its uploader finds it."""
        self._put_json(answer_key(manifest_key), answer)

    def put_relay_answer(self, manifest_key: str, answer: dict[str, object]) -> None:
        """Put what the relay answered to a manifest beside our own answer."""
        self._put_json(relay_answer_key(manifest_key), answer)

    def put_document(self, content: BaseModel, key: Callable[[str], str]) -> str:
        """Store a document under the digest of its bytes, and return the digest."""
        body = content.model_dump_json().encode()
        digest = sha256(body)
        self._client.put_object(Bucket=self._bucket, Key=key(digest), Body=body, ContentType="application/json")
        return digest

    def document(self, model: type[Document], key: str) -> Document:
        """Return a document that was stored.

        Raises:
            MissingObjectError: It has expired.
        """
        return model.model_validate_json(self.read(key))

    def put_case(self, request: str, case: BaseModel) -> None:
        """Store what stands behind a message about a student's health; what is there is replaced."""
        body = case.model_dump_json(indent=2).encode()
        self._client.put_object(Bucket=self._bucket, Key=case_key(request), Body=body, ContentType="application/json")

    def withdraw(self, student: str, version: int) -> None:
        """Say that no message about a student up to a version is to be carried out any more: none leaves its queue."""
        self._client.put_object(Bucket=self._bucket, Key=withdrawn_key(student, version), Body=b"")

    def put_attachment(self, content: bytes) -> str:
        """Store a file that a family handed in under the digest of its bytes, and return the digest."""
        digest = sha256(content)
        self._client.put_object(Bucket=self._bucket, Key=attachment_key(digest), Body=content)
        return digest

    def _put_json(self, key: str, content: dict[str, object]) -> None:
        body = json.dumps(content, indent=2, ensure_ascii=False).encode()
        self._client.put_object(Bucket=self._bucket, Key=key, Body=body, ContentType="application/json")


def _decompress(content: bytes) -> bytes:
    try:
        # What a header promises is made room for at once, before anything shows whether it is true.
        if zstandard.get_frame_parameters(content).content_size > _LARGEST_CHUNK:
            raise ValueError("the content cannot be decompressed: it says that it is too large")
        return zstandard.ZstdDecompressor().decompress(content, max_output_size=_LARGEST_CHUNK)
    except zstandard.ZstdError:
        raise ValueError("the content cannot be decompressed: it is truncated or damaged") from None
