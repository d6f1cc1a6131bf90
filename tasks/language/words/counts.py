"""Reading questions on numbers and on what there is at all."""

import re
from collections.abc import Sequence

from schemas.claim import (
    Claim,
    CountClaim,
    ExistenceClaim,
)
from schemas.vocabulary.predicates import load_predicates
from tasks.language.words.names import NUMBERS, word_set
from tasks.language.words.phrases import NEGATIONS, Reading, Words, all_said

INEXACT = word_set("least most more fewer less over under about around nearly almost to or")
WORDS_OF_COUNTING = word_set(
    "is are there a an any the can you see seen be do does visible present shown appear appears "
    "show shows contain contains how many number what total count it this that all have been find "
    "found spot exist exists one some here s was were could would altogether different individual "
    "depicted pictured include includes feature features of in whole overall there's we i tell me "
    "please exact exactly counted to"
)


def question_on_count(asked: Words, claim: Claim, asks: str, answers: Sequence[Words]) -> Reading:
    marked = asked.marked_plain.split()
    if "S" not in marked or "X" in marked:
        return Reading.DIFFERS
    if not {"how", "number", "count", "total"} & set(marked):
        return Reading.UNREAD
    return Reading.UNREAD if set(marked) - WORDS_OF_COUNTING - {"S"} else Reading.READ


def option_on_count(words: Words, claim: Claim, asks: str) -> Reading:
    assert isinstance(claim, CountClaim)
    said = set(words.words)
    numbers = [int(word) for word in words.words if word.isdecimal() and len(word) < 4]
    numbers += [NUMBERS[word] for word in words.words if word in NUMBERS]
    if not numbers and {"no", "none"} & said:
        numbers = [0]
    elif not numbers and re.fullmatch(r"(?:only )?(?:a|an|a single) \w+", words.text):
        numbers = [1]
    if said & INEXACT or words.others or len(numbers) > 1 or any(map(_is_figure, said)):
        return Reading.DIFFERS
    if not numbers:
        return Reading.UNREAD
    return Reading.READ if numbers == [claim.number] else Reading.DIFFERS


def _is_figure(word: str) -> bool:
    return word.isnumeric() and not (word.isdecimal() and word.isascii() and len(word) < 4)


def question_on_existence(
    asked: Words, claim: Claim, asks: str, answers: Sequence[Words]
) -> Reading:
    assert isinstance(claim, ExistenceClaim)
    marked = asked.marked_plain.split()
    ends = {"S"} if claim.other_class in (None, claim.class_name) else {"S", "O"}
    if {"S", "O", "X"} & set(marked) != ends:
        return Reading.DIFFERS
    if claim.predicate is None:
        return Reading.UNREAD if set(marked) - WORDS_OF_COUNTING - {"S"} else Reading.READ
    return all_said(asked.said(claim.predicate), load_predicates()[claim.predicate], True, True)


def option_on_existence(words: Words, claim: Claim, asks: str) -> Reading:
    assert isinstance(claim, ExistenceClaim)
    said = set(words.words)
    yes, no = said & {"yes", "yeah", "true"}, said & (NEGATIONS | {"absent", "missing"})
    if yes and no:
        return Reading.DIFFERS
    if not yes and not no and not said & {"there", "present", "visible", "shown"}:
        return Reading.UNREAD
    return Reading.READ if claim.present is not bool(no) else Reading.DIFFERS
