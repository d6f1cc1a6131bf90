"""Replies that say their question again, with an option in the place of what it asks for."""

import pytest

from evaluation.answers import parse_answer

SIDE = (
    "Consider the real-world 3D orientations of the objects. Which side of the car is facing the "
    "camera?",
    {"A": "front", "B": "left", "C": "back", "D": "right"},
)
ROOF = (
    "Where is the bird relative to the roof?",
    {"A": "on the roof", "B": "above the roof", "C": "below the roof"},
)
CORNER = (
    "Which object is at the bottom right of the picture, the dog, the ball or the bucket?",
    {"A": "dog", "B": "the ball", "C": "bucket"},
)
WAY = "Which way is the horse facing?", {"A": "left", "B": "right"}
ROAD = "Which way is the arrow pointing?", {"A": "left", "B": "right", "C": "up"}
BOATS = "How many boats are moored at the dock?", {"A": "1", "B": "3", "C": "4"}
NEARER = "Which is closer to the cone, the bus or the pedestrian?", {"A": "bus", "B": "pedestrian"}


@pytest.mark.parametrize(
    ("asked", "reply", "letter"),
    [
        (SIDE, "The left side of the car is facing the camera.", "B"),
        (SIDE, "I see its lights, so the front of the car is facing the camera.", "A"),
        (SIDE, "The car's left side is facing the camera.", "B"),
        (SIDE, "The right side is facing the camera.", "D"),
        (ROOF, "The bird is perched on the roof.", "A"),
        (CORNER, "The ball lies at the bottom right.", "B"),
        (WAY, "The horse is facing to the left in this image.", "A"),
        (BOATS, "Four boats are moored at the dock.", "C"),
        (BOATS, "So 4 boats are moored at the dock in the image.", "C"),
        (BOATS, "One boat is moored at the dock.", "A"),
        # something else
        (BOATS, "Four people are standing at the dock.", None),
        (BOATS, "Four boats are moored at the buoy.", None),
        (BOATS, "At least four boats are moored at the dock.", None),
        (BOATS, "More than three boats are moored at the dock.", None),
        (BOATS, "Fewer than four boats are moored at the dock.", None),
        (BOATS, "Four boats aren't moored at the dock.", None),
        (BOATS, "Three boats are moored at the dock, and one more boat behind them.", None),
        (BOATS, "Three boats are moored at the dock, plus the canoe.", None),
        (BOATS, "Near the lighthouse, three boats are moored at the dock.", None),
        (BOATS, "Of the boats that are moored at the dock four are red.", None),
        (BOATS, "Four of the boats are moored at the dock, one at sea.", None),
        (BOATS, "Three boats are moored at the dock. One boat is moored at the dock, too.", None),
        (SIDE, "The front of the van is facing the camera.", None),
        (SIDE, "The front of the car is facing the wall.", None),
        (ROOF, "The cat is perched on the roof.", None),
        (ROOF, "The roof is below the bird.", "B"),
        # not said
        (SIDE, "The back of the car is not facing the camera.", None),
        (SIDE, "The back of the car isn't facing the camera.", None),
        (SIDE, "If the front of the car is facing the camera, one would see lights.", None),
        (SIDE, "Is the left side of the car facing the camera?", None),
        (SIDE, "The left side of the car is facing the camera. The front is facing the camera.",
         None),
        (WAY, "The horse isn't facing left, with its tail pointing at the left edge.", None),
        (WAY, "The horse is facing left. That is not the case.", None),
        (WAY, "The horse is facing left. Hmm, that can't be right.", None),
        (WAY, "It is false that the horse is facing left.", None),
        (WAY, "The claim that the horse is facing left is wrong.", None),
        (WAY, "Nobody would say that the horse faces left.", None),
        (WAY, "The horse is facing left, or rather, right.", None),
        # of two things, or two ways
        (CORNER, "The dog and the ball are at the bottom right.", None),
        (CORNER, "Both the dog and the ball are at the bottom right.", None),
        (ROAD, "The arrow is pointing up and to the left.", None),
        (ROAD, "The other arrow is pointing left.", None),
        (ROAD, "The arrow is pointing up and the sign is red.", "C"),
        # denied by a contraction
        (SIDE, "The left of the car doesn't face the camera.", None),
        (NEARER, "The pedestrian (in a green box) isn't closer to the cone.", None),
        (NEARER, "The pedestrian (in a green box) is closer to the cone.", "B"),
        (NEARER, "The pedestrian, in the green box, isn't closer to the cone.", None),
        (NEARER, "It's the pedestrian that isn't closest.", None),
        (NEARER, "It looks like the pedestrian isn't closer.", None),
        (NEARER, "It isn't the pedestrian that is closer but the bus.", "A"),
    ],
)  # fmt: skip
def test_a_reply_puts_an_option_into_its_question(asked, reply, letter):
    question, options = asked
    assert parse_answer(reply, options, question).letter == letter
