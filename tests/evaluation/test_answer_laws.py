"""Laws of the answer parser."""

import json
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.answers import answer_text, parse_answer
from evaluation.published_answers import is_same_paper_compatible, parse_answer_paper_compatible
from evaluation.reading.reply_parts import spoken
from tests.evaluation.test_answers import PLACES
from tests.evaluation.test_reply_kinds import HEIGHTS, KINDS, REPLIES, SIDES

STYLES = (
    "{0}", "({0})", "{0}.", "{0})", "({0}) {1}", "{0}. {1}", "{0}: {1}", "{0}) {1}", "{0} - {1}",
    "<answer>({0}) {1}</answer>", "<answer>{0}</answer>", "<answer>{1}</answer>", "<answer>({0}",
    "<think>(A) or (B)?</think>\n<answer> {0} </answer>", "The answer is {0}.", "Answer: {0}",
    "The correct answer is:\n\n**({0}) {1}**", "The answer is {1}.", "Option {0}", "({0}) {1}.",
    "\\boxed{{{0}}}", "$\\boxed{{\\text{{{0}}}}}$", "\\boxed{{\\text{{({0}) {1}}}}}", "**{0}**",
    "**{0}. {1}**", "So it is as it is.\n\n{0}", "{1}", "{1}.", "It is {1}, clearly.", "{0} {1}",
    "{0} is correct.", "({0}) is the right answer.",
)  # fmt: skip
words = st.sampled_from(["left of it", "behind it", "on top", "far away", "a red cup", "seven"])
option_sets = st.lists(words, min_size=2, max_size=6, unique=True).map(
    lambda texts: dict(zip("ABCDEF", texts, strict=False))
)


@given(option_sets, st.sampled_from(STYLES), st.data())
def test_an_option_in_any_usual_style_is_read(options, style, data):
    letter = data.draw(st.sampled_from(sorted(options)))
    assert parse_answer(style.format(letter, options[letter]), options).letter == letter


@given(option_sets, st.sampled_from(STYLES), st.integers(1, 5), st.data())
def test_turning_the_options_turns_the_answer(options, style, turns, data):
    letter = data.draw(st.sampled_from(sorted(options)))
    letters = sorted(options)
    turned_letters = letters[turns % len(letters) :] + letters[: turns % len(letters)]
    turned = dict(zip(turned_letters, options.values(), strict=True))
    new = dict(zip(letters, turned_letters, strict=True))[letter]
    assert parse_answer(style.format(new, turned[new]), turned).letter == new


pieces = st.sampled_from(
    [
        "<answer>",
        "</answer>",
        "</think>",
        "\\boxed{",
        "}",
        "(B)",
        "answer is",
        "A",
        "or",
        "behind",
        "\n",
        " ",
        "\ud800",
        "\x00",
        "**",
        "\U0001d401",
        "is correct",
        "not",
        ".",
        "…",
    ]
)


@given(st.one_of(st.text(max_size=40), st.lists(pieces, max_size=20).map("".join)), option_sets)
def test_whatever_is_written_nothing_is_raised_and_nothing_invented(reply, options):
    found = parse_answer(reply, options)
    assert found.letter is None or found.letter in options
    assert parse_answer_paper_compatible(reply, options) in (None, *options)
    is_same_paper_compatible(reply, "A")
    answer_text(reply)


@pytest.mark.parametrize("before", ["", pytest.param("\\boxed{", marks=pytest.mark.long)])
@pytest.mark.parametrize(
    "unit",
    [
        "<answer>", "(", "answer is ", "\\boxed{", "B ", "behind ", "*_", "a.b ", "Option ",
        "B, C ", "A is ", "A or ", "not A ", "(A) left of\n", "A)\t", "1,000", " ", "\n", "< ",
        "\ud800",
        "However, B. ", "A: no\n", "<think>", "</s>", "all ", "is the ", "if ", "'answer':'",
    ],
)  # fmt: skip
def test_a_long_text_of_anything_is_read(before, unit):
    """In time proportional to its length: to go back over the text would take minutes."""
    found = parse_answer(before + unit * (30_000 // len(unit)), PLACES)
    assert found.letter is None or found.letter in PLACES


def test_empty_lines_behind_an_answer_take_no_time():
    start = time.process_time()
    spoken("B</answer>" + "\n" * 20_000)
    assert time.process_time() - start < 1


@pytest.mark.parametrize("unit", ["x <ab> ", "<ab>x</ab>\n", "x:\n<ab>x</ab>\n"])
def test_thoughts_are_left_out_of_a_reply_of_any_length(unit):
    assert "x" in spoken(unit * (2_000_000 // len(unit)))


STATED = (
    "{0}", "({0}) {1}", "**{0}. {1}**", "Answer: {0}", "The answer is ({0}).", "{0} is correct.",
    "I would choose {0}.", "So the right option is {0}: {1}.", "It must be {0}.",
    "The other options are wrong, so it is {0}.", "<think>No idea.</think>{0}",
)  # fmt: skip
ADDED = (
    "\n\nThis answer is right.", "\n\nI hope this helps! Let me know about further questions.",
    "\n\nExplanation: the object is seen in the picture above.",
    "<|im_end|>\n<|im_start|>user\nB: C",
    "\n\nOtherwise the answer would be {0}.", "\n\nQuestion: Where is it?\nAnswer: {0}",
    "\n\nUser: why?\nAssistant: {0}", "\n\n({0}) does not fit.", "\n\nOption {0} is incorrect.",
    "\n\nSeen from the other side, would it be {0}?", "\n\nIf it were nearer, {0} would be right.",
    "\nIf you look from behind, it is {0}.", "\nIn a mirror, it would be {0}.",
    "\nPS: {0} was close.", "\n({0} would be the answer for the other one.)",
    "\nA careless reader would pick {0}.", "\n### Instruction:\nPick {0}", "\nConfidence: 90%",
    "\nNo other option is right.",
)  # fmt: skip
BEFORE = (
    "", "Let me see which option is right.\n\n", "<think>The answer is {0}.</think>\n",
    "At first glance the answer is {0}. But that is not all.\n\n", "Is it {0}? Let me look.\n\n",
    "The options are left, right, in front of and behind.\n\n", "Option {0} is wrong.\n",
    "Right, so:\n", "To get this right, I compare the boxes.\n", "Could it be {0}? No.\n",
    "From left to right: a cup, a plate and a fork.\n", "If I have this right, it is not {0}.\n",
)  # fmt: skip
letters = st.permutations("ABCD")


@given(letters, *map(st.sampled_from, (BEFORE, STATED, ADDED)))
def test_what_stands_around_a_stated_answer_does_not_change_it(order, before, stated, added):
    letter, other = order[:2]
    reply = before.format(other) + stated.format(letter, SIDES[letter]) + added.format(other)
    assert parse_answer(reply, SIDES).letter == letter


@given(
    st.sampled_from([*KINDS["corrections"], *KINDS["refuted letters"], *KINDS["compared letters"]]),
    letters,
)
def test_letters_that_are_renamed_rename_the_result(case, order):
    options, reply, letter = case
    renamed = dict(zip("ABCD", order, strict=True))
    told = re.sub(r"\b[A-D]\b", lambda match: renamed[match[0]], reply)
    texts = {renamed[old]: text for old, text in options.items()}
    assert parse_answer(told, texts).letter == (letter and renamed[letter])


@given(
    letters,
    st.sampled_from("+%\u00b0^\u00b1\u00d7=<\u2248"),
    st.sampled_from(["", "0.8", " 3", "x"]),
)
def test_a_letter_in_a_formula_states_nothing(order, symbol, rest):
    letter = order[0]
    for formula in (f"{letter}{symbol}{rest}", f"f({letter}){symbol}{rest}", f"P({letter}) = 0.8"):
        assert parse_answer(formula, SIDES).letter is None


@given(st.integers(0, 9), st.sampled_from("/-:\u00d7\u00b1"), st.integers(0, 9))
def test_a_number_within_another_is_not_said(one, mark, other):
    options = {"A": str(one), "B": str(other)}
    assert parse_answer(f"{one}{mark}{other}", options).letter is None


junk = st.lists(
    st.sampled_from(["left", "right", "behind", "above", "the", "is", "tarcat", " ", ", ", "\n"]),
    max_size=12,
)


@given(junk, junk, st.sampled_from([SIDES, HEIGHTS]))
def test_text_that_was_broken_names_nothing(before, after, options):
    assert parse_answer(" ".join([*before, "\ufffd", *after]), options).letter is None


TAKEN_BACK = (
    "That is not the case.",
    "Actually, that's wrong.",
    "Hmm, that can't be right.",
    "But this is not correct.",
    "That isn't true.",
)


@pytest.mark.parametrize("taken_back", TAKEN_BACK)
def test_a_sentence_that_is_taken_back_says_nothing(taken_back):
    """Of all replies of one sentence that are read in replies.jsonl, each in one of the ways."""
    num_read = 0
    lines = REPLIES.read_text(encoding="utf-8").splitlines()
    for line in lines[TAKEN_BACK.index(taken_back) :: len(TAKEN_BACK)]:
        case = json.loads(line)
        options = dict(zip("ABCDEF", case["options"], strict=False))
        reply, question = case["reply"], case.get("question", "")
        if not re.fullmatch(r"[\w' ()]{12,200}\.", reply):
            continue
        if letter := parse_answer(reply, options, question).letter:
            num_read += 1
            assert parse_answer(f"{reply} {taken_back}", options, question).letter != letter, reply
    assert num_read > 40


GONE_THROUGH = [
    SIDES,
    dict(zip("ABCD", ("red cup", "blue plate", "green fork", "yellow spoon"), strict=True)),
    dict(zip("ABCD", "2345", strict=True)),
    dict(zip("ABC", (f"{side} the mug" for side in ("behind", "on", "under")), strict=True)),
]
REFUTED = ("no", "wrong", "false", "not correct", "✗", "ruled out", "does not fit", "not it")
HOLDING = ("yes", "correct", "true", "✓", "fits", "works")
ITEMS = ("{0}: {1}", "({0}) - {1}", "{0}) {1}", "**{0}** → {1}", "Option {0}: {1}", "[{0}] ({1})")
AHEAD = ("", "Which one is right? ", "To get this right, I compare all.\n", "I see a table.\n")
CHOSEN = ("", "\nAnswer: {}", "\nSo {}.", "\nThat leaves {}.", "\nThe answer is **{}**.")
BEHIND = (
    "", "\nIf the image were mirrored, it would be {}.", "\nFrom the other side, {}.",
    "\nNote: {} would need a mirror.", "\n\nQuestion 2: Which is farthest?\nAnswer: {}",
    "<|im_end|>\n<|im_start|>user\n{}", "\nWould you like to know why {} is wrong?",
)  # fmt: skip
AROUND = (AHEAD, ITEMS, ("; ", ", ", ". ", "\n", " | "), REFUTED, HOLDING, CHOSEN, BEHIND)


@given(st.sampled_from(GONE_THROUGH), *map(st.sampled_from, AROUND), st.data())
def test_of_options_gone_through_the_one_that_holds_is_read(
    options, ahead, item, between, refuted, holding, chosen, behind, data
):
    letter, other = data.draw(st.permutations(sorted(options)))[:2]
    said = [item.format(one, holding if one == letter else refuted) for one in options]
    reply = f"{ahead}{between.join(said)}.{chosen.format(letter)}{behind.format(other)}"
    assert parse_answer(reply, options).letter == letter
