"""A chunk: the rows of one bucket of one row set, in canonical form.

The first line is a JSON array of the column names; each further line is one row, a JSON array in that order. Rows are sorted by
their bytes, so the order in which a database returns them does not matter, and a chunk's name is the digest of its content.
Compression is the carrier's concern: the digest is of the canonical bytes.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from shared.digests import join_lines, sha256

Row = dict[str, object]


def header_line(columns: Sequence[str]) -> bytes:
    """Return the first line of a chunk with these columns."""
    return json.dumps(list(columns), separators=(",", ":")).encode()


def assemble(columns: Sequence[str], lines: Iterable[bytes]) -> bytes:
    """Return the canonical bytes of a chunk from its rows' lines, in any order."""
    return join_lines([header_line(columns), *sorted(lines)])


@dataclass(frozen=True)
class Chunk:
    """A chunk that was read back.

    Attributes:
        columns: The column names, in the order of each row.
        lines: One JSON array a row.
    """

    columns: tuple[str, ...]
    lines: tuple[bytes, ...]

    @classmethod
    def parse(cls, content: bytes, *, digest: str) -> "Chunk":
        """Check canonical bytes against their digest and take them apart.

        Raises:
            ValueError: The content is not what the digest names, or is not a chunk.
        """
        if sha256(content) != digest:
            raise ValueError("the content does not match its digest")
        if not content.endswith(b"\n"):
            raise ValueError("the content does not end with a line")
        head, *lines = content[:-1].split(b"\n")
        columns = json.loads(head)
        if not isinstance(columns, list) or not all(isinstance(name, str) for name in columns):
            raise ValueError("the first line does not name the columns")
        return cls(columns=tuple(columns), lines=tuple(lines))

    def rows(self) -> Iterator[Row]:
        """Yield each row by column name.

        Raises:
            ValueError: A line is not a JSON array of the right length.
        """
        for line in self.lines:
            values = json.loads(line)
            if not isinstance(values, list) or len(values) != len(self.columns):
                raise ValueError("a row does not fit the columns")
            yield dict(zip(self.columns, values, strict=True))
