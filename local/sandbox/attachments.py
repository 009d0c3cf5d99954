"""The part of the interface that answers the files which medical profiles link to."""

import hmac
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from local.sandbox.api import RefusedError
from local.sandbox.options import SandboxOptions
from local.sandbox.store import Store


class Attachments:
    """The files of one store.

    Args:
        options: The switches.
        store: What it holds.
        admit: Refuses who may not ask.
    """

    def __init__(self, options: SandboxOptions, store: Store, admit: Callable[[Request], None]) -> None:
        self._options = options
        self._store = store
        self._admit = admit

    def routes(self) -> list[Route]:
        """Return the routes, to be mounted at `/api` before those of everything else."""
        return [
            Route("/v1/attachments/{id:int}", self.attachment, methods=["GET"]),
            Route("/files/{id:int}/{key:str}", self.file, methods=["GET"]),
        ]

    async def attachment(self, request: Request) -> Response:
        """Answer a file, or where it is for the moment."""
        self._admit(request)
        number = request.path_params["id"]
        if self._options.attachments == "redirect":
            return RedirectResponse(f"/api/files/{number}/{self._key(number)}", status_code=302)
        return self._file(number)

    async def file(self, request: Request) -> Response:
        """Answer a file to whoever has the key that its address holds, as stores of files do: without a token."""
        number = request.path_params["id"]
        if not hmac.compare_digest(request.path_params["key"], self._key(number)):
            raise RefusedError(403, {"error": "forbidden"})
        return self._file(number)

    def _key(self, number: int) -> str:
        return hmac.new(self._options.token.encode(), str(number).encode(), "sha256").hexdigest()

    def _file(self, number: int) -> Response:
        found = self._store.file(number)
        if found is None:
            raise RefusedError(404, {"error": "not found"})
        return Response(found[1], media_type="application/octet-stream")
