"""The ODBC drivers through which tests speak with the double: FreeTDS, and Microsoft's as a Python package brings it."""

import ctypes
import platform
from importlib.util import find_spec
from pathlib import Path

import pyodbc
import pytest

FREETDS = "FreeTDS"
_FOLDERS = {"x86_64": "x86_64", "aarch64": "arm64"}


def _microsofts() -> str:
    """Return the file of Microsoft's driver for this machine; empty if there is none, or it lacks something to be loaded."""
    package = find_spec("mssql_python_odbc")
    if package is None or package.origin is None or platform.machine() not in _FOLDERS:
        return ""
    folder = Path(package.origin).parent / "libs" / "linux" / "debian_ubuntu" / _FOLDERS[platform.machine()]
    for library in folder.glob("lib/libmsodbcsql*"):
        try:
            ctypes.CDLL(str(library))
        except OSError:
            continue
        return str(library)
    return ""


MICROSOFT = _microsofts()
WITHOUT = {
    FREETDS: "" if FREETDS in pyodbc.drivers() else "FreeTDS's ODBC driver is not installed",
    MICROSOFT: ""
    if MICROSOFT
    else "Microsoft's ODBC driver is not in this environment, or cannot be loaded (it needs Kerberos)",
}
# The parameters of a test or a fixture.
EACH_DRIVER = [
    pytest.param(name, id=shown, marks=pytest.mark.skipif(bool(WITHOUT[name]), reason=WITHOUT[name]))
    for name, shown in ((FREETDS, "freetds"), (MICROSOFT, "microsoft"))
]
