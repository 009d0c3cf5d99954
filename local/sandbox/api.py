"""The documented interface: the listing, and create, update and delete of people and groups, checked as Rails would."""

import hmac
from collections.abc import Mapping, Sequence

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.sandbox.bodies import BadBodyError, read_body
from local.sandbox.faults import Faults
from local.sandbox.medical import shown
from local.sandbox.options import SandboxOptions
from local.sandbox.store import INTEGRATION, RESOURCES, Item, Resource, Store

_WRAPPERS: dict[Resource, str] = {"members": "member", "group_carers": "group_carer", "groups": "group"}
_PERSON = ("user_request_id", "first_name", "last_name")
_FIELDS: dict[Resource, tuple[str, ...]] = {
    "members": (
        *_PERSON,
        "integration_member_id",
        "preferred_first_name",
        "preferred_last_name",
        "middle_names",
        "request_email",
        "request_mobile_number",
        "contacts",
    ),
    "group_carers": (*_PERSON, "integration_id", "name", "email", "mobile_number"),
    "groups": ("integration_group_id", "name", "parent_group_id", "student_memberships", "staff_memberships"),
}
_REQUIRED: dict[Resource, str] = {"members": "first_name", "group_carers": "first_name", "groups": "name"}
_MEMBERSHIPS: dict[str, Resource] = {"student_memberships": "members", "staff_memberships": "group_carers"}
_PHOTO_SIGNATURES = {b"\xff\xd8\xff": "jpeg", b"\x89PNG": "png", b"GIF8": "gif"}
ORGANIZATION_ID = 900


class RefusedError(Exception):
    """The interface says no.

    Args:
        status: The HTTP status.
        body: The answer.
    """

    def __init__(self, status: int, body: Mapping[str, object]) -> None:
        super().__init__(status)
        self.status = status
        self.body = body


class Interface:
    """The interface over one store.

    Args:
        options: The switches.
        store: What it holds.
        faults: Which records are to be refused.
    """

    def __init__(self, options: SandboxOptions, store: Store, faults: Faults) -> None:
        self.options = options
        self.token = options.token
        self._store = store
        self._faults = faults

    def routes(self) -> list[Route]:
        """Return the routes of both versions, to be mounted at `/api`."""
        return [
            Route("/v1/groups", self.listing, methods=["GET"]),
            Route("/v1/{resource:str}", self.listed, methods=["GET"]),
            Route("/v1/{resource:str}", self.create, methods=["POST"]),
            Route("/v1/{resource:str}/{id:int}", self.show, methods=["GET"]),
            Route("/v1/{resource:str}/{id:int}", self.update, methods=["PATCH"]),
            Route("/v1/{resource:str}/{id:int}", self.delete, methods=["DELETE"]),
            Route("/v1/{resource:str}/{id:int}/photo", self.photo, methods=["POST", "PUT", "PATCH"]),
            Route("/v1/members/{id:int}/contacts", self.contacts, methods=["PUT"]),
            Route("/v2/organizations", self.organizations, methods=["GET"]),
            Route("/v2/organizations/{org:int}/child_groups", self.child_groups, methods=["GET"]),
            Route("/v2/organizations/{org:int}/staff/members", self.organization_staff, methods=["GET"]),
            Route("/v2/groups/{id:int}/members", self.group_members, methods=["GET"]),
        ]

    async def listing(self, request: Request) -> Response:
        """Answer the listing: the organisation, and what the switches ask for."""
        self.admit(request)
        answer: dict[str, object] = {"id": ORGANIZATION_ID, "name": self.options.organization}
        following: set[str] = set()
        for switch, name, resource in (
            ("profile_request", "profile_requests", "members"),
            ("group", "groups", "groups"),
            ("group_carer", "group_carers", "group_carers"),
        ):
            if request.query_params.get(switch) == "true":
                answer[name], link = self._page(request, _resource(resource))
                following |= {link} - {""}
        headers = {"Link": f'<{following.pop()}>; rel="next"'} if following else {}
        return JSONResponse({"data": answer} if self.options.answer == "data" else answer, headers=headers)

    async def listed(self, request: Request) -> Response:
        """Answer all of one resource as a plain array."""
        self.admit(request)
        items, link = self._page(request, _resource(request.path_params["resource"]))
        return JSONResponse(items, headers={"Link": f'<{link}>; rel="next"'} if link else {})

    async def show(self, request: Request) -> Response:
        """Answer one item."""
        self.admit(request)
        return self._answer(self._found(request), 200)

    async def create(self, request: Request) -> Response:
        """Make an item. A second one with the same school number is made too: not to ask for it is the caller's concern."""
        self.admit(request)
        resource = _resource(request.path_params["resource"])
        fields = await self._permitted(request, resource)
        if not str(fields.get(_REQUIRED[resource]) or "").strip():
            raise _invalid(_REQUIRED[resource], "can't be blank")
        return self._answer(self._store.add(resource, fields), 201)

    async def update(self, request: Request) -> Response:
        """Set fields of an item; one that is archived comes back when it gets a mark again, if the options say so."""
        self.admit(request)
        item = self._found(request)
        archived = (await read_body(request)).get(_WRAPPERS[item.resource])
        wish = archived.get("archived") if isinstance(archived, dict) else None
        fields = await self._permitted(request, item.resource)
        required = _REQUIRED[item.resource]
        if required in fields and not str(fields[required] or "").strip():
            raise _invalid(required, "can't be blank")
        state = None if wish is None else str(wish).lower() == "true"
        if item.archived and state is None:
            if self.options.archived == "gone":
                raise RefusedError(410, {"error": "archived"})
            state = not fields.get(INTEGRATION[item.resource])
        self._lock(item, fields)
        self._store.change(item, fields, archived=state)
        return Response(status_code=204) if self.options.answer == "nothing" else self._answer(item, 200)

    def _lock(self, item: Item, fields: dict[str, object]) -> None:
        """Keep the address to which a request has gone, if the options say so."""
        address = {"members": "request_email", "group_carers": "email"}.get(item.resource, "")
        if self.options.addresses == "taken" or fields.get(address, "") in {"", item.fields.get(address)}:
            return
        if self.options.addresses == "refused":
            raise _invalid(address, "is locked")
        del fields[address]

    async def delete(self, request: Request) -> Response:
        """Archive an item."""
        self.admit(request)
        item = self._found(request)
        if item.archived:
            raise RefusedError(404, {"error": "not found"})
        self._store.change(item, {}, archived=True)
        return Response(status_code=204)

    async def photo(self, request: Request) -> Response:
        """Set the photo of a person."""
        self.admit(request)
        item = self._found(request)
        upload = (await read_body(request)).get("photo")
        if not isinstance(upload, UploadFile) or item.resource == "groups":
            raise _invalid("photo", "is missing")
        content = await upload.read()
        await request.close()
        kind = next((name for start, name in _PHOTO_SIGNATURES.items() if content.startswith(start)), "")
        if not kind:
            raise _invalid("photo", "is not an image")
        self._store.set_photo(item, content, kind)
        return self._answer(item, 200)

    async def contacts(self, request: Request) -> Response:
        """Replace the contacts of a student."""
        self.admit(request)
        item = self._store.get("members", request.path_params["id"])
        contacts = (await read_body(request)).get("contacts")
        if item is None or not isinstance(contacts, list):
            raise RefusedError(404, {"error": "not found"})
        self._store.change(item, {"contacts": [one for one in contacts if isinstance(one, dict)]})
        return self._answer(item, 200)

    async def organizations(self, request: Request) -> Response:
        """Answer the one organisation (v2)."""
        self.admit(request)
        return JSONResponse([{"id": ORGANIZATION_ID, "name": self.options.organization}])

    async def child_groups(self, request: Request) -> Response:
        """Answer the groups (v2)."""
        self.admit(request)
        return JSONResponse([self._v2(item) for item in self._store.all("groups")])

    async def organization_staff(self, request: Request) -> Response:
        """Answer the staff (v2)."""
        self.admit(request)
        return JSONResponse([self._v2(item) for item in self._store.all("group_carers")])

    async def group_members(self, request: Request) -> Response:
        """Answer the students of a group, or of the whole organisation (v2)."""
        self.admit(request)
        students = self._store.all("members")
        if request.path_params["id"] != ORGANIZATION_ID:
            group = self._store.get("groups", request.path_params["id"])
            within = set(group.ids("student_memberships")) if group else set()
            students = [student for student in students if student.id in within]
        return JSONResponse([self._v2(item) for item in students])

    def admit(self, request: Request) -> None:
        """Refuse whoever lacks the token, or calls from an address that may not.

        Raises:
            RefusedError: It is refused.
        """
        given = request.query_params.get("api_access_token") or request.headers.get("authorization", "")
        if not hmac.compare_digest(given.encode(), self.token.encode()):
            raise RefusedError(401, {"error": "unauthorized"})
        address = request.client.host if request.client else ""
        if self.options.allowed and address not in self.options.allowed:
            raise RefusedError(403, {"error": "address not allowed"})

    def _found(self, request: Request) -> Item:
        item = self._store.get(_resource(request.path_params["resource"]), request.path_params["id"])
        if item is None:
            raise RefusedError(404, {"error": "not found"})
        return item

    async def _permitted(self, request: Request, resource: Resource) -> dict[str, object]:
        """Return the fields of a body that the resource has; others are dropped without a word, as Rails drops them."""
        body = (await read_body(request)).get(_WRAPPERS[resource])
        if not isinstance(body, dict):
            raise RefusedError(400, {"error": f"param is missing or the value is empty: {_WRAPPERS[resource]}"})
        fields = {name: body[name] for name in _FIELDS[resource] if name in body}
        number = str(fields.get("user_request_id", ""))
        if number and self._faults.rejects(number):
            # As real ones do, the body quotes what it complains about: nobody may copy that into a log.
            raise _invalid("request_email", f"'{fields.get('request_email')}' is not accepted")
        for name in _MEMBERSHIPS.keys() & fields.keys():
            fields[name] = self._people(name, fields[name])
        return fields

    def _people(self, name: str, given: object) -> list[int]:
        """Return Operoo's identifiers of the people that a group names.

        Raises:
            RefusedError: It names somebody who is not there.
        """
        wanted = [str(one) for one in given if str(one)] if isinstance(given, list) else []
        resource = _MEMBERSHIPS[name]
        fields = {"operoo_id": "", "request_id": "user_request_id", "integration_id": INTEGRATION[resource]}
        field = fields[self.options.membership_reference]
        known = {item.text(field) if field else str(item.id): item.id for item in self._store.all(resource)}
        if any(one not in known for one in wanted):
            raise _invalid(name, "names somebody who does not exist")
        return [known[one] for one in wanted]

    def _page(self, request: Request, resource: Resource) -> tuple[list[dict[str, object]], str]:
        """Return one page of a listing and the address of the next."""
        items = [self._shown(item) for item in self._store.all(resource)]
        size = self.options.page_size or len(items) or 1
        number = int(request.query_params.get("page", "1"))
        more = number * size < len(items)
        link = str(request.url.remove_query_params("api_access_token").include_query_params(page=number + 1)) if more else ""
        return items[(number - 1) * size : number * size], link

    def _shown(self, item: Item) -> dict[str, object]:
        fields: dict[str, object] = {name: item.fields.get(name) for name in _FIELDS[item.resource]}
        if item.resource == "members":
            fields["profile"] = shown(item.profile, self.options.medical)
        shown_id = str(item.id) if self.options.ids == "text" else item.id
        return {"id": shown_id, **fields, "updated_at": item.updated_at}

    def _v2(self, item: Item) -> dict[str, object]:
        names = ("first_name", "last_name", "name", "user_request_id")
        email = item.fields.get("request_email") or item.fields.get("email")
        fields: dict[str, object] = {name: item.fields[name] for name in names if name in item.fields}
        profile = shown(item.profile, self.options.medical)
        return {"id": item.id, "integration_id": item.integration_id or None, "email": email, "profile": profile, **fields}

    def _answer(self, item: Item, status: int) -> Response:
        answer: Mapping[str, object] = self._shown(item)
        if self.options.answer != "plain":
            answer = {"data" if self.options.answer == "data" else _WRAPPERS[item.resource]: answer}
        return JSONResponse(answer, status)


async def refused(_: Request, error: Exception) -> Response:
    """Answer what the interface refuses."""
    assert isinstance(error, RefusedError)
    return JSONResponse(error.body, error.status)


async def unreadable(_: Request, error: Exception) -> Response:
    """Answer a body that cannot be read."""
    assert isinstance(error, BadBodyError)
    return JSONResponse({"error": str(error)}, 400)


def _resource(name: str) -> Resource:
    found: Sequence[Resource] = [one for one in RESOURCES if one == name]
    if not found:
        raise RefusedError(404, {"error": "not found"})
    return found[0]


def _invalid(field: str, what: str) -> RefusedError:
    return RefusedError(422, {"errors": {field: [what]}})
