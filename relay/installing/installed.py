"""Tells how this machine runs the relay, if it does."""

from relay.installing import scheduled_task, systemd
from relay.installing.machine import Machine

# A service that ended with a failure is “activating” until systemd starts it again.
_ON = {"active", "activating", "reloading"}


def how_installed(machine: Machine, name: str) -> str:
    """Return what runs the relay of this name, and whether that is on."""
    if machine.system == "windows":
        return f"the scheduled task {name}" if machine.answers(*scheduled_task.query(name)) else "hand"
    for unit in systemd.units(name):
        if machine.exists(unit):
            on = machine.says("systemctl", "is-active", unit.name) in _ON
            return f"{unit.name} of systemd ({'on' if on else 'off'})"
    return "hand"
