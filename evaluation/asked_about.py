"""Asked about: of a reply, what speaks of what its question asks.

Of "The car is farther away than the bicycle" the car is not the answer where the question asks
which is nearer; nor does "the cat is on a chair, and the chair is behind the table" say that the
cat is behind it, nor does "the table is behind the cat"; and of "four people, two of them are
wearing hats" four is not the number of hats. Clauses of such kinds are left out before a reply is
read for an option's text: what then states nothing is None, never a guess. What the question
itself supposes ("if I stood at the door") is no condition where the reply repeats it.
"""

import re
from collections.abc import Sequence, Set
from itertools import pairwise

from evaluation.asked import (
    COMMON,
    LESSER,
    NUMBER,
    PART,
    TURNS,
    VERB,
    Asked,
    Scale,
    things_in,
)
from evaluation.option_texts import DIGITS, singular
from evaluation.reply_parts import SUPPOSED

CLAUSE_ENDS = re.compile(
    r"[,;:.!?]+(?=\s|$)\s*|[\u2014\u2013\n]\s*|(?<!\s)\s+(?:-+\s+|(?=(?:and|but|so|yet|while|"
    r"whereas|because|since|although|though|however|therefore|thus|hence|making|meaning)\b))",
    re.IGNORECASE,
)
"""Between two clauses; a word that joins them belongs to the second."""
JOINS = re.compile(r"(?i)^(?:and|but|yet|while|whereas|though|although)\s+")
"""Joins a clause to one that was left out."""
SUBJECT = re.compile(
    r"(?i)^(?:(?:and|but|so|while|whereas|because|since|though|although|therefore|thus|hence)\s+)?"
    r"(?:the|this|that|these|those)\s+(?:[\w-]+\s+){0,2}?([\w-]+)\s+"
    r"(?:is|are|was|were|stands?|sits?|lies?|hangs?|rests?|appears?|seems?)\b"
)
"""What a clause speaks of, with the thing in the group."""
SENTENCE_ENDS = re.compile(r"[.!?\n]")
SEVERAL = re.compile(r"(?i)\b(?:are|were|both|all)\b")
"""In a clause of several things, the first of which may stand in clauses before it."""
SOME = re.compile(
    rf"(?i)(?<![\w.-]){NUMBER} "
    r"(?:(?P<whole>of (?:them|these|those|whom|which))|(?:are|is|were|was|have|has|wear)\b)"
)
"""A number of some of the things that were counted before."""
COUNTED = re.compile(rf"(?i)(?<![\w.-]){NUMBER} (?:of the )?[a-z]")
MAX_SENTENCE = 500
"""Characters in which the things of a comparison are looked for: bounds time."""
MAX_BEFORE = 20
"""Clauses in which a number of more things, or parts of a number, are looked for: bounds time."""
CONDITION = re.compile(r"(?i)^(?:if|imagine|imagining|suppose|assuming|when)\b")
WOULD = re.compile(r"(?i)\bwould (?=be\b)")
SHARED_OUT = re.compile(r"(?i)\b(?:each|every|per)\b")
"""With a number that is of a part: "each table has 2 chairs"."""
THERE_IS = re.compile(r"(?i)^(?:(?:and|but|so|while|whereas) )?there(?:'s| is| are) (?:an?|some)\b")
"""What is there, of which is perhaps said more than the question asks for."""
THAN = re.compile(r"(?i)\bthan\b")
WITHIN = re.compile(
    r"(?i)\b(?:is|are|was|were|stands?|sits?|lies?) (?:\w+ing )?(?:on|in|at|inside|by|with) "
    r"(?:the|an?) (?:[\w-]+ ){0,2}?([\w-]+)$"
)
"""Where something is: no answer to what is the largest."""
INVERTED = re.compile(
    r"(?i)^(?:(?:and|but|so|while|whereas) )?"
    r"(?:to|on|in|at|behind|above|below|under|beside|near|next)\b[^,;:]*? "
    r"(?:(?:is|are|stands?|sits?|lies?|hangs?) (?:the )?)?(?:an?|some) (?:[\w-]+ ){0,2}?([\w-]+)$"
)
"""A place, and what is there: "to the left of the laptop is a plant"."""
ANOTHER = re.compile(
    r"(?i)^(?:(?:and|but|so|while|whereas) )?(?:an?|some|another) (?:[\w-]+ ){0,2}?([\w-]+) "
    r"(?:is|are|stands?|sits?|lies?|hangs?)\b"
)
"""What is brought in, and something of it: "a man is to the left of the car"."""


def about_asked(text: str, asked: Asked) -> str:
    """The text without the clauses that speak of the opposite of what is asked, of more than is
    counted, or of a thing that is not asked about. A clause with an option's letter stays."""
    if not asked.things:
        return text
    ends = [(0, 0), *(match.span() for match in CLAUSE_ENDS.finditer(text)), (len(text), len(text))]
    kept: list[tuple[str, str]] = []
    seen: set[str] = set()
    is_told = is_left_out = is_headed = is_compared = False
    for (_, start), (end, following) in pairwise(ends):
        clause, mark = text[start:end], text[end:following]
        is_headed &= not any(asked_end.search(clause) for asked_end, _ in asked.ends)
        if is_left_out:
            clause = JOINS.sub("", clause)
        is_opposite = any(_is_opposite(clause, scale) for scale in asked.ends)
        is_left_out = is_headed or is_opposite or _is_elsewhere(clause, is_told, seen, asked)
        is_compared &= not VERB.search(clause)
        is_compared |= THAN.search(clause) is not None and _is_of_some(
            text[start : start + MAX_SENTENCE], asked
        )
        is_left_out |= is_compared
        is_compared &= not SENTENCE_ENDS.search(mark)
        if is_left_out and not _has_letter(clause, asked.letters):
            if is_opposite and SEVERAL.search(clause):
                _drop_list(kept)
            is_headed |= is_opposite and ":" in mark and not things_in(clause) & asked.offered
            is_headed &= not SENTENCE_ENDS.search(mark)
            if kept and SENTENCE_ENDS.search(mark):
                kept.append(("", mark))
            continue
        if (
            asked.is_supposed
            and CONDITION.match(clause)
            and things_in(clause) <= asked.things | COMMON
        ):
            continue
        if (
            asked.is_counted
            and SHARED_OUT.search(clause)
            and not _has_letter(clause, asked.letters)
        ):
            clause = PART.sub("", clause)
        clause = asked.verb.sub("is", clause) if asked.verb else clause
        clause = _without_whole(kept, clause, asked)
        is_told |= not asked.things.isdisjoint(_subject(clause))
        seen |= things_in(clause)
        kept.append((clause, mark))
    left = "".join(clause + mark for clause, mark in _without_parts(kept, asked))
    return WOULD.sub("", left) if asked.is_supposed and not SUPPOSED.search(left) else left


def _subject(clause: str) -> set[str]:
    subject = SUBJECT.match(clause)
    return {singular(subject[1].lower())} if subject else set()


def _is_elsewhere(clause: str, is_told: bool, seen: Set[str], asked: Asked) -> bool:
    """Whether a clause has another subject than what is asked about: that from which it is seen,
    one that the reply has brought in, or one behind a place that the question does not name."""
    is_alone = not SEVERAL.search(clause)
    if THERE_IS.match(clause) and not things_in(clause) <= asked.things | COMMON:
        return True
    there = INVERTED.match(clause) or ANOTHER.match(clause)
    if there and asked.references and singular(there[1].lower()) not in asked.things:
        return True
    inside = WITHIN.search(clause)
    if inside and asked.ends and singular(inside[1].lower()) in asked.offered:
        return True
    return any(
        (is_alone and thing in asked.references)
        or (is_told and thing in seen and thing not in asked.things)
        for thing in _subject(clause)
    )


def _is_of_some(text: str, asked: Asked) -> bool:
    """Whether the first sentence of a text compares some of three or more options: "the bus is
    taller than the tree" does not say which is the tallest."""
    end = SENTENCE_ENDS.search(text)
    things = things_in(text[: end.start()] if end else text)
    named = sum(kind <= things for kind in asked.kinds)
    return bool(asked.ends) and 1 < named < len(asked.kinds)


def _drop_list(kept: list[tuple[str, str]]) -> None:
    """Take off the things that share the verb of a clause that was left out."""
    while kept and not VERB.search(kept[-1][0]) and kept[-1][1].strip() in ("", ","):
        kept.pop()


def _without_whole(kept: list[tuple[str, str]], clause: str, asked: Asked) -> str:
    """Take off the number of things of which a clause counts some, as it is asked ("four people"
    before "but two of them wear hats"); the clause, then from its number on ("two wear hats")."""
    part = SOME.search(clause)
    more = things_in(clause) & asked.things if part else set()
    if not part or not more:
        return clause
    said = clause
    for place in range(max(len(kept) - MAX_BEFORE, 0), len(kept)):
        before = kept[place][0]
        whole = COUNTED.search(before)
        if whole and whole[1].lower() != part[1].lower() and not more <= things_in(before):
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
            if not part or things_in(kept[end][0]) & asked.things - things_in(clause) - COMMON:
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
