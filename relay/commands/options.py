"""The options that several commands take."""

from pathlib import Path
from typing import Annotated

import typer

from relay.logs import LogFormat

# Not to be looked at by typer: what is wrong with it, the relay says itself, and what to do.
Config = Annotated[Path, typer.Option("--config", "-c", help="The configuration file.", readable=False)]
Format = Annotated[LogFormat, typer.Option("--log-format", help="Log lines for a person, or JSON for a service.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for another program.")]
Service = Annotated[
    bool, typer.Option("--service", help="Run as a task or service: log as JSON into the file of the configuration, too.")
]
Name = Annotated[str, typer.Option(help="The name of the task or service; another one for a second relay on this machine.")]
