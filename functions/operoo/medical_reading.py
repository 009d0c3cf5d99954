"""Reads the canonical medical profile out of what Operoo states, by the names in the settings and the types of the profile.

What kinds of JSON Operoo answers with is not public, so the shape is taken as it comes: a list of things, one thing, a table of
yes and no with forms below it, or plain text. A field that is not there was not stated. What cannot be read is passed on as it
is, and parked by `shared.medical` with a reason; what has no place is kept under its own name.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from pydantic import BaseModel, ValidationError

from functions.operoo.medical_settings import MedicalSettings
from functions.operoo.medical_targets import ANSWER, CHANGED, PLAN, PLAN_NAME, PLAN_URL, parts_of
from functions.operoo.medical_values import NoneWords, answer_of, cleaned, day_of, is_empty
from functions.operoo.tracked_json import ROOT, Place, TrackedJson
from shared.digests import sha256
from shared.medical.items import ActionPlan, Attachment, Condition, Item
from shared.medical.profile import LISTS, SECTIONS, MedicalProfile
from shared.medical.reading import read_profile
from shared.medical.values import clean_text

# An item that is only a word is that field of it; elsewhere the first that tells items apart.
_NAMING = {"medications": "name"}
# In these lists a yes or no is what is stated, not whether there is anything to state.
_FLAGS = {"consents": "given", "equipment": "held"}
# How bad nothing is says nothing, where it is not bad.
_MILD = frozenset({"low", "mild"})
_UNANSWERED = "not answered"
# In the place of an item, so that it is parked: something is said there, and by no name that we know.
_NOT_UNDERSTOOD = "not understood"


@dataclass(frozen=True)
class PlanLink:
    """An action plan's file that is still to be fetched.

    Attributes:
        condition: The condition that it belongs to, by its `ref`.
        url: Where it is. It may hold a signature, and soon lead nowhere.
        name: What the family called it.
        changed: When Operoo says that the condition was changed: the same link again needs no fetching.
    """

    condition: str
    url: str = field(repr=False)
    name: str = field(repr=False)
    changed: str = ""


@dataclass(frozen=True)
class MedicalReading:
    """A profile, and the files that belong to it. The plan of each link is in the profile, without its file.

    Attributes:
        found: Those of our fields whose names lead to something, be it empty; of a list, not to null.
    """

    profile: MedicalProfile
    links: tuple[PlanLink, ...] = ()
    found: frozenset[str] = frozenset()


def read_medical(student: str, fields: Mapping[str, object], settings: MedicalSettings) -> MedicalReading:
    """Return the medical profile that Operoo states of a student; whatever stands there, this never fails.

    Args:
        student: Whose it is, by Community ID.
        fields: The profile as JSON.
        settings: What its fields are called.
    """
    stated = TrackedJson(fields)
    reader = _Reader(stated, settings)
    profile = read_profile(student, reader.all())
    conditions = profile.conditions if "conditions" in profile.model_fields_set else ()
    links = tuple(link for one in conditions if (link := reader.link_of(one)))
    more: dict[str, object] = {"unmapped": profile.unmapped | stated.unread(settings.ignored)}
    if reader.none:
        more["none"] = {name: tuple(sorted(words)) for name, words in reader.none.items()}
    linked = {one.condition: None for one in links}
    return MedicalReading(with_files(profile, linked).model_copy(update=more), links, frozenset(reader.found))


def with_files(profile: MedicalProfile, files: Mapping[str, Attachment | None]) -> MedicalProfile:
    """Return the profile with the files of some action plans, by the `ref` of the condition that each belongs to.

    With None in a file's place it is as if nothing had been said of it.
    """
    if not files:
        return profile
    conditions = tuple(_with_file(one, files[one.ref]) if one.ref in files else one for one in profile.conditions)
    return profile.model_copy(update={"conditions": conditions})


def _with_file(condition: Condition, file: Attachment | None) -> Condition:
    plan = condition.action_plan or ActionPlan()
    stated = {name: getattr(plan, name) for name in plan.model_fields_set - {"attachment"}}
    return condition.model_copy(update={"action_plan": ActionPlan(**stated, **({"attachment": file} if file else {}))})


class _Reader:
    """Finds the profile's fields in one answer, and notes the links to files, and what says that there is none."""

    def __init__(self, stated: TrackedJson, settings: MedicalSettings) -> None:
        self._stated = stated
        self._names = settings.fields
        self._ignored = settings.ignored
        self._day_first = settings.day_first
        self._links: dict[str, tuple[str, str, str]] = {}
        self._none_words = _none_words(settings.none_words)
        self.none: defaultdict[str, list[str]] = defaultdict(list)
        self.found: set[str] = set()

    def all(self) -> dict[str, object]:
        """Return all that is stated, in the profile's own field names."""
        sections = {name: self._model(kind, name, ROOT) for name, kind in SECTIONS.items()}
        lists = {name: self._list(name, kind) for name, kind in LISTS.items() if self._is_stated(name)}
        return {name: section for name, section in sections.items() if section} | lists

    def link_of(self, condition: Condition) -> PlanLink | None:
        """Return the link that a condition's plan was read with."""
        file = condition.action_plan.attachment if condition.action_plan else None
        return PlanLink(condition.ref, *self._links[file.digest]) if file and file.digest in self._links else None

    def _at(self, path: str, place: Place) -> Place | None:
        name = self._names.get(path)
        spot = self._stated.find(place, name) if name else None
        # A list that is null says nothing, as one that is not there.
        if spot is not None and not (path in LISTS and self._stated.value(spot) is None):
            self.found.add(path)
        return spot

    def _is_stated(self, path: str) -> bool:
        spot = self._at(path, ROOT)
        return spot is not None and self._stated.value(spot) is not None

    def _model(self, kind: type[BaseModel], path: str, place: Place) -> dict[str, object]:
        """Return the stated fields of a part; without what it cannot be without, none of it is read."""
        found: dict[str, object] = {}
        parts = parts_of(kind)
        if any(is_empty(self._value(f"{path}.{part.name}", place)) for part in parts if part.required):
            return found
        for part in parts:
            within = f"{path}.{part.name}"
            if within == PLAN:
                found |= self._plan(place)
            elif part.inner:
                nested = self._model(part.inner, within, place)
                vain = part.optional and all(map(is_empty, nested.values()))
                found |= {part.name: None if vain else nested} if nested else {}
            elif spot := self._at(within, place):
                value = self._stated.read(spot)
                # Links that are nothing are not stated, as any list.
                if value is not None or not part.many:
                    found[part.name] = cleaned(part.annotation, value, day_first=self._day_first)
        return found

    def _value(self, path: str, place: Place) -> object:
        spot = self._at(path, place)
        return None if spot is None else self._stated.value(spot)

    def _text(self, path: str, place: Place) -> str | None:
        """Read a field that is to be text; None if it is not there, or is something else."""
        spot = self._at(path, place)
        value = None if spot is None else self._stated.value(spot)
        if spot is None or not (value is None or isinstance(value, str)):
            return None
        self._stated.read(spot)
        return clean_text(value)

    def _plan(self, place: Place) -> dict[str, object]:
        """Return the action plan, with a mark in the place of its file where there is a link to one."""
        names = ("id", "review")
        plan = {name: self._stated.read(spot) for name in names if (spot := self._at(f"{PLAN}.{name}", place))}
        url, name = self._text(PLAN_URL, place), self._text(PLAN_NAME, place)
        if url is None and name is None and not plan:
            return {}
        if not url and not name and all(map(is_empty, plan.values())):
            return {"action_plan": None}
        if "review" in plan:
            plan["review"] = day_of(plan["review"], day_first=self._day_first)
        if url:
            mark = f"link:{sha256(url.encode())}"
            self._links[mark] = (url, name or "", self._text(CHANGED, place) or "")
            plan["attachment"] = {"digest": mark}
        return {"action_plan": plan}

    def _list(self, name: str, kind: type[Item]) -> object:
        spot = self._at(name, ROOT)
        assert spot is not None
        alone = self._is_one(name, spot, kind)
        spot = spot if alone else self._unpacked(spot)
        value = self._stated.value(spot)
        if isinstance(value, list) or (isinstance(value, Mapping) and (alone or not _lists_in(value))):
            places = [(spot, None)] if alone else _places(spot, value)
            return [item for place, word in places for item in self._item(name, kind, place, word)]
        self._stated.read(spot)
        if isinstance(value, str):
            lines = value.replace(";", "\n").splitlines()
            return [item for line in lines for item in self._worded(name, kind, clean_text(line))]
        return [] if answer_of(value) is False else value

    def _unpacked(self, spot: Place) -> Place:
        """Return where a list itself is, that stands in an envelope beside nothing but numbers."""
        value = self._stated.value(spot)
        if not isinstance(value, Mapping):
            return spot
        lists = _lists_in(value)
        numbers = [one for one in value.values() if isinstance(one, int | float) and not isinstance(one, bool)]
        return (*spot, *lists) if len(lists) == 1 == len(value) - len(numbers) else spot

    def _is_one(self, name: str, spot: Place, kind: type[Item]) -> bool:
        """Say whether there is one item in the place of a list."""
        return any(self._at(f"{name}.{known}", spot) for known in (_naming(name, kind), "id"))

    def _item(self, name: str, kind: type[Item], place: Place, word: str | None) -> Iterator[object]:
        value = self._stated.value(place)
        if isinstance(value, Mapping):
            yield from self._form(name, kind, self._opened(name, place), word)
        elif word is not None:
            yield from self._answered(name, kind, place, word)
        elif isinstance(value, str):
            yield from self._worded(name, kind, clean_text(self._stated.read(place)))
        elif value is not None:
            yield self._stated.read(place)

    def _form(self, name: str, kind: type[Item], place: Place, word: str | None) -> Iterator[object]:
        """Yield the item that a form states, unless the question above it was answered by no, or not at all."""
        asked = self._at(f"{name}.{_FLAGS.get(name, ANSWER)}", place)
        answer = None if asked is None else self._stated.value(asked)
        if asked and ((name not in _FLAGS and answer_of(answer) is False) or (name in _FLAGS and is_empty(answer))):
            self._stated.read(place)
            return
        if asked and answer_of(answer) is not None:
            self._stated.read(asked)
        found = self._model(kind, name, place)
        if word and is_empty(found.get(_naming(name, kind))):
            found[_naming(name, kind)] = word
        if not self._says_nothing(name, kind, found):
            yield self._spoken(name, found)
        elif (name not in _FLAGS and answer_of(answer) and word not in self._none_words) or self._says_more(place):
            yield _NOT_UNDERSTOOD
        elif found.get(_naming(name, kind)) in self._none_words:
            self.none[name].append(clean_text(found[_naming(name, kind)]))

    def _says_more(self, place: Place) -> bool:
        """Say whether words stand there that nobody has read: with the names mistaken, a list of things is no empty list."""
        unread = self._stated.unread(self._ignored, within=place).values()
        return any(isinstance(one, str) and one.strip() for values in unread for one in values)

    def _says_nothing(self, name: str, kind: type[Item], found: Mapping[str, object]) -> bool:
        """Say whether in the fields of a form there is nothing, or a word for it."""
        said = {field: value for field, value in found.items() if not is_empty(value) and value not in self._none_words}
        if found.get(_naming(name, kind)) in self._none_words and str(said.get("severity", "")).strip().lower() in _MILD:
            del said["severity"]
        try:
            return kind.model_validate(said).says_nothing
        except ValidationError:
            return False

    def _answered(self, name: str, kind: type[Item], place: Place, word: str) -> Iterator[object]:
        """Yield the item that a bare answer in a table states. A text that is no answer is kept, and the item stands."""
        value, flag = self._stated.value(place), _FLAGS.get(name)
        answer = answer_of(value)
        if answer is not None or is_empty(value):
            self._stated.read(place)
        if is_empty(value) or (answer is False and flag is None):
            return
        if answer and word in self._none_words:
            self.none[name].append(word)
            return
        yield {_naming(name, kind): word} | ({flag: value if answer is None else answer} if flag else {})

    def _worded(self, name: str, kind: type[Item], word: str) -> Iterator[object]:
        """Yield the item that a word names. A bare yes names none, and cannot be read."""
        answer = answer_of(word)
        if answer is False or word in self._none_words:
            self.none[name] += [word] if word else []
        elif word:
            yield word if answer else self._spoken(name, {_naming(name, kind): word})

    def _spoken(self, name: str, found: dict[str, object]) -> dict[str, object]:
        """Never take a consent for given that nobody is seen to have given: such an item cannot be read."""
        return {"given": _UNANSWERED, **found} if name == "consents" else found

    def _opened(self, name: str, place: Place) -> Place:
        """Take an item out of an envelope such as `{"safety_alert": {...}}`."""
        value = self._stated.value(place)
        if not isinstance(value, Mapping) or len(value) != 1:
            return place
        ((sole, inner),) = value.items()
        known = {found.partition(".")[0] for path, found in self._names.items() if path.startswith(f"{name}.")}
        return (*place, sole) if isinstance(inner, Mapping) and sole not in known else place


@lru_cache(maxsize=8)
def _none_words(words: tuple[str, ...]) -> NoneWords:
    return NoneWords(words)


def _places(spot: Place, value: list[object] | Mapping[str, object]) -> Iterator[tuple[Place, str | None]]:
    """Yield where each item of a list is; in a table it is called what stands before it."""
    if isinstance(value, list):
        yield from (((*spot, number), None) for number in range(len(value)))
    else:
        yield from (((*spot, word), clean_text(word)) for word in value)


def _lists_in(value: Mapping[str, object]) -> Mapping[str, object]:
    """Return the lists of things in a table. One that has any is none: its words, such as `data`, name nothing of a child's."""
    lists = {word: one for word, one in value.items() if isinstance(one, list)}
    return {word: one for word, one in lists.items() if any(isinstance(inner, Mapping) for inner in one)}


def _naming(name: str, kind: type[Item]) -> str:
    return _NAMING.get(name, kind.natural[0])
