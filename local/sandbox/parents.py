"""The page on which a parent says what a school must know of a child's health, and confirms it."""

from collections.abc import Mapping
from datetime import UTC, datetime

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from local.sandbox.bodies import nest
from local.sandbox.medical import items, numbered
from local.sandbox.pages import Pages
from local.sandbox.questions import PARTS, answered, told, value_of
from local.sandbox.store import Item, Store

_MANY_FIELDS = 10_000


class ParentPages:
    """The parents' pages over one store.

    Args:
        store: What is shown and edited.
        pages: Makes a page from a template and its values.
    """

    def __init__(self, store: Store, pages: Pages) -> None:
        self._store = store
        self._pages = pages

    def routes(self) -> list[Route]:
        """Return the routes of the pages."""
        return [
            Route("/members/{id:int}/health", self.show),
            Route("/members/{id:int}/health", self.save, methods=["POST"]),
            Route("/members/{id:int}/health/confirm", self.confirm, methods=["POST"]),
            Route("/members/{id:int}/health/withdraw", self.withdraw, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        """Show what is said of a child, ready to be changed."""
        item = self._member(request)
        if item is None:
            return self._pages.nothing()
        profile = item.profile or {}
        conditions = [(one["id"], one.get("name", "")) for one in items(profile, "safety_alerts")]
        return self._pages.page(
            "health.html",
            resource="members",
            item=item,
            profile=profile,
            parts=PARTS,
            parents=_parents(item),
            conditions=conditions,
            value_of=value_of,
            things=items,
        )

    async def save(self, request: Request) -> Response:
        """Take what a parent says now, and have it confirmed by that."""
        item = self._member(request)
        if item is None:
            return self._pages.nothing()
        async with request.form(max_fields=_MANY_FIELDS) as form:
            fields = nest(form.multi_items())
            stated = answered(fields, item.profile or {})
            plans = [one.get("attachment") for one in told(PARTS[0], fields)]
            stated["safety_alerts"] = [
                one | await self._kept(plan) for one, plan in zip(items(stated, "safety_alerts"), plans, strict=True)
            ]
        self._confirm(item, numbered(stated, item.id), fields)
        return _back(item)

    async def confirm(self, request: Request) -> Response:
        """Confirm that nothing has changed."""
        item = self._member(request)
        if item is None or item.profile is None:
            return self._pages.nothing()
        self._confirm(item, item.profile, nest((await request.form()).multi_items()))
        return _back(item)

    async def withdraw(self, request: Request) -> Response:
        """Share the profile no more."""
        item = self._member(request)
        if item is None:
            return self._pages.nothing()
        self._store.set_profile(item, None)
        return _back(item)

    def _member(self, request: Request) -> Item | None:
        return self._store.get("members", request.path_params["id"])

    def _confirm(self, item: Item, profile: Mapping[str, object], fields: Mapping[str, object]) -> None:
        """Set the profile as confirmed by whoever the page says; a consent that is new or changed is given by them, today."""
        by = str(fields.get("parent") or "A parent")
        known = {str(one.get("name")): one for one in items(item.profile or {}, "consents")}
        said = {"given_by": by, "given_on": datetime.now(UTC).date().isoformat()}
        consents = [
            one if known.get(str(one.get("name")), {}).get("answer") == one.get("answer") else {**one, **said}
            for one in items(profile, "consents")
        ]
        email = dict(_parents(item)).get(by, "")
        self._store.set_profile(item, {**profile, "consents": consents, "confirmed_by": by, "confirmed_by_email": email})

    async def _kept(self, file: object) -> dict[str, object]:
        """Keep an action plan that came along, and return how its condition names it."""
        if not isinstance(file, UploadFile) or not file.filename:
            return {}
        return {"attachment_id": self._store.add_file(file.filename, await file.read()), "attachment_name": file.filename}


def _parents(item: Item) -> list[tuple[str, str]]:
    """Return name and e-mail address of the adults that Operoo knows of."""
    contacts = items(item.fields, "contacts")
    names = [f"{one.get('first_name', '')} {one.get('last_name', '')}".strip() for one in contacts]
    return [(name, str(one.get("email") or "")) for name, one in zip(names, contacts, strict=True) if name]


def _back(item: Item) -> Response:
    return RedirectResponse(f"/members/{item.id}/health", status_code=303)
