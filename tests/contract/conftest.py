"""A sandbox on a real socket for each test that asks, and a client of it with the settings under test."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field

import httpx
import pytest

from functions.operoo.client import OperooClient
from functions.operoo.settings import OperooSettings
from functions.operoo.transport import Transport
from local.sandbox.options import SandboxOptions
from local.sandbox.server import Sandbox, running

TOKEN = "t0ken/with+odd=characters"


@dataclass
class Playground:
    """A client, the sandbox it speaks to, and how long the client would have slept."""

    client: OperooClient
    sandbox: Sandbox
    settings: OperooSettings
    web: httpx.Client
    slept: list[float] = field(default_factory=list)

    def state(self) -> dict[str, object]:
        """Return all that the sandbox holds."""
        found: dict[str, object] = self.web.get(f"{self.sandbox.url}/sandbox/state").json()
        return found

    def items(self, resource: str) -> list[dict[str, object]]:
        """Return what the sandbox holds of a resource."""
        found = self.state()[resource]
        assert isinstance(found, list)
        return found

    def requests(self, call: str) -> int:
        """Return how often the sandbox was asked this."""
        counted = self.state()["requests"]
        assert isinstance(counted, dict)
        return int(counted.get(call, 0))

    def fault(self, **fault: object) -> None:
        """Let something go wrong."""
        assert self.web.post(f"{self.sandbox.url}/sandbox/faults", json=fault).status_code == 204

    def control(self, method: str, path: str, body: object) -> dict[str, object]:
        """Do something by hand."""
        answer = self.web.request(method, f"{self.sandbox.url}/sandbox/{path}", json=body)
        assert answer.is_success
        found: dict[str, object] = answer.json() if answer.content else {}
        return found


Play = Callable[..., Playground]


@pytest.fixture(scope="session")
def sandboxes() -> Iterator[Callable[[SandboxOptions], Sandbox]]:
    """Return what gives a sandbox of any options: starting one takes longer than a test, so each is started once."""
    with ExitStack() as stack:
        started: dict[str, Sandbox] = {}

        def get(options: SandboxOptions) -> Sandbox:
            key = options.model_dump_json()
            if key not in started:
                started[key] = stack.enter_context(running(options))
            return started[key]

        yield get


@pytest.fixture(scope="session")
def web() -> Iterator[httpx.Client]:
    """Return what a person's browser stands for."""
    with httpx.Client() as client:
        yield client


@pytest.fixture
def play(sandboxes: Callable[[SandboxOptions], Sandbox], web: httpx.Client) -> Iterator[Play]:
    """Return what starts a playground, empty, from overrides of the settings and of the sandbox's options."""
    with ExitStack() as stack:

        def start(settings: dict[str, object] | None = None, options: dict[str, object] | None = None) -> Playground:
            sandbox = sandboxes(SandboxOptions.model_validate({"token": TOKEN, **(options or {})}))
            assert web.post(f"{sandbox.url}/sandbox/reset").status_code == 204
            plain: dict[str, object] = {"base_url": sandbox.base_url, "requests_per_second": 10_000, "burst": 1000}
            full = OperooSettings.model_validate(plain | (settings or {}))
            slept: list[float] = []
            client = OperooClient(full, stack.enter_context(Transport(full, TOKEN, sleep=slept.append)))
            return Playground(client, sandbox, full, web, slept)

        yield start
