"""One relay at a school in the tests: its configuration, its clients with every request counted, and a look into the bucket."""

import functools
import json
import shutil
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import boto3
import zstandard

from relay.cloud.exchange import Exchange
from relay.database.connection import Database
from relay.reading.reader import Reader
from relay.running.outcome import Outcome
from relay.running.sync import Sync
from relay.running.timetable import Timetable
from relay.settings import Settings, load_settings
from relay.wiring import assembled, database_of, exchange_of, state_of
from shared import keys
from shared.chunks import Chunk
from shared.manifests import SnapshotManifest

BUCKET, REGION = "school-exchange", "ap-southeast-2"


class Killed(BaseException):
    """The process ends here."""


class Site:
    """A relay and what it needs, in a folder.

    Attributes:
        calls: The names of all requests to AWS, in order.
        fail_at: The number of the request before (or, if negative, after) which the process is killed.
    """

    def __init__(
        self, folder: Path, school: Path, *, queues: tuple[str, str] | None = None, relay: str = "", database: str = ""
    ) -> None:
        self.folder = folder
        self.school = school
        self.config = folder / "relay.toml"
        self.config.write_text(
            f'[synergetic]\ndriver = "SQLite3"\ndatabase = "{school}"\n{database}\n'
            f'[exchange]\nbucket = "{BUCKET}"\nregion = "{REGION}"\nupload_threads = 1\n'
            + ("" if queues is None else 'return_queue_url = "{}"\nreceipt_queue_url = "{}"\n'.format(*queues))
            + f"[relay]\n{relay}\n",
        )
        self.calls: list[str] = []
        self.fail_at = 0
        self.now = datetime(2026, 3, 2, 7, tzinfo=UTC)

    @property
    def settings(self) -> Settings:
        """The configuration."""
        return load_settings(self.config)

    def sync(self, *, database: Callable[[Database], Database] = lambda made: made, watches: bool = False) -> Sync:
        """Make the use case as the wiring does, by itself or of `watch`, with the clock and the clients under our eyes."""
        settings = self.settings
        made = database_of(settings)
        self.state = state_of(settings)
        self.timetable = Timetable(settings.relay, self.state, steered=True) if watches else None
        reader = Reader(settings, database(made), self.state, clock=self._clock)
        exchange, clock = self.exchange, self._clock
        return assembled(settings, reader, exchange=exchange, state=self.state, clock=clock, timetable=self.timetable)

    def forget(self) -> None:
        """Lose the relay's memory."""
        shutil.rmtree(self.settings.relay.state_dir, ignore_errors=True)

    def run(self, **options: object) -> Outcome:
        """Do one run, some time after the last one."""
        self.calls.clear()
        self.now += timedelta(minutes=15)
        use_case = self.sync()
        with closing(self.state):
            return use_case.run(**options)

    @functools.cached_property
    def exchange(self) -> Exchange:
        """The way to the cloud, with every request counted."""
        exchange = exchange_of(self.settings.exchange)
        made = exchange.queues._sqs
        exchange._s3().meta.events.register("before-call", self._before)
        exchange._s3().meta.events.register("after-call", self._after)

        @functools.cache
        def sqs() -> object:
            client = made()
            client.meta.events.register("before-call", self._before)
            client.meta.events.register("after-call", self._after)
            return client

        exchange.queues._sqs = sqs
        return exchange

    def _before(self, model: object, **_: object) -> None:
        self.calls.append(model.name)
        if self.fail_at == len(self.calls):
            raise Killed

    def _after(self, **_: object) -> None:
        if self.fail_at == -len(self.calls):
            raise Killed

    def _clock(self) -> datetime:
        return self.now


class Bucket:
    """What lies in the Exchange bucket."""

    def __init__(self, name: str = BUCKET) -> None:
        self.name = name
        self.s3 = boto3.client("s3", region_name=REGION)
        self.s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})

    def keys(self, prefix: str = "") -> set[str]:
        """Return the keys that begin so."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=prefix)
        return {item["Key"] for page in pages for item in page.get("Contents", [])}

    def empty(self) -> None:
        """Remove everything."""
        self.s3.delete_objects(Bucket=self.name, Delete={"Objects": [{"Key": key} for key in self.keys()]})

    def read(self, key: str) -> bytes:
        """Return an object's bytes."""
        return self.s3.get_object(Bucket=self.name, Key=key)["Body"].read()

    def manifest(self) -> SnapshotManifest:
        """Return the last manifest."""
        return SnapshotManifest.model_validate_json(self.read(max(self.keys(keys.SNAPSHOTS))))

    def heartbeat(self) -> dict[str, object]:
        """Return the last heartbeat."""
        return json.loads(self.read(keys.HEARTBEAT))

    def stated(self) -> dict[str, dict[str, str]]:
        """Return the digests the last manifest states, by row set and bucket."""
        return {
            name: {bucket: chunk.digest for bucket, chunk in entry.chunks.items()}
            for name, entry in self.manifest().row_sets.items()
        }

    def rows(self) -> dict[str, list[dict[str, object]]]:
        """Return every row the last manifest states, and prove on the way that it is whole."""
        found: dict[str, list[dict[str, object]]] = {}
        for name, entry in self.manifest().row_sets.items():
            found[name] = []
            for chunk in entry.chunks.values():
                content = zstandard.decompress(self.read(keys.chunk_key(name, chunk.digest)))
                read = list(Chunk.parse(content, digest=chunk.digest).rows())
                assert len(read) == chunk.rows
                found[name] += read
            assert len(found[name]) == entry.rows
            assert entry.rows + sum(entry.left_out.values()) == entry.counted
        return found
