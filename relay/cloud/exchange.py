"""The relay's only way to the cloud: the Exchange bucket, and the two queues."""

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from relay.cloud.errors import STRANGER, TAKEN, code_of, translated
from relay.cloud.queues import RelayQueues
from shared import keys
from shared.errors import FatalError, RefusedManifestError, RejectedRecordError, TransientError
from shared.heartbeats import Heartbeat
from shared.manifests import SnapshotManifest, parse_manifest

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import PutObjectOutputTypeDef

_PHOTO_TYPES = {"jpeg": "image/jpeg", "png": "image/png", "gif": "image/gif"}


@dataclass(frozen=True)
class Stored:
    """A manifest as it lies in the bucket, or as it is remembered: where, which version of the object, and what."""

    key: str
    etag: str
    manifest: SnapshotManifest


class Exchange:
    """The Exchange bucket of one school's stack, and with it the queues.

    Args:
        s3: Gives botocore's S3 client; it is made when it is first asked for.
        bucket: The bucket's name.
        queues: The queues.
    """

    def __init__(self, s3: "Callable[[], S3Client]", *, bucket: str, queues: RelayQueues) -> None:
        self._s3 = s3
        self._bucket = bucket
        self.queues = queues

    def last_manifest(self, remembered: Stored | None = None) -> Stored | None:
        """Return the manifest with the highest sequence number; one request if `remembered` still is that.

        Raises:
            SettingsError: AWS refuses.
            TransientError: AWS cannot be reached.
            RefusedManifestError: What lies there is not a manifest this relay understands.
        """
        found = None
        if remembered is not None:
            # The key before the remembered one, so that the listing shows the remembered one, with its ETag, and later ones.
            found = self._last_listed(start_after=keys.snapshot_key(max(remembered.manifest.sequence - 1, 0)))
        found = found or self._last_listed(start_after="")
        if found is None:
            return None
        key, etag = found
        if remembered is not None and (remembered.key, remembered.etag) == found:
            return remembered
        return Stored(key=key, etag=etag, manifest=self._get_manifest(key))

    def _last_listed(self, *, start_after: str) -> tuple[str, str] | None:
        last = None
        with translated("Listing the manifests"):
            pages = self._s3().get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=self._bucket, Prefix=keys.SNAPSHOTS, StartAfter=start_after):
                # What a person put here by mistake is answered by the cloud; it must not keep the school from being stated.
                for item in filter(lambda one: keys.is_snapshot(one["Key"]), page.get("Contents", [])):
                    last = (item["Key"], item["ETag"])
        return last

    def _get_manifest(self, key: str) -> SnapshotManifest:
        with translated("Reading the last manifest"):
            content = self._s3().get_object(Bucket=self._bucket, Key=key)["Body"].read()
        try:
            manifest = parse_manifest(content)
        except RefusedManifestError:
            manifest = None
        if not isinstance(manifest, SnapshotManifest) or keys.snapshot_key(manifest.sequence) != key:
            raise RefusedManifestError(
                f"{key} in the bucket is not the snapshot manifest of that number.",
                remedy="A newer relay wrote it, or something else than a relay: install the newest relay, or have the operator "
                "of the stack remove the file.",
                code="manifest-invalid",
            )
        return manifest

    def put_chunk(self, row_set: str, digest: str, compressed: bytes) -> None:
        """Put a chunk under the digest of its content.

        Raises:
            SettingsError: AWS refuses.
            TransientError: AWS cannot be reached.
        """
        self._put(keys.chunk_key(row_set, digest), compressed, "application/zstd", f"Putting a chunk of {row_set}")

    def put_photo(self, digest: str, content: bytes, photo_type: str) -> None:
        """Put a photo under the digest of its bytes.

        Raises:
            SettingsError: AWS refuses.
            TransientError: AWS cannot be reached.
        """
        self._put(keys.photo_key(digest), content, _PHOTO_TYPES[photo_type], "Putting a photo")

    def put_heartbeat(self, heartbeat: Heartbeat) -> None:
        """Put the sign of life.

        Raises:
            SettingsError: AWS refuses.
            TransientError: AWS cannot be reached.
        """
        self._put(keys.HEARTBEAT, heartbeat.model_dump_json().encode(), "application/json", "Putting the heartbeat")

    def write_back(self, digest: str) -> bytes:
        """Return a message about what is to be written back that was too large for the queue.

        Raises:
            RejectedRecordError: It is not there, or is something else.
            SettingsError: AWS refuses.
            TransientError: AWS cannot be reached.
        """
        with translated("Reading what is to be written back"):
            try:
                content = self._s3().get_object(Bucket=self._bucket, Key=keys.write_back_key(digest))["Body"].read()
            except ClientError as error:
                match code_of(error):
                    case "NoSuchKey":
                        content = b""
                    case "AccessDenied":
                        content = self._missing()
                    case _:
                        raise
        if hashlib.sha256(content).hexdigest() != digest:
            raise RejectedRecordError(
                "What is to be written back of one student is not in the bucket, or is something else.",
                remedy="Have the student read again: what is sent then takes its place.",
                code="write-back-missing",
            )
        return content

    def withdrawn(self) -> dict[str, int]:
        """Return up to which version no message is to be carried out any more, though it may be on the queue, by student.

        Raises:
            SettingsError: AWS refuses.
            TransientError: AWS cannot be reached.
        """
        with translated("Looking what is not to be written back any more"):
            pages = self._s3().get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=keys.WITHDRAWN)
            found = sorted(keys.withdrawn(one["Key"]) for page in pages for one in page.get("Contents", []))
        return dict(found)

    def _missing(self) -> bytes:
        """Return what a missing object holds, if this relay may read at all.

        To who may not list, AWS says the same of what is not there as of what may not be read. The last manifest is there.
        """
        if (last := self._last_listed(start_after="")) is not None:
            self._s3().get_object(Bucket=self._bucket, Key=last[0])
        return b""

    def put_receipt(self, content: bytes) -> str:
        """Put a receipt that is too large for the queue, and return the digest it lies under.

        Raises:
            SettingsError: AWS refuses.
            TransientError: AWS cannot be reached.
        """
        digest = hashlib.sha256(content).hexdigest()
        self._put(keys.receipt_key(digest), content, "application/json", "Putting a receipt")
        return digest

    def _put(self, key: str, content: bytes, content_type: str, doing: str) -> None:
        with translated(doing):
            answer = self._s3().put_object(
                Bucket=self._bucket, Key=key, Body=content, ContentType=content_type, ChecksumSHA256=_checksum(content)
            )
        _etag(answer, doing)

    def commit(self, manifest: SnapshotManifest) -> Stored:
        """Put the manifest under its sequence number, if no other has it yet.

        Raises:
            FatalError: Another relay put a manifest of this number.
            SettingsError: AWS refuses.
            TransientError: AWS cannot be reached, or is still at an earlier try.
        """
        key, content = keys.snapshot_key(manifest.sequence), manifest.model_dump_json().encode()
        with translated("Putting the manifest"):
            try:
                answer = self._s3().put_object(
                    Bucket=self._bucket,
                    Key=key,
                    Body=content,
                    ContentType="application/json",
                    ChecksumSHA256=_checksum(content),
                    IfNoneMatch="*",
                )
            except ClientError as error:
                if code_of(error) not in TAKEN:
                    raise
                return self._ours_or_theirs(key, manifest)
        return Stored(key=key, etag=_etag(answer, "Putting the manifest"), manifest=manifest)

    def _ours_or_theirs(self, key: str, manifest: SnapshotManifest) -> Stored:
        # An answer that was lost on the way makes the client ask again, and then our own manifest is what is in the way.
        found = self._last_listed(start_after=keys.snapshot_key(manifest.sequence - 1))
        if found is None:
            # AWS answers 409 while another put is under way: our own, before the client asked again, or one that fails yet.
            raise TransientError(
                "Putting the manifest failed: AWS was at another put of the same one, of which nothing came.",
                remedy="It is tried again at the next run.",
                code="exchange-unavailable",
            )
        if found[0] == key and self._get_manifest(key) == manifest:
            return Stored(key=key, etag=found[1], manifest=manifest)
        raise FatalError(
            f"Another relay has just put manifest {manifest.sequence} into the same bucket; this run was given up.",
            remedy="Only one relay may serve a school: find out where the other one runs and stop one of the two.",
            code="two-relays",
        )


def _etag(answer: "PutObjectOutputTypeDef", doing: str) -> str:
    """Return what AWS gives with everything it has taken; the page that a filter shows in its place comes without."""
    etag = answer.get("ETag")
    if not etag:
        kind, code, what, remedy = STRANGER
        raise kind(f"{doing} failed: {what}.", remedy=remedy, code=code)
    return etag


def _checksum(content: bytes) -> str:
    return base64.b64encode(hashlib.sha256(content).digest()).decode()
