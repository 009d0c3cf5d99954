"""Pages to look at what arrived: people with photos, groups with who is in them, and the traffic."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from local.sandbox.faults import Fault, Faults, describe
from local.sandbox.medical import items as things
from local.sandbox.options import SandboxOptions
from local.sandbox.store import RESOURCES, Item, Resource, Store

_HERE = Path(__file__).parent
_PER_PAGE = 60
_TITLES: dict[Resource, str] = {"members": "Students", "group_carers": "Staff", "groups": "Groups"}
_HEADERS = {"Content-Security-Policy": "default-src 'self'", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store"}
_SHOWS: dict[str, Callable[[Item], bool]] = {
    "all": lambda item: not item.archived,
    "synchronised": lambda item: bool(item.integration_id) and not item.archived,
    "not linked": lambda item: not item.integration_id and not item.archived,
    "archived": lambda item: item.archived,
}


class Pages:
    """The pages over one store.

    Args:
        options: For the school's name.
        store: What is shown.
        faults: What is waiting to go wrong.
        requests: How many requests there were.
    """

    def __init__(self, options: SandboxOptions, store: Store, faults: Faults, requests: Counter[str]) -> None:
        self._store = store
        self._faults = faults
        self._requests = requests
        self._templates = Environment(
            loader=FileSystemLoader(_HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.globals |= {"school": options.organization, "titles": _TITLES}

    def routes(self) -> list[Route]:
        """Return the routes of the pages."""
        return [
            Route("/", self.overview),
            Route("/style.css", self.style),
            Route("/photos/{id:int}", self.photo),
            Route("/traffic", self.traffic),
            Route("/traffic", self.add_fault, methods=["POST"]),
            Route("/traffic/clear", self.clear_faults, methods=["POST"]),
            Route("/{resource:str}", self.items),
            Route("/{resource:str}", self.add, methods=["POST"]),
            Route("/{resource:str}/{id:int}", self.item),
        ]

    async def overview(self, _: Request) -> Response:
        """Show how much of everything there is."""
        counts = {resource: {show: len(self._shown(resource, show)) for show in _SHOWS} for resource in RESOURCES}
        with_photo = sum(bool(item.photo) for resource in RESOURCES for item in self._store.all(resource))
        latest = sorted(self._every(), key=lambda item: (item.updated_at, item.id), reverse=True)[:8]
        return self.page("overview.html", counts=counts, photos=with_photo, latest=latest, requests=self._requests.total())

    async def style(self, _: Request) -> Response:
        """Serve the style sheet."""
        return FileResponse(_HERE / "templates" / "style.css")

    async def photo(self, request: Request) -> Response:
        """Serve a photo."""
        item = self._any(request.path_params["id"])
        if item is None or not item.photo:
            return Response(status_code=404)
        return Response(item.photo, media_type=f"image/{item.photo_type}", headers=_HEADERS)

    async def items(self, request: Request) -> Response:
        """Show the students, the staff or the groups."""
        resource = _resource(request)
        if resource is None:
            return self.nothing()
        show = request.query_params.get("show", "all")
        words = request.query_params.get("q", "").lower().split()
        found = [item for item in self._shown(resource, show) if all(word in _searched(item) for word in words)]
        found.sort(key=lambda item: (item.text("last_name").lower(), item.name.lower()))
        number = max(1, int(request.query_params.get("page", "1") or 1))
        pages = max(1, -(-len(found) // _PER_PAGE))
        return self.page(
            "groups.html" if resource == "groups" else "people.html",
            resource=resource,
            items=found[(number - 1) * _PER_PAGE : number * _PER_PAGE],
            found=len(found),
            q=request.query_params.get("q", ""),
            show=show,
            shows={one: len(self._shown(resource, one)) for one in _SHOWS},
            number=number,
            pages=pages,
        )

    async def add(self, request: Request) -> Response:
        """Make a profile or a group by hand, from the form."""
        resource = _resource(request)
        if resource is None:
            return self.nothing()
        form = await request.form()
        fields = {name: str(value).strip() for name, value in form.items() if str(value).strip()}
        item = self._store.add(resource, fields, manual=True)
        return RedirectResponse(f"/{resource}/{item.id}", status_code=303)

    async def item(self, request: Request) -> Response:
        """Show one student, member of staff or group."""
        resource = _resource(request)
        item = self._store.get(resource, request.path_params["id"]) if resource else None
        if item is None or resource is None:
            return self.nothing()
        if resource == "groups":
            people = {name: self._named(item, name) for name in ("student_memberships", "staff_memberships")}
            return self.page("group.html", item=item, students=people["student_memberships"], staff=people["staff_memberships"])
        groups = sorted(self._store.groups_with(resource, item.id), key=lambda group: group.name)
        shown = {name: item.text(name) for name in item.fields if name != "contacts"}
        return self.page(
            "person.html",
            item=item,
            resource=resource,
            fields=shown,
            groups=groups,
            contacts=things(item.fields, "contacts"),
        )

    async def traffic(self, _: Request) -> Response:
        """Show what was asked how often, and what is waiting to go wrong."""
        return self._traffic("")

    async def add_fault(self, request: Request) -> Response:
        """Let something go wrong, from the form."""
        form = await request.form()
        given = {name: str(value) for name, value in form.items() if str(value)}
        try:
            self._faults.add(Fault.model_validate(given))
        except ValidationError as error:
            return self._traffic("; ".join(f"{one['loc'][0]}: {one['msg']}" for one in error.errors()))
        return RedirectResponse("/traffic", status_code=303)

    async def clear_faults(self, _: Request) -> Response:
        """Let everything go well again, from the form."""
        self._faults.clear()
        return RedirectResponse("/traffic", status_code=303)

    def _traffic(self, problem: str) -> Response:
        requests = self._requests.most_common()
        return self.page("traffic.html", requests=requests, faults=list(describe(self._faults)), problem=problem)

    def _named(self, group: Item, name: str) -> list[Item]:
        people = (self._any(one) for one in group.ids(name))
        return sorted((person for person in people if person), key=lambda person: (person.text("last_name"), person.name))

    def _shown(self, resource: Resource, show: str) -> list[Item]:
        items = self._store.all(resource, archived=show == "archived")
        return [item for item in items if _SHOWS.get(show, _SHOWS["all"])(item)]

    def _every(self) -> list[Item]:
        return [item for resource in RESOURCES for gone in (False, True) for item in self._store.all(resource, archived=gone)]

    def _any(self, item_id: int) -> Item | None:
        return next(filter(None, (self._store.get(resource, item_id) for resource in RESOURCES)), None)

    def nothing(self) -> Response:
        """Return the page for what is not there."""
        return HTMLResponse(self._templates.get_template("nothing.html").render(here=""), 404, headers=_HEADERS)

    def page(self, template: str, **values: object) -> Response:
        """Return a page."""
        here = str(values.get("resource") or template.removesuffix(".html")).replace("group.html", "groups")
        return HTMLResponse(self._templates.get_template(template).render(here=here, **values), headers=_HEADERS)


def _resource(request: Request) -> Resource | None:
    return next((one for one in RESOURCES if one == request.path_params["resource"]), None)


def _searched(item: Item) -> str:
    return f"{item.name} {item.text('user_request_id')} {item.integration_id}".lower()
