"""Wrong input to the programs of `local/` is answered in a line, never by a traceback."""

import re
from collections.abc import Callable

import pytest

from benchmarks.options import parse as benchmark
from local import openapi, pictures
from local.demo.options import parse
from local.handbook import pages
from local.sandbox.__main__ import main as sandbox
from local.stack.__main__ import main as stack
from local.stack.parameters import check
from local.stack.stack import TEMPLATE
from local.stack.template import read_template
from shared.errors import SettingsError


@pytest.mark.parametrize("port", ["x", "-1", "99999", ""])
def test_a_port_that_is_none_is_refused(port: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The sandbox says what a port is and ends with the code for wrong usage."""
    with pytest.raises(SystemExit) as ended:
        sandbox([f"--port={port}"])
    assert ended.value.code == 2
    assert "a port is a number from 0 to 65535" in capsys.readouterr().err


@pytest.mark.parametrize("wrong", ["--page-size=-3", "--page-size=few", "--allow=somebody", "--allow=300.1.1.1"])
def test_what_the_sandbox_cannot_be_is_refused(wrong: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A page of less than nothing, and an address that is none, end with the code for wrong usage."""
    with pytest.raises(SystemExit) as ended:
        sandbox([wrong])
    assert ended.value.code == 2
    assert wrong.partition("=")[0] in capsys.readouterr().err


def test_a_store_that_the_sandbox_cannot_keep_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    """In a line, and without an address at which nobody answers."""
    assert sandbox(["--store=/nowhere/at/all.db"]) == 1
    out, err = capsys.readouterr()
    assert (out, err.count("\n"), "--store /nowhere/at/all.db cannot be used" in err) == ("", 1, True)


@pytest.mark.parametrize("option", ["--json", "--page"])
def test_a_file_that_a_benchmark_cannot_write_is_refused_first(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Not after an hour."""
    with pytest.raises(SystemExit) as ended:
        benchmark([f"{option}=/nowhere/at/all"])
    assert ended.value.code == 2
    assert option in capsys.readouterr().err


def test_a_parameter_without_a_value_is_refused(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The stack says how a parameter is given."""
    monkeypatch.setattr("sys.argv", ["stack", "--parameter", "bad"])
    with pytest.raises(SystemExit) as ended:
        stack()
    assert ended.value.code == 2
    assert "NAME=VALUE" in capsys.readouterr().err


def test_the_template_takes_only_the_parameters_it_has() -> None:
    """A misspelt name and a value that is not allowed are named as CloudFormation would, and nothing is started."""
    template = read_template(TEMPLATE)
    wrong = {"Nope": "1", "RelaySilentHours": "169", "GuardCount": "many", "AlarmEmail": "x", "ConsoleMfa": "off"}
    with pytest.raises(SettingsError) as refused:
        check(template, wrong)
    assert re.findall(r"(\w+): ", refused.value.what)[1:] == sorted(wrong)
    check(template, {name: str(one["Default"]) for name, one in template["Parameters"].items()})


@pytest.mark.parametrize("students", ["x", "-40", "39", "20001", ""])
def test_a_school_of_no_size_is_refused(students: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The demo says how large a school may be."""
    with pytest.raises(SystemExit):
        parse([f"--students={students}"])
    assert "the story needs 40 to 20,000 students" in capsys.readouterr().err


@pytest.mark.parametrize("main", [openapi.main, pages.main, pictures.main])
@pytest.mark.parametrize(("argument", "code"), [("--help", 0), ("--page=x", 2)])
def test_a_program_that_takes_no_arguments_does_nothing_if_it_is_given_one(
    main: Callable[[], object], argument: str, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever asks what it does has not had it done."""
    monkeypatch.setattr("sys.argv", ["program", argument])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == code
