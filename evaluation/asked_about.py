"""Asked about: of a reply, what speaks of what its question asks.

Of "The car is farther away than the bicycle" the car is not the answer where the question asks
which is nearer; nor does "the cat is on a chair, and the chair is behind the table" say that the
cat is behind it, nor does "the table is behind the cat"; and of "four people, two of them are
wearing hats" four is not the number of hats. Clauses of such kinds are left out before a reply is
read for an option's text: what then states nothing is None, never a guess. What the question
itself supposes ("if I stood at the door") is no condition where the reply repeats it.
"""

import re
import tomllib
from collections.abc import Iterable, Sequence, Set
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from evaluation.option_texts import DIGITS, NUMBERS, singular
from evaluation.reply_parts import SUPPOSED

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
REFERENCE = re.compile(
    r"(?i)\b(?:relative|respect|relation|regard|compared|comparison) (?:to|with) "
    r"(?:the|this|that|an?) "
    r"((?:[\w-]+ ){0,2}?[\w-]+)(?= ?(?:[,.;:?)]|(?:in|on|at|is|are|seen|from|as|of|when)\b|$))"
)
"""From what a question asks for the place of another thing."""
VERB = re.compile(r"(?i)\b(?:is|are|was|were|be|has|have|stands?|sits?|lies?|looks?|seems?)\b|'s\b")
SEVERAL = re.compile(r"(?i)\b(?:are|were|both|all)\b")
"""In a clause of several things, the first of which may stand in clauses before it."""
NUMBER = rf"(\d{{1,9}}|{'|'.join(NUMBERS[1:])})"
SOME = re.compile(
    rf"(?i)(?<![\w.-]){NUMBER} "
    r"(?:(?P<whole>of (?:them|these|those|whom|which))|(?:are|is|were|was|have|has|wear)\b)"
)
"""A number of some of the things that were counted before."""
COUNTED = re.compile(rf"(?i)(?<![\w.-]){NUMBER} (?:of the )?[a-z]")
PART = re.compile(rf"(?i)(?<![\w.-]){NUMBER}(?![\w.-])")
MAX_BEFORE = 20
"""Clauses in which a number of more things, or parts of a number, are looked for: bounds time."""
SUPPOSES = re.compile(
    r"(?i)\b(?:if|suppose|imagine|assum\w+|when|perspective|viewpoint|view|would)\b"
)
CONDITION = re.compile(r"(?i)^(?:if|imagine|imagining|suppose|assuming|when)\b")
WOULD = re.compile(r"(?i)\bwould (?=be\b)")
COMMON = {"you", "your", "are", "were", "was", "the", "and", "there", "some"}
"""Words that name no thing."""
HOW_MANY = re.compile(r"(?i)\bhow many\b|\bnumber of\b|\bcount\b")
SHARED_OUT = re.compile(r"(?i)\b(?:each|every|per)\b")
"""With a number that is of a part: "each table has 2 chairs"."""
OTHERS = re.compile(r"#[A-Z]+(?=x+(?![x*a]))")
"""In a skeleton, a number of things that the question does not name."""
THERE_IS = re.compile(r"(?i)^(?:(?:and|but|so|while|whereas) )?there(?:'s| is| are) (?:an?|some)\b")
"""What is there, of which is perhaps said more than the question asks for."""
WHETHER = re.compile(r"(?i)\b(?:is|are) there\b|\b(?:can|do) (?:you|we) see\b")
PLACED = re.compile(
    r"(?i)\b(?:where|which (?:way|side|direction|part))\b[^.?]*?\b(?:is|are) (?:the|this|that) "
    r"((?:[\w-]+ ){0,2}?[\w-]+)(?= ?(?:[,.;:?)]|(?:in|on|at|with|to|from|as|of|relative|located|"
    r"positioned|placed|situated|facing|compared)\b|$))"
)
"""Of what a question asks for the place."""
INVERTED = re.compile(
    r"(?i)^(?:(?:and|but|so|while|whereas) )?(?:to|on|in|at|behind|above|below|under|beside|near|next)\b"
    r"[^,;:]*? (?:(?:is|are|stands?|sits?|lies?|hangs?) (?:the )?)?(?:an?|some) (?:[\w-]+ ){0,2}?([\w-]+)$"
)
"""A place, and what is there: "to the left of the laptop is a plant"."""


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
    end; the things that it names, those of its options, and those of which it does not ask for the
    place; the letters of its options; whether it supposes something; whether numbers of things are
    its options; where it asks whether something is there, the letter of "no"."""

    ends: Sequence[Scale] = ()
    things: Set[str] = frozenset()
    offered: Set[str] = frozenset()
    references: Set[str] = frozenset()
    letters: str = ""
    is_supposed: bool = False
    is_counted: bool = False
    no: str = ""


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
    placed = PLACED.search(question)
    others = _things(question) - _things(placed[1]) if placed else frozenset()
    is_turned = TURNS.search(question) is not None
    no = [letter for letter, text in texts if text.strip(" .").lower() == "no"]
    return Asked(
        ends,
        _things(f"{question}\n{offered}"),
        _things(offered) - COMMON,
        _things(" ".join(REFERENCE.findall(question))) | others,
        "".join(letter for letter, _ in texts),
        SUPPOSES.search(question) is not None,
        HOW_MANY.search(question) is not None and all(PART.fullmatch(text) for _, text in texts),
        no[0] if no and WHETHER.search(question) and not is_turned else "",
    )


def about_asked(text: str, asked: Asked) -> str:
    """The text without the clauses that speak of the opposite of what is asked, of more than is
    counted, or of a thing that is not asked about. A clause with an option's letter stays."""
    if not asked.things:
        return text
    ends = [(0, 0), *(match.span() for match in CLAUSE_ENDS.finditer(text)), (len(text), len(text))]
    kept: list[tuple[str, str]] = []
    seen: set[str] = set()
    is_told = is_left_out = is_headed = False
    for (_, start), (end, following) in pairwise(ends):
        clause, mark = text[start:end], text[end:following]
        is_headed &= not any(asked_end.search(clause) for asked_end, _ in asked.ends)
        if is_left_out:
            clause = JOINS.sub("", clause)
        is_opposite = any(_is_opposite(clause, scale) for scale in asked.ends)
        is_left_out = is_headed or is_opposite or _is_elsewhere(clause, is_told, seen, asked)
        if is_left_out and not _has_letter(clause, asked.letters):
            if is_opposite and SEVERAL.search(clause):
                _drop_list(kept)
            is_headed |= is_opposite and ":" in mark and not _things(clause) & asked.offered
            is_headed &= not SENTENCE_ENDS.search(mark)
            if kept and SENTENCE_ENDS.search(mark):
                kept.append(("", mark))
            continue
        if (
            asked.is_supposed
            and CONDITION.match(clause)
            and _things(clause) <= asked.things | COMMON
        ):
            continue
        if asked.is_counted and SHARED_OUT.search(clause) and not _has_letter(clause, asked.letters):
            clause = PART.sub("", clause)
        clause = _without_whole(kept, clause, asked)
        is_told |= not asked.things.isdisjoint(_subject(clause))
        seen |= _things(clause)
        kept.append((clause, mark))
    left = "".join(clause + mark for clause, mark in _without_parts(kept, asked))
    return WOULD.sub("", left) if asked.is_supposed and not SUPPOSED.search(left) else left


def stated_of_asked(signs: str, asked: Asked) -> str:
    """A skeleton in which numbers of other things than the counted ones name no option, and "there
    is no cat" says no where cats are asked about; the question's words are as any others."""
    if asked.is_counted:
        signs = OTHERS.sub("0", signs)
    if asked.no:
        signs = re.sub(rf"(?:sb|[bp]*h)(#{asked.no})x?\*+(?=[jklsx*]*(?:[.,]|$))", r"\1,", signs)
    return signs.replace("*", "x")


def _subject(clause: str) -> set[str]:
    subject = SUBJECT.match(clause)
    return {singular(subject[1].lower())} if subject else set()


def _is_elsewhere(clause: str, is_told: bool, seen: Set[str], asked: Asked) -> bool:
    """Whether a clause has another subject than what is asked about: that from which it is seen,
    one that the reply has brought in, or one behind a place that the question does not name."""
    is_alone = not SEVERAL.search(clause)
    if THERE_IS.match(clause) and not _things(clause) <= asked.things | COMMON:
        return True
    there = INVERTED.match(clause)
    if there and asked.references and singular(there[1].lower()) not in asked.things:
        return True
    return any(
        (is_alone and thing in asked.references)
        or (is_told and thing in seen and thing not in asked.things)
        for thing in _subject(clause)
    )


def _drop_list(kept: list[tuple[str, str]]) -> None:
    """Take off the things that share the verb of a clause that was left out."""
    while kept and not VERB.search(kept[-1][0]) and kept[-1][1].strip() in ("", ","):
        kept.pop()


def _without_whole(kept: list[tuple[str, str]], clause: str, asked: Asked) -> str:
    """Take off the number of things of which a clause counts some, as it is asked ("four people"
    before "but two of them wear hats"); the clause, then from its number on ("two wear hats")."""
    part = SOME.search(clause)
    more = _things(clause) & asked.things if part else set()
    if not part or not more:
        return clause
    said = clause
    for place in range(max(len(kept) - MAX_BEFORE, 0), len(kept)):
        before = kept[place][0]
        whole = COUNTED.search(before)
        if whole and whole[1].lower() != part[1].lower() and not more <= _things(before):
            kept[place] = ("", "")
            said = clause[part.start() :].replace(part["whole"] or " ", " ", 1)
    return said


def _without_parts(kept: Sequence[tuple[str, str]], asked: Asked) -> list[tuple[str, str]]:
    """Without what only divides a number that was told: "three people: one man and two women".
    What names more of what is asked than that number's clause does, is no such part."""
    left: list[tuple[str, str]] = []
    place = 0
    while place < len(kept):
        clause, mark = kept[place]
        left.append((clause, mark))
        place += 1
        whole, total, end = COUNTED.search(clause), 0, place
        while whole and end < min(len(kept), place + MAX_BEFORE):
            part = PART.search(kept[end][0])
            if not part or _things(kept[end][0]) & asked.things - _things(clause) - COMMON:
                break
            total += _value(part[1])
            end += 1
        if whole and end > place + 1 and total == _value(whole[1]):
            left[-1] = (clause, kept[end - 1][1])
            place = end
    return left


def _value(number: str) -> int:
    return int(DIGITS.get(number.lower(), number))


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
    return {singular(word.lower()) for word in THING.findall(text)}

