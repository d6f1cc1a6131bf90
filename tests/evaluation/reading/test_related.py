"""Replies that say how one thing is to another, from either of them."""

import pytest

from evaluation.answers import parse_answer

PLACES = ("left of", "right of", "in front of", "behind")
MUG = ("Where is the mug relative to the laptop?", PLACES)
CARS = ("Where is the red car relative to the blue car?", PLACES)
BUS = ("Is the bus closer or farther than the tree?", ("closer", "farther"))
SHELF = ("Which is above the shelf, the painting or the clock?", ("the painting", "the clock"))
BENCH = ("Which animal is to the left of the bench?", ("cat", "dog", "bird"))
SOFA = ("What is behind the sofa?", ("a window", "a bookshelf", "a plant"))
LAMP = ("Is the lamp above the table?", ("Yes", "No"))
CLOCK = ("Is the clock directly above the doorway?", ("Yes", "No"))
WOMAN = ("Is the woman taller than the man?", ("Yes", "No"))
ROOF = ("Where is the bird relative to the roof?", ("above the roof", "on the roof", "below it"))
GIRL = ("Where is the boy relative to the girl?", ("behind the girl", "next to the girl"))
CAPTIONS = (
    "How are the cat and the sofa related?",
    ("The cat is behind the sofa.", "The cat is in front of the sofa.", "The cat is on the sofa."),
)
HERS = ("From the woman's perspective, is the cup left or right of the plate?", ("left", "right"))


@pytest.mark.parametrize(
    ("question", "letter"),
    [(HERS[0], "B"), ("Is the cup left or right of the plate?", "A")],
)
def test_what_would_be_so_for_somebody_is_an_answer_where_that_is_asked(question, letter):
    reply = "The answer is A. However, from the woman's perspective, the answer would be B."
    assert parse_answer(reply, {"A": "left", "B": "right"}, question).letter == letter


@pytest.mark.parametrize(
    ("question", "letter"),
    [("Are there any pictures on the wall?", "B"), ("Is the cup on the plate?", None)],
)
def test_no_picture_is_an_answer_where_pictures_are_asked_for(question, letter):
    reply = "No, there are no pictures."
    assert parse_answer(reply, {"A": "Yes", "B": "No"}, question).letter == letter


@pytest.mark.parametrize(
    ("asked", "reply", "letter"),
    [
        (MUG, "The laptop is to the right of the mug.", "A"),
        (MUG, "The laptop is slightly to the left of the mug.", "B"),
        (MUG, "In the image, the laptop is on the left side of the mug.", "B"),
        (MUG, "The laptop stands behind the mug.", "C"),
        (MUG, "The laptop is to the left of the mug, and the mug is behind the laptop.", "D"),
        (BUS, "The tree is closer than the bus.", "B"),
        (BUS, "The tree is much farther away than the bus.", "A"),
        (SHELF, "The shelf is below the painting.", "A"),
        (BENCH, "The bench is to the right of the dog.", "B"),
        (BENCH, "The bench is left of the cat, and the dog sits left of the bench.", "B"),
        (SOFA, "The sofa is in front of the bookshelf.", "B"),
        (LAMP, "The table is below the lamp.", "A"),
        (LAMP, "The table is above the lamp.", "B"),
        (LAMP, "The lamp is hanging directly above the table.", "A"),
        (CLOCK, "The doorway is directly below the clock.", "A"),
        (WOMAN, "The man is shorter than the woman.", "A"),
        (ROOF, "The bird is flying well above the roof.", "A"),
        (ROOF, "The roof is under the bird.", "A"),
        (GIRL, "The girl is standing in front of the boy, next to a tree.", "A"),
        (GIRL, "The girl sits beside the boy.", "B"),
        (CAPTIONS, "The sofa is behind the cat.", "B"),
        (CARS, "The blue car is to the left of the red car.", "B"),
    ],
)
def test_the_other_thing_says_it_too(asked, reply, letter):
    assert _read(asked, reply) == letter


@pytest.mark.parametrize(
    ("asked", "reply"),
    [
        (MUG, "The laptop is left of the mug's handle."),
        (MUG, "The laptop's lid is to the left of the mug."),
        (MUG, "The laptop is to the left of the mug in the mirror."),
        (MUG, "The laptop is not to the left of the mug."),
        (MUG, "The laptop should be to the left of the mug."),
        (MUG, "The laptop was to the left of the mug."),
        (MUG, "The laptop is to the left of the mug, or maybe in front of it."),
        (MUG, "The laptop is to the left of the mug and behind it."),
        (MUG, "The laptop is to the left of the mug. No, wait, it is to the right."),
        (MUG, "The laptop is to the left of the mug, from the point of view of the person."),
        (MUG, "Maybe the laptop is to the right of the mug."),
        (MUG, "They claim the laptop stands behind the mug."),
        (MUG, "It can't be that in the image, the laptop is on the left side of the mug."),
        (MUG, "Someone could say the laptop is to the left of the mug."),
        (MUG, "The second laptop is to the left of the mug."),
        (MUG, "The laptop is to the left of the red mug."),
        (MUG, "The phone is to the left of the mug."),
        (MUG, "The laptop is to the left of the phone."),
        (CARS, "The car is to the left of the red car."),
        (CARS, "The blue car is to the left of the car."),
        (BUS, "The tree is no closer than the bus."),
        (BUS, "The tree is closer to the house than the bus."),
        (SHELF, "The clock is left of the shelf."),
        (SHELF, "The clock is below the shelf, and so is the painting."),
        (SHELF, "The painting and the clock are below the shelf."),
        (BENCH, "The bench is between the dog and the cat."),
        (BENCH, "The bench is to the right of the cat and the dog."),
        (BENCH, "It is not true that the bench is left of the cat, and the dog sits left of it."),
        (SOFA, "The sofa is in front of a large window."),
        (SOFA, "The sofa is behind the bookshelf."),
        (LAMP, "The table is not below the lamp."),
        (LAMP, "The table is below the lamp and above it."),
        (LAMP, "The lamp is above the chair."),
        (CLOCK, "The clock is above the doorway."),
        (CLOCK, "The doorway is below the clock."),
        (WOMAN, "The man is not taller than the woman."),
        (GIRL, "The girl is beside the boy and in front of him."),
        (CAPTIONS, "The dog is behind the cat."),
        (HERS, "The plate is left of the cup."),
    ],
)
def test_what_says_something_else_says_nothing(asked, reply):
    assert _read(asked, reply) is None


def _read(asked, reply):
    question, options = asked
    return parse_answer(reply, dict(zip("ABCD", options, strict=False)), question).letter
