"""Names that pick out one thing, whatever nobody annotated."""

import pytest

from schemas.config.margins import ProofConfig
from schemas.proof.facts import Facts
from schemas.reference import Order, Reference, Spot
from schemas.vocabulary.attributes import parse_attributes
from schemas.vocabulary.classes import load_vocabulary
from tasks.language.words.references import references_in, text_of
from tests.scenes import OPEN, scene

LARGE, SMALL = (300, 300, 560, 590), (20, 20, 120, 80)
HOLDING = Reference("man", predicate="holding", anchor="frisbee")
CORNERED = Reference("car", spot=Spot.BOTTOM_LEFT_CORNER)
WORDS = {
    "largest car": Reference("car", order=Order.LARGEST),
    "man who appears largest": Reference("man", order=Order.LARGEST),
    "leftmost car": Reference("car", order=Order.LEFTMOST),
    "red car": Reference("car", "red"),
    "largest wooden chair": Reference("chair", "wooden", Order.LARGEST),
    "car at the left edge of the picture": Reference("car", spot=Spot.LEFT_EDGE),
    "red car in the top right corner of the picture": Reference(
        "car", "red", spot=Spot.TOP_RIGHT_CORNER
    ),
    "chair in the center of the picture": Reference("chair", spot=Spot.CENTER),
    "man riding the horse": Reference("man", predicate="riding", anchor="horse"),
}


@pytest.mark.parametrize(("text", "reference"), WORDS.items())
def test_a_reference_is_written_and_read_back(text, reference):
    assert text_of(reference) == text
    assert [entry.reference for entry in references_in(f"Where is the {text}?")] == [reference]


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("Where is the grey car?", Reference("car", "gray")),
        ("Where is the biggest car in the photo?", Reference("car", order=Order.LARGEST)),
        ("Is it the car that looks largest?", Reference("car", order=Order.LARGEST)),
        ("the man who is holding the frisbee", HOLDING),
        ("the car that is in the lower left-hand corner", CORNERED),
        # Whom somebody holds has a name of its own: it describes nobody else.
        ("Is the man holding the car in the bottom left corner of the photo?", CORNERED),
        ("Is the man holding the frisbee?", HOLDING),
    ],
)  # fmt: skip
def test_other_words_mean_the_same(text, reference):
    assert [entry.reference for entry in references_in(text)] == [reference]


@pytest.mark.parametrize(
    ("objects", "said", "expected"),
    [
        # One of a class of which a photograph hardly ever shows two, and one of another class.
        ([("fireplace", SMALL)], [], ["fireplace"]),
        ([("cat", SMALL)], [], []),
        # So large and near that nothing overlooked outdoes it; a rival that is nearly as large.
        ([("book", LARGE), ("book", SMALL)], [], ["largest book"]),
        ([("book", LARGE), ("book", (20, 300, 270, 590))], [], []),
        # Chairs are of one size, and some are overlooked: one must be larger by far.
        ([("chair", (600, 400, 750, 590))], [], []),
        ([("chair", LARGE)], [], ["largest chair"]),
        *(([(name, (600, 400, 750, 590))], [], []) for name in ("donut", "bottle", "armchair")),
        ([("donut", LARGE)], [], ["largest donut"]),
        # Anything may be the largest animal; a box named "sheep" may show a flock.
        ([("animal", LARGE)], [], []),
        ([("computer", LARGE)], [], []),
        ([("sheep", LARGE)], [], []),
        # Large, but in the background.
        ([("house", (300, 20, 560, 310))], [], []),
        # It fills a region; another one reaches into the region.
        ([("book", (0, 0, 130, 130))], [], ["book in the top left corner of the picture"]),
        ([("book", (0, 0, 200, 130)), ("book", (150, 100, 300, 180))], [], []),
        # What somebody has in the hand, nobody else has.
        (
            [("man", (300, 100, 360, 300)), ("toilet brush", (340, 180, 370, 240))],
            [(0, "holding", 1)],
            ["man holding the toilet brush"],
        ),
        # Only the living hold anything, and nobody holds the ground.
        (
            [("tree", (300, 100, 360, 300)), ("toilet brush", (340, 180, 370, 240))],
            [(0, "holding", 1)],
            [],
        ),
        ([("man", (300, 100, 360, 300)), ("sky", (0, 0, 900, 290))], [(0, "holding", 1)], []),
    ],
)
def test_words_are_safe_against_what_nobody_annotated(objects, said, expected):
    references = Facts(scene(objects, said), OPEN).references.of(0)
    assert [text_of(reference) for reference in references] == expected


def test_colours_tell_apart_where_somebody_vouches_for_the_class():
    cars = [
        ("car", SMALL, {"attributes": ("red",)}),
        ("car", (400, 20, 500, 80), {"attributes": ("blue",)}),
        ("car", (700, 20, 800, 80), {"attributes": ("teal",)}),
    ]
    vouched = Facts(scene(cars), ProofConfig(complete_classes=("vehicle",)))
    assert Reference("car", "red") in vouched.references.of(0)
    assert Reference("car", "blue") not in vouched.references.of(1)  # teal may be called blue
    assert Reference("car", "red") not in Facts(scene(cars), OPEN).references.of(0)


def test_every_class_says_whether_more_may_stand_around():
    classes = load_vocabulary().classes
    assert all(isinstance(entry.is_single, bool) for entry in classes.values())
    several = ("book", "chair", "man", "car", "cup", "dog", "cat", "toilet", "bed")
    assert not any(classes[name].is_single for name in several)
    assert all(classes[name].is_single for name in ("fireplace", "lighthouse", "sky", "bathtub"))


def test_an_attribute_of_two_families_is_refused():
    with pytest.raises(ValueError, match="two families"):
        parse_attributes('[a]\nof = "tool"\nvalues.red = {}\n[b]\nof = "tool"\nvalues.red = {}\n')
