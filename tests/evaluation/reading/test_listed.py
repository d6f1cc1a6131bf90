"""Options that a reply goes through, as models write it in one line or in several."""

import pytest

from evaluation.answers import parse_answer

SIDES = {"A": "left", "B": "right", "C": "in front of", "D": "behind"}
THINGS = {"A": "bench", "B": "tree", "C": "car", "D": "dog"}
POINTS = {"A": "C", "B": "A", "C": "D", "D": "B"}
ANSWERS = {"A": "yes", "B": "no"}


@pytest.mark.parametrize(
    ("options", "reply", "letter"),
    [
        (SIDES, "(A) false (B) false (C) false (D) true", "D"),
        (SIDES, "A: false B: false C: true D: false", "C"),
        (THINGS, "A wrong B wrong C right D wrong", "C"),
        (ANSWERS, "A) Yes ✓ B) No ✗", "A"),
        (THINGS, "Which is closest: A. bench, B. tree, C. car or D. dog? Definitely the dog.", "D"),
        (THINGS, "Which is closest: A. bench, B. tree, C. car or D. dog?", None),
        (SIDES, "A. left? No. B. right? Yes. C. in front of? No. D. behind? No.", "B"),
    ],
)
def test_what_is_said_of_an_option_ends_before_the_next(options, reply, letter):
    assert parse_answer(reply, options).letter == letter


@pytest.mark.parametrize(
    ("reply", "letter"),
    [
        ("A: not left.", None),
        ("A) not left", None),
        ("A. Not left.", None),
        ("A: not left. C: not in front. D: not behind.", None),
        ("B is my answer. A: not left. C: not in front. D: not behind.", "B"),
        ("A: not left. B: not right. C: not in front of it. It is behind.", "D"),
        ("B: not on the left, but on the right.", "B"),
        ("B. It is not on the left.", "B"),
    ],
)
def test_a_letter_before_a_denial_of_its_text_is_denied(reply, letter):
    assert parse_answer(reply, SIDES).letter == letter
