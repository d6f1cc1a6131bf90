"""Replies that refute options and choose at most one: nothing that is refuted is the answer."""

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from evaluation.answers import parse_answer

OPTIONS = [
    ("left of", "right of", "in front of", "behind"),
    ("red", "blue", "green", "white"),
    ("1", "2", "3", "4"),
    ("the lamp", "the sofa", "the table", "the shelf"),
]
REFUTES = (
    "{0} is wrong", "{0} is incorrect", "{0} can be ruled out", "Option {0} is not correct",
    "It is not {0}", "The answer is not {0}", "I would eliminate {0}", "{0} does not fit",
    "({0}) {1} is incorrect", "{0}) {1} - no", "{0}: {1} ✗", "Option {0} says {1}, which is wrong",
    "{0} is unlikely", "{0} cannot be right", "We can exclude option {0}", "{0} would be wrong",
    "{0} contradicts the picture", "Choosing {0} would be a mistake", "{0} is a distractor",
    "At first {0} seems right", "{0} is out", "Not {0}", "{0}? No", "{0} - wrong",
    "{0} isn't right", "❌ {0}) {1}", "Rule out {0}", "Eliminated: {0}", "Wrong: {0}",
    "Someone might pick {0}", "The answer can't be {0}", "It's definitely not {0}",
    "I was going to say {0}", "{0}, although tempting, is wrong", "{0} is almost right",
    "{0}, i.e. {1}, is wrong", "{0} can be discarded", "That rules out {0}", "It can't be ({0})",
    "{0} is clearly not the answer", "I don't think it is {0}", "I doubt {0}",
    "There is no evidence for {0}", "{0}) {1}: incorrect", "{0}. {1} (wrong)",
    "{0}) {1} is not right", "**{0}) {1}** is not correct", "{1} ({0}) is wrong",
    "Option {0} ({1}) can be eliminated", "- {0}: no", "- {0}) {1}: not true", "{0} = false",
    "Instead of {0}", "Anything but {0}", "Had it been {0}, I would say so",
)  # fmt: skip
CHOOSES = (
    "The answer is {0}", "The correct answer is {0}", "{0} is correct", "I choose {0}",
    "So it is {0}", "Answer: {0}", "The best answer is ({0}) {1}", "{0}) {1} is right",
    "Therefore, option {0}", "I would go with {0}", "That leaves {0}", "**{0}**",
    "The right choice is {0}. {1}", "It must be {0}", "Final answer: {0}", "Only {0} fits",
    "-> {0}", "✅ {0}) {1}", "{0} it is", "The letter is {0}", "Solution: {0}",
)  # fmt: skip
NEUTRAL = (
    "Let me think",
    "The picture shows a room",
    "There are four options",
    "It is hard to see",
)


@st.composite
def replies(draw: st.DrawFn) -> tuple[tuple[str, ...], str, set[str]]:
    """Options, a reply about them, and the letters that it leaves as its answer."""
    texts = draw(st.sampled_from(OPTIONS))
    refuted, chosen, sentences = set(), set(), []
    for _ in range(draw(st.integers(1, 4))):
        number = draw(st.integers(0, 3))
        letter, text = "ABCD"[number], texts[number]
        kinds = [REFUTES, REFUTES, NEUTRAL] + ([] if chosen else [CHOOSES])
        kind = draw(st.sampled_from(kinds))
        sentences.append(draw(st.sampled_from(kind)).format(letter, text))
        refuted |= {letter} if kind is REFUTES else set()
        chosen |= {letter} if kind is CHOOSES else set()
    reply = draw(st.sampled_from([". ", ".\n", "\n"])).join(sentences) + "."
    left = {*"ABCD"} - refuted
    assume(not chosen & refuted)
    answers = chosen or (left if len(left) == 1 else set())
    return texts, reply, answers


@settings(max_examples=600, derandomize=True, deadline=None)
@given(replies())
def test_what_is_refuted_is_not_the_answer(case):
    texts, reply, answers = case
    letter = parse_answer(reply, dict(zip("ABCD", texts, strict=True))).letter
    assert letter is None or letter in answers, reply
