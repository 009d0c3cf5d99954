"""The relay under systemd: a unit that may do no more than it must, and a timer where it is to run now and then."""

from collections.abc import Callable
from pathlib import PurePath, PurePosixPath

from relay.installing.service import Kind, Service
from relay.installing.steps import MakeFolder, RemoveFile, RunCommand, Step, WriteFile
from shared.errors import SettingsError

_UNITS, _ACCOUNTS = PurePosixPath("/etc/systemd/system"), PurePosixPath("/etc/sysusers.d")
# What ProtectHome= and PrivateTmp= hide from a service.
_HIDDEN = ("/home", "/root", "/run/user", "/tmp", "/var/tmp")  # noqa: S108 - nothing is written there
# systemd makes folders below these itself, and gives them to the service's account, whatever was in them before.
_MANAGED = {"/var/lib": "StateDirectory", "/var/log": "LogsDirectory"}

_UNIT = """\
# Written by `operoo-relay install`, which writes it anew: put changes of your own into `systemctl edit {name}`.
[Unit]
Description=Operoo relay: sends what changed in Synergetic
Wants=network-online.target
After=network-online.target

[Service]
{running}
User={account}
ExecStart={command}
# Variables, such as HTTPS_PROXY, in lines NAME=value; not for others to read.
EnvironmentFile=-{environment}

# Its own folders are all that it can write.
{folders}
UMask=0077
ProtectSystem=strict
ProtectHome=true
PrivateTmp=true
PrivateDevices=true

# It reads a database and speaks to AWS. It needs no privilege, no kernel and nobody else's processes.
NoNewPrivileges=true
CapabilityBoundingSet=
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
RestrictNamespaces=true
RestrictRealtime=true
RestrictSUIDSGID=true
LockPersonality=true
RemoveIPC=true
ProtectClock=true
ProtectControlGroups=true
ProtectHostname=true
ProtectKernelLogs=true
ProtectKernelModules=true
ProtectKernelTunables=true
ProtectProc=invisible
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM

# Several times what the largest school takes.
MemoryMax=512M
TasksMax=64
"""
# The run in progress may finish when the service is stopped. `watch` ends by itself when nothing helps until somebody acts.
_AS_SERVICE = """\
Type=exec
Restart=on-failure
RestartSec=5min
TimeoutStopSec=5min"""
# A run that somebody stops has not failed: the next one does the rest.
_AS_ONE_RUN = """\
Type=oneshot
SuccessExitStatus=SIGTERM
TimeoutStartSec=4h"""
_TIMER = """\
# Written by `operoo-relay install`, which writes it anew.
[Unit]
Description=Runs the Operoo relay every {minutes} minutes

[Timer]
OnActiveSec=1min
OnUnitActiveSec={minutes}min
AccuracySec=30s

[Install]
WantedBy=timers.target
"""
_WANTED = """
[Install]
WantedBy=multi-user.target
"""


def units(name: str) -> tuple[PurePosixPath, PurePosixPath]:
    """Return where the units of this name are: the timer's, which is not always there, and the service's."""
    return _UNITS / f"{name}.timer", _UNITS / f"{name}.service"


def install_steps(service: Service, exists: Callable[[PurePath], bool]) -> list[Step]:
    """Return what installs the relay; done twice it leaves the same as done once.

    Args:
        service: What to install.
        exists: Tells whether a file is there.

    Raises:
        SettingsError: The account may do too much.
    """
    _refuse_account(service.account)
    timer, unit = units(service.name)
    main = timer if service.kind is Kind.TIMER else unit
    return [
        *_account_steps(service),
        *_proof_steps(service),
        *_stop_steps(service.name, exists),
        WriteFile(unit, _unit(service)),
        *([WriteFile(timer, _TIMER.format(minutes=service.interval_minutes))] if service.kind is Kind.TIMER else []),
        RunCommand(("systemctl", "daemon-reload")),
        RunCommand(("systemctl", "enable", "--now", main.name)),
    ]


def uninstall_steps(name: str, exists: Callable[[PurePath], bool]) -> list[Step]:
    """Return what removes the relay again; nothing, if it is not there."""
    steps = _stop_steps(name, exists)
    if not steps:
        return []
    # Of a service whose last run failed systemd would go on to say so, without a file of it.
    forget = RunCommand(("systemctl", "reset-failed", f"{name}.service"), may_fail=True)
    return [*steps, RemoveFile(_ACCOUNTS / f"{name}.conf"), RunCommand(("systemctl", "daemon-reload")), forget]


def _account_steps(service: Service) -> list[Step]:
    account = service.account
    file = _ACCOUNTS / f"{service.name}.conf"
    return [
        WriteFile(file, f'u {account} - "Operoo relay" {_word(service.state_dir)}\n'),
        RunCommand(("systemd-sysusers", str(file))),
        # Root's files that the relay may read and not change.
        *(
            RunCommand((program, right, str(path)))
            for path in (service.config, *service.readable)
            for program, right in (("chown", f"root:{account}"), ("chmod", "u=rw,g=r,o="))
        ),
        *(step for folder in service.own_folders for step in _folder_steps(folder, account)),
    ]


def _proof_steps(service: Service) -> list[Step]:
    # The mask of whoever made a folder above one of them may have closed it to the account. What says so names the file.
    as_account = ("runuser", "-u", service.account, "--")
    return [
        RunCommand((*as_account, *service.program, "--version")),
        RunCommand((*as_account, "head", "--bytes=0", *map(str, (service.config, *service.readable, *service.public)))),
    ]


def _stop_steps(name: str, exists: Callable[[PurePath], bool]) -> list[Step]:
    # The timer first, lest it start what was stopped; and both, since the other way of running may have been chosen before.
    there = [path for path in units(name) if exists(path)]
    return [
        *(RunCommand(("systemctl", "disable", "--now", path.name), may_fail=True) for path in there),
        *(RemoveFile(path) for path in there),
    ]


def _unit(service: Service) -> str:
    text = _UNIT.format(
        name=service.name,
        account=service.account,
        running=_AS_ONE_RUN if service.kind is Kind.TIMER else _AS_SERVICE,
        command=" ".join(_quoted(word) for word in service.command),
        environment=_percent(service.environment_file),
        folders="\n".join(line for folder in service.own_folders for line in _folder_lines(folder)),
    )
    return text if service.kind is Kind.TIMER else text + _WANTED


def _folder_lines(folder: PurePath) -> list[str]:
    if setting := _MANAGED.get(str(folder.parent)):
        return [f"{setting}={_word(folder.name)}", f"{setting}Mode=0700"]
    return [f"ReadWritePaths={_word(folder)}"]


def _folder_steps(folder: PurePath, account: str) -> list[Step]:
    if str(folder.parent) in _MANAGED:
        return []
    return [
        MakeFolder(folder),
        RunCommand(("chown", "--recursive", f"{account}:", str(folder))),
        RunCommand(("chmod", "u=rwx,go=", str(folder))),
    ]


def _refuse_account(account: str) -> None:
    if account in {"root", "0"}:
        raise SettingsError(
            "The relay must not run as root, which may do everything on this machine.",
            remedy="Leave --account out: an account that may do little is made.",
            code="account-too-powerful",
        )


def refuse_hidden(service: Service) -> None:
    """Make sure that the account can reach all that it needs.

    Raises:
        SettingsError: Something is in somebody's home, or only there for a while.
    """
    for what, path in service.needed.items():
        if any(path.is_relative_to(hidden) for hidden in _HIDDEN):
            raise SettingsError(
                f"A service cannot reach the relay's {what}, {path}: it is in somebody's home or only there for a while.",
                remedy="Install the program below /opt with the system's own Python, keep the configuration below /etc, and "
                "set state_dir in [relay] to a folder below /var/lib.",
                code="out-of-reach",
            )


def _quoted(word: str) -> str:
    return _word(word).replace("$", "$$")


def _word(text: object) -> str:
    escaped = _percent(text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"' if set(escaped) & set(" \t'\"\\;") else escaped


def _percent(text: object) -> str:
    return str(text).replace("%", "%%")
