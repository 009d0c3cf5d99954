"""The Lambda function behind the console's HTTP API."""

import gc
from functools import cache
from typing import Any

from aws_lambda_powertools.event_handler.api_gateway import APIGatewayHttpResolver
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.console.accounts import account_page, signing_in_page, users_page
from functions.console.manual import custom_groups_page, custom_page, custom_people_page, downloads_page, uploads_page
from functions.console.medical import (
    codes_page,
    codes_trial_page,
    finding_page,
    student_page,
    upload_page,
    waiting_page,
    written_page,
)
from functions.console.operations import audit_page, failed_page, holds_page, home_page, progress_page, resync_page, runs_page
from functions.console.people import group_page, listing_page, person_page, rules_page, selecting_page
from functions.console.settings import settings_page
from functions.console.web import error_pages, files_page
from functions.console.web.pages import with_headers
from functions.console.web.reading import Console
from functions.runtime.observability import observed

# So many new objects, not some hundreds, are a reason to look for garbage.
_OBJECTS = 50_000


@cache
def console() -> APIGatewayHttpResolver:
    """Return the console with all its pages. The order matters where one address could be two pages' own."""
    app = Console()
    app.use(middlewares=[with_headers])
    error_pages.add_to(app)
    files_page.add_to(app)
    parts = (
        signing_in_page,
        account_page,
        users_page,
        settings_page,
        files_page,
        home_page,
        runs_page,
        failed_page,
        holds_page,
        rules_page,
        audit_page,
        codes_page,
        codes_trial_page,
        finding_page,
        upload_page,
        waiting_page,
        student_page,
        written_page,
        uploads_page,
        downloads_page,
        custom_groups_page,
        custom_people_page,
        custom_page,
        resync_page,
        progress_page,
        listing_page,
        selecting_page,
        group_page,
        person_page,
    )
    for part in parts:
        app.include_router(part.pages)
    # All that is there now stays, and a list of thousands is no garbage: to look through both took a quarter of a page's time.
    gc.freeze()
    gc.set_threshold(_OBJECTS)
    return app


@observed
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one request. `HEAD` is answered as `GET` is, without what is shown."""
    asked = event["requestContext"]["http"]
    if asked["method"] != "HEAD":
        return console().resolve(event, context)
    instead = {**event["requestContext"], "http": {**asked, "method": "GET"}}
    return {**console().resolve({**event, "requestContext": instead}, context), "body": "", "isBase64Encoded": False}
