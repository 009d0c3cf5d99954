"""The relay as a scheduled task of Windows, described in the task scheduler's own XML.

Written from Microsoft's published schema; see docs/relay.md for what was tried where.
"""

import subprocess
from html import escape
from pathlib import PurePath

from relay.installing.service import Kind, Service
from relay.installing.steps import MakeFolder, RemoveFile, RunCommand, Step, WriteFile
from shared.errors import SettingsError

# By their identifiers, since their names differ from language to language.
_ADMINISTRATORS, _SYSTEM = "*S-1-5-32-544", "*S-1-5-18"
_BUILT_IN = {"localservice": "S-1-5-19", "networkservice": "S-1-5-20"}
_TOO_POWERFUL = {"system", "localsystem", "s-1-5-18"}

# The task is started again on the interval whether it is a single run or one that lasts: where one is at work the new one is
# not started. That also brings back what ended with an error, which the scheduler does not count as a failure of the task.
_TASK = """\
<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo>
    <Description>Operoo relay: sends what changed in Synergetic. Written by `operoo-relay install`.</Description>
  </RegistrationInfo>
  <Triggers>
    <BootTrigger>
      <Enabled>true</Enabled>
      <Delay>PT1M</Delay>
    </BootTrigger>
    <TimeTrigger>
      <Enabled>true</Enabled>
      <StartBoundary>2020-01-01T00:00:00</StartBoundary>
      <Repetition>
        <Interval>PT{minutes}M</Interval>
        <StopAtDurationEnd>false</StopAtDurationEnd>
      </Repetition>
    </TimeTrigger>
  </Triggers>
  <Principals>
    <Principal id="Relay">
      <UserId>{user}</UserId>{logon}
      <RunLevel>LeastPrivilege</RunLevel>
    </Principal>
  </Principals>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <StartWhenAvailable>true</StartWhenAvailable>
    <RunOnlyIfNetworkAvailable>false</RunOnlyIfNetworkAvailable>
    <AllowStartOnDemand>true</AllowStartOnDemand>
    <Enabled>true</Enabled>
    <ExecutionTimeLimit>{limit}</ExecutionTimeLimit>
    <RestartOnFailure>
      <Interval>PT5M</Interval>
      <Count>3</Count>
    </RestartOnFailure>
  </Settings>
  <Actions Context="Relay">
    <Exec>
      <Command>{command}</Command>
      <Arguments>{arguments}</Arguments>
      <WorkingDirectory>{folder}</WorkingDirectory>
    </Exec>
  </Actions>
</Task>
"""
_NO_LIMIT, _ONE_RUN = "PT0S", "PT4H"


def install_steps(service: Service) -> list[Step]:
    """Return what installs the relay; done twice it leaves the same as done once.

    Raises:
        SettingsError: The account may do too much.
    """
    _refuse_powerful(service.account)
    file = task_file(service)
    return [
        *_access_steps(service),
        WriteFile(file, task_xml(service), encoding="utf-16"),
        # What runs by the old description would go on by it, beside the new one.
        RunCommand(("schtasks", "/End", "/TN", service.name), may_fail=True),
        # `/F` takes the place of a task that is there.
        RunCommand(
            ("schtasks", "/Create", "/TN", service.name, "/XML", str(file), "/F", *_login(service.account)),
            asks=_has_password(service.account),
        ),
        RunCommand(("schtasks", "/Run", "/TN", service.name)),
    ]


def uninstall_steps(name: str, config: PurePath, *, is_there: bool) -> list[Step]:
    """Return what removes the relay again; nothing, if it is not there."""
    if not is_there:
        return []
    return [
        RunCommand(("schtasks", "/End", "/TN", name), may_fail=True),
        RunCommand(("schtasks", "/Delete", "/TN", name, "/F")),
        RemoveFile(config.with_name(f"{name}.task.xml")),
    ]


def query(name: str) -> tuple[str, ...]:
    """Return the command that ends well if the task is there."""
    return ("schtasks", "/Query", "/TN", name)


def task_file(service: Service) -> PurePath:
    """Return where the description of the task is written."""
    return service.config.with_name(f"{service.name}.task.xml")


def task_xml(service: Service) -> str:
    """Return the description of the task."""
    known = _BUILT_IN.get(_short(service.account))
    # A built-in account logs on by itself. Any other must be able to when nobody is logged on, and to reach the network.
    logon = "" if known else "\n      <LogonType>Password</LogonType>"
    program, *arguments = service.command
    return _TASK.format(
        minutes=service.interval_minutes,
        user=escape(known or service.account),
        logon=logon,
        limit=_ONE_RUN if service.kind is Kind.TIMER else _NO_LIMIT,
        command=escape(program),
        arguments=escape(subprocess.list2cmdline(arguments)),
        folder=escape(str(service.config.parent)),
    )


def _access_steps(service: Service) -> list[Step]:
    known = _BUILT_IN.get(_short(service.account))
    account = f"*{known}" if known else service.account
    files = [service.config, *service.readable]
    return [
        *(RunCommand(_only_for(path, f"{account}:R")) for path in files),
        *(RunCommand(("icacls", str(path), "/grant", f"{account}:R")) for path in service.public),
        *(
            step
            for folder in service.own_folders
            for step in (MakeFolder(folder), RunCommand(_only_for(folder, f"{account}:(OI)(CI)M", inherited="(OI)(CI)")))
        ),
    ]


def _only_for(path: PurePath, right: str, *, inherited: str = "") -> tuple[str, ...]:
    full = [f"{who}:{inherited}F" for who in (_ADMINISTRATORS, _SYSTEM)]
    return ("icacls", str(path), "/inheritance:r", "/grant:r", *full, right)


def _login(account: str) -> tuple[str, ...]:
    if _short(account) in _BUILT_IN:
        return ()
    # Windows knows the password of a managed account; that of another is asked for by schtasks, and never passes through here.
    return ("/RU", account, "/RP", "*" if _has_password(account) else "")


def _has_password(account: str) -> bool:
    return _short(account) not in _BUILT_IN and not account.endswith("$")


def _refuse_powerful(account: str) -> None:
    if _short(account) in _TOO_POWERFUL:
        raise SettingsError(
            "The relay must not run as the system itself, which may do everything on this machine.",
            remedy="Use a managed service account (DOMAIN\\name$), LocalService or NetworkService.",
            code="account-too-powerful",
        )


def refuse_hidden(service: Service) -> None:
    """Make sure that the account can reach all that it needs.

    Raises:
        SettingsError: Something is in somebody's home.
    """
    if _has_password(service.account):
        return  # a person's account, perhaps the one whose home it is
    for what, path in service.needed.items():
        if [part.lower() for part in path.parts[1:2]] == ["users"]:
            raise SettingsError(
                f"{service.account} cannot reach the relay's {what}, {path}: it is in somebody's home.",
                remedy="Install Python for all users, the program below C:\\Program Files, and keep the configuration below "
                "C:\\ProgramData.",
                code="out-of-reach",
            )


def _short(account: str) -> str:
    return account.rpartition("\\")[2].replace(" ", "").lower()
