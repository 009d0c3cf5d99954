"""What writes to a school's database is tried over many generated cases, even in the usual run."""

from collections.abc import Iterator
from types import ModuleType

from tests.property import test_medical_writeback, test_writeback_rejected

_LEAST = 1000


def _cases(module: ModuleType) -> Iterator[int]:
    for name, test in vars(module).items():
        if name.startswith("test_"):
            yield test._hypothesis_internal_use_settings.max_examples


def test_write_back_is_tried_over_a_thousand_cases() -> None:
    """Those without a database are counted: each of them is a school, a family and what becomes of both."""
    assert sum(sum(_cases(module)) for module in (test_medical_writeback, test_writeback_rejected)) >= _LEAST
