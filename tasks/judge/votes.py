"""Votes: in which order each vote shows the options, when enough are cast, and what they decide.

A vote's choice is the index of one of the question's own options, whatever order it was shown,
AMBIGUOUS, or None where nothing usable came back.
"""

from collections import Counter
from collections.abc import Sequence
from enum import StrEnum, auto
from itertools import product
from math import prod
from typing import Final, Literal, NamedTuple, TypeAlias, TypeVar

from schemas.config.models import JudgeRule
from tasks.plan.groups import stable_hash

AMBIGUOUS: Final = "ambiguous"
Choice: TypeAlias = int | Literal["ambiguous"] | None
T = TypeVar("T")


class Verdict(StrEnum):
    KEEP = auto()
    DISAGREE = auto()
    AMBIGUOUS = auto()
    UNJUDGED = auto()


class Round(NamedTuple):
    """After `num_votes` votes in all, the question is kept with at least `keep` right ones and lost
    with fewer than `hope`; otherwise the next round follows."""

    num_votes: int
    keep: int
    hope: int


RULES = {
    JudgeRule.CHECKED: (Round(2, keep=2, hope=1), Round(4, keep=3, hope=3)),
    JudgeRule.PAPER: (Round(2, keep=1, hope=0), Round(4, keep=1, hope=1)),
}
"""CHECKED keeps two of two right votes, or three of four; PAPER, the paper's rule, one of two or
one of four (schemas.config.build.JudgeRule)."""


def rotations(num_options: int, num_votes: int, question_id: str) -> list[int]:
    """By how many places the options are shifted for each vote. No shift is repeated before all
    have been used; the question's id decides the first one."""
    start = stable_hash(0, question_id) % num_options
    return [(start + number) % num_options for number in range(num_votes)]


def rotated(options: Sequence[T], shift: int) -> list[T]:
    return [*options[shift:], *options[:shift]]


def unrotated(place: int, shift: int, num_options: int) -> int:
    """The index among the options of the one that `rotated` shows at `place`."""
    return (place + shift) % num_options


def next_votes(votes: Sequence[Choice], answer: int, rule: JudgeRule) -> int:
    """How many more votes to ask for, 0 where the question is decided."""
    if _is_kept([vote == answer for vote in votes], rule) is not None:
        return 0
    asked = len(votes)
    return min(turn.num_votes for turn in RULES[rule] if turn.num_votes > asked) - asked


def verdict(votes: Sequence[Choice], answer: int, rule: JudgeRule) -> Verdict:
    """What the votes decide, in the order they were cast.

    A question that they do not keep is UNJUDGED where usable votes in place of those that are None
    could have kept it. A lost question is AMBIGUOUS where it has at least as many such votes as
    votes for any one wrong option.
    """
    if _is_kept([vote == answer for vote in votes], rule):
        return Verdict.KEEP
    if _is_kept([vote == answer or vote is None for vote in votes], rule) is not False:
        return Verdict.UNJUDGED
    cast = Counter(vote for vote in votes if vote is not None and vote != answer)
    num_ambiguous = cast.pop(AMBIGUOUS, 0)
    is_ambiguous = num_ambiguous > 0 and num_ambiguous >= max(cast.values(), default=0)
    return Verdict.AMBIGUOUS if is_ambiguous else Verdict.DISAGREE


def _is_kept(rights: Sequence[bool], rule: JudgeRule) -> bool | None:
    """Whether a question with these right and wrong votes is kept; None before it is decided."""
    for turn in RULES[rule]:
        if len(rights) < turn.num_votes:
            return None
        num_right = sum(rights[: turn.num_votes])
        if num_right >= turn.keep:
            return True
        if num_right < turn.hope:
            return False
    return False


def guess_odds(rule: JudgeRule, num_options: int) -> float:
    """The chance that independent, uniform guesses keep a question."""
    num_votes = RULES[rule][-1].num_votes
    chance = {True: 1 / num_options, False: 1 - 1 / num_options}
    return sum(
        prod(chance[is_right] for is_right in rights)
        for rights in product((True, False), repeat=num_votes)
        if _is_kept(rights, rule)
    )


def needs_blind_vote(votes: Sequence[Choice], answer: int, num_options: int) -> bool:
    """Blind votes go on, one per rotation, as long as all of them are right."""
    return len(votes) < num_options and all(vote == answer for vote in votes)


def is_blind_answerable(votes: Sequence[Choice], answer: int, num_options: int) -> bool | None:
    """Whether the question is answered without its picture in every rotation; None where this is
    unknown because a usable vote is missing."""
    if any(vote is not None and vote != answer for vote in votes):
        return False
    is_complete = len(votes) == num_options and None not in votes
    return True if is_complete else None


def blind_odds(num_options: int) -> float:
    """The chance that independent, uniform guesses are right in every rotation."""
    return (1 / num_options) ** num_options
