"""What programs may ask the console, as an OpenAPI document: made from the routes, so that it cannot differ from them."""

import json
from typing import Any

from aws_lambda_powertools.event_handler.api_gateway import APIGatewayHttpResolver

from functions.console.web.error_pages import Failure

_ABOUT = """\
Every page of the console answers JSON to `Accept: application/json`. Sign in by `POST /sign-in`: the answer sets a cookie and
tells the key `forms`. What changes something is a POST of a form, whose field `forms` is that key. In a path an identifier is
escaped twice (`a/b` is `a%252Fb`), as it arrives with one escaping taken off."""
_TITLE = "The console of the Operoo-Synergetic integration"
_FAILURES = {
    "401": "Nobody is signed in.",
    "403": "None of the person's roles allows this, or the form's key is not right.",
    "404": "There is no such page.",
    "409": "It cannot be done as things are; the answer says why, and what to do.",
    "422": "A value cannot be read; the answer names it.",
}
_POWERTOOLS_OWN = ("HTTPValidationError", "ValidationError")


def openapi(app: APIGatewayHttpResolver) -> dict[str, Any]:
    """Return the document."""
    text = app.get_openapi_json_schema(title=_TITLE, version="1", description=_ABOUT)
    document: dict[str, Any] = json.loads(text)
    document.pop("servers", None)
    failure = {"application/json": {"schema": {"$ref": "#/components/schemas/Failure"}}}
    for operations in document["paths"].values():
        for operation in operations.values():
            told = {code: {"description": what, "content": failure} for code, what in _FAILURES.items()}
            if "SignIn" not in json.dumps(operation["responses"]):
                operation["responses"] = {**operation["responses"], **told}
                continue
            either = [one["application/json"]["schema"] for one in (operation["responses"]["200"]["content"], failure)]
            content = {"application/json": {"schema": {"anyOf": either}}}
            refused = {"description": "Not let in; the answer says what to do.", "content": content}
            operation["responses"] |= {"401": refused, "422": refused}
    schemas = document["components"]["schemas"]
    for name in _POWERTOOLS_OWN:
        schemas.pop(name, None)
    schemas["Failure"] = Failure.model_json_schema()
    return document
