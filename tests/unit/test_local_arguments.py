"""Wrong input to the programs of `local/` is answered in a line, never by a traceback."""

import pytest

from local.sandbox.__main__ import main as sandbox
from local.stack.__main__ import main as stack


@pytest.mark.parametrize("port", ["x", "-1", "99999", ""])
def test_a_port_that_is_none_is_refused(port: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The sandbox says what a port is and ends with the code for wrong usage."""
    with pytest.raises(SystemExit) as ended:
        sandbox([f"--port={port}"])
    assert ended.value.code == 2
    assert "a port is a number from 0 to 65535" in capsys.readouterr().err


def test_a_parameter_without_a_value_is_refused(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The stack says how a parameter is given."""
    monkeypatch.setattr("sys.argv", ["stack", "--parameter", "bad"])
    with pytest.raises(SystemExit) as ended:
        stack()
    assert ended.value.code == 2
    assert "NAME=VALUE" in capsys.readouterr().err
