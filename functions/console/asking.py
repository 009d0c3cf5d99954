"""Asks for what a person wishes: notes it in the audit trail, then uploads the manifest that carries it out."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import uuid4

from functions.console.web.addresses import PLURALS
from functions.console.web.pages import Done
from functions.records.staged import StagedRecord
from functions.runtime.wiring import audit_trail, exchange
from functions.store.audit import AuditEntry
from shared.keys import REQUESTS
from shared.manifests import RequestManifest, ResyncManifest

_NAMED = 20


def ask(request: RequestManifest, deed: AuditEntry) -> str:
    """Ask, and return the key of the manifest.

    The trail comes first: of what was done there is always a line, and of a line without a deed the manifest is missing.
    """
    key = f"{REQUESTS}console-{datetime.now(UTC):%Y%m%dT%H%M%S}-{uuid4().hex[:8]}.json"
    request = request.model_copy(update={"by": deed.who})
    audit_trail().note(deed.model_copy(update={"manifest": key}))
    exchange().put_manifest(key, request)
    return key


def some_of(ids: Sequence[str], kind: str = "") -> str:
    """Return whom a line of the trail is about: how many, and the first of them."""
    return f"{len(ids)}{kind and f' {kind}'}: {', '.join(ids[:_NAMED])}{'…' if len(ids) > _NAMED else ''}"


def ask_resync(request: ResyncManifest, *, to: str, by: str) -> Done:
    """Ask for a resync; return where it can be followed."""
    reads = ", and the relay reads again" if request.full_read else ""
    key = ask(request, AuditEntry(who=by, what="resync", to=to, after=f"from the step {request.step} on{reads}"))
    name = key.removeprefix(REQUESTS).removesuffix(".json")
    return Done(said="Asked. This page follows what happens.", see=f"/progress/{name}")


def sync_record(staged: StagedRecord, *, by: str) -> Done:
    """Have one record read, staged and applied again.

    It is sent to Operoo even if nothing changed at the school: somebody may have changed it there. Whom the rows could not be
    read of is mapped again. What a person brought, no relay can read.
    """
    brought = staged.origin != "synergetic"
    wish = {
        "step": "map" if staged.fault is not None and not brought else "apply",
        "full_read": not brought,
        PLURALS[staged.kind]: (staged.id,),
    }
    return ask_resync(ResyncManifest.model_validate({"kind": "resync", **wish}), to=f"{staged.kind} {staged.id}", by=by)
