"""AWS on this machine has nothing to do with the accounts of whoever works here."""

from pathlib import Path

import pytest

from local.stack.aws import CREDENTIALS, REGION, local_session


@pytest.mark.parametrize("profile", ["one-that-is-not-there", "of-work"])
def test_profiles_of_whoever_is_here_are_not_looked_at(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, profile: str) -> None:
    """One that is named and not there, or a file that is none, would else end the demo with a traceback."""
    (tmp_path / "config").write_text(
        "[profile of-work]\nregion = us-east-1\nthis is no line of such a file\n", encoding="utf-8"
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_PROFILE", profile)
    session = local_session()
    credentials = session.get_credentials()
    assert credentials is not None
    assert credentials.access_key == CREDENTIALS["AWS_ACCESS_KEY_ID"]
    assert session.client("sqs", endpoint_url="http://127.0.0.1:1").meta.region_name == REGION
