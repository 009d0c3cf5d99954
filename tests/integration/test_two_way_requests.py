"""What a pull costs where many wait: a school of thousands begins with a change of each student's, for a person to decide."""

from collections import Counter
from typing import Any

import pytest
from botocore.client import BaseClient

from functions.runtime.wiring import ledger_table
from tests.integration.cloud import forget_wiring
from tests.integration.two_way import TwoWay, allergic


@pytest.mark.parametrize("updates", ["automatic", "review"])
def test_a_pull_asks_for_those_who_wait_together(two_way: TwoWay, monkeypatch: pytest.MonkeyPatch, updates: str) -> None:
    """Be it for the relay or for a person: one request more for each would take longer than the function may."""
    monkeypatch.setenv("MEDICAL_UPDATES", updates)
    forget_wiring()
    linked = [str(one["integration_member_id"]) for one in two_way.medical.operoo.living("members")]
    two_way.medical.profiles |= {one: allergic("Egg", updates) for one in linked}
    two_way.pull()
    if updates == "review":
        two_way.write()
    assert len(list(ledger_table().waiting("review" if updates == "review" else "asked"))) == len(linked) > 10
    asked: Counter[str] = Counter()
    plain = BaseClient._make_api_call

    def call(client: BaseClient, name: str, arguments: dict[str, Any]) -> Any:
        asked[name] += 1
        return plain(client, name, arguments)

    monkeypatch.setattr(BaseClient, "_make_api_call", call)
    two_way.pull()
    assert asked["GetItem"] + asked["BatchGetItem"] < 10, asked
