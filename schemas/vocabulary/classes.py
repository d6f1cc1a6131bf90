"""Which object classes questions are asked about, and which class a free-text name stands for."""

import functools
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from types import MappingProxyType

from schemas.vocabulary.class_table import (
    NONE,
    ObjectClass,
    completed,
    read_classes,
    read_traits,
    walk_up,
)
from schemas.vocabulary.grammar import Grammar, joined, split_words
from schemas.vocabulary.kinds import HEADS, HOLDERS, Trait

CLASSES_PATH = Path(__file__).parents[2] / "data" / "vocabulary" / "classes.toml"

MAX_WORDS = 4  # longer names are sentences: "man in a red hat"
MAX_CLASS_WORDS = 5  # no name in the table has more; longer ones are not looked up


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


def parse_vocabulary(text: str) -> Vocabulary:
    """ValueError where a name has two meanings, or a class, field, setting or trait is unknown."""
    tables = tomllib.loads(text)
    settings = frozenset(tables["settings"].split())
    classes = completed(read_classes(tables), settings)
    words = {field.name: frozenset(tables[field.name].split()) for field in fields(Grammar)}
    traits = read_traits(tables, classes)
    return Vocabulary(MappingProxyType(classes), settings, traits, Grammar(**words))


@functools.cache
def load_vocabulary() -> Vocabulary:
    return parse_vocabulary(CLASSES_PATH.read_text(encoding="utf-8"))
