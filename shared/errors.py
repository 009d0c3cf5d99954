"""The trunk of all errors of this project, sorted by what the one who catches it must do next.

    IntegrationError
    ├── TransientError          the same input may succeed later: report the item as failed, or back off
    │   ├── OperooUnavailableError
    │   └── SynergeticUnavailableError
    ├── RejectedRecordError     this record will never succeed as it is: park it with the reason, go on
    ├── RefusedManifestError    this manifest is refused as a whole: keep it, say why, alarm
    └── FatalError              nothing will succeed: stop, exit non-zero, alarm
        ├── SettingsError       configuration is wrong: refuse to start, name the key
        ├── ContractError       Synergetic does not have what the contract names
        └── OperooDeniedError   Operoo refuses our key or our address

Rooms derive their own from these. One that derives from IntegrationError itself, as the console's do, is told to the person who
asked.

A message says what happened, to what (by identifier, never by name), and what to do. It never holds personal data.
"""


class IntegrationError(Exception):
    """Base of all errors of this project.

    Args:
        what: What happened and to what, in plain words, without personal data.
        remedy: What the reader can do about it.
        code: A stable identifier in kebab-case, the anchor in `docs/troubleshooting.md`.
    """

    code = "error"

    def __init__(self, what: str, *, remedy: str = "", code: str | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy
        if code is not None:
            self.code = code

    def __str__(self) -> str:
        """Join what happened and what to do."""
        return f"{self.what} {self.remedy}".strip()

    def __reduce__(self) -> tuple[object, ...]:
        """Keep the keyword fields when an error crosses a process boundary."""
        return (_rebuild, (type(self), self.what, self.remedy, self.code))


def _rebuild(cls: type[IntegrationError], what: str, remedy: str, code: str) -> IntegrationError:
    return cls(what, remedy=remedy, code=code)


class TransientError(IntegrationError):
    """The same input may succeed later."""

    code = "transient"


class OperooUnavailableError(TransientError):
    """Operoo does not answer, or answers that it cannot serve now."""

    code = "operoo-unavailable"


class SynergeticUnavailableError(TransientError):
    """The Synergetic database does not answer, or ended the query."""

    code = "synergetic-unavailable"


class RejectedRecordError(IntegrationError):
    """This record will never succeed as it is."""

    code = "record-rejected"


class RefusedManifestError(IntegrationError):
    """This manifest is refused as a whole."""

    code = "manifest-refused"


class FatalError(IntegrationError):
    """Nothing will succeed until somebody acts."""

    code = "fatal"


class SettingsError(FatalError):
    """A setting is missing or wrong."""

    code = "settings"


class ContractError(FatalError):
    """Synergetic does not have what the contract names."""

    code = "contract"


class OperooDeniedError(FatalError):
    """Operoo refuses the key, or the address the call came from."""

    code = "operoo-denied"
