"""Finds a school's own code for what a family says: by an administrator's word, by what Synergetic means, by the description.

A code that is not in use is never found, and what may mean two codes means none: a person decides.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

from pydantic import BaseModel, ConfigDict

from shared.medical.synonyms import SYNONYMS

CodeKind = Literal[
    "condition",
    "severity",
    "allergy",
    "immunisation",
    "consent",
    "ability",
    "asthma_category",
    "medication_type",
    "equipment",
    "relationship",
]
How = Literal["override", "meaning", "description", "synonym"]

_MOST_CANDIDATES = 5
_ALIKE = 3
_LONG_ENOUGH = 3
_WORD = re.compile(r"[^\W_]+")
_KEEPS_S = ("ss", "us", "is")
_ES = re.compile(r"(?:ss|x|z|ch|sh)es$")


class Code(BaseModel):
    """A row of one of the school's tables of codes."""

    model_config = ConfigDict(frozen=True)

    code: str
    description: str = ""
    meaning: str = ""
    active: bool = True


@dataclass(frozen=True)
class Match:
    """What was found.

    Attributes:
        found: The school's code; None if there is none, or not one only.
        how: What it was found by.
        code: Why there is none: the anchor in `docs/troubleshooting.md`.
        candidates: Codes of the school that may be meant where there is none.
    """

    found: str | None = field(default=None, repr=False)
    how: How | None = None
    code: str = ""
    candidates: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class CodeBook:
    """A school's codes, and what its administrator said they stand for.

    Attributes:
        tables: The codes of each kind. A kind that is missing has no codes at this school.
        overrides: For each kind, which code a word of the families' stands for.
    """

    tables: Mapping[CodeKind, tuple[Code, ...]] = field(default_factory=dict, repr=False)
    overrides: Mapping[CodeKind, Mapping[str, str]] = field(default_factory=dict, repr=False)

    def has(self, kind: CodeKind) -> bool:
        """Say whether the school has codes of a kind."""
        return kind in self.tables

    def match(self, kind: CodeKind, word: str) -> Match:
        """Return the code that a word of a family's stands for."""
        wanted, active = normal(word), tuple(_in_use(self.tables.get(kind, ())))
        if not wanted:
            return Match(code="word-empty")
        for said, code in sorted(self.overrides.get(kind, {}).items()):
            if normal(said) == wanted:
                return _overridden(code, active)
        for how, found in _steps(kind, wanted, active):
            if len(found) == 1:
                return Match(found[0], how)
            if found:
                return Match(code="code-ambiguous", candidates=found[:_MOST_CANDIDATES])
        return Match(code="code-unmatched", candidates=_alike(wanted, active))


def _overridden(code: str, active: Iterable[Code]) -> Match:
    found = next((one.code for one in active if _same(one.code) == _same(code)), None)
    return Match(code="override-unusable") if found is None else Match(found, "override")


def _steps(kind: CodeKind, wanted: str, active: tuple[Code, ...]) -> Iterator[tuple[How, tuple[str, ...]]]:
    yield "meaning", _codes(one for one in active if normal(one.meaning) == wanted)
    yield "description", _codes(one for one in active if normal(one.description) == wanted)
    same = _synonyms(kind).get(wanted, frozenset())
    yield "synonym", _codes(one for one in active if {normal(one.meaning), normal(one.description)} & same)


def _in_use(codes: tuple[Code, ...]) -> Iterator[Code]:
    """Yield the codes in use; one that stands in the table twice must be so in both rows."""
    unused = {_same(one.code) for one in codes if not one.active}
    return (one for one in codes if _same(one.code) and _same(one.code) not in unused)


def _same(code: str) -> str:
    return code.strip().casefold()


def _codes(found: Iterable[Code]) -> tuple[str, ...]:
    """Return each code once, in order."""
    once = {_same(one.code): one.code.strip() for one in found}
    return tuple(once[code] for code in sorted(once))


def _alike(wanted: str, active: Iterable[Code]) -> tuple[str, ...]:
    """Return codes that share a word of some length with what is wanted, those with most in common first."""
    words = _long(wanted)
    shared = {one: len(words & _long(f"{normal(one.description)} {normal(one.meaning)}")) for one in active}
    close = sorted((one for one, count in shared.items() if count), key=lambda one: (-shared[one], _same(one.code)))
    return tuple(dict.fromkeys(one.code.strip() for one in close))[:_MOST_CANDIDATES]


def _long(words: str) -> frozenset[str]:
    return frozenset(word for word in words.split() if len(word) >= _ALIKE)


@lru_cache(maxsize=8192)
def normal(words: str) -> str:
    """Return words without regard to case, accents, punctuation and number."""
    plain = "".join(one for one in unicodedata.normalize("NFKD", words.casefold()) if not unicodedata.combining(one))
    return " ".join(map(_singular, _WORD.findall(plain.casefold())))


def _singular(word: str) -> str:
    if len(word) <= _LONG_ENOUGH:
        return word
    if word.endswith("ies"):
        return f"{word[:-3]}y"
    if _ES.search(word):
        return word[:-2]
    return word if word.endswith(_KEEPS_S) else word.removesuffix("s")


@lru_cache(maxsize=32)
def _synonyms(kind: CodeKind) -> Mapping[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for words in SYNONYMS.get(kind, ()):
        group = frozenset(map(normal, words))
        found |= dict.fromkeys(group, group)
    return found
