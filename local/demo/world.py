"""Everything the story happens in: the school, its relay, AWS and Operoo, started together and stopped together."""

import fcntl
import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from shlex import quote

import pyodbc

from functions.console.access.roles import ROLES
from local.demo.cloud import Cloud
from local.demo.operoo import OperooView, State
from local.demo.options import CONSOLE_PORT, DEFAULT_PORT, Options
from local.demo.relay import Relay, RelayRun
from local.ports import listen_or_say
from local.sandbox.options import SandboxOptions
from local.sandbox.server import Sandbox, running
from local.school import SchoolFacts, connection_string, create_school
from local.school.odbc import require_driver
from local.stack import LocalStack, Pace, Ports
from local.stack.aws import REGION
from local.stack.users import let_in
from shared.errors import SettingsError

# The sandbox bears more than Operoo is asked to, and nobody wants to wait long for a person's story.
_QUICK = {"requests_per_second": 500, "burst": 100, "retries": {"attempts": 2, "backoff": 0.1, "create_again_after": 0}}
# What comes every five minutes in AWS comes every half a minute here.
_PACE = Pace(clock=10, concurrency=2)
USERS = {"office@school.example": ROLES, "viewer@school.example": ("viewer",)}
PASSWORD = "Sample-School-1"  # noqa: S105 - it opens nothing but this
_MARK = ".made-by-the-demo"


@dataclass(frozen=True)
class World:
    """All that runs.

    Attributes:
        directory: Where its files are.
        database: The school's file.
    """

    directory: Path
    database: Path
    facts: SchoolFacts
    relay: Relay
    cloud: Cloud
    operoo: OperooView

    @contextmanager
    def office(self) -> Iterator[pyodbc.Connection]:
        """Open the school's database as its office does, through the same ODBC driver."""
        with closing(pyodbc.connect(connection_string(self.database))) as connection:
            yield connection

    def run(self, look: Callable[[], object] = lambda: None) -> RelayRun:
        """Run the relay, and wait until all that follows from it is done."""
        done = self.relay.sync()
        self.cloud.settle(look)
        return done

    def request(self, name: str, content: Mapping[str, object], look: Callable[[], object] = lambda: None) -> dict[str, str]:
        """Upload an administrator's manifest, wait until all that follows from it is done, and return the answer."""
        key = self.cloud.upload(name, content)
        self.cloud.settle(look)
        return self.cloud.answer(key)

    def state(self) -> State:
        """Return what Operoo holds."""
        return self.operoo.state()

    def linked(self) -> list[int]:
        """Return the students of Synergetic whom Operoo has, the first enrolled ones first."""
        return sorted(int(one) for one in self.state().present("members") if one.isdecimal())


@contextmanager
def opened(options: Options, say: Callable[[str], object], *, pace: Pace = _PACE, **parameters: str) -> Iterator[World]:
    """Make the school and start everything; stop it all when the block ends.

    Args:
        options: What was chosen on the command line.
        say: Is told what is being done.
        pace: How fast the stack's clock runs.
        parameters: Of the template, in the place of the story's own.

    Raises:
        SettingsError: The ODBC driver is missing, a port is taken, or the directory is not ours to empty now.
    """
    require_driver()
    operoo_port = listen_or_say(options.port, usual=DEFAULT_PORT, option="--port")
    ports = Ports(http=listen_or_say(options.console_port, usual=CONSOLE_PORT, option="--console-port"))
    with ExitStack() as cleanup:
        directory = cleanup.enter_context(emptied(options.directory))
        say("Writing the school's database")
        database = directory / "school.sqlite"
        facts = create_school(database, students=options.students, seed=options.seed)
        say("Starting the Operoo sandbox")
        sandbox = cleanup.enter_context(running(SandboxOptions(organization="Sample School"), listener=operoo_port))
        operoo = cleanup.enter_context(closing(OperooView(sandbox)))
        say("Starting AWS on this machine and deploying template.yaml into it")
        stack = cleanup.enter_context(LocalStack.start(directory, _parameters(sandbox) | parameters, pace=pace, ports=ports))
        secrets = stack.client("secretsmanager")
        secrets.put_secret_value(SecretId=stack.outputs["OperooTokenSecret"], SecretString=sandbox.token)
        relay = Relay(directory / "relay", stack.environment())
        relay.configure(database, stack.outputs, region=REGION)
        write_environment(directory / "env", stack)
        for email, roles in USERS.items():
            let_in(stack.client("cognito-idp"), stack.outputs["UserPool"], email, roles, PASSWORD)
        yield World(directory, database, facts, relay, Cloud(stack), operoo)


@contextmanager
def emptied(directory: Path) -> Iterator[Path]:
    """Make an empty directory, in the place of one that an earlier demo made, and keep other demos out until the block ends.

    Raises:
        SettingsError: Something else is there, another demo runs in it, or it cannot be made.
    """
    if directory.exists() and not (directory / _MARK).exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise _taken(f"{directory} is there already, and no demo made it.")
    try:
        directory.mkdir(parents=True, exist_ok=True)
        mark = (directory / _MARK).open("a", encoding="utf-8")
    except OSError as error:
        raise _taken(f"{directory} cannot be made: {error.strerror}.") from None
    with mark:
        try:
            # The system lets go of it however a demo ends.
            fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise _taken(f"Another demo runs in {directory}.") from None
        for one in directory.iterdir():
            if one.is_dir() and not one.is_symlink():
                shutil.rmtree(one, ignore_errors=True)
            elif one.name != _MARK:
                one.unlink()
        yield directory.resolve()


def _taken(what: str) -> SettingsError:
    return SettingsError(what, remedy="Choose another with --directory: it is emptied at each start.", code="directory-taken")


def write_environment(path: Path, stack: LocalStack) -> None:
    """Write the variables that point other programs at this AWS, for a shell to read."""
    past_proxies = dict.fromkeys(("NO_PROXY", "no_proxy"), "localhost,127.0.0.1")
    values = {**stack.environment(), **past_proxies, "EXCHANGE_BUCKET": stack.outputs["ExchangeBucket"]}
    path.write_text("".join(f"export {name}={quote(value)}\n" for name, value in values.items()), encoding="utf-8")


def _parameters(sandbox: Sandbox) -> dict[str, str]:
    settings = {"base_url": sandbox.base_url, **_QUICK}
    return {
        "OperooSettings": json.dumps(settings),
        "ApplyDelaySeconds": "1",
        "SchoolName": "Sample School",
        "MedicalUpdates": "automatic",
        # The story lets it come when it is told.
        "MedicalMinutes": "1440",
    }
