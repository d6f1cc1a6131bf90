"""Counted: of a reply's clauses, the numbers that are those of what a question counts.

Of "four people, two of them are wearing hats" four is not the number of hats, and of "three people:
one man and two women" neither one nor two is that of the people. A clause comes with the mark
behind it.
"""

import re
from collections.abc import Sequence

from evaluation.reading.asked import AT, COMMON, NUMBER, PART, Asked, things_in
from evaluation.reading.naming import is_another_thing
from evaluation.reading.option_texts import DIGITS, singular
from evaluation.reading.subjects import supposing
from evaluation.reading.things import WHOLE

SOME = re.compile(
    rf"(?i)(?<![\w.-]){NUMBER} "
    r"(?:(?P<whole>of (?:them|these|those|whom|which))|(?:are|is|were|was|have|has|wear|\w+ing)\b)"
)
"""A number of some of the things that were counted before."""
COUNTED = re.compile(rf"(?i)(?<![\w.-]){NUMBER} (?:of the )?[a-z]")
PREPOSITION = "(?:of|in|on|at|by|with|under|behind|near|next|to|from|is|are)"
NUMBER_OF = re.compile(
    rf"(?i)(?<![\w.-]){NUMBER} "
    rf"(?:(?!{PREPOSITION}\b)[\w-]+ ){{0,2}}?([\w-]+)(?=$|[.,;:!?]| (?:{PREPOSITION}|and|\w+ing)\b)"
)
"""A number, and the word for what it is of."""
OWNED = re.compile(rf"(?i)(?<![\w.-]){NUMBER} of the [\w-]+(?:'s|(?<=s)') ([\w-]+)")
"""A number, and the word for what belongs to things: "one of the dogs' owners"."""
SHARED_OUT = re.compile(r"(?i)\b(?:each|every|per)\b")
"""With a number that is of a part: "each table has 2 chairs"."""
NONE = re.compile(r"(?i)\b(?:no|zero|not any) (?=([\w-]+)\b)")
CONCLUDES = re.compile(r"(?i)\b(?:answer|option|choice|total)\b")
"""In a clause of the number that is asked for, and of no part of it."""
MAX_BEFORE = 20
"""Clauses in which a number of more things, or parts of a number, are looked for: bounds time."""
Clause = tuple[str, str]


def is_count_of_others(clause: str, asked: Asked) -> bool:
    """Whether a clause has no number but that of other things, or of things on, under or behind
    another thing than the question names there: "six cups are on the floor"."""
    if len(COUNTED.findall(clause)) != 1:
        return False
    if (owned := OWNED.search(clause)) and singular(owned[2].lower()) not in asked.things:
        return True
    things = [thing for how, thing in AT.findall(clause) if how.lower() in asked.counted_at]
    things += [thing for _, thing in NUMBER_OF.findall(clause)]
    others = {singular(thing.lower()) for thing in things} - WHOLE
    return any(is_another_thing(thing, asked.things) for thing in others)


def without_shared_out(clause: str) -> str:
    """Without the numbers that each of several things has."""
    return PART.sub("", clause) if SHARED_OUT.search(clause) else clause


def with_zero(clause: str, asked: Asked) -> str:
    """With 0 for "no dogs" where dogs are counted."""
    return NONE.sub(lambda none: "0 " if things_in(none[1]) & asked.things else none[0], clause)


def without_whole(kept: list[Clause], clause: str, asked: Asked) -> str:
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
            start = supposing(before)
            kept[place] = (start, ", " if start else "")
            said = clause[part.start() :].replace(part["whole"] or " ", " ", 1)
            said = f"{supposing(clause)} {said}".strip()
    return said


def without_parts(kept: Sequence[Clause], asked: Asked) -> list[Clause]:
    """Without what only divides a number that was told: "three people: one man and two women".
    What names more of what is asked than that number's clause does, is no such part."""
    left: list[Clause] = []
    place = 0
    while place < len(kept):
        clause, mark = kept[place]
        left.append((clause, mark))
        place += 1
        whole, total, end = COUNTED.search(clause), 0, place
        while whole and end < min(len(kept), place + MAX_BEFORE):
            part = PART.search(kept[end][0])
            if not part or CONCLUDES.search(kept[end][0]):
                break
            if things_in(kept[end][0]) & asked.things - things_in(clause) - COMMON:
                break
            total += _value(part[1])
            end += 1
        if whole and end > place + 1 and total == _value(whole[1]):
            left[-1] = (clause, kept[end - 1][1])
            place = end
    return left


def _value(number: str) -> int:
    return int(DIGITS.get(number.lower(), number))
