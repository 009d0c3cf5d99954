"""Asks for what a person wishes: notes it in the audit trail, then uploads the manifest that carries it out."""

from datetime import UTC, datetime
from uuid import uuid4

from functions.runtime.wiring import audit_trail, exchange
from functions.store.audit import Deed
from shared.keys import REQUESTS
from shared.manifests import RequestManifest


def ask(request: RequestManifest, deed: Deed) -> str:
    """Ask, and return the key of the manifest.

    The trail comes first: of what was done there is always a line, and of a line without a deed the manifest is missing.
    """
    key = f"{REQUESTS}console-{datetime.now(UTC):%Y%m%dT%H%M%S}-{uuid4().hex[:8]}.json"
    request = request.model_copy(update={"by": deed.who})
    audit_trail().note(deed.model_copy(update={"manifest": key}))
    exchange().put_manifest(key, request)
    return key
