"""Somebody with all roles goes through the console on the local stack, so that each thing it may ask of AWS is asked for."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from local.stack import LocalStack
from local.stack.users import let_in

DOCUMENT = json.loads((Path(__file__).parents[2] / "docs" / "openapi.json").read_text(encoding="utf-8"))
_PASSWORD = "Sample-School-1"
_SHEET = "First Name,Last Name,Student ID,Parent Email\nAnn,Able,X1,able@home.example\n"


class Console:
    """The console as a program uses it."""

    def __init__(self, stack: LocalStack, email: str, *roles: str) -> None:
        pool = stack.outputs["UserPool"]
        let_in(stack.client("cognito-idp"), pool, email, roles, _PASSWORD)
        self._http = httpx.Client(base_url=stack.http_url, timeout=60, trust_env=False, headers={"Accept": "application/json"})
        answer = self._http.post("/sign-in", data={"email": email, "password": _PASSWORD}).raise_for_status()
        self._forms = answer.json()["forms"]

    def get(self, address: str) -> Any:
        """Return what a page says."""
        return self._http.get(address).raise_for_status().json()

    def content(self, address: str) -> bytes:
        """Return a file."""
        return self._http.get(address).raise_for_status().content

    def do(self, address: str, files: Any = None, **form: Any) -> Any:
        """Send a form."""
        return self._http.post(address, data={"forms": self._forms, **form}, files=files).raise_for_status().json()


def pages() -> Iterator[str]:
    """Yield the addresses that need no name in them, and answer JSON."""
    for path, operations in DOCUMENT["paths"].items():
        answered = operations.get("get", {}).get("responses", {}).get("200", {}).get("content", {})
        wanted = [one for one in operations.get("get", {}).get("parameters", ()) if one.get("required")]
        if "{" not in path and "application/json" in answered and not wanted:
            yield path


def look_around(stack: LocalStack, *, photo: str, student: str) -> None:
    """Load each page, and do something of each sort."""
    console = Console(stack, "office@school.example", "viewer", "administrator", "medical", "owner")
    for page in pages():
        console.get(page)
    for page in (f"/students/{student}", "/staff/500", f"/medical/{student}", "/students", "/groups"):
        console.get(page)
    console.content(f"/photo/{photo}")
    for run in console.get("/runs")["runs"][:3]:
        console.get(f"/runs/{run['run']}")
    preview = console.get(f"/students/choose?choice=select&ids={student}")
    console.do("/students/choose", choice="select", seen=preview["seen"], chosen=f"ids={student}")
    console.get(console.do(f"/students/{student}/sync")["see"])
    check = console.get(console.do("/upload", files={"file": ("some.csv", _SHEET.encode())}, kind="student")["see"])
    console.do(f"/upload/{check['draft']}", seen=check["seen"])
    console.do("/users", email="new@school.example", roles=["viewer"])
    console.do("/account/sign-out")
