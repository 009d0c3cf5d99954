"""A file that somebody else made: the words by which SQLite's people declare columns, and what its driver makes of them."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from relay.checking.report import Verdict
from relay.wiring import check_of
from shared.manifests import SnapshotManifest
from tests.integration.relay_site import Bucket, Site


def redeclare(school: Path, pattern: str, word: str) -> None:
    """Have columns declared in another way; what they hold stays."""
    with closing(sqlite3.connect(school)) as connection, connection:
        connection.execute("PRAGMA writable_schema = ON")
        for name, sql in connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'").fetchall():
            connection.execute("UPDATE sqlite_master SET sql = ? WHERE name = ?", (re.sub(pattern, word, sql), name))


def counts(manifest: SnapshotManifest) -> dict[str, int]:
    """Return how many rows each row set has."""
    return {name: entry.rows for name, entry in manifest.row_sets.items()}


@pytest.mark.parametrize(
    ("pattern", "word"),
    [
        (r"\b(n?varchar|char)\(\d+\)", "text"),
        (r"\bvarchar\(\d+\)", "varchar"),
        (r"\bbit\b", "boolean"),
        (r"\bdatetime\b", "timestamp"),
        (r"\bblob\b", "image"),
    ],
)
def test_columns_are_declared_in_other_words(site: Site, bucket: Bucket, pattern: str, word: str) -> None:
    """It is all the same to the check, and what is sent is the same."""
    sent = site.run().manifest
    redeclare(site.school, pattern, word)
    wrong = [finding.what for finding in check_of(site.settings).run().findings if finding.verdict is Verdict.ERROR]
    assert wrong == []
    site.forget()
    again = site.run().manifest
    assert counts(again) == counts(sent)
    assert again.row_sets["photos"] == sent.row_sets["photos"]
    assert again.row_sets["photos"].rows > 0


def test_numbers_come_with_a_fraction_of_nothing(site: Site, bucket: Bucket) -> None:
    """They are the same people, in the same buckets: the cloud would look for them elsewhere in vain."""
    sent = site.run().manifest
    redeclare(site.school, r"\bint\b", "float")
    site.forget()
    again = site.run().manifest
    for name in ("students", "staff", "photos"):
        assert again.row_sets[name].rows == sent.row_sets[name].rows > 0
        assert set(again.row_sets[name].chunks) == set(sent.row_sets[name].chunks)
