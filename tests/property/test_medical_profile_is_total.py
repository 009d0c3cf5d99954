"""Anything that JSON can hold is a medical profile, whose parts are read, parked or kept, and never shown in a reason."""

import json
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shared.medical.profile import LISTS, SECTIONS, MedicalProfile
from shared.medical.reading import read_profile
from tests.property.medical_families import Family

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6) | st.just("2026-01-31"),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "type", "name", "ref", "x"]), inner, max_size=3)
    ),
    max_leaves=6,
)
FIELDS = st.sampled_from([*LISTS, *SECTIONS, "operations"])
SEEDS = st.integers(0, 2**48)


@given(st.dictionaries(FIELDS, VALUES, max_size=4))
def test_anything_is_a_profile(stated: dict[str, Any]) -> None:
    """Reading never fails, has a digest, and survives being written down."""
    profile = read_profile("7", stated)
    again = MedicalProfile.model_validate_json(profile.model_dump_json(exclude_unset=True))
    assert (again, again.digest) == (profile, profile.digest)
    assert again.model_dump(exclude_unset=True) == profile.model_dump(exclude_unset=True)
    for name in LISTS:
        refs = [one.ref for one in getattr(profile, name)]
        assert len(set(refs)) == len(refs)
        assert all(refs)


@given(SEEDS)
def test_order_does_not_matter(seed: int) -> None:
    """But for doctors and emergency contacts, which are in the family's order."""
    stated = Family(Random(seed)).profile()
    mixed = dict(reversed(stated.items()))
    for name in LISTS.keys() & mixed.keys() - {"doctors", "emergency_contacts"}:
        mixed[name] = list(reversed(mixed[name]))
    assert read_profile("7", mixed).digest == read_profile("7", stated).digest


@given(SEEDS, st.data())
def test_a_bad_value_parks_one_item_only(seed: int, data: st.DataObject) -> None:
    """All other items are there as before, and no reason shows what was wrong."""
    stated = json.loads(json.dumps(Family(Random(seed)).profile()))
    filled = sorted(name for name in LISTS if stated.get(name) and name not in {"doctors", "emergency_contacts"})
    if not filled:
        return
    name = data.draw(st.sampled_from(filled))
    before = read_profile("7", stated)
    stated[name][0] = {**stated[name][0], "type": [], "text": {"zebra-marker": 1}, "id": "zebra"}
    after = read_profile("7", stated)
    assert len(getattr(after, name)) >= len(getattr(before, name)) - 1
    assert "zebra-marker" not in str([one.reason for one in after.parked])
    assert all(getattr(after, other) for other in filled if name not in {other, "conditions"} and getattr(before, other))
