"""The commands that write the configuration and keep the password: they ask a person, or take everything from options."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import BaseModel, SecretStr, TypeAdapter, ValidationError

from relay.commands.options import Config
from relay.database.settings import PASSWORD_VARIABLE, DatabaseSettings
from relay.installing.configuration import Choices, best_driver, read_outputs
from relay.installing.initial import Store, change_password, password_file_of, refuse_existing, usual_store, write_all
from relay.installing.machine import this_machine
from relay.settings import DEFAULT_FILE, ExchangeSettings, load_settings
from shared.synergetic import Mode

# ruff: noqa: FBT002 - to typer a boolean with a default is a flag
_NEXT = (
    ("grants --version VERSION{login}", "The script for the database administrator"),
    ("check", "Whether everything is as it must be"),
    ("sync --dry-run", "What would be sent"),
    ("install", "Run it all the time"),
)


@dataclass(frozen=True)
class _Question:
    option: str
    text: str
    model: type[BaseModel]
    field: str
    may_be_empty: bool = False


_QUESTIONS = (
    _Question("--server", "Database server (host, or host\\instance)", DatabaseSettings, "server"),
    _Question("--database", "Synergetic's database (up to version 67: the main one)", DatabaseSettings, "database"),
    _Question(
        "--user",
        "SQL login that may only read (empty: the Windows account that the relay will run under)",
        DatabaseSettings,
        "user",
        may_be_empty=True,
    ),
    _Question("--bucket", "Bucket (the stack's output ExchangeBucket)", ExchangeSettings, "bucket"),
    _Question("--region", "Region (the stack's output Region)", ExchangeSettings, "region"),
    _Question(
        "--return-queue-url",
        "Return queue (the stack's output ReturnQueueUrl; empty: the relay does not hear what the cloud asks for)",
        ExchangeSettings,
        "return_queue_url",
        may_be_empty=True,
    ),
    _Question(
        "--receipt-queue-url",
        "Receipt queue (the stack's output ReceiptQueueUrl; empty: the relay does not answer)",
        ExchangeSettings,
        "receipt_queue_url",
        may_be_empty=True,
    ),
)
_STORES = {
    Store.FILE: "in the file {file}, which only its owner and administrators can read",
    Store.KEYRING: "in this system's store, for your own account: only runs under this account find it",
    Store.ENVIRONMENT: "yours to give: set {variable} for the account that the relay runs under",
}


def init(  # noqa: PLR0913 - a command's options
    config: Config = DEFAULT_FILE,
    *,
    server: Annotated[str | None, typer.Option(help="Database server: host, or host\\instance.")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Its port, if not the default.")] = None,
    database: Annotated[str | None, typer.Option(help="Synergetic's database; up to version 67 the main one.")] = None,
    user: Annotated[str | None, typer.Option(help="The SQL login.")] = None,
    trusted: Annotated[
        bool, typer.Option("--trusted", help="Log in as the Windows account that the relay runs under.")
    ] = False,
    driver: Annotated[str | None, typer.Option(help="The ODBC driver. [default: the newest of Microsoft's]")] = None,
    mode: Annotated[Mode, typer.Option(help="Whether medical details flow back.")] = "one-way",
    bucket: Annotated[str | None, typer.Option(help="The stack's output ExchangeBucket.")] = None,
    region: Annotated[str | None, typer.Option(help="The stack's output Region.")] = None,
    return_queue_url: Annotated[str | None, typer.Option(help="The stack's output ReturnQueueUrl.")] = None,
    receipt_queue_url: Annotated[str | None, typer.Option(help="The stack's output ReceiptQueueUrl.")] = None,
    outputs: Annotated[
        Path | None, typer.Option(help="A file with all of the stack's outputs, instead of these four.", readable=False)
    ] = None,
    aws_config_file: Annotated[str | None, typer.Option(help="A file with an AWS profile, for this relay alone.")] = None,
    password_store: Annotated[
        Store | None, typer.Option(help="Where the login's password is kept. [default: depends on the system]")
    ] = None,
    password_stdin: Annotated[bool, typer.Option("--password-stdin", help="Read the password from standard input.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing; whatever no option gives takes its default.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing configuration.")] = False,
) -> None:
    """Create the configuration file and store the password.

    At a terminal it asks for whatever no option gave. The password is never an option: it is asked for, or read from standard
    input, and goes to a place of its own. The file explains every key.
    """
    if trusted and user:
        raise typer.BadParameter(
            "give one of the two: the Windows account has no SQL login.", param_hint="--user and --trusted"
        )
    if not force:
        refuse_existing(config)
    asking = not (yes or password_stdin) and _somebody_is_there()
    read: dict[str, str | None] = dict(read_outputs(outputs)) if outputs else {}
    options = {
        "server": server,
        "database": database,
        "user": "" if trusted else user,
        "bucket": bucket,
        "region": region,
        "return_queue_url": return_queue_url,
        "receipt_queue_url": receipt_queue_url,
    }
    given = read | {name: value for name, value in options.items() if value is not None}
    found = {one.field: _answer(one, given.get(one.field), asking=asking) for one in _QUESTIONS}
    machine = this_machine()
    store = password_store or usual_store(machine)
    has_password = bool(found["user"]) and store is not Store.ENVIRONMENT
    _refuse_missing(found, password=has_password and not (asking or password_stdin))
    texts = {name: text or "" for name, text in found.items()}
    choices = Choices(driver=driver or _best_driver(), mode=mode, port=port, aws_config_file=aws_config_file, **texts)
    secret = _password(from_stdin=password_stdin) if has_password else None
    write_all(choices, config, machine=machine, store=store, password=secret)
    _tell(config, store if choices.user else None)


def password(
    config: Config = DEFAULT_FILE,
    password_stdin: Annotated[bool, typer.Option("--password-stdin", help="Read it from standard input.")] = False,
) -> None:
    """Store a new password for the database login.

    It goes into the file that the configuration names as password_file, or else into this system's store for the account that
    runs this.
    """
    settings = load_settings(config).synergetic
    if not password_stdin and not _somebody_is_there():
        raise typer.BadParameter("there is no person to ask.", param_hint="--password-stdin")
    change_password(settings, lambda: _password(from_stdin=password_stdin))
    where = f"the file {settings.password_file}" if settings.password_file else "this system's store"
    typer.echo(f"The password is in {where}.")


def _answer(question: _Question, given: str | None, *, asking: bool) -> str | None:
    if given is not None or not asking:
        return given
    answer = typer.prompt(
        question.text,
        default="" if question.may_be_empty else None,
        show_default=False,
        value_proc=_checked(question),
    )
    return str(answer)


def _checked(question: _Question) -> Callable[[str], str]:
    info = question.model.model_fields[question.field]
    adapter: TypeAdapter[Any] = TypeAdapter(Annotated[info.annotation, info])

    def check(answer: str) -> str:
        text = answer.strip()
        if not (text or question.may_be_empty):
            raise typer.BadParameter("it must not be empty")
        try:
            adapter.validate_python(text)
        except ValidationError as error:
            raise typer.BadParameter(error.errors()[0]["msg"].removeprefix("Value error, ")) from None
        return text

    return check


def _refuse_missing(found: dict[str, str | None], *, password: bool) -> None:
    """Refuse to go on without an answer; at a terminal that is an option without anything in it."""
    missing = [one.option for one in _QUESTIONS if not found[one.field] and not one.may_be_empty]
    if found["user"] is None:
        missing.append("--user or --trusted")
    if password:
        missing.append("--password-stdin")
    if missing:
        raise typer.BadParameter(
            "needed, and not to be empty. Those that are left out are asked for, at a terminal and without --yes.",
            param_hint=", ".join(missing),
        )


def _somebody_is_there() -> bool:
    # A program that was started without a standard input has none at all.
    return sys.stdin is not None and sys.stdin.isatty()


def _password(*, from_stdin: bool) -> SecretStr:
    if not from_stdin:
        return SecretStr(typer.prompt("Password of the SQL login (not shown)", hide_input=True))
    given = _piped().rstrip("\r\n")
    if not given or "\n" in given:
        wrong = "it is one line, and there is more" if given else "there was nothing"
        raise typer.BadParameter(f"{wrong} on standard input.", param_hint="--password-stdin")
    return SecretStr(given)


def _piped() -> str:
    if sys.stdin is None:
        return ""
    # Whoever types it ends it with the line.
    return sys.stdin.readline() if sys.stdin.isatty() else sys.stdin.read()


def _best_driver() -> str:
    import pyodbc  # noqa: PLC0415 - help does without it

    return best_driver(pyodbc.drivers(), otherwise=str(DatabaseSettings.model_fields["driver"].default))


def _tell(config: Path, store: Store | None) -> None:
    path = config.resolve()
    typer.echo(f"Written: {path}")
    if store is not None:
        where = _STORES[store].format(file=password_file_of(path), variable=PASSWORD_VARIABLE)
        typer.echo(f"The password is {where}.")
    typer.echo("Next:")
    login = "" if store else r" --windows --login DOMAIN\name"
    for command, purpose in _NEXT:
        typer.echo(f"  {purpose}:\n    operoo-relay {command.format(login=login)} --config {path}")
