"""Names: the classes that the words of a text name."""

import re
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from typing import NamedTuple

from schemas.vocabulary.classes import load_vocabulary


def word_set(words: str) -> frozenset[str]:
    return frozenset(words.split())


ARTICLES = frozenset({"a", "an", "the"})
"""Two texts that differ only in these say the same."""
GRAMMAR = word_set(
    "area areas back background body bottom camera can center centre column columns corner covers "
    "crossing distance does edge eye eyes faces foreground frame front grid ground half hand "
    "hands image individual inside item location middle number object observer outside part parts "
    "photo photograph photographer picture place plane portion present region ride rides right "
    "room row rows scene section set shoes shot side space spot stand stands surrounding thing top "
    "view viewer"
)
"""Names of classes that are just as often ordinary words of a question."""
COUNTED = (  # in the order of their values, from 0
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen twenty"
)
NUMBERS = {word: number for number, word in enumerate(COUNTED.split())}
"""Numbers in words, up to the largest that is one word and that people count in a picture."""


LONGEST = 5
"""Words of a name at most: no class of the vocabulary has more words."""


class Mention(NamedTuple):
    """A class that words name, at words[start:stop], or a reference by its whole text;
    `is_grammar` where they may be ordinary words of a question ("the front")."""

    name: str
    is_plural: bool
    start: int
    stop: int
    is_grammar: bool


def casefolded_words(text: str) -> list[str]:
    """The words of a text, casefolded and without punctuation except a gap ("___");
    "isn't" is "is" and "not"."""
    plain = text.casefold().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").replace("n't", " not")
    return re.findall(r"[^\W_]+|_{3,}", plain)


def bare_words(text: str) -> tuple[str, ...]:
    """The words without articles, numbers in digits: two options must differ in these."""
    return tuple(
        str(NUMBERS.get(word, word))
        for word in casefolded_words(text)
        if word not in ARTICLES and word[0] != "_"
    )


@cache
def spellings() -> Mapping[tuple[str, ...], tuple[str, bool]]:
    """Words to class, and whether they name several."""
    found: dict[tuple[str, ...], tuple[str, bool]] = {}
    classes = load_vocabulary().classes.values()
    for entry in classes:
        for name in (entry.name, *entry.also):
            found.setdefault(
                tuple(casefolded_words(name)), (entry.name, name == entry.plural != entry.name)
            )
    for entry in classes:
        for name in (entry.plural, *entry.plurals_also):
            found.setdefault(tuple(casefolded_words(name)), (entry.name, True))
    return found


def mentions_in(words: Sequence[str]) -> list[Mention]:
    """The classes that words name, the longest name at each place."""
    found, start = [], 0
    words, known = tuple(words), spellings()
    while start < len(words):
        for stop in range(min(start + LONGEST, len(words)), start, -1):
            named = known.get(words[start:stop])
            if not named:
                continue
            is_grammar = words[stop - 1] in GRAMMAR
            is_alone = stop - start == len(words)
            if not is_grammar or is_alone or (start and words[start - 1] in ARTICLES):
                found.append(Mention(*named, start, stop, is_grammar))
            start = stop
            break
        else:
            start += 1
    return found


@lru_cache(maxsize=1 << 12)
def names_of(text: str) -> tuple[tuple[str, ...], tuple[Mention, ...]]:
    """The words of a text, and the classes that they name."""
    words = casefolded_words(text)
    return tuple(words), tuple(mentions_in(words))


def classes_in(text: str) -> list[str]:
    """The classes that a text names, once for each mention."""
    return [mention.name for mention in names_of(text)[1]]
