"""Judging: whether a published question holds on the drawn scene that it asks about.

RIGHT      the answer is true, every other option is false, and every name fits one thing
AMBIGUOUS  a name fits several visible things, two options hold, or people would differ
WRONG      the answer is false, or a name fits nothing, or not what the question is about
UNREAD     a name cannot be read by the judge: neither right nor wrong
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum, auto
from typing import Any, NamedTuple

from bench.laboratory.claims import truth_of
from bench.laboratory.descriptions import Description, described, descriptions_in, words_in
from bench.laboratory.truths import FALSE, TRUE, Truth
from bench.laboratory.world import TrueScene, TrueThing
from schemas.claim import Claim, decode_claim, objects_of

ASKS_FOR_THINGS = frozenset({"largest", "nearest", "nearer", "farther", "object", "subject"})
"""Parts of a claim whose options name things."""


class Verdict(StrEnum):
    """The best first."""

    RIGHT = auto()
    AMBIGUOUS = auto()
    WRONG = auto()
    UNREAD = auto()


class Judgement(NamedTuple):
    """`same_answer`: whether the answer is right whichever of the things is meant that an ambiguous
    name fits; None where no name is ambiguous."""

    verdict: Verdict
    reason: str = ""
    detail: str = ""
    same_answer: bool | None = None


class Question(NamedTuple):
    """A published sample: what it says, and the true things that its object ids stand for."""

    claims: Sequence[Claim]
    answer: Claim
    options: Sequence[str]
    descriptions: Sequence[Description]
    things: Mapping[int, TrueThing]


def judge(
    row: Mapping[str, Any], scene: TrueScene, means: Mapping[int, Sequence[int]]
) -> Judgement:
    """`row` is a published sample; `means` the true things of each object of the annotation."""
    question = _question(row, scene, means)
    named = [_by_name(scene, entry, question) for entry in question.descriptions]
    order = list(Verdict)
    by_names = max(filter(None, named), key=lambda e: order.index(e.verdict), default=None)
    if by_names and by_names.verdict is not Verdict.AMBIGUOUS:
        return by_names
    by_options = _by_options(question, scene, question.things.__getitem__)
    if by_options.verdict is Verdict.WRONG or not by_names:
        return by_options
    return by_names


def _question(
    row: Mapping[str, Any], scene: TrueScene, means: Mapping[int, Sequence[int]]
) -> Question:
    claims = [decode_claim(text) for text in row["option_claims"]]
    things = {key: scene.things[means[key][0]] for claim in claims for key in objects_of(claim)}
    stated = getattr(claims[0], "predicate", None) if row["asks"] == "holds" else None
    descriptions = list(descriptions_in(row["question_only"], stated))
    for option in row["options"]:
        if row["asks"] in ASKS_FOR_THINGS:
            words = words_in(option)
            descriptions.append(described(words[1:] if words[:1] == ["the"] else words))
        else:
            descriptions += descriptions_in(option)
    return Question(claims, decode_claim(row["claim"]), row["options"], descriptions, things)


def _by_name(scene: TrueScene, description: Description, question: Question) -> Judgement | None:
    """What is wrong with one name; None where it picks out a thing that the question is about."""
    if description.name is None:
        return Judgement(Verdict.UNREAD, "unread name", description.words)
    found = description.fitting(scene)
    numbers = {thing.number for thing, _ in found}
    meant = [key for key, thing in question.things.items() if thing.number in numbers]
    detail = f"{description.words}: {len(found)} there"
    if not meant:
        reason = "name of another thing" if found else "name of nothing"
        return Judgement(Verdict.WRONG, reason, detail)
    is_several = any(thing.is_several for thing, _ in found)
    if len(found) > 1 or is_several:
        is_sure = is_several or sum(truth is TRUE for _, truth in found) > 1
        reason = "name fits several" if is_sure else "name may fit several"
        others = [thing for thing, _ in found]
        same = all(
            _by_options(question, scene, readings).verdict is Verdict.RIGHT
            for readings in _readings(question, meant[0], others)
        )
        return Judgement(Verdict.AMBIGUOUS, reason, detail, same)
    return None


def _readings(
    question: Question, key: int, others: Sequence[TrueThing]
) -> Iterator[Callable[[int], TrueThing]]:
    """What the ids stand for where a name means each of the things that it fits."""
    taken = {thing.number for other, thing in question.things.items() if other != key}
    for thing in others:
        if thing.number not in taken:
            yield {**question.things, key: thing}.__getitem__


def _by_options(
    question: Question, scene: TrueScene, things: Callable[[int], TrueThing]
) -> Judgement:
    """What is wrong with the answer or another option, the answer first."""
    others: list[tuple[str, Truth]] = []
    for claim, option in zip(question.claims, question.options, strict=True):
        truth = truth_of(claim, scene, things)
        if claim != question.answer:
            others.append((option, truth))
        elif truth is FALSE:
            return Judgement(Verdict.WRONG, "answer does not hold", option)
        elif truth is not TRUE:
            return Judgement(Verdict.AMBIGUOUS, "answer is unclear", option)
    for option, truth in others:
        if truth is not FALSE:
            reason = "another option holds" if truth is TRUE else "another option may hold"
            return Judgement(Verdict.AMBIGUOUS, reason, option)
    return Judgement(Verdict.RIGHT)
