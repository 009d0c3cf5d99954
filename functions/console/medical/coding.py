"""Whether a word of families' can be given a code of the school's, or lose it."""

from functions.console.medical.changes import Codes
from functions.console.medical.possible import require_on
from functions.console.medical.reading import school_codes
from functions.runtime.wiring import ledger_table
from shared.errors import IntegrationError
from shared.medical.codes import CodeKind, normal


class NoSuchCodeError(IntegrationError):
    """A code was chosen that the school does not have, or has taken out of use."""

    code = "override-unusable"


class CodesChangedError(IntegrationError):
    """What a word stands for is not what was shown any more."""

    code = "codes-changed"


def in_use() -> Codes:
    """Return the school's codes that are in use, as a list shows them."""
    return {
        kind: tuple(sorted((one for one in codes if one.active), key=lambda one: (one.description or one.code).casefold()))
        for kind, codes in school_codes().items()
    }


def givable(kind: list[CodeKind], word: list[str], code: list[str]) -> list[tuple[CodeKind, str, str]]:
    """Return which word of which kind is given which code, if that can be.

    Raises:
        MedicalOffError: Medical updates are off.
        NoSuchCodeError: A code is none of the school's.
        CodesChangedError: Somebody else gave a word another one meanwhile.
    """
    require_on()
    chosen = [(one, said, wanted) for one, said, wanted in zip(kind, word, code, strict=False) if wanted and said]
    known = {(one, held.code.strip()) for one, codes in in_use().items() for held in codes}
    if not chosen or any((one, wanted) not in known for one, _, wanted in chosen):
        raise NoSuchCodeError(
            "No code was chosen, or one that the school does not use any more. Nothing was done.",
            remedy="Go back and choose from the list.",
        )
    given = _given()
    before = [(one, wanted, given.get((one, normal(said)), wanted)) for one, said, wanted in chosen]
    # A code that the school uses no more may be replaced.
    if any(had != wanted and (one, had) in known for one, wanted, had in before):
        raise _changed("One of these words was given another code meanwhile")
    return chosen


def require_given(kind: CodeKind, word: str, code: str) -> None:
    """Go on only if a word stands for a code because somebody said so.

    Raises:
        MedicalOffError: Medical updates are off.
        CodesChangedError: It stands for another one by now, or for none.
    """
    require_on()
    if _given().get((kind, normal(word))) != code:
        raise _changed("This word stands for another code by now, or for none")


def _given() -> dict[tuple[CodeKind, str], str]:
    return {(one.kind, normal(one.word)): one.code for one in ledger_table().words()}


def _changed(what: str) -> CodesChangedError:
    return CodesChangedError(f"{what}, and nothing was done.", remedy="Look at the words once more.")
