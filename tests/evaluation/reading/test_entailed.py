"""Replies that are made of statements answer with what these entail, or with nothing."""

from collections.abc import Sequence
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.answers import parse_answer

WORDS = {
    "left": ("to the left of", "left of", "on the left side of"),
    "right": ("to the right of", "right of"),
    "before": ("in front of",),
    "behind": ("behind",),
    "above": ("above", "over"),
    "below": ("below", "under"),
    "beside": ("next to", "beside"),
}
CONVERSE = {
    "left": "right",
    "right": "left",
    "before": "behind",
    "behind": "before",
    "above": "below",
    "below": "above",
    "beside": "beside",
}
PREFACES = ("", "", "", "I think ", "We can see that ", "In the image, ", "It looks like ")
JOINTS = (". ", ", and ", ", while ", "; ", ", so ", " but ", ". Therefore, ", ", whereas ")
VERBS = ("is", "is located", "sits", "lies", "appears to be", "stands", "can be seen", "is placed")


class Relation(NamedTuple):
    one: str
    relation: str
    other: str

    def entails(self, wanted: "Relation") -> bool:
        turned = Relation(self.other, CONVERSE[self.relation], self.one)
        return wanted in (self, turned)


class Asked(NamedTuple):
    """A question, its options, and what each claims; the things that replies speak of."""

    question: str
    options: Sequence[str]
    claims: Sequence[Relation]
    things: Sequence[str]


def _place(question: str, texts: str, relations: str, one: str, other: str) -> Asked:
    claims = [Relation(one, relation, other) for relation in relations.split()]
    return Asked(question, texts.split(", "), claims, (one, other, "phone"))


def _which(question: str, names: str, relation: str, other: str) -> Asked:
    claims = [Relation(name, relation, other) for name in names.split(", ")]
    return Asked(question, names.split(", "), claims, (*names.split(", "), other, "phone"))


def _whether(question: str, claim: Relation) -> Asked:
    opposite = claim._replace(relation=CONVERSE[claim.relation])
    return Asked(question, ["Yes", "No"], [claim, opposite], (claim.one, claim.other, "phone"))


QUESTIONS = [
    _place(
        "Where is the mug relative to the laptop?",
        "left of, right of, in front of, behind",
        "left right before behind",
        "mug",
        "laptop",
    ),
    _place(
        "Where is the mug with respect to the laptop?",
        "to the left of the laptop, to the right of the laptop, above the laptop",
        "left right above",
        "mug",
        "laptop",
    ),
    _place(
        "Is the cup to the left or right of the plate?", "left, right", "left right", "cup", "plate"
    ),
    _place("Is the clock above or below the door?", "above, below", "above below", "clock", "door"),
    _which(
        "Which is above the shelf, the painting or the clock?", "painting, clock", "above", "shelf"
    ),
    _which("Which animal is to the left of the bench?", "cat, dog, horse", "left", "bench"),
    _which("What is behind the sofa?", "lamp, bookshelf, plant", "behind", "sofa"),
    _whether("Is the lamp above the table?", Relation("lamp", "above", "table")),
    _whether("Is the dog to the left of the bench?", Relation("dog", "left", "bench")),
]


@st.composite
def replies(draw: st.DrawFn) -> tuple[Asked, str, set[str]]:
    """A question, a reply of one to three statements, and the letters that it may have."""
    asked = draw(st.sampled_from(QUESTIONS))
    reply, entailed, before = "", set(), ""
    for number in range(draw(st.integers(1, 3))):
        one, other = draw(st.permutations(asked.things))[:2]
        stated = Relation(one, draw(st.sampled_from([*WORDS])), other)
        is_same = one == before and draw(st.booleans())
        verb, words = draw(st.sampled_from(VERBS)), draw(st.sampled_from(WORDS[stated.relation]))
        joint = draw(st.sampled_from(JOINTS)) if number else ""
        preface = draw(st.sampled_from(PREFACES)) if joint in ("", ". ", "; ") else ""
        statement = f"{preface}{'it' if is_same else f'the {one}'} {verb} {words} the {other}"
        if joint in ("", ". "):
            statement = statement[0].upper() + statement[1:]
        reply += joint + statement
        entailed |= {
            letter
            for letter, claim in zip("ABCD", asked.claims, strict=False)
            if stated.entails(claim)
        }
        before = one
    return asked, f"{reply}.", entailed


@settings(max_examples=250, derandomize=True, deadline=None)
@given(replies())
def test_a_reply_answers_with_what_it_entails_or_with_nothing(case):
    asked, reply, entailed = case
    options = dict(zip("ABCD", asked.options, strict=False))
    letter = parse_answer(reply, options, asked.question).letter
    if len(entailed) < 2:
        assert letter is None or letter in entailed, reply


@settings(max_examples=100, derandomize=True, deadline=None)
@given(replies().filter(lambda case: "sofa" in case[0].question))
def test_another_word_for_a_thing_says_the_same(case):
    asked, reply, _ = case
    options = dict(zip("ABCD", asked.options, strict=False))
    letter = parse_answer(reply, options, asked.question).letter
    assert parse_answer(reply.replace("sofa", "couch"), options, asked.question).letter == letter


FINAL = (
    "Answer: {0}", "The answer is {0}.", "So the answer is {1}.", "Final answer: {1}",
    "The correct answer is ({0}) {1}.", "<answer>{0}</answer>", "<answer>{1}</answer>",
    "\\boxed{{{0}}}", "**{0}. {1}**", "{0}", "Therefore: {1}.",
)  # fmt: skip


@settings(max_examples=150, derandomize=True, deadline=None)
@given(replies(), st.integers(0, 1), st.sampled_from(FINAL))
def test_what_a_reply_says_to_be_its_answer_counts(case, number, final):
    asked, reply, _ = case
    letter, text = "AB"[number], asked.options[number]
    said = f"{reply}\n{final.format(letter, text)}"
    options = dict(zip("ABCD", asked.options, strict=False))
    assert parse_answer(said, options, asked.question).letter in (letter, None), said


@pytest.mark.parametrize("asked", QUESTIONS, ids=lambda asked: asked.question)
def test_every_claim_is_read_from_either_thing(asked):
    options = dict(zip("ABCD", asked.options, strict=False))
    for letter, claim in zip("ABCD", asked.claims, strict=False):
        turned = Relation(claim.other, CONVERSE[claim.relation], claim.one)
        for one, relation, other in (claim, turned):
            for words in WORDS[relation]:
                reply = f"The {one} is {words} the {other}."
                assert parse_answer(reply, options, asked.question).letter == letter, reply
