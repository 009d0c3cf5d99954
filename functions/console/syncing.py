"""Asks for a resync, and for the page that follows it."""

from functions.console.asking import ask
from functions.console.web.pages import Done
from functions.records.staged import StagedRecord
from functions.store.audit import Deed
from shared.keys import REQUESTS
from shared.manifests import ResyncManifest
from shared.owners import Kind

LISTED: dict[Kind, str] = {"student": "students", "staff": "staff", "group": "groups"}
"""The field of a manifest that lists records of a kind."""


def sync_record(staged: StagedRecord, *, by: str) -> Done:
    """Have one record read, staged and applied again.

    What could not be applied is tried again too, which only a resync from applying on does. What a person brought, no relay
    can read.
    """
    brought = staged.origin != "synergetic"
    wish = {
        "step": "apply" if brought or staged.problem is not None else "map",
        "full_read": not brought,
        LISTED[staged.kind]: (staged.id,),
    }
    return ask_for(ResyncManifest.model_validate({"kind": "resync", **wish}), to=f"{staged.kind} {staged.id}", by=by)


def ask_for(request: ResyncManifest, *, to: str, by: str) -> Done:
    """Ask for a resync; return where it can be followed."""
    reads = ", and the relay reads again" if request.full_read else ""
    key = ask(request, Deed(who=by, what="resync", to=to, after=f"from the step {request.step} on{reads}"))
    name = key.removeprefix(REQUESTS).removesuffix(".json")
    return Done(said="Asked. This page follows what happens.", see=f"/progress/{name}")
