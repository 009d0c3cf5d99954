"""On what, when and with which versions was measured."""

import importlib.metadata
import os
import platform
from datetime import UTC, datetime
from pathlib import Path

_PACKAGES = ("pyodbc", "msgspec", "zstandard", "moto", "dlt", "sqlalchemy", "pyarrow")


def facts() -> str:
    """Return one sentence."""
    versions = ", ".join(f"{name} {_version(name)}" for name in _PACKAGES)
    return (
        f"Measured on {datetime.now(UTC):%d %B %Y} on {_processor()}, {os.cpu_count()} cores, "
        f"{platform.system()} {platform.machine()}, Python {platform.python_version()}, {versions}"
    )


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def _processor() -> str:
    listed = Path("/proc/cpuinfo")
    if not listed.exists():
        return platform.processor() or "a processor that does not tell its name"
    names = [line.partition(":")[2].strip() for line in listed.read_text(encoding="utf-8").splitlines() if "model name" in line]
    return names[0] if names else "a processor that does not tell its name"
