"""Reads what a request says, once it is known who sends it. What cannot be read is the sender's mistake, and never ours."""

import re
from typing import Any
from urllib.parse import parse_qs

from aws_lambda_powertools.event_handler.api_gateway import APIGatewayHttpResolver
from aws_lambda_powertools.event_handler.middlewares.openapi_validation import OpenAPIRequestValidationMiddleware
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestUnsupportedContentType, RequestValidationError
from aws_lambda_powertools.event_handler.openapi.params import File, UploadFile
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2

_SENT = "sent"
# Half a character, which JSON can name and nothing can store.
_HALF = re.compile("[\ud800-\udfff]")


class Console(APIGatewayHttpResolver):
    """The resolver of the console's requests."""

    def _to_proxy_event(self, event: dict[str, Any]) -> "_Request":
        return _Request(event, self._json_body_deserializer)


class _Request(APIGatewayProxyEventV2):
    """A request that is read by its address: where values are joined, a comma in one is not told from the next."""

    @property
    def resolved_query_string_parameters(self) -> dict[str, list[str]]:
        """Return the values that the address has, by name."""
        return parse_qs(self.raw_query_string, keep_blank_values=True)


class _Reading(OpenAPIRequestValidationMiddleware):
    """Reads address and form as the route states them; a form is taken apart once in a request."""

    def sent(self, app: APIGatewayHttpResolver) -> Any:  # noqa: ANN401 - a form's fields, or whatever JSON is
        """Return what was sent as a form.

        Raises:
            RequestValidationError: It is no form, or holds a file where a text belongs.
        """
        if _SENT not in app.context:
            app.context[_SENT] = self._taken_apart(app)
        return app.context[_SENT]

    def _get_body(self, app: Any) -> Any:  # noqa: ANN401 - as Powertools has it
        return self.sent(app)

    def _taken_apart(self, app: APIGatewayHttpResolver) -> Any:  # noqa: ANN401 - the same
        try:
            sent: Any = super()._get_body(app)
        except (ValueError, RecursionError, RequestUnsupportedContentType):
            raise _unreadable("form") from None
        files = {field.alias for field in app.context["_route"].dependant.body_params if isinstance(field.field_info, File)}
        for name, value in sent.items() if isinstance(sent, dict) else ():
            if not all(_is_readable(one, file=name in files) for one in _each(value)):
                raise _unreadable(name)
        return sent


READ = _Reading()  # type: ignore[no-untyped-call]


def form_key(app: APIGatewayHttpResolver) -> str:
    """Return what a form carries to show that it is ours; nothing if it carries nothing."""
    sent = READ.sent(app)
    keys = _each(sent.get("forms")) if isinstance(sent, dict) else []
    return next((one for one in keys if isinstance(one, str)), "")


def _is_readable(value: object, *, file: bool) -> bool:
    """Return whether it is no half a character, and no file in a text's place: Powertools hands both on as they are."""
    if isinstance(value, str):
        return value.isascii() or not _HALF.search(value)
    return file or not isinstance(value, UploadFile)


def _each(value: Any) -> list[Any]:  # noqa: ANN401 - what stands in a form once is no list
    return value if isinstance(value, list) else [value]


def _unreadable(name: str) -> RequestValidationError:
    return RequestValidationError([{"loc": ("body", name)}])
