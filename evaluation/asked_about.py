"""Asked about: of a reply, what speaks of what its question asks.

Of "The car is farther away than the bicycle" the car is not the answer where the question asks
which is nearer; nor does "the cat is on a chair, and the chair is behind the table" say that the
cat is behind it. Clauses of both kinds are left out before a reply is read for an option's text:
what then states nothing is None, never a guess.
"""

import re
import tomllib
from collections.abc import Collection, Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

TABLE = Path(__file__).parents[1] / "data" / "vocabulary" / "scales.toml"
CLAUSE_ENDS = re.compile(
    r"[,;:.!?]+(?=\s|$)\s*|[\u2014\u2013\n]\s*|(?<!\s)\s+(?:-+\s+|(?=(?:and|but|so|yet|while|"
    r"whereas|because|since|although|though|however|therefore|thus|hence|making|meaning)\b))",
    re.IGNORECASE,
)
"""Between two clauses; a word that joins them belongs to the second."""
TURNS = re.compile(r"(?i)\b(?:less|least|not|never|no|without|except|hardly)\b|n't\b")
"""What makes a word of one end speak of the other end, or of neither."""
JOINS = re.compile(r"(?i)^(?:and|but|yet|while|whereas|though|although)\s+")
"""Joins a clause to one that was left out."""
LESSER = re.compile(r"(?i)\b(?:less|least)\b")
SUBJECT = re.compile(
    r"(?i)^(?:(?:and|but|so|while|whereas|because|since|though|although|therefore|thus|hence)\s+)?"
    r"(?:the|this|that|these|those)\s+(?:[\w-]+\s+){0,2}?([\w-]+)\s+"
    r"(?:is|are|was|were|stands?|sits?|lies?|hangs?|rests?|appears?|seems?)\b"
)
"""What a clause speaks of, with the thing in the group."""
THING = re.compile(r"[^\W\d_]{3,}")
SENTENCE_ENDS = re.compile(r"[.!?\n]")


class Scale(NamedTuple):
    """Patterns for the words of its two ends."""

    one: re.Pattern[str]
    other: re.Pattern[str]


def _pattern(words: str) -> re.Pattern[str]:
    return re.compile(rf"(?i)(?<![\w-])(?:{'|'.join(words.split())})(?![\w-])".replace("_", r"\s+"))


SCALES = [
    Scale(*map(_pattern, entry["ends"]))
    for entry in tomllib.loads(TABLE.read_text(encoding="utf-8"))["scale"]
]


class Asked(NamedTuple):
    """What a question asks: patterns of the end of each scale that it names and of the opposite
    end, the things that it names, and the letters of its options."""

    ends: Sequence[Scale] = ()
    things: Collection[str] = ()
    letters: str = ""


NOTHING = Asked()
"""Where no question is known: nothing is left out of a reply."""


def asked_by(question: str, options: Iterable[tuple[str, str]]) -> Asked:
    """What a question with options (letters and texts) asks. A scale counts where the question
    names one end of it, and its options none; one that the question turns ("not near") does not."""
    texts = [*options]
    offered = "\n".join(text for _, text in texts)
    ends = []
    for scale in SCALES:
        if any(pattern.search(offered) for pattern in scale):
            continue
        found = [pattern.search(question) is not None for pattern in scale]
        if found[0] == found[1]:
            continue
        is_other = found[1] != (LESSER.search(question) is not None)
        ends.append(Scale(*reversed(scale)) if is_other else scale)
    if TURNS.search(LESSER.sub(" ", question)):
        ends = []
    return Asked(ends, _things(f"{question}\n{offered}"), "".join(letter for letter, _ in texts))


def about_asked(text: str, asked: Asked) -> str:
    """The text without the clauses that speak of the opposite of what is asked, or of a thing that
    only the reply itself has brought in. A clause with an option's letter stays."""
    if not asked.things:
        return text
    ends = [(0, 0), *(match.span() for match in CLAUSE_ENDS.finditer(text)), (len(text), len(text))]
    kept: list[str] = []
    seen: set[str] = set()
    is_told = is_changed = is_left_out = False
    for (_, start), (end, following) in pairwise(ends):
        clause = JOINS.sub("", text[start:end]) if is_left_out else text[start:end]
        subject = SUBJECT.match(clause)
        thing = _singular(subject[1].lower()) if subject else ""
        is_elsewhere = is_told and thing in seen and thing not in asked.things
        is_left_out = is_elsewhere or any(_is_opposite(clause, scale) for scale in asked.ends)
        if is_left_out and not _has_letter(clause, asked.letters):
            is_changed = True
            if kept and SENTENCE_ENDS.search(text[end:following]):
                kept.append(text[end:following])
            continue
        is_told |= thing in asked.things
        seen |= _things(clause)
        kept += [clause, text[end:following]]
    return "".join(kept) if is_changed else text


def _is_opposite(clause: str, scale: Scale) -> bool:
    """Whether a clause speaks of the opposite end alone; one that denies is left as it is."""
    lesser = LESSER.search(clause) is not None
    asked, opposite = reversed(scale) if lesser else scale
    if TURNS.search(LESSER.sub(" ", clause)):
        return False
    return opposite.search(clause) is not None and asked.search(clause) is None


def _has_letter(clause: str, letters: str) -> bool:
    """Whether a letter of an option is in a clause that is not the article A."""
    found = re.finditer(r"(?<![\w'])([A-Z])(?![\w'])(?P<goes_on>\s+[a-z])?", clause)
    return any(one[1] in letters and not (one[1] == "A" and one["goes_on"]) for one in found)


def _things(text: str) -> set[str]:
    return {_singular(word.lower()) for word in THING.findall(text)}


def _singular(word: str) -> str:
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word
