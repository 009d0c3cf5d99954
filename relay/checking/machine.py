"""The machine that the relay runs on: its disk, its folder, its clock and what stands between it and the internet."""

import os
import platform
import shutil
import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from urllib.request import getproxies

from relay.checking.report import Finding, Verdict, well
from relay.disk import disk_errors
from relay.reading.spool import SPOOL
from relay.settings import ExchangeSettings, RelaySettings
from relay.version_check import VersionCheck

_MEGABYTE = 1024 * 1024
_FOR_OTHERS = 0o007
_CLOCK_OFF, _CLOCK_WRONG = timedelta(seconds=30), timedelta(minutes=5)
# Beside the spool there is the state, and the log.
_ROOM_BESIDE_MB = 200


def machine_facts() -> dict[str, object]:
    """Return what support asks of a machine first."""
    return {
        "system": platform.platform(terse=True),
        "python": platform.python_version(),
        "zone_offset": datetime.now().astimezone().strftime("%z"),
    }


def look_at_version(minimum: str) -> Iterator[Finding]:
    """Say whether this relay is as new as its stack asks, as far as the stack has told it; nothing if it has asked nothing."""
    version_check = VersionCheck.here(minimum)
    if not version_check.may_write:
        yield Finding(
            "relay",
            Verdict.WARNING,
            f"This relay is version {version_check.version}; its stack asks for {minimum}. It reads, and writes nothing back.",
            "Install a newer release of the relay (docs/relay.md).",
            code="relay-outdated",
        )
    elif minimum:
        yield well("relay", f"This relay is version {version_check.version}; its stack asks for {minimum} at least.")


def look_at_folder(settings: RelaySettings) -> Iterator[Finding]:
    """Look whether the relay's folder can be written to, and whether the disk has room for a run.

    Raises:
        TransientError: It cannot be written to.
    """
    folder = settings.state_dir
    spool = folder / SPOOL
    # It is there while a run is at work, or where one was killed: or it is something else, in the way of every run.
    for place in (folder, spool) if os.path.lexists(spool) else (folder,):
        with disk_errors(place):
            place.mkdir(parents=True, exist_ok=True, mode=0o700)
            with tempfile.TemporaryFile(dir=place) as file:
                file.write(b"check")
    yield well("folder", "The relay's folder can be written to.")
    if os.name == "posix" and folder.stat().st_mode & _FOR_OTHERS:
        yield Finding(
            "folder",
            Verdict.WARNING,
            "Everybody on this machine can look into the relay's folder, where rows lie during a run.",
            "Run `chmod o-rwx` on `state_dir` of [relay].",
            code="folder-open",
        )
    yield _room(folder, settings.spool_disk_mb)


def look_at_credentials(file: Path | None) -> Iterator[Finding]:
    """Look whether everybody on this machine can read a secret of AWS; on Windows a file's mode says nothing of that."""
    if file is None or os.name != "posix" or not file.is_file() or not os.access(file, os.R_OK):
        return
    if file.stat().st_mode & _FOR_OTHERS and b"aws_secret_access_key" in file.read_bytes():
        yield Finding(
            "credentials",
            Verdict.WARNING,
            "Everybody on this machine can read the file with AWS's secret key.",
            "Run `chmod o=` on the file that `aws_config_file` in [exchange] names; change the key if others may know it.",
            code="credentials-open",
        )


def _room(folder: Path, spool_mb: int) -> Finding:
    free_mb = shutil.disk_usage(folder).free // _MEGABYTE
    needed_mb = spool_mb + _ROOM_BESIDE_MB
    if free_mb >= needed_mb:
        return well("disk", f"{free_mb:,} MB are free; a run may use {spool_mb:,} MB.")
    return Finding(
        "disk",
        Verdict.WARNING,
        f"{free_mb:,} MB are free, but a run may use {spool_mb:,} MB.",
        "Free some room, set `state_dir` in [relay] to another disk, or lower `spool_disk_mb`.",
        code="disk-short",
    )


def look_at_proxy(settings: ExchangeSettings) -> Iterator[Finding]:
    """Say what decides about the proxy through which AWS is reached; not its address, which may hold an account."""
    if settings.proxy:
        yield well("proxy", "AWS is reached through the `proxy` of [exchange].")
    elif getproxies().get("https"):
        whose = "HTTPS_PROXY or this account's own settings name" if os.name == "nt" else "the variable HTTPS_PROXY names"
        yield well("proxy", f"AWS is reached through the proxy that {whose}.")
    else:
        yield well("proxy", "AWS is reached without a proxy.")


def clock_finding(whose: str, ahead: timedelta) -> Iterator[Finding]:
    """Say how far this machine's clock is from another."""
    off = abs(ahead)
    seconds, way = round(off.total_seconds()), "ahead of" if ahead > timedelta(0) else "behind"
    if off <= _CLOCK_OFF:
        yield well("clock", f"This machine's clock agrees with that of {whose}.")
        return
    verdict = Verdict.ERROR if off > _CLOCK_WRONG else Verdict.WARNING
    what = f"This machine's clock is {seconds:,} seconds {way} that of {whose}."
    yield Finding("clock", verdict, what, "Turn time synchronisation on for whichever of the two is wrong.", code="clock-skew")


def zone_finding(theirs: timedelta, now: datetime) -> Iterator[Finding]:
    """Say whether this machine is in the time zone of the database server, by how far that is ahead of UTC."""
    hours = abs((now.astimezone().utcoffset() or timedelta(0)) - theirs) / timedelta(hours=1)
    if hours:
        yield Finding(
            "clock",
            Verdict.WARNING,
            f"This machine is not in the time zone of the database server: {hours:g} hours lie between them.",
            "Set this machine's time zone to the school's: its day decides who is in a class.",
            code="time-zone-differs",
        )
