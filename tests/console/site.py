"""The console in one process: its real handler on moto's tables, bucket and user pool, as browsers and programs meet it."""

import gzip
import json
import re
from base64 import b64decode
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from functions.console.handler import lambda_handler as console
from functions.list_records.handler import lambda_handler as list_records
from functions.runtime.wiring import audit_trail
from functions.store.audit import AuditEntry
from local.stack.http_api import event_of
from local.stack.streams import Shard, StreamSource
from local.stack.users import let_in
from shared.owners import KINDS
from tests.integration.cloud import Cloud, context, forget_wiring

PASSWORD = "Sample-School-1"
ROLES = ("viewer", "administrator", "medical", "owner")


def deeds() -> list[AuditEntry]:
    """Return what the audit trail has of the last days, newest first."""
    now = datetime.now(UTC)
    return list(audit_trail().between(now - timedelta(days=2), now + timedelta(days=1)))


class Answer:
    """What the console answered."""

    def __init__(self, result: Mapping[str, Any]) -> None:
        self.status: int = result["statusCode"]
        self.headers: dict[str, str] = {name.lower(): str(value) for name, value in result["headers"].items()}
        self.cookies: list[str] = list(result.get("cookies", ()))
        body = result.get("body") or ""
        self.content = b64decode(body) if result.get("isBase64Encoded") else body.encode()
        if self.headers.get("content-encoding") == "gzip":
            self.content = gzip.decompress(self.content)

    @property
    def text(self) -> str:
        """Return the body as text."""
        return self.content.decode()

    @property
    def json(self) -> Any:
        """Return the body as a program reads it."""
        return json.loads(self.content)


class Visitor:
    """One browser: keeps cookies, and knows the key of the forms of the page it saw last."""

    def __init__(self) -> None:
        self.cookies: dict[str, str] = {}
        self.forms = ""

    def get(self, address: str, *, accept: str = "text/html", headers: Mapping[str, str] | None = None) -> Answer:
        """Load a page."""
        answer = self.send("GET", address, {"Accept": accept, **(headers or {})})
        if found := re.search(r'name="forms" value="([^"]+)"', answer.text if "text/html" in _type(answer) else ""):
            self.forms = found[1]
        return answer

    def ask(self, address: str) -> Any:
        """Return what a page says to a program, and fail if it is not said."""
        answer = self.get(address, accept="application/json")
        assert answer.status == 200, answer.text
        return answer.json

    def post(
        self, address: str, *, accept: str = "text/html", page: str = "", files: Mapping[str, Any] | None = None, **form: Any
    ) -> Answer:
        """Send a form, from a page, with the key of the page that was loaded last; `forms=...` replaces that."""
        data: dict[str, Any] = {"forms": self.forms, **form}
        headers = {"Accept": accept, **({"Referer": page} if page else {})}
        return self.send("POST", address, headers, {**data, **(files or {})})

    def do(self, address: str, **form: Any) -> dict[str, Any]:
        """Send a form as a program does, and fail if it is not carried out."""
        answer = self.post(address, accept="application/json", **form)
        assert answer.status == 200, answer.text
        done: dict[str, Any] = answer.json
        return done

    def send(
        self, method: str, address: str, headers: Mapping[str, str], data: Mapping[str, Any] | bytes | None = None
    ) -> Answer:
        """Send a request, whatever it is."""
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        sent = {**headers, **({"Cookie": cookie} if cookie else {})}
        path, _, query = address.partition("?")
        builder = EnvironBuilder(method=method, path=path, query_string=query, headers=sent, data=data)
        request = Request(builder.get_environ())
        answer = Answer(console(event_of(request), context("console")))
        # A large form is a file.
        request.environ["wsgi.input"].close()
        for one in answer.cookies:
            name, _, value = one.partition(";")[0].partition("=")
            self.cookies[name] = value
        return answer


def _type(answer: Answer) -> str:
    return answer.headers.get("content-type", "")


class Site:
    """A school's console, over a school's stack."""

    def __init__(self, cloud: Cloud, environment: Callable[[str, str], None]) -> None:
        self.cloud = cloud
        self._cognito = boto3.client("cognito-idp")
        pool = self._cognito.create_user_pool(PoolName="console", UsernameAttributes=["email"])["UserPool"]["Id"]
        client = self._cognito.create_user_pool_client(
            UserPoolId=pool,
            ClientName="console",
            ExplicitAuthFlows=["ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
            ReadAttributes=["email"],
        )
        for role in ROLES:
            self._cognito.create_group(UserPoolId=pool, GroupName=role)
        self.pool = pool
        environment("USER_POOL_ID", pool)
        environment("USER_POOL_CLIENT_ID", client["UserPoolClient"]["ClientId"])
        environment("SCHOOL_NAME", "Sample School")
        forget_wiring()
        self._shard = self._followed()
        self.listed()

    def _followed(self) -> Shard:
        """Return the staging area's stream, which begins now: what is there already is listed whole."""
        list_records({"rebuild": True}, context("list"))
        made = boto3.client("dynamodb").update_table(
            TableName="records", StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
        )
        source = StreamSource("list", made["TableDescription"]["LatestStreamArn"], 1000, 0, tuple(f"{kind}#" for kind in KINDS))
        return Shard(boto3.client("dynamodbstreams"), source)

    def forget(self) -> None:
        """Follow the stream from its beginning again."""
        self._shard.again()

    def person(self, email: str, *roles: str, password: str = PASSWORD) -> None:
        """Let somebody in from now on."""
        let_in(self._cognito, self.pool, email, roles, password)

    def visitor(self, *roles: str) -> Visitor:
        """Return the browser of somebody who has these roles and is signed in, on the first page."""
        email = f"{'-'.join(roles) or 'nobody'}@school.example"
        if not self._cognito.list_users(UserPoolId=self.pool, Filter=f'email = "{email}"')["Users"]:
            self.person(email, *roles)
        visitor = Visitor()
        assert visitor.post("/sign-in", email=email, password=PASSWORD).status == 303
        self.listed()
        visitor.get("/")
        return visitor

    def settle(self) -> None:
        """Have everything done that was asked for, and the lists brought up to it."""
        self.cloud.pump()
        self.listed()

    def listed(self) -> None:
        """Bring the lists up to the staging area, as the stream does."""
        while True:
            records, more = self._shard.read()
            if records:
                list_records({"Records": records}, context("list"))
            if not more:
                return
