"""Lets botocore hand what is meant for DynamoDB to moto without an HTTP request between the two, which live in one process.

That is most of what the tests ask of AWS, and was most of their time. What is asked is checked, written and parsed as ever, and
so is the answer; signatures, addresses, connections and further tries are left out. The local stack's tests, and those of other
services, go the whole way.
"""

from types import SimpleNamespace
from typing import Any

from botocore.awsrequest import AWSResponse, HeadersDict
from botocore.endpoint import Endpoint
from botocore.model import OperationModel
from moto.core import DEFAULT_ACCOUNT_ID
from moto.core.models import botocore_stubber
from moto.core.responses import BaseResponse
from moto.dynamodb.responses import DynamoHandler

through_http = Endpoint.make_request


def make_request(endpoint: Endpoint, operation: OperationModel, request: dict[str, Any]) -> Any:
    """Return an answer and what it says, as `Endpoint.make_request` does."""
    at = BaseResponse.region_regex.search(endpoint.host)
    if operation.service_model.service_name != "dynamodb" or at is None or not botocore_stubber.enabled:
        return through_http(endpoint, operation, request)
    status, headers, body = _asked(request, at["region"]).call_action()
    answer = AWSResponse(request["url"], int(status), HeadersDict(headers), None)
    answer._content = body.encode()
    said = {"headers": answer.headers, "status_code": answer.status_code, "body": answer.content, "context": {}}
    parser = endpoint._response_parser_factory.create_parser(operation.service_model.resolved_protocol)
    parsed = parser.parse(said, operation.output_shape)
    if answer.status_code >= 300:
        endpoint._add_modeled_error_fields(said, parsed, operation, parser)
    return answer, parsed


def _asked(request: dict[str, Any], region: str) -> DynamoHandler:
    """Return what answers a request, told what `BaseResponse.setup_class` would tell it."""
    handler = DynamoHandler()
    handler.headers = headers = request["headers"]
    handler.querystring, handler.uri_match, handler.response_headers = {}, {}, {}
    handler.region, handler.current_account, handler.access_key = region, DEFAULT_ACCOUNT_ID, ""
    handler.parse_parameters(
        SimpleNamespace(
            method="POST", path="/", values={}, headers=headers, data=request["body"], content_type=headers["Content-Type"]
        )
    )
    return handler
