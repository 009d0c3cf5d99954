"""A relay that is older than its stack asks for may read, and may not write."""

import pytest

from relay.version_check import VersionCheck
from shared.errors import FatalError


@pytest.mark.parametrize(
    ("version", "minimum", "may_write"),
    [
        ("0.1.0", "", True),
        ("0.1.0", "0.1", True),
        ("0.10", "0.9", True),
        ("0.9", "0.10", False),
        ("1.0.dev3", "1.0", False),
        ("1.0rc1", "0.9", True),
        ("1.0.post1", "1.0", True),
        ("0", "0.1", False),
        ("no version at all", "0.1", False),
        ("0.1", "no version at all", False),
        ("no version at all", "", True),
    ],
)
def test_versions_are_compared_as_versions(version: str, minimum: str, *, may_write: bool) -> None:
    """Not as texts; a pre-release comes before its release, and what cannot be compared is too old."""
    assert VersionCheck(version, minimum).may_write is may_write


def test_writing_is_refused_with_both_versions_and_what_to_do() -> None:
    """The error names what there is, what is asked for, and its code."""
    VersionCheck("0.2", "0.2").check_may_write()
    with pytest.raises(FatalError) as caught:
        VersionCheck("0.1", "0.2").check_may_write()
    assert caught.value.code == "relay-outdated"
    assert "0.1" in caught.value.what
    assert "0.2" in caught.value.what
    assert "newer" in caught.value.remedy
