"""The spool: buckets come out whole and canonical, whatever the order and however little memory it may use."""

import errno
import random
import resource
import tracemalloc
from collections import Counter
from collections.abc import Hashable
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from relay.disk import disk_errors
from relay.reading.spool import DiskBudget, RowSpool, Sealed
from shared.chunks import Chunk
from shared.errors import TransientError
from shared.owners import bucket_of, owner_key

ROWS = [(owner, f"value {number}\n\u2028", None, number * 0.5) for number, owner in enumerate([*range(40), *range(20)])]
COLUMNS = ("ID", "Text", "Nothing", "Number")


def bucket(owner: Hashable) -> str:
    """Return the bucket of an owner under one digit."""
    return bucket_of(owner_key(owner), 1)


def sealed(folder: Path, rows: list[tuple[object, ...]], *, memory_limit: int, batch: int, budget: int = 10**9) -> list[Sealed]:
    """Spool rows in batches and return the chunks."""
    spool = RowSpool(folder / "rows", bucket, memory_limit=memory_limit, budget=DiskBudget(budget))
    encoder = msgspec.json.Encoder()
    with closing(spool):
        for start in range(0, len(rows), batch):
            part = rows[start : start + batch]
            spool.add([row[0] for row in part], encoder.encode_lines(part))
        chunks = list(spool.seal(COLUMNS))
        assert len(spool) == len(rows)
    assert not (folder / "rows").exists()
    return chunks


@pytest.mark.parametrize(("memory_limit", "batch"), [(10**9, 7), (1, 7), (500, 1), (500, 60)])
def test_memory_and_order_make_no_difference(tmp_path: Path, memory_limit: int, batch: int) -> None:
    """Spooled to disk or not, in any order: the same digests."""
    shuffled = list(ROWS)
    random.Random(batch).shuffle(shuffled)
    expected = sealed(tmp_path, list(ROWS), memory_limit=10**9, batch=1000)
    assert sealed(tmp_path, shuffled, memory_limit=memory_limit, batch=batch) == expected


def test_more_owners_than_are_remembered_make_no_difference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whose bucket is which is then worked out again, and again."""
    expected, asked = sealed(tmp_path, list(ROWS), memory_limit=10**9, batch=1000), Counter[Hashable]()

    def counting(owner: Hashable) -> str:
        asked[owner] += 1
        return bucket_of(owner_key(owner), 1)

    monkeypatch.setattr("relay.reading.spool.MOST_OWNERS", 3)
    monkeypatch.setitem(globals(), "bucket", counting)
    assert sealed(tmp_path, list(ROWS), memory_limit=1, batch=7) == expected
    assert max(asked.values()) == 2


def test_every_row_is_in_its_owners_bucket(tmp_path: Path) -> None:
    """The chunks hold every row once, each under its owner's bucket, and match their digests."""
    chunks = sealed(tmp_path, list(ROWS), memory_limit=100, batch=5)
    found = []
    for one in chunks:
        rows = list(Chunk.parse(one.content, digest=one.digest).rows())
        assert len(rows) == one.rows
        assert {bucket(row["ID"]) for row in rows} == {one.bucket}
        found += [tuple(row[name] for name in COLUMNS) for row in rows]
    assert sorted(found, key=repr) == sorted(ROWS, key=repr)


def test_sealing_needs_the_memory_of_one_bucket(tmp_path: Path) -> None:
    """A bucket's lines are let go of before the next one is read back."""
    rows = [(owner, "x" * 100) for owner in range(20_000)]
    spool = RowSpool(tmp_path / "rows", bucket, memory_limit=10_000, budget=DiskBudget(10**9))
    with closing(spool):
        for start in range(0, len(rows), 500):
            part = rows[start : start + 500]
            spool.add([row[0] for row in part], msgspec.json.encode(part)[1:-1].replace(b"],[", b"]\n[") + b"\n")
        tracemalloc.start()
        assert sum(one.rows for one in spool.seal(COLUMNS)) == len(rows)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < sum(len(row[1]) for row in rows) / 2


def test_no_rows_make_no_chunks(tmp_path: Path) -> None:
    """An empty row set has no buckets."""
    assert sealed(tmp_path, [], memory_limit=1, batch=1) == []


def test_the_limit_on_disk_is_kept(tmp_path: Path) -> None:
    """A run that needs more disk than it may use says which setting that is."""
    with pytest.raises(TransientError, match="spool_disk_mb") as caught:
        sealed(tmp_path, list(ROWS), memory_limit=1, batch=5, budget=100)
    assert caught.value.code == "spool-limit"


def test_what_is_removed_may_be_used_again(tmp_path: Path) -> None:
    """A row set that is begun again, and one after the other, need no more disk than the largest of them."""
    budget = DiskBudget(3000)
    for _ in range(3):
        with closing(RowSpool(tmp_path / "rows", bucket, memory_limit=1, budget=budget)) as spool:
            spool.add([row[0] for row in ROWS], msgspec.json.Encoder().encode_lines(ROWS))
            assert budget.used == (tmp_path / "rows").stat().st_size > budget.limit / 2
        assert budget.used == 0


@pytest.mark.parametrize(
    ("number", "code"), [(errno.ENOSPC, "disk-full"), (errno.EFBIG, "disk-full"), (errno.EACCES, "disk-unusable")]
)
def test_a_disks_errors_are_said_plainly(tmp_path: Path, number: int, code: str) -> None:
    """A full disk is told from one that may not be written."""
    with pytest.raises(TransientError) as caught, disk_errors(tmp_path):
        raise OSError(number, "whatever")
    assert caught.value.code == code
    assert caught.value.remedy


def test_a_disk_that_takes_no_more_is_said_plainly(tmp_path: Path) -> None:
    """The operating system's own limit on a file stops the spool with an error that names the folder."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300, hard))
    try:
        with pytest.raises(TransientError, match=tmp_path.name) as caught:
            sealed(tmp_path, list(ROWS), memory_limit=1, batch=20)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert caught.value.code == "disk-full"


def test_a_file_that_cannot_be_removed_fails_no_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A virus scanner has it open; the run's folder is removed as a whole later."""

    def refused(_path: Path, *, missing_ok: bool = False) -> None:
        raise PermissionError(errno.EACCES, f"in use, {missing_ok}")

    spool = RowSpool(tmp_path / "rows", bucket, memory_limit=1, budget=DiskBudget(10**6))
    spool.add([1], b'[1,"x",null,1]\n')
    monkeypatch.setattr(Path, "unlink", refused)
    spool.close()
    assert (tmp_path / "rows").exists()
