"""The sandbox's own controls under `/sandbox`: look at the state, make things fail, start over, do what a person does by hand.

There is no token here: the sandbox listens on this machine and holds a made-up school.
"""

from collections import Counter

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.sandbox.api import Interface, RefusedError
from local.sandbox.bodies import read_json, read_object
from local.sandbox.faults import Fault, Faults, describe
from local.sandbox.medical import items, numbered
from local.sandbox.medical_sample import Sample, sample
from local.sandbox.store import RESOURCES, Item, Resource, Store


class Control:
    """The controls over one store and its faults.

    Args:
        interface: Whose token may be changed.
        store: What is looked at and edited.
        faults: What goes wrong.
        requests: How many requests there were, by method and path template.
    """

    def __init__(self, interface: Interface, store: Store, faults: Faults, requests: Counter[str]) -> None:
        self._interface = interface
        self._store = store
        self._faults = faults
        self._requests = requests

    def routes(self) -> list[Route]:
        """Return the routes, to be mounted at `/sandbox`."""
        return [
            Route("/state", self.state, methods=["GET"]),
            Route("/reset", self.reset, methods=["POST"]),
            Route("/faults", self.list_faults, methods=["GET"]),
            Route("/faults", self.add_fault, methods=["POST"]),
            Route("/faults", self.clear_faults, methods=["DELETE"]),
            Route("/token", self.change_token, methods=["POST"]),
            Route("/profiles/{resource:str}", self.add, methods=["POST"]),
            Route("/profiles/{resource:str}/{id:int}", self.edit, methods=["PATCH"]),
            Route("/health", self.fill, methods=["POST"]),
            Route("/health/{id:int}", self.set_health, methods=["PUT"]),
        ]

    async def state(self, _: Request) -> Response:
        """Answer everything the sandbox holds, and how often it was asked what."""
        state: dict[str, object] = {"requests": dict(sorted(self._requests.items())), "faults_happened": self._faults.happened}
        for resource in RESOURCES:
            items = [*self._store.all(resource), *self._store.all(resource, archived=True)]
            state[resource] = [_plain(item) for item in sorted(items, key=lambda item: item.id)]
        return JSONResponse(state)

    async def reset(self, _: Request) -> Response:
        """Forget all items, faults and counts, and accept the first token again."""
        self._store.clear()
        self._faults.clear()
        self._faults.happened = 0
        self._requests.clear()
        self._interface.token = self._interface.options.token
        return Response(status_code=204)

    async def list_faults(self, _: Request) -> Response:
        """Answer what is waiting to go wrong."""
        return JSONResponse(list(describe(self._faults)))

    async def add_fault(self, request: Request) -> Response:
        """Let something go wrong."""
        try:
            self._faults.add(Fault.model_validate_json(await request.body()))
        except ValidationError as error:
            return JSONResponse(error.errors(include_url=False, include_context=False, include_input=False), 422)
        return Response(status_code=204)

    async def clear_faults(self, _: Request) -> Response:
        """Let everything go well again."""
        self._faults.clear()
        return Response(status_code=204)

    async def change_token(self, request: Request) -> Response:
        """Accept this token and no other from now on."""
        token = (await read_object(request)).get("token")
        if not token or not isinstance(token, str):
            return JSONResponse({"error": "a token is a text, and not empty"}, 422)
        self._interface.token = token
        return Response(status_code=204)

    async def add(self, request: Request) -> Response:
        """Make a profile or a group as an administrator does by hand."""
        item = self._store.add(_resource(request), await read_object(request), manual=True)
        return JSONResponse(_plain(item), 201)

    async def edit(self, request: Request) -> Response:
        """Change fields as an administrator does by hand."""
        item = self._store.get(_resource(request), request.path_params["id"])
        if item is None:
            return JSONResponse({"error": "not found"}, 404)
        self._store.change(item, await read_object(request))
        return JSONResponse(_plain(item))

    async def fill(self, request: Request) -> Response:
        """Give each student who has none a plausible medical profile, but for a few whose families share none."""
        seed = (await read_object(request)).get("seed", 0)
        if not isinstance(seed, int):
            return JSONResponse({"error": "a seed is a whole number"}, 422)
        made = 0
        for item in self._store.all("members"):
            found = sample(item.text("user_request_id"), item.id, seed) if item.profile is None else None
            if found:
                made += 1
                self._share(item, found)
        return JSONResponse({"made": made})

    async def set_health(self, request: Request) -> Response:
        """Set a student's medical profile to any JSON object, or to nothing by null, as if the family had just confirmed it."""
        item = self._store.get("members", request.path_params["id"])
        if item is None:
            return JSONResponse({"error": "not found"}, 404)
        profile = await read_json(request)
        if not isinstance(profile, dict | None):
            return JSONResponse({"error": "a profile is an object, or null"}, 422)
        self._store.set_profile(item, profile and numbered(profile, item.id))
        return JSONResponse(_plain(item))

    def _share(self, item: Item, found: Sample) -> None:
        alerts = items(found.profile, "safety_alerts")
        if found.plan:
            name, content = found.plan
            alerts[0] |= {"attachment_id": self._store.add_file(name, content), "attachment_name": name}
        self._store.set_profile(item, {"confirmed_by": "A parent", **found.profile, "safety_alerts": alerts})


def _resource(request: Request) -> Resource:
    found = next((one for one in RESOURCES if one == request.path_params["resource"]), None)
    if found is None:
        raise RefusedError(404, {"error": "there is no such resource"})
    return found


def _plain(item: Item) -> dict[str, object]:
    return {
        "id": item.id,
        **item.fields,
        "archived": item.archived,
        "manual": item.manual,
        "synchronised": bool(item.integration_id),
        "photo": item.photo_digest,
        "updated_at": item.updated_at,
        **({} if item.profile is None else {"profile": item.profile}),
    }
