"""The Lambda function behind the console's HTTP API."""

from functools import cache
from typing import Any

from aws_lambda_powertools.event_handler.api_gateway import APIGatewayHttpResolver
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.console.views import (
    account,
    audit,
    custom,
    custom_groups,
    custom_people,
    downloads,
    failed,
    files,
    group,
    holds,
    home,
    medical,
    medical_codes,
    medical_finding,
    medical_history,
    person,
    progress,
    records,
    resync,
    rules,
    runs,
    settings,
    signing_in,
    uploads,
    users,
)
from functions.console.web import failing
from functions.console.web.pages import with_headers
from functions.runtime.observability import observed


@cache
def console() -> APIGatewayHttpResolver:
    """Return the console with all its pages. The order matters where one address could be two pages' own."""
    app = APIGatewayHttpResolver(enable_validation=True)
    app.use(middlewares=[with_headers])
    failing.add_to(app)
    files.add_to(app)
    parts = (
        signing_in,
        account,
        users,
        settings,
        files,
        home,
        runs,
        failed,
        holds,
        rules,
        audit,
        medical_codes,
        medical_finding,
        medical,
        medical_history,
        uploads,
        downloads,
        custom_groups,
        custom_people,
        custom,
        resync,
        progress,
        records,
        group,
        person,
    )
    for part in parts:
        app.include_router(part.pages)
    return app


@observed
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one request."""
    return console().resolve(event, context)
