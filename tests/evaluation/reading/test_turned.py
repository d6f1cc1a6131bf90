"""Replies that say by the opposite which of two things their question asks for."""

import pytest

from evaluation.answers import parse_answer

NEARER = "Which is nearer to the camera, the bicycle or the car?", {"A": "bicycle", "B": "the car"}
LARGER = "Which looks larger in the photo?", {"A": "the dining table", "B": "the cat"}
THREE = "Which is nearest to the viewer?", {"A": "bicycle", "B": "car", "C": "bus"}


@pytest.mark.parametrize(
    ("asked", "reply", "letter"),
    [
        (NEARER, "The car is farther away.", "A"),
        (NEARER, "The car is farther from the camera than the bicycle is.", "A"),
        (NEARER, "The car appears to be further back than the bicycle in this image.", "A"),
        (NEARER, "The bicycle is farther away", "B"),
        (NEARER, "The two are close to each other, but the car is slightly farther away.", "A"),
        (LARGER, "The cat is smaller.", "A"),
        (LARGER, "The dining table is much smaller than the cat.", "B"),
        (LARGER, "The cat is the smaller of the two.", "A"),
        # of something else
        (NEARER, "The car is farther to the left.", None),
        (NEARER, "The car is farther from the house.", None),
        (NEARER, "The car is farther from the bicycle.", None),
        (NEARER, "The car is farther away than the tree.", None),
        (NEARER, "The bus is farther away.", None),
        (NEARER, "The driver of the car is farther away.", None),
        (LARGER, "The table is smaller.", None),  # which is perhaps another one
        # not said, or taken back
        (NEARER, "The car is not farther away.", None),
        (NEARER, "Is the car farther away?", None),
        (NEARER, "If the car is farther away, then it is hard to say.", None),
        (NEARER, "Some say the car is farther away.", None),
        (NEARER, "The car is far away.", None),
        (NEARER, "The car is behind the bicycle.", None),  # perhaps from the bicycle's own side
        (NEARER, "The car is farther away. The bicycle is farther away.", None),
        (NEARER, "The car is less far away.", None),
        (LARGER, "The cat is smaller, but the dining table is even smaller.", None),
        (LARGER, "The cat is smaller in the mirror, and smaller still is the table.", None),
        (NEARER, "Further away is the car; the bicycle is further away from the door.", None),
        (THREE, "The car is farther away.", None),
        # what is said by itself counts alone
        (NEARER, "The car is farther away. So the answer is the car.", "B"),
        (NEARER, "The car is farther away, so the bicycle is nearer.", "A"),
    ],
)
def test_of_two_things_the_other_is_meant(asked, reply, letter):
    question, options = asked
    assert parse_answer(reply, options, question).letter == letter
