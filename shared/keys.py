"""Where things lie in the Exchange bucket.

Both sides build every key here, and the template's policies name the same prefixes.
"""

CHUNKS = "chunks/"
PHOTOS = "photos/"
SNAPSHOTS = "manifests/snapshot/"
REQUESTS = "manifests/request/"
HEARTBEAT = "heartbeat/relay.json"
MAPPED = "mapped/"
ANSWERS = "answers/"
WRITE_BACKS = "write-backs/"
WITHDRAWN = "withdrawn/"
RECEIPTS = "receipts/"
CASES = "medical/"
ATTACHMENTS = "attachments/"
UPLOADS = "uploads/"
MEDICAL_FIELDS = "settings/medical-fields.json"
GIVEN = "uploads/records/"
DRAFTS = "uploads/drafts/"
MEDICAL_FILES = "uploads/medical/"

_SEQUENCE_WIDTH = 12


def chunk_key(row_set: str, digest: str) -> str:
    """Return the key of a row set's chunk: zstd-compressed canonical NDJSON, named by the digest of the uncompressed bytes."""
    return f"{CHUNKS}{row_set}/{digest}.ndjson.zst"


def photo_key(digest: str) -> str:
    """Return the key of a photo, named by the digest of its bytes."""
    return f"{PHOTOS}{digest}"


def snapshot_key(sequence: int) -> str:
    """Return the key of a snapshot manifest: keys sort as their sequence numbers do."""
    return f"{SNAPSHOTS}{sequence:0{_SEQUENCE_WIDTH}d}.json"


def is_snapshot(key: str) -> bool:
    """Return whether a key is one that a snapshot manifest lies under; anybody may put anything beside them."""
    name = key.removeprefix(SNAPSHOTS).removesuffix(".json")
    return name.isascii() and name.isdecimal() and key == snapshot_key(int(name))


def mapped_key(kind: str, digest: str) -> str:
    """Return the key of a mapped bucket: zstd-compressed NDJSON of canonical records."""
    return f"{MAPPED}{kind}/{digest}.ndjson.zst"


def answer_key(manifest_key: str) -> str:
    """Return the key of the answer to a manifest: accepted or refused, and why."""
    return f"{ANSWERS}{manifest_key.removeprefix('manifests/').removesuffix('.json')}.answer.json"


def relay_answer_key(manifest_key: str) -> str:
    """Return the key of what the relay answered to a manifest that asked it for something."""
    return f"{ANSWERS}{manifest_key.removeprefix('manifests/').removesuffix('.json')}.relay.json"


def write_back_key(digest: str) -> str:
    """Return the key of a message to the relay that is too large for a queue, named by the digest of its bytes."""
    return f"{WRITE_BACKS}{digest}.json"


def withdrawn_key(student: str, version: int) -> str:
    """Return the key that says that no message about a student up to this version is to be carried out any more."""
    return f"{WITHDRAWN}{student}/{version}"


def withdrawn(key: str) -> tuple[str, int]:
    """Return the student and the version that such a key is about; nobody, if it is none."""
    student, _, version = key.removeprefix(WITHDRAWN).partition("/")
    return (student, int(version)) if version.isascii() and version.isdecimal() else ("", 0)


def receipt_key(digest: str) -> str:
    """Return the key of a receipt that is too large for a queue, named by the digest of its bytes."""
    return f"{RECEIPTS}{digest}.json"


def case_key(request: str) -> str:
    """Return the key of what stands behind a message to the relay about a student's health, by the message's own name."""
    return f"{CASES}{request}.json"


def attachment_key(digest: str) -> str:
    """Return the key of a file that a family handed in, such as an action plan, named by the digest of its bytes."""
    return f"{ATTACHMENTS}{digest}"


def manual_records_key(digest: str) -> str:
    """Return the key of records that a person brings: zstd-compressed NDJSON, named by the digest of the uncompressed bytes."""
    return f"{GIVEN}{digest}.ndjson.zst"


def medical_file_key(digest: str) -> str:
    """Return the key of a spreadsheet of medical details that a person uploads in the console."""
    return f"{MEDICAL_FILES}{digest}"


def draft_key(draft: str) -> str:
    """Return the key of what a person has begun in the console and not confirmed yet."""
    return f"{DRAFTS}{draft}.json"
