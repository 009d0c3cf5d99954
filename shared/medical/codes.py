"""Finds a school's own code for what a family says: by an administrator's word, by what Synergetic means, by the description.

A code that is not in use is never found, and what may mean two codes means none: a person decides.
"""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import chain
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
        wanted, known = normal(word), self._known(kind)
        if not wanted:
            return Match(code="word-empty")
        if wanted in known.overrides:
            return known.overridden(known.overrides[wanted])
        for how, found in known.steps(wanted, _synonyms(kind).get(wanted, frozenset())):
            if len(found) == 1:
                return Match(found[0], how)
            if found:
                return Match(code="code-ambiguous", candidates=found[:_MOST_CANDIDATES])
        return Match(code="code-unmatched", candidates=known.alike(wanted))

    def _known(self, kind: CodeKind) -> "_Known":
        if kind not in self._found:
            self._found[kind] = _Known(self.tables.get(kind, ()), self.overrides.get(kind, {}))
        return self._found[kind]

    @cached_property
    def _found(self) -> "dict[CodeKind, _Known]":
        return {}


class _Known:
    """The codes of one kind that are in use, by all that they are found by: there may be thousands, and thousands of words."""

    def __init__(self, codes: Sequence[Code], overrides: Mapping[str, str]) -> None:
        self._codes: dict[str, str] = {}
        self._meanings: defaultdict[str, set[str]] = defaultdict(set)
        self._descriptions: defaultdict[str, set[str]] = defaultdict(set)
        self._words: defaultdict[str, set[str]] = defaultdict(set)
        self.overrides: dict[str, str] = {}
        for said, code in sorted(overrides.items()):
            self.overrides.setdefault(normal(said), code)
        # One that stands in the table twice must be in use in both rows.
        unused = {"", *(_same(one.code) for one in codes if not one.active)}
        for one in codes:
            if (code := _same(one.code)) not in unused:
                self._codes[code] = one.code.strip()
                self._meanings[normal(one.meaning)].add(code)
                self._descriptions[normal(one.description)].add(code)
                for word in _long(f"{normal(one.description)} {normal(one.meaning)}"):
                    self._words[word].add(code)

    def overridden(self, code: str) -> Match:
        """Return the code that an administrator gave a word, if it is in use."""
        found = self._codes.get(_same(code))
        return Match(code="override-unusable") if found is None else Match(found, "override")

    def steps(self, wanted: str, same: frozenset[str]) -> Iterator[tuple[How, tuple[str, ...]]]:
        """Yield what is found by each way, in order; `same` are words that mean the same as the wanted one."""
        yield "meaning", self._in_order(self._meanings.get(wanted, ()))
        yield "description", self._in_order(self._descriptions.get(wanted, ()))
        named = (by.get(word, ()) for word in same for by in (self._meanings, self._descriptions))
        yield "synonym", self._in_order(chain.from_iterable(named))

    def _in_order(self, found: Iterable[str]) -> tuple[str, ...]:
        return tuple(self._codes[code] for code in sorted(set(found)))

    def alike(self, wanted: str) -> tuple[str, ...]:
        """Return codes that share a word of some length with what is wanted, those with most in common first."""
        shared = Counter(chain.from_iterable(self._words.get(word, ()) for word in _long(wanted)))
        close = sorted(shared, key=lambda code: (-shared[code], code))
        return tuple(self._codes[code] for code in close[:_MOST_CANDIDATES])


def _same(code: str) -> str:
    return code.strip().casefold()


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
