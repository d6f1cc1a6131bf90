"""The closed word lists of classes.toml, and how a name is cut into words."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from schemas.vocabulary.kinds import LIVING, NEVER_OF_A_MATERIAL, Kind

WORD = re.compile(r"[^\W_]+(?:'[^\W_]+|(?<=s)')?")
"""Letters and digits, and an apostrophe inside or behind an s."""


@dataclass(frozen=True, slots=True)
class Grammar:
    """Closed word lists, named and explained in classes.toml."""

    modifiers: frozenset[str]
    living_modifiers: frozenset[str]
    materials: frozenset[str]
    articles: frozenset[str]
    said_with_a: frozenset[str]
    said_with_an: frozenset[str]
    several: frozenset[str]
    groups: frozenset[str]
    verbs: frozenset[str]

    def with_article(self, name: str) -> str:
        """`an elephant` for elephant. English goes by the sound, which follows the first letter
        except in the words that are listed."""
        first = name.split()[0]
        vowel = first in self.said_with_an or (
            first[0] in "aeiou" and first not in self.said_with_a
        )
        return f"an {name}" if vowel else f"a {name}"

    def keeps_class(self, words: list[str], kind: Kind) -> bool:
        """Whether a thing of this kind is still one with these words before its name."""
        allowed = self.modifiers
        if kind in LIVING:
            allowed = allowed | self.living_modifiers
        if kind not in NEVER_OF_A_MATERIAL:
            allowed = allowed | self.materials
        if "and" in words[1:-1]:
            words = [word for word in words if word != "and"]
        return allowed.issuperset(words)


def split_words(name: str) -> list[str]:
    """Lower-case words; a possessive keeps its apostrophe."""
    return WORD.findall(name.casefold().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'"))


def joined(words: Iterable[str]) -> str:
    return "".join(words).replace("'", "")
