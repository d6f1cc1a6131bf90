"""Elsewhere: whether a clause by itself says something else than its question asks.

It is of another rank, measure, colour or place than what is asked for, or of other things.
"""

import re

from evaluation.reading.asked import COMMON, NUMBER, Asked, things_in
from evaluation.reading.counted import is_count_of_others
from evaluation.reading.from_another import is_from_another
from evaluation.reading.measured import is_another_measure
from evaluation.reading.naming import is_another_thing
from evaluation.reading.option_texts import singular
from evaluation.reading.qualified import is_otherwise
from evaluation.reading.related import is_another
from evaluation.reading.subjects import IS, JOINED, PREFACE, THING
from evaluation.reading.viewpoint import is_on_other_side

THERE_IS = re.compile(rf"{JOINED}{PREFACE}there(?:'s| is| are) (?:an?|some)\b(?! total of\b)")
"""What is there, of which is perhaps said more than the question asks for."""
WITHIN = re.compile(
    rf"(?i)\b{IS} (?:\w+ing )?(?:on|in|at|inside|by|with) (?:the|an?) {THING}"
    r"(?=$| (?:on|in|at) the\b)"
)
"""Where something is: no answer to what is the largest."""
SIDE = re.compile(
    rf"(?i)\b{IS} (?:(?:on|at|to|in) the )?(?:far )?"
    r"(?:left|right|top|bottom|middle|center|centre)\b"
    r"(?! (?:next|beside|behind|by|in front|above|below|under|on|at|against)\b)"
)
"""Where something is in the picture: no answer to what is the largest, either."""
SOME_OF = re.compile(rf"(?i)\b{NUMBER} of (?:the|these|those) (\w+)")
ENDMOST = re.compile(r"(?i)\b(?:\w{2,}est|(?:left|right|top|bottom)?most|least)\b")
RANKED = re.compile(r"(?i)\b(?:first|second|third|fourth|fifth|last)\b")


def speaks_of_another(clause: str, asked: Asked) -> bool:
    """Whatever the clauses before it say."""
    return (
        _is_of_another_rank(clause, asked)
        or _is_there_besides(clause, asked)
        or is_otherwise(clause, asked.qualified)
        or _says_only_where(clause, asked)
        or _counts_others(clause, asked)
        or is_another_measure(clause, asked)
        or is_from_another(clause, asked)
        or is_on_other_side(clause, asked.side)
        or is_another(clause, asked.claims)
    )


def names_end(clause: str, asked: Asked) -> bool:
    """Whether a clause names an end of a scale that its question asks for."""
    return any(end.search(clause) for end, _ in asked.ends)


def _is_of_another_rank(clause: str, asked: Asked) -> bool:
    if not asked.rank or asked.rank.search(clause):
        return False
    is_ranked = ENDMOST.search(clause) or RANKED.search(clause)
    return is_ranked is not None or names_end(clause, asked)


def _is_there_besides(clause: str, asked: Asked) -> bool:
    there = THERE_IS.match(clause)
    return there is not None and not things_in(clause[there.end() :]) <= asked.things | COMMON


def _says_only_where(clause: str, asked: Asked) -> bool:
    """Where the question asks what is at an end of a scale."""
    if not asked.ends:
        return False
    inside = WITHIN.search(clause)
    if inside and singular(inside[1].lower()) in asked.offered:
        return True
    is_scaled = asked.places or names_end(clause, asked)
    return not is_scaled and SIDE.search(clause) is not None


def _counts_others(clause: str, asked: Asked) -> bool:
    if not asked.is_counted:
        return False
    some = SOME_OF.search(clause)
    is_other = some is not None and is_another_thing(some[2], asked.things)
    return is_other or is_count_of_others(clause, asked)
