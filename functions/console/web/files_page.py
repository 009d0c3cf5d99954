"""What pages load: style, script, icons, and people's photos."""

from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import APIGatewayHttpResolver
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.openapi.params import Path

from functions.console.web.assets import find_asset
from functions.console.web.pages import LARGEST_FILE, Answer, Pages, as_bytes
from functions.runtime.wiring import exchange

pages = Pages()
Digest = Annotated[str, Path(pattern="^[0-9a-f]{64}$")]
_SNIFFED = {b"\xff\xd8": "image/jpeg", b"\x89P": "image/png", b"GI": "image/gif"}
_FOR_GOOD = "public, max-age=31536000, immutable"
# Only in the browser of somebody who may see it, and only for a day: a photo's digest never stands for another photo.
_FOR_A_DAY = "private, max-age=86400, immutable"


def add_to(app: APIGatewayHttpResolver) -> None:
    """Register the files that need nobody to be signed in."""

    @app.get("/static/<name>", include_in_schema=False)
    @as_bytes
    def static(name: str) -> Answer:
        found = find_asset(name)
        if found is None:
            raise NotFoundError
        return Response(
            status_code=200,
            content_type=found.type,
            body=found.content,
            headers={"Cache-Control": _FOR_GOOD},
            compress=True,
        )


@pages.file("/photo/<digest>")
def photo(digest: Digest) -> Answer:
    """Show a person's photo as the school has it, or small if it is larger than can be answered."""
    content = _photo(digest)
    kind = _SNIFFED.get(content[:2])
    if kind is None:
        raise NotFoundError
    return _shown(content, kind) if len(content) <= LARGEST_FILE else _made_small(content)


@pages.file("/photo/<digest>/face")
def small(digest: Digest) -> Answer:
    """Show a person's photo as lists do, small."""
    return _made_small(_photo(digest))


def _made_small(content: bytes) -> Answer:
    from functions.console.web.thumbnails import TYPE, face  # noqa: PLC0415 - most pages need no pictures, and it is large

    try:
        return _shown(face(content), TYPE)
    except ValueError:
        raise NotFoundError from None


def _photo(digest: str) -> bytes:
    try:
        return exchange().photo(digest)
    except ValueError:
        raise NotFoundError from None


def _shown(content: bytes, kind: str) -> Answer:
    return Response(status_code=200, content_type=kind, body=content, headers={"Cache-Control": _FOR_A_DAY})
