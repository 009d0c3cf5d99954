"""What is deployed is what we test: SAM builds the template, and every handler imports from the artefact and the layer alone.

Where this machine lacks the runtime's Python, or has another processor, the build is for this machine's own instead: what is
proven is how the artefact is put together, not whose wheels are in it.
"""

import os
import platform
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.stack.template import read_template
from tests.house.cloudformation import FUNCTIONS, ROOT

_SAM = Path(sys.executable).with_name("sam")
_UV = shutil.which("uv") or str(ROOT / ".tools" / "bin" / "uv")
# Up to Python 3.11 Lambda has an older Linux, for which newer releases of this package have no wheel.
_NEWER_SYSTEM, _FOR_OLDER_SYSTEM = (3, 12), "pillow==12.2.0"
# Importing a boto3-using module needs no credentials; this is everything a handler may find around it at import.
_BARE = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent"}


def _for_this_machine(template: str) -> str:
    runtime = f"python{sys.version_info.major}.{sys.version_info.minor}"
    processor = "arm64" if platform.machine() in {"arm64", "aarch64"} else "x86_64"
    return re.sub(r"python3\.\d+", runtime, template).replace("arm64", processor)


@pytest.fixture(scope="module")
def artefact(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Build a copy of the project once."""
    assert _SAM.exists(), "sam is not installed: `scripts/setup` puts it into the virtual environment"
    place = tmp_path_factory.mktemp("sam")
    (place / "template.yaml").write_text(
        _for_this_machine((ROOT / "template.yaml").read_text(encoding="utf-8")), encoding="utf-8"
    )
    for folder in ("functions", "shared"):
        shutil.copytree(ROOT / folder, place / folder, ignore=shutil.ignore_patterns("__pycache__"))
    if sys.version_info < _NEWER_SYSTEM:
        packages = place / "functions" / "requirements.txt"
        pinned = packages.read_text(encoding="utf-8")
        packages.write_text(re.sub(r"(?m)^pillow==.*", _FOR_OLDER_SYSTEM, pinned), encoding="utf-8")
    environment = {
        **os.environ,
        "SAM_CLI_TELEMETRY": "0",
        "HOME": str(place),
        # SAM looks for the runtime's Python by name.
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]),
    }
    command = [str(_SAM), "build", "--template-file", "template.yaml", "--no-cached", "--build-dir", "built"]
    done = subprocess.run(command, cwd=place, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    yield place / "built"
    shutil.rmtree(place)


@pytest.mark.slow
@pytest.mark.parametrize("name", FUNCTIONS)
def test_each_handler_imports_from_the_artefact_alone(artefact: Path, name: str) -> None:
    """With only the artefact, the layer and the standard library on the path, the handler is found and is a function."""
    handler = read_template(ROOT / "template.yaml")["Resources"][name]["Properties"]["Handler"]
    module, _, function = handler.rpartition(".")
    # One address for all of them, so that the packages, which are the same in each, are compiled once.
    task = artefact.with_name("task")
    task.unlink(missing_ok=True)
    task.symlink_to(artefact / name)
    paths = [str(task), str(artefact / "SharedLayer" / "python")]
    program = (
        "import sys\n"
        "sys.path[:] = [one for one in sys.path if 'site-packages' not in one]\n"
        f"sys.path[:0] = {paths!r}\n"
        f"import {module} as handler, shared.keys, boto3, pydantic\n"
        f"assert callable(handler.{function})\n"
        "print(handler.__file__, shared.keys.__file__, boto3.__file__, pydantic.__file__, sep='\\n')\n"
    )
    command = [sys.executable, "-I", "-X", f"pycache_prefix={artefact.with_name('compiled')}", "-c", program]
    done = subprocess.run(command, env=_BARE, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    *own, _, _ = origins = done.stdout.split()
    assert all(origin.startswith((str(task), str(artefact))) for origin in origins), origins
    assert own == [str(task / f"{module.replace('.', '/')}.py"), str(artefact / "SharedLayer/python/shared/keys.py")]


def test_nothing_but_code_and_its_packages_is_deployed(artefact: Path) -> None:
    """The relay, the local stack and the tests do not come along, and our code is in exactly one place."""
    for name in FUNCTIONS:
        top = {path.name for path in (artefact / name).iterdir()}
        assert "functions" in top
        assert not top & {"shared", "relay", "local", "tests", "pyodbc", "moto", "pytest"}
    assert [path.name for path in (artefact / "SharedLayer").iterdir()] == ["python"]
    assert [path.name for path in (artefact / "SharedLayer" / "python").iterdir()] == ["shared"]


def test_the_functions_packages_are_those_of_the_lockfile() -> None:
    """`functions/requirements.txt` is what `make requirements` would write now."""
    command = [_UV, "export", "--frozen", "--quiet", "--only-group", "functions", "--no-hashes", "--no-emit-project"]
    style = ["--no-annotate", "--no-header", "--format", "requirements-txt"]
    done = subprocess.run([*command, *style], cwd=ROOT, capture_output=True, text=True, check=True)
    assert (ROOT / "functions" / "requirements.txt").read_text(encoding="utf-8") == done.stdout


def test_each_school_in_samconfig_is_a_stack_of_its_own() -> None:
    """Schools differ in stack name and give only parameters that the template has, and validate with lint."""
    schools = tomllib.loads((ROOT / "samconfig.toml").read_text(encoding="utf-8"))
    del schools["version"]
    assert len(schools) >= 2
    names = [school["global"]["parameters"]["stack_name"] for school in schools.values()]
    assert len(set(names)) == len(names)
    known = set(read_template(ROOT / "template.yaml")["Parameters"])
    for school in schools.values():
        given = {one.partition("=")[0] for one in school["deploy"]["parameters"]["parameter_overrides"]}
        assert given <= known
        assert school["validate"]["parameters"]["lint"] is True
        # The bucket is named after the stack, in lower case, and with the account number it must fit into 63 characters.
        assert re.fullmatch(r"[a-z][a-z0-9-]{1,40}", school["global"]["parameters"]["stack_name"])
