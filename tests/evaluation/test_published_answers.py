"""The published parser, which is kept with its faults."""

import pytest

from evaluation.published_answers import is_same_paper_compatible, parse_answer_paper_compatible

PLACES = {"A": "left of", "B": "behind", "C": "on top of", "D": "in front of"}


@pytest.mark.parametrize(
    ("reply", "letter"),
    [
        ("<answer> (B) behind </answer>", "B"),
        ("<answer>(B) BEHIND</answer>", "B"),
        ("<answer>(A) behind</answer>", "B"),
        ("behind", "B"),
        ("Answer: {behind}", "B"),
        ("(C) on top of</answer>", "C"),
        ("<answer>A</answer><answer>(C) on top of", "C"),
        ("<answer>B</answer>", "A"),
        ("<answer>(B)</answer>", "A"),
        ("<answer>B. behind</answer>", "A"),
        ("<answer>B) behind</answer>", "A"),
        ("<answer></answer>", "A"),
        ("The answer is D", "A"),
        ("", None),
        ("Answer:", None),
        ("Answer: behind? No. Answer: in front of", "D"),
    ],
)
def test_the_published_rule_falls_back_to_a(reply, letter):
    assert parse_answer_paper_compatible(reply, PLACES) == letter


@pytest.mark.parametrize(
    ("reply", "gold", "is_same"),
    [
        ("<answer>C</answer>", "C", True),
        ("<answer>(c) Right</answer>", "C", True),
        ("<answer>C.</answer>", "C", True),
        ("C. Right", "C", False),
        ("Answer: three", "Three", True),
        ("<answer>three</answer>", "3", False),
        ("<answer>Yes</answer>", "yes", True),
        ("<answer>Yes, it is</answer>", "yes", False),
        ("a (b", "a (b", True),
        ("", "", False),
    ],
)
def test_the_published_rule_compares_texts_where_no_options_are_passed(reply, gold, is_same):
    assert is_same_paper_compatible(reply, gold) is is_same
