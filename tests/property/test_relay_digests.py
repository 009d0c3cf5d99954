"""The relay's digests depend on the rows and on nothing else."""

import datetime as dt
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from relay.reading.extract import encode
from relay.reading.spool import DiskBudget, RowSpool, Sealed
from shared.chunks import Chunk
from shared.owners import bucket_of, owner_key

VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**31), 2**31 - 1),
    st.text(alphabet=st.characters(exclude_categories=["Cs"])),
    st.datetimes(),
    st.decimals(allow_nan=False, allow_infinity=False, places=2),
)
ROWS = st.lists(st.tuples(st.integers(0, 30), VALUES, VALUES), max_size=40)


def seal(rows: list[tuple[object, ...]], *, batch: int, memory_limit: int) -> list[Sealed]:
    """Return the chunks of rows."""
    with TemporaryDirectory() as folder:
        spool = RowSpool(
            Path(folder) / "rows",
            lambda owner: bucket_of(owner_key(owner), 1),
            memory_limit=memory_limit,
            budget=DiskBudget(10**9),
        )
        for start in range(0, len(rows), batch):
            part = rows[start : start + batch]
            spool.add([row[0] for row in part], encode(part, row_set="any"))
        chunks = list(spool.seal(("ID", "A", "B")))
        spool.close()
    return chunks


@settings(deadline=None, max_examples=60)
@given(rows=ROWS, data=st.data(), batch=st.integers(1, 50), memory_limit=st.integers(0, 3000))
def test_any_order_batch_and_memory_give_the_same_digests(
    rows: list[tuple[object, ...]], data: st.DataObject, batch: int, memory_limit: int
) -> None:
    """Rows in any order, in batches of any size, with any memory: the same chunks, and every row in them."""
    expected = seal(rows, batch=1000, memory_limit=10**9)
    shuffled = data.draw(st.permutations(rows))
    assert seal(shuffled, batch=batch, memory_limit=memory_limit) == expected
    assert sum(len(list(Chunk.parse(one.content, digest=one.digest).rows())) for one in expected) == len(rows)


@given(moment=st.datetimes())
def test_a_moment_is_written_as_iso_says(moment: dt.datetime) -> None:
    """Date and time with a fraction of six digits, or with none: what `datetime.isoformat` gives."""
    assert encode([(moment,)], row_set="any") == f'["{moment.isoformat()}"]\n'.encode()
