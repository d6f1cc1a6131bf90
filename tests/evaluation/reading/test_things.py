"""Words of a reply that name what its question names, or another thing, or its part."""

import pytest

from evaluation.answers import parse_answer

OPEN = ("Open", "Closed")
COLOURS = ("red", "blue", "white", "black")
SIDES = ("left", "right")
WINGS = ("Is the butterfly's wing closer to being open or closed?", OPEN)
EYES = ("Are the man's eyes open or closed?", OPEN)
DOOR = ("Is the door of the refrigerator open or closed?", OPEN)
SHIRT = ("What color is the man's shirt?", COLOURS)
CAR = ("What color is the car next to the tree?", COLOURS)
FACING = ("Is the woman facing towards the dog or away?", ("facing towards", "facing away"))
CAT = ("What is the cat sitting on?", ("the sofa", "the floor", "the table"))
BOY = ("Is the boy to the left or right of the man?", SIDES)
WOMAN = ("Is the woman holding the umbrella taller than the man?", ("Yes", "No"))
WEATHER = ("What is the weather like in the image?", ("sunny", "cloudy", "snowy"))
NIGHT = ("Is it day or night in the picture?", ("day", "night"))
BUS = ("Which direction is the bus facing?", SIDES)
BICYCLE = ("Is the dog to the left or right of the bicycle?", SIDES)
SOFA = ("Where is the sofa relative to the lamp?", SIDES)
NEAR = ("Which object is closer to the camera, the chair or the table?", ("chair", "table"))
TALLEST = ("Which is the tallest, the tree, the house or the pole?", ("tree", "house", "pole"))


@pytest.mark.parametrize(
    ("asked", "reply", "letter"),
    [
        (WINGS, "The flower is open.", None),
        (WINGS, "The bird's wings are closed.", None),
        (WINGS, "The flower is open, and the wings are closed.", "B"),
        (WINGS, "The wings of the butterfly are open.", "A"),
        (EYES, "The man's mouth is open.", None),
        (EYES, "The mouth of the man is open.", None),
        (EYES, "The man's eyes are open.", "A"),
        (EYES, "The eyes of the man are closed.", "B"),
        (DOOR, "The oven is open.", None),
        (DOOR, "The door of the oven is open.", None),
        (DOOR, "The drawer of the refrigerator is open.", None),
        (DOOR, "The window is closed, while the refrigerator's door is open.", "A"),
        (SHIRT, "The boy's shirt is red, while the man's shirt is black.", "D"),
        (SHIRT, "The woman's shirt is white.", None),
        (SHIRT, "The man's hat is red.", None),
        (SHIRT, "The logo on the man's shirt is red.", None),
        (CAR, "The roof of the car is white.", None),
        (CAR, "The color of the car next to the tree is blue.", "B"),
        (CAR, "The body of the car is red.", "A"),
        (CAR, "The vehicle next to the tree is white.", "C"),
        (FACING, "The woman's friend is facing towards the dog.", None),
        (FACING, "The woman's head is facing towards the dog.", "A"),
        (WEATHER, "The sky is cloudy.", "B"),
        (WEATHER, "The ground is white, so it is snowy.", "C"),
        (NIGHT, "The street lights are on; it is night.", "B"),
        (CAT, "The dog is sitting on the floor.", None),
        (CAT, "The book next to the cat is on the table.", None),
        (CAT, "The cat's tail is on the floor.", None),
        (CAT, "The bowl is on the floor; the cat sits on the table.", "C"),
        (BOY, "The woman is to the left of the man.", None),
        (BOY, "The man with the hat is to the left of the boy.", None),
        (BOY, "The gentleman is to the right of the boy.", "A"),
        (BOY, "The boy holding the ball is on the left of the man.", "A"),
        (WOMAN, "The umbrella is taller than the man.", None),
        (WOMAN, "The lady is shorter than the man.", "B"),
        (BUS, "The man next to the bus is facing right.", None),
        (BUS, "The bus's owner is facing left.", None),
        (BUS, "The front of the bus is facing right.", "B"),
        (BICYCLE, "The bike is to the left of the dog.", "B"),
        (BICYCLE, "Another dog is to the left of the bicycle.", None),
        (BICYCLE, "A bicycle is to the left of the dog.", "B"),
        (SOFA, "A second lamp is on the right of the sofa.", None),
        (NEAR, "The chair is in front of a bookshelf, and the table is closer.", "B"),
        (NEAR, "The chair is in front, so it is closer.", "A"),
        (TALLEST, "The tree is taller than the house, and the pole is taller still.", "C"),
        (TALLEST, "The tree is taller than the house, and the pole is taller than both.", "C"),
        (TALLEST, "The tree is taller than the house and the pole.", "A"),
        (TALLEST, "The tree is taller than the house, and the pole is shorter than it.", "A"),
    ],
)
def test_what_is_said_of_another_thing_or_its_part_is_no_answer(asked, reply, letter):
    question, options = asked
    assert parse_answer(reply, dict(zip("ABCD", options, strict=False)), question).letter == letter
