"""Replies that say again, or deny, what their question asks for by yes or no."""

import pytest

from evaluation.answers import parse_answer
from evaluation.reading.repeated import proposition_in

YES = {"A": "Yes", "B": "No"}
LAMP = "Is the lamp taller than the sofa?"
ABOVE = "Consider the real-world 3D locations. Is the painting directly above the shelf?"
BOATS = "Are the two boats facing the same direction?"
REACH = "Can the child reach the cup?"
RED = "Is the van near the red car in the image?"
MEN = "Are the man and the woman facing each other?"
NEXT_TO = "Is the man next to the woman smiling?"
SHOWN = "Does the sign point to the station?"
NAMED = {"A": "Yes, the same direction", "B": "No, opposite directions"}


@pytest.mark.parametrize(
    ("question", "options", "words"),
    [
        (LAMP, YES, ["lamp", "taller", "than", "sofa"]),
        (RED, YES, ["van", "near", "red", "car"]),
        (BOATS, NAMED, ["two", "boat", "facing", "same", "direction"]),
        ("Is the lamp taller or shorter than the sofa?", YES, None),
        ("Is the lamp not on the table?", YES, None),
        ("Is there a lamp?", YES, None),
        ("Which is taller, the lamp or the sofa?", YES, None),
        (LAMP, {"A": "lamp", "B": "sofa"}, None),
        (LAMP, {"A": "Yes, by far", "B": "Yes, a little", "C": "No"}, None),
    ],
)
def test_what_is_asked_to_be_confirmed(question, options, words):
    found = proposition_in(question, options)
    assert (found and found.words) == words


@pytest.mark.parametrize(
    ("question", "reply", "letter"),
    [
        (LAMP, "The lamp is taller than the sofa. It reaches almost to the ceiling.", "A"),
        (LAMP, "The lamp is clearly taller.", "A"),
        (LAMP, "So it's taller than the sofa.", "A"),
        (LAMP, "I think that the lamp is taller than the sofa in this image.", "A"),
        (LAMP, "The lamp isn't taller than the sofa.", "B"),
        (LAMP, "Its top is at y = 260, so the lamp is shorter than the sofa.", "B"),
        (LAMP, "The sofa is taller.", "B"),
        (LAMP, "The sofa is taller than the lamp.", "B"),
        (LAMP, "The sofa is shorter than the lamp.", "A"),
        (ABOVE, "It is not directly above the shelf.", "B"),
        (ABOVE, "The painting is directly below the shelf.", "B"),
        (BOATS, "Each bow points right, so they face the same direction.", "A"),
        (BOATS, "They aren't facing the same direction.", "B"),
        (BOATS, "The two boats are facing opposite directions.", "B"),
        (REACH, "The child cannot reach the cup.", "B"),
        (REACH, "She can reach the cup.", "A"),
        (REACH, "The child can't reach the cup.", "B"),
        (REACH, "The child can\u2019t reach the cup.", "B"),
        (RED, "The van is near the red car.", "A"),
        (SHOWN, "The sign points to the station.", "A"),
        (SHOWN, "It doesn't point to the station.", "B"),
        # something else
        (LAMP, "The lamp is taller than the chair.", None),
        (LAMP, "The chair is taller than the sofa.", None),
        (LAMP, "It is the sofa.", None),
        (LAMP, "The lamp and the sofa are of one height.", None),
        (LAMP, "The sofa is not taller than the lamp.", None),  # perhaps of one height
        (LAMP, "The lamp is not shorter than the sofa.", None),
        (ABOVE, "The painting is above the shelf.", None),
        (RED, "It is the red car.", None),
        (REACH, "The child can reach the cupboard.", None),
        # a pronoun that may stand for another thing
        (LAMP, "It is taller.", None),
        (LAMP, "It is shorter.", None),
        (NEXT_TO, "She is smiling.", None),
        (NEXT_TO, "The man next to the woman is smiling.", "A"),
        # what will be checked
        (LAMP, "To verify: the lamp is taller than the sofa.\nThe sofa ends at 210.", None),
        (LAMP, "Statement: the lamp is taller than the sofa.\nThe sofa ends at 210.", None),
        (LAMP, "My answer: the lamp is taller than the sofa.", "A"),
        # not said, or taken back
        (LAMP, "Is the lamp taller than the sofa?", None),
        (LAMP, "If the lamp is taller than the sofa, it is a floor lamp.", None),
        (LAMP, "At first glance the lamp is taller than the sofa.", None),
        (LAMP, "The lamp is taller than the sofa, but only in the mirror.", None),
        (LAMP, "The lamp is taller than the sofa: false.", None),
        (LAMP, "The lamp is taller. The sofa is taller.", None),
        (LAMP, "Yes and no.", None),
        (LAMP, "The lamp is taller than the sofa, right?", None),
        (LAMP, "The lamp is taller than the sofa, according to the user.", None),
        (LAMP, "The lamp is supposedly taller than the sofa.", None),
        # two things, one verb
        (MEN, "The man and the woman are facing each other.", "A"),
        (MEN, "The man and the woman are facing each other and the dog.", None),
        (MEN, "The man and the dog are facing each other.", None),
        # yes and no count first
        (LAMP, "The lamp is taller than the sofa. Let us check: 260 is lower than 210. No.", "B"),
    ],
)
def test_a_reply_says_again_what_is_asked(question, reply, letter):
    assert parse_answer(reply, YES, question).letter == letter


def test_yes_and_no_before_more_words():
    reply = "No, they are facing opposite directions: one points left, the other right."
    assert parse_answer(reply, NAMED, BOATS).letter == "B"
    assert parse_answer("They face the same direction.", NAMED, BOATS).letter == "A"
