"""Features of options: what a reader of the words alone can know of each."""

import re
from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import csr_array

from schemas.completion.publish import LETTERS

COMMON_SHARE = 0.9  # of the questions: a word that more of them have is no sign of an answer
MIN_PAIRS = 3  # options: rarer features cannot be learned, and are nine tenths of free text
WORD = re.compile(r"[^\W_]+(?:['-][^\W_]+)*")
"""A word, with inner apostrophes and hyphens."""

Vector = NDArray[np.float64]
Matrix = csr_array[Any, tuple[int, int]]


class Feature(NamedTuple):
    """What an option may have: text of its own and, for some kinds, other text that occurs with
    it."""

    kind: str
    text: str = ""
    other: str = ""


DESCRIPTIONS = {
    "letter": "the letter {text}",
    "option": "“{text}”",
    "longest": "the longest option",
    "shortest": "the shortest option",
    "smallest": "the smallest number",
    "greatest": "the greatest number",
    "repeats": "an option that repeats a word of the question",
    "word": "an option that says “{text}”",
    "asked": "an option that says “{text}” where the question says “{other}”",
    "beside": "“{text}” beside “{other}”",
}


class Pairs(NamedTuple):
    """Every option of every question, questions in their order."""

    features: Sequence[Feature]
    has: Matrix  # options by features
    question: NDArray[np.intp]
    is_right: NDArray[np.bool_]
    chance: Vector

    @property
    def counts(self) -> NDArray[np.intp]:
        """The number of options that have each feature."""
        return np.bincount(self.has.indices, minlength=len(self.features))


def pairs_of(questions: pl.DataFrame) -> Pairs:
    """The options of questions that have question_only, options and place."""
    asked = [distinct_words(text) for text in questions["question_only"]]
    counts = Counter(word for words in asked for word in words)
    common = {word for word, n in counts.items() if n > COMMON_SHARE * questions.height}
    places: dict[Feature, int] = {}
    held, starts = array("i"), array("i", [0])
    for words, options in zip(asked, questions["options"].to_list(), strict=True):
        for features in option_features([word for word in words if word not in common], options):
            held.extend(places.setdefault(feature, len(places)) for feature in features)
            starts.append(len(held))
    number = questions["num_options"].to_numpy()
    question = np.repeat(np.arange(questions.height), number)
    place = np.arange(len(question)) - np.repeat(np.cumsum(number) - number, number)
    entries = np.ones(len(held)), np.array(held), np.array(starts)
    has = csr_array(entries, shape=(len(question), len(places)))
    kept = np.flatnonzero(np.bincount(entries[1], minlength=len(places)) >= MIN_PAIRS)
    features = list(places)
    return Pairs(
        features=[features[place] for place in kept.tolist()],
        has=has[:, kept],
        question=question,
        is_right=place == questions["place"].to_numpy()[question],
        chance=1 / number[question],
    )


def distinct_words(text: str) -> list[str]:
    """The distinct words of a text, in lower case and in their order."""
    return list(dict.fromkeys(WORD.findall(text.lower())))


def option_features(asked: Sequence[str], options: Sequence[str]) -> Iterator[list[Feature]]:
    """The features of each option. Words that all options share are left out, as they do not
    distinguish them: “left of the girl” beside “behind the girl” is “left of” beside “behind”."""
    words = [distinct_words(option) for option in options]
    shared = set(words[0]).intersection(*words)
    words = [[word for word in own if word not in shared] for own in words]
    texts = [" ".join(own) or option for own, option in zip(words, options, strict=True)]
    extremes = [("shortest", "longest", [len(option) for option in options])]
    if all(option.isdecimal() for option in options):
        extremes.append(("smallest", "greatest", [int(option) for option in options]))
    for place, (own, text) in enumerate(zip(words, texts, strict=True)):
        features = [Feature("letter", LETTERS[place])]
        features += [Feature("option", text)]
        features += [Feature("word", word) for word in own]
        features += [Feature("asked", word, other) for word in own for other in asked]
        others = dict.fromkeys(texts[:place] + texts[place + 1 :])
        features += [Feature("beside", text, other) for other in others]
        for least, most, sizes in extremes:
            if sizes.count(sizes[place]) == 1:
                features += [Feature(least)] * (sizes[place] == min(sizes))
                features += [Feature(most)] * (sizes[place] == max(sizes))
        features += [Feature("repeats")] * (not set(own).isdisjoint(asked))
        yield features
