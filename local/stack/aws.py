"""AWS on this machine, seen from those who use it: the process that `local.stack.server` is, and clients that speak to it."""

import json
import os
import subprocess
import sys
from http.client import HTTPConnection
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import boto3
import botocore.session
from botocore.config import Config

REGION = "ap-southeast-2"
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local"}
MESSAGES = "/local/messages"
# Who works with AWS has profiles of their own, which may not even be there; nothing here is to ask for them.
NO_PROFILES = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
_ROOT = Path(__file__).parents[2]


def local_session(region: str = REGION) -> boto3.session.Session:
    """Return a session with this AWS's credentials, whatever the environment and the files of whoever is here say of others."""
    plain = botocore.session.Session(
        session_vars={
            "profile": (None, None, None, None),
            "config_file": (None, None, os.devnull, None),
            "credentials_file": (None, None, os.devnull, None),
        }
    )
    return boto3.session.Session(
        aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        region_name=region,
        botocore_session=plain,
    )


class AwsServer:
    """A running server, as a context manager."""

    def __init__(self, log: Path, port: int = 0) -> None:
        self._log = log
        self._port = port
        self._process: subprocess.Popen[str] | None = None
        self._session = local_session()
        self.url = ""

    def __enter__(self) -> Self:
        """Start it and wait until it listens.

        Raises:
            RuntimeError: It did not come up; its log says why.
        """
        with self._log.open("w", encoding="utf-8") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-m", "local.stack.server", str(self._port)],
                cwd=_ROOT,
                env={name: value for name, value in os.environ.items() if not name.startswith("AWS_")} | NO_PROFILES,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,
            )
        assert self._process.stdout is not None
        port = self._process.stdout.readline().strip()
        if not port:
            self.stop()
            raise RuntimeError(f"moto's server did not start; {self._log} says why")
        self.url = f"http://127.0.0.1:{port}"
        return self

    def __exit__(self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None) -> None:
        """Stop it."""
        self.stop()

    def stop(self) -> None:
        """End the process, if it runs; nothing in it is worth keeping."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()

    def messages(self) -> dict[str, int]:
        """Return how many messages each queue holds, waiting, delayed or in work."""
        connection = HTTPConnection(self.url.removeprefix("http://"), timeout=60)
        try:
            connection.request("GET", MESSAGES)
            counts: dict[str, int] = json.load(connection.getresponse())
        finally:
            connection.close()
        return counts

    def environment(self) -> dict[str, str]:
        """Return the environment variables that point a program at this server."""
        return {"AWS_ENDPOINT_URL": self.url, "AWS_DEFAULT_REGION": REGION, "AWS_REGION": REGION, **CREDENTIALS}

    def client(self, service: str) -> Any:  # noqa: ANN401 - boto3 makes the class at run time
        """Return a boto3 client that speaks to this server, whatever the environment says."""
        config = Config(retries={"max_attempts": 0}, max_pool_connections=20, proxies={})
        return self._session.client(service, endpoint_url=self.url, config=config)  # type: ignore[call-overload]
