"""Which object classes questions are asked about, and which class a free-text name stands for."""

import functools
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from schemas.vocabulary.grammar import Grammar, joined, split_words
from schemas.vocabulary.kinds import HEADS, HOLDERS, NEVER_ASKED, Kind, Trait

CLASSES_PATH = Path(__file__).parents[2] / "data" / "vocabulary" / "classes.toml"

FIELDS = {
    "parent",
    "also",
    "settings",
    "landmark",
    "common",
    "lookalikes",
    "crowd",
    "mass",
    "ambiguous",
    "single",
}
"""What a row of classes.toml may have; the head of that file explains the fields."""
MAX_WORDS = 4  # longer names are sentences: "man in a red hat"
MAX_CLASS_WORDS = 5  # no name in the table has more; longer ones are not looked up


@dataclass(frozen=True, slots=True)
class ObjectClass:
    """`plurals_also` are those of `also`, in its order. `lookalikes` is symmetric; an ambiguous
    class lists its senses there. `is_single`: a photograph that shows one hardly ever shows another
    (in fewer than about one of seven)."""

    name: str
    kind: Kind
    parent: str | None
    also: tuple[str, ...]
    plural: str
    plurals_also: tuple[str, ...]
    settings: frozenset[str]
    is_landmark: bool
    is_common: bool
    is_crowd: bool
    is_mass: bool
    is_ambiguous: bool
    is_single: bool
    lookalikes: frozenset[str]

    @property
    def is_askable(self) -> bool:
        return self.kind not in NEVER_ASKED and not (
            self.is_ambiguous or self.is_crowd or self.is_mass
        )


@dataclass(frozen=True, slots=True)
class Resolved:
    """What an annotated name stands for.

    `class_name` is None outside the vocabulary and where doubtful; `is_plural` also holds for
    crowds. `mentions` are all classes that the words may denote, `class_name` included: these, and
    classes that may be the same as one of them, cannot be called absent, unique or counted.
    """

    class_name: str | None
    is_plural: bool
    mentions: frozenset[str]


NONE: frozenset[str] = frozenset()
NOTHING = Resolved(None, False, NONE)


class Vocabulary:
    def __init__(
        self,
        classes: Mapping[str, ObjectClass],
        settings: frozenset[str],
        traits: Mapping[Trait, frozenset[str]],
        grammar: Grammar,
    ) -> None:
        self.classes = classes
        self.settings = settings
        self.traits = traits
        self.grammar = grammar
        self._exact = index_names(classes.values())
        self._lineages = {name: tuple(walk_up(classes, name)) for name in classes}
        # Visual Genome has 80 thousand distinct names, so this bound is never met by real data.
        self._cached = functools.lru_cache(maxsize=1 << 17)(self._resolve)
        self.kin = functools.cache(self._kin)
        self.rivals = functools.cache(self._rivals)

    def resolve(self, name: str) -> Resolved:
        """What any free text stands for; never raises."""
        return self._cached(name)

    def lineage(self, class_name: str) -> tuple[str, ...]:
        """The class, its parent, and so on up."""
        return self._lineages[class_name]

    def is_kind_of(self, class_name: str, ancestor: str) -> bool:
        return ancestor in self._lineages[class_name]

    def has(self, class_name: str, *traits: Trait) -> bool:
        """Whether one of the traits is listed for the class or for a more general one."""
        line = self._lineages[class_name]
        return any(not self.traits[trait].isdisjoint(line) for trait in traits)

    def may_be_same(self, a: str, b: str) -> bool:
        """Whether one thing could be annotated as either: equal, ancestor, or mixed up.

        Lookalikes are inherited: a pickup truck may be called a minivan as truck may be van.
        """
        if self.is_kind_of(a, b) or self.is_kind_of(b, a):
            return True
        others = self._lineages[b]
        return any(not self.classes[x].lookalikes.isdisjoint(others) for x in self._lineages[a])

    def _kin(self, class_name: str) -> frozenset[str]:
        """The class, its more general and its more special ones."""
        above = self._lineages[class_name]
        return frozenset(
            name for name, line in self._lineages.items() if name in above or class_name in line
        )

    def _rivals(self, class_name: str) -> frozenset[str]:
        """The classes that are not kinds of this one, but may be the same."""
        above = self._lineages[class_name]
        mixed_up = frozenset[str]().union(*(self.classes[name].lookalikes for name in above))
        return frozenset(
            name
            for name, line in self._lineages.items()
            if class_name not in line and (name in above or not mixed_up.isdisjoint(line))
        )

    def _resolve(self, name: str) -> Resolved:
        words = split_words(name)
        # "one way sign" is a name as it stands.
        while len(words) > 1 and words[0] in self.grammar.articles and not self._exactly(words):
            del words[0]
        if not words:
            return NOTHING
        return (
            self._exactly(words)
            or self._as_sentence(words)
            or self._as_several(words)
            or self._as_holder_or_part(words)
            or self._without_owner(words)
            or self._without_modifiers(words)
            or self._as_compound(words)
            or Resolved(None, False, self._mentions(words))
        )

    def _exactly(self, words: list[str]) -> Resolved | None:
        if len(words) > MAX_CLASS_WORDS or (found := self._exact.get(joined(words))) is None:
            return None
        return self._named(*found)

    def _named(self, class_name: str, is_plural: bool) -> Resolved:
        found = self.classes[class_name]
        senses = found.lookalikes if found.is_ambiguous else NONE
        return Resolved(class_name, is_plural or found.is_crowd, senses | {class_name})

    def _as_sentence(self, words: list[str]) -> Resolved | None:
        if len(words) <= MAX_WORDS and self.grammar.verbs.isdisjoint(words):
            return None
        return Resolved(None, False, self._mentions(words))

    def _as_several(self, words: list[str]) -> Resolved | None:
        if len(words) > 2 and words[0] in self.grammar.groups and words[1] == "of":
            rest = words[2:]
        elif len(words) > 1 and (words[0] in self.grammar.several or words[0].isdecimal()):
            rest = words[2:] if words[1] == "of" and len(words) > 2 else words[1:]
        else:
            return None
        members = self._resolve(" ".join(rest))
        is_one_pair = words[0] == "pair" and not members.is_plural
        return Resolved(members.class_name, not is_one_pair, members.mentions)

    def _as_holder_or_part(self, words: list[str]) -> Resolved | None:
        """ "bowl of soup" is a bowl, "leg of table" a leg."""
        if "of" not in words[1:-1]:
            return None
        cut = words.index("of", 1)
        head = self._resolve(" ".join(words[:cut]))
        if head.class_name is not None:
            kind = self.classes[head.class_name].kind
            if kind in HEADS:
                return head
            if kind in HOLDERS and not head.is_plural:
                contents = self._mentions(words[cut + 1 :])
                return Resolved(head.class_name, False, head.mentions | contents)
        return Resolved(None, False, self._mentions(words))

    def _without_owner(self, words: list[str]) -> Resolved | None:
        owners = [index for index, word in enumerate(words[:-1]) if "'" in word]
        if not owners:
            return None
        owned = self._resolve(" ".join(words[owners[-1] + 1 :]))
        return owned if owned.class_name is not None else None

    def _without_modifiers(self, words: list[str]) -> Resolved | None:
        for cut in range(1, len(words)):
            found = self._exact.get(joined(words[cut:]))
            if found is not None and self.grammar.keeps_class(
                words[:cut], self.classes[found[0]].kind
            ):
                return self._named(*found)
        return None

    def _as_compound(self, words: list[str]) -> Resolved | None:
        """ "red car door" is a door, if every other word is known."""
        grammar = self.grammar
        known = grammar.modifiers | grammar.living_modifiers | grammar.materials
        for cut in range(1, len(words)):
            head = self._exact.get(joined(words[cut:]))
            if (
                head is not None
                and self.classes[head[0]].kind in HEADS
                and all(word in known or joined([word]) in self._exact for word in words[:cut])
            ):
                return self._named(*head)
        return None

    def _mentions(self, words: list[str]) -> frozenset[str]:
        """Classes named anywhere among the words, the longest name at each place."""
        mentions = NONE
        words = [word.removesuffix("'s").removesuffix("'") for word in words]
        start = 0
        while start < len(words):
            for stop in range(min(start + 3, len(words)), start, -1):
                if found := self._exact.get(joined(words[start:stop])):
                    mentions |= self._named(*found).mentions
                    start = stop
                    break
            else:
                start += 1
        return mentions


def walk_up(classes: Mapping[str, ObjectClass], class_name: str) -> Iterator[str]:
    seen: set[str] = set()
    above: str | None = class_name
    while above is not None:
        if above in seen:
            raise ValueError(f"class {class_name!r} is its own ancestor: break its parent chain")
        seen.add(above)
        yield above
        above = classes[above].parent


def index_names(classes: Iterable[ObjectClass]) -> dict[str, tuple[str, bool]]:
    """Spaceless name -> class and whether the name is plural; ValueError on a second meaning."""
    index: dict[str, tuple[str, bool]] = {}
    misspelt: dict[str, tuple[str, bool]] = {}

    def add(name: str, class_name: str, is_plural: bool) -> None:
        owner, _ = index.setdefault(joined(split_words(name)), (class_name, is_plural))
        if owner != class_name:
            raise ValueError(
                f"{name!r} stands for both {owner!r} and {class_name!r}: keep it in one of them"
            )

    ordered = list(classes)
    for one in ordered:
        for name in (one.name, *one.also):
            add(name, one.name, is_plural=name == one.plural != one.name)
    for one in ordered:
        for plural in (one.plural, *one.plurals_also):
            add(plural, one.name, is_plural=True)
        for name in (one.name, *one.also):
            # "mans hand", "sheeps": annotators drop apostrophes and regularise plurals.
            misspelt.setdefault(joined(split_words(name)) + "s", (one.name, True))
    return misspelt | index


def read_classes(tables: Mapping[str, Any]) -> dict[str, ObjectClass]:
    """Classes as written: settings not yet inherited, lookalikes not yet symmetric."""
    plurals = tables["plurals"] | {name: name for name in tables["unchanged"]}
    unused = set(plurals)
    classes: dict[str, ObjectClass] = {}
    for kind in Kind:
        for name, entry in tables[kind].items():
            if unknown := entry.keys() - FIELDS:
                raise ValueError(
                    f"class {name!r} has fields {sorted(unknown)}: use {sorted(FIELDS)}"
                )
            if name in classes:
                raise ValueError(f"class {name!r} is in two tables: keep it in one of them")
            also = tuple(entry.get("also", ()))
            unused.difference_update((name, *also))
            classes[name] = ObjectClass(
                name=name,
                kind=kind,
                parent=entry.get("parent"),
                also=also,
                plural=plurals.get(name, f"{name}s"),
                plurals_also=tuple(plurals.get(other, f"{other}s") for other in also),
                settings=frozenset(entry.get("settings", "").split()),
                is_landmark=entry.get("landmark", False),
                is_common=entry.get("common", False),
                is_crowd=entry.get("crowd", False),
                is_mass=entry.get("mass", False),
                is_ambiguous=entry.get("ambiguous", False),
                is_single=entry.get("single", False),
                lookalikes=frozenset(entry.get("lookalikes", ())),
            )
    if unused:
        raise ValueError(f"plurals are listed of {sorted(unused)}: not names of classes")
    return classes


def check_references(classes: Mapping[str, ObjectClass], settings: frozenset[str]) -> None:
    for one in classes.values():
        parents = {one.parent} - {None}
        if unknown := (one.lookalikes | parents) - classes.keys():
            raise ValueError(f"class {one.name!r} names {sorted(map(str, unknown))}: not classes")
        if unknown := one.settings - settings:
            raise ValueError(f"class {one.name!r} has settings {sorted(unknown)}: not in the list")


def read_traits(
    tables: Mapping[str, Any], classes: Mapping[str, ObjectClass]
) -> dict[Trait, frozenset[str]]:
    """The classes of each trait; ValueError where one of the two does not exist."""
    written = tables["traits"]
    if unknown := set(written) ^ set(Trait):
        raise ValueError(f"the traits are not {', '.join(Trait)}: {sorted(unknown)}")
    for trait, names in written.items():
        if unknown := set(names) - classes.keys():
            raise ValueError(f"trait {trait!r} names {sorted(unknown)}: not classes")
    return {trait: frozenset(written[trait]) for trait in Trait}


def inherited_settings(classes: Mapping[str, ObjectClass], class_name: str) -> frozenset[str]:
    above = (classes[name].settings for name in walk_up(classes, class_name))
    return next(filter(None, above), NONE)


def parse_vocabulary(text: str) -> Vocabulary:
    """ValueError where a name has two meanings, or a class, field, setting or trait is unknown."""
    tables = tomllib.loads(text)
    settings = frozenset(tables["settings"].split())
    written = read_classes(tables)
    check_references(written, settings)
    mixed_up = {name: set(one.lookalikes) for name, one in written.items()}
    for one in written.values():
        for other in one.lookalikes:
            mixed_up[other].add(one.name)
    classes = {
        name: replace(
            one,
            lookalikes=frozenset(mixed_up[name]),
            settings=inherited_settings(written, name),
        )
        for name, one in written.items()
    }
    words = {field.name: frozenset(tables[field.name].split()) for field in fields(Grammar)}
    traits = read_traits(tables, classes)
    return Vocabulary(MappingProxyType(classes), settings, traits, Grammar(**words))


@functools.cache
def load_vocabulary() -> Vocabulary:
    return parse_vocabulary(CLASSES_PATH.read_text(encoding="utf-8"))
