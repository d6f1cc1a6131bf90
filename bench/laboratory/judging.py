"""Judging: whether a published question holds on the drawn scene that it asks about.

RIGHT      the answer is true, every other option is false, and every name fits one thing
AMBIGUOUS  a name fits several visible things, two options hold, or people would differ
WRONG      the answer is false, or a name fits nothing, or not what the question is about
UNREAD     a name cannot be read by the judge: neither right nor wrong
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum, auto
from typing import Any, NamedTuple

from bench.laboratory.claims import fitting, truth_of
from bench.laboratory.relations import FALSE, TRUE, Truth
from bench.laboratory.words import CLASSES_OF, COLOR_WORDS
from bench.laboratory.world import TrueScene, TrueThing
from schemas.claim import Claim, decode_claim, objects_of
from schemas.vocabulary.classes import load_vocabulary

WORD = re.compile(r"[a-z]+(?:-[a-z]+)*")
ASKS_FOR_THINGS = frozenset({"largest", "nearest", "nearer", "farther", "object", "subject"})
"""Parts of a claim whose options name things."""
FRAME = frozenset(
    WORD.findall(
        """picture image photo photograph scene viewer camera observer other others left right top
        bottom middle center centre front back background foreground most largest greatest shortest
        tallest widest biggest area room space number position direction way same following edge
        side part point ones one height width distance closest nearest farthest"""
    )
)
"""Words after "the" that do not name a thing."""
NAMES = frozenset(CLASSES_OF) | frozenset(load_vocabulary().classes)
"""Words that name things; those that fit nothing drawn are read as well."""
MAX_WORDS = 4  # of a name in NAMES


class Verdict(StrEnum):
    RIGHT = auto()
    WRONG = auto()
    AMBIGUOUS = auto()
    UNREAD = auto()


class Judgement(NamedTuple):
    verdict: Verdict
    reason: str
    detail: str


def noun_phrases(text: str) -> Iterator[tuple[list[str], str | None]]:
    """Each "the ..." of a text as modifiers and name; the name is None where it is not known."""
    words = WORD.findall(text.casefold())
    for place, word in enumerate(words):
        if word == "the" and words[place + 1 : place + 2] and words[place + 1] not in FRAME:
            yield named(words[place + 1 :])


def named(words: Sequence[str]) -> tuple[list[str], str | None]:
    """The modifiers and the longest known name at the start of some words."""
    modifiers: list[str] = []
    for start in range(len(words)):
        for stop in range(min(start + MAX_WORDS, len(words)), start, -1):
            if (name := " ".join(words[start:stop])) in NAMES:
                return modifiers, name
        if words[start] not in COLOR_WORDS:
            break
        modifiers.append(words[start])
    return list(words[:4]), None


def candidates(scene: TrueScene, modifiers: Sequence[str], name: str) -> list[TrueThing]:
    """The visible things that a name with its modifiers fits."""
    colors = {COLOR_WORDS[word] for word in modifiers}
    return [thing for thing in fitting(scene, name) if not colors or colors == {thing.color}]


def judge(row: Mapping[str, Any], scene: TrueScene, means: dict[int, tuple[int, ...]]) -> Judgement:
    """`row` is a published sample; `means` the true things of each object of the annotation."""
    claims = [decode_claim(text) for text in row["option_claims"]]
    answer = decode_claim(row["claim"])
    things = {key: scene.things[means[key][0]] for claim in claims for key in objects_of(claim)}
    by_names = _by_names(row, scene, list(things.values()))
    if by_names and by_names.verdict is not Verdict.AMBIGUOUS:
        return by_names
    by_options = _by_options(claims, answer, row["options"], scene, things.__getitem__)
    if by_options.verdict is Verdict.WRONG:
        return by_options
    return by_names or by_options


def _by_names(
    row: Mapping[str, Any], scene: TrueScene, meant: Sequence[TrueThing]
) -> Judgement | None:
    """What is wrong with the names in question and options, the worst first."""
    phrases = list(noun_phrases(row["question_only"]))
    if row["asks"] in ASKS_FOR_THINGS:
        for option in row["options"]:
            words = WORD.findall(option.casefold())
            phrases.append(named(words[1:] if words[:1] == ["the"] else words))
    else:
        phrases += [phrase for option in row["options"] for phrase in noun_phrases(option)]
    found = [_by_name(scene, modifiers, name, meant) for modifiers, name in phrases]
    order = list(Verdict)
    return min(filter(None, found), key=lambda entry: -order.index(entry.verdict), default=None)


def _by_name(
    scene: TrueScene, modifiers: Sequence[str], name: str | None, meant: Sequence[TrueThing]
) -> Judgement | None:
    said = " ".join([*modifiers, *([name] if name else [])])
    if name is None:
        return Judgement(Verdict.UNREAD, "unread name", said)
    found = candidates(scene, modifiers, name)
    if not {thing.number for thing in found} & {thing.number for thing in meant}:
        reason = "name of another thing" if found else "name of nothing"
        return Judgement(Verdict.WRONG, reason, f"{said}: {len(found)} there")
    if len(found) > 1 or found[0].is_several:
        number = "several" if found[0].is_several else str(len(found))
        return Judgement(Verdict.AMBIGUOUS, "name fits several", f"{said}: {number} there")
    return None


def _by_options(
    claims: Sequence[Claim],
    answer: Claim,
    options: Sequence[str],
    scene: TrueScene,
    things: Callable[[int], TrueThing],
) -> Judgement:
    truths: dict[str, Truth] = {}
    for claim, option in zip(claims, options, strict=True):
        truth = truth_of(claim, scene, things)
        if claim == answer:
            if truth is FALSE:
                return Judgement(Verdict.WRONG, "answer does not hold", option)
            if truth is not TRUE:
                return Judgement(Verdict.AMBIGUOUS, "answer is unclear", option)
        elif truth is not FALSE:
            truths[option] = truth
    for option, truth in truths.items():
        reason = "another option holds" if truth is TRUE else "another option may hold"
        return Judgement(Verdict.AMBIGUOUS, reason, option)
    return Judgement(Verdict.RIGHT, "", "")
