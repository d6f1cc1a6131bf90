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
        ("A. C\nB. A\nC. D\nD. B\n\nThe answer is (D) B.", "D"),
        ("Option D: B", "D"),
        ("(A) C and (B) A are far, (C) D is nearer, (D) B is nearest.", None),
        ("(B) A", "B"),
    ],
)
def test_the_text_of_an_option_may_be_a_letter(reply, letter):
    assert parse_answer(reply, POINTS).letter == letter


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


@pytest.mark.parametrize(
    ("reply", "letter"),
    [
        ("A no B no C no", None),
        ("A no B no C no D yes", "D"),
        ("A no B yes", "B"),
        ("A not B", "A"),
    ],
)
def test_no_behind_a_letter_is_said_of_it(reply, letter):
    assert parse_answer(reply, THINGS).letter == letter


@pytest.mark.parametrize(
    "reply",
    [
        "Yes - I can help with that.",
        "Sure - yes - I can help you with this.",
        "Yes: I can help with that. Please upload the image.",
        "No: I can help with that, but please send the picture.",
    ],
)
def test_a_promise_to_help_does_not_say_the_question_again(reply):
    assert parse_answer(reply, ANSWERS, "Is the cup to the left of the plate?").letter is None


@pytest.mark.parametrize(
    ("reply", "letter"),
    [
        ("If you mirror the picture it would be A, but as shown it is B.", "B"),
        ("If forced to choose, I'd say D.", "D"),
        ("As seen from behind, the lamp is to the right of the sofa.", None),
        ("The lamp, seen from the front, is left of the sofa.", "A"),
    ],
)
def test_what_is_shown_counts_and_what_is_seen_from_behind_does_not(reply, letter):
    assert parse_answer(reply, SIDES).letter == letter
