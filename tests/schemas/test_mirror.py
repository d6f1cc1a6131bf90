import pytest

from schemas.claim import (
    Cell,
    Dimension,
    Direction,
    ExistenceClaim,
    LocationClaim,
    OrientationClaim,
    RelationClaim,
    SizeClaim,
)
from schemas.mirror import (
    file_of_mirrored,
    is_mirrored,
    mirrored_claim,
    mirrored_file,
    mirrored_id,
    mirrored_places,
    mirrored_text,
)
from schemas.vocabulary.predicates import load_predicates


@pytest.mark.parametrize(
    ("name", "image"),
    [
        ("1.jpg", "1-mirrored.jpg"),
        ("a.b.png", "a.b-mirrored.png"),
        ("cam1/1.jpg", "cam1/1-mirrored.jpg"),
        ("1", "1-mirrored"),
        (".jpg", ".jpg-mirrored"),
    ],
)
def test_the_file_of_a_mirror_image_tells_of_which(name, image):
    assert mirrored_file(name) == image
    assert file_of_mirrored(image) == name
    assert file_of_mirrored(name) is None
    assert is_mirrored(mirrored_id(name)) and not is_mirrored(name)


@pytest.mark.parametrize(
    ("text", "image"),
    [
        ("left shoe", "right shoe"),
        ("on the right", "on the left"),
        ("bright leftover", "bright leftover"),
    ],
)
def test_words_of_sides_change(text, image):
    assert mirrored_text(text) == image


@pytest.mark.parametrize(
    ("claim", "image"),
    [
        (RelationClaim(1, "left of", 2), RelationClaim(1, "right of", 2)),
        (RelationClaim(1, "right of", 2, holds=False), RelationClaim(1, "left of", 2, holds=False)),
        (RelationClaim(1, "above", 2), RelationClaim(1, "above", 2)),
        (LocationClaim(1, Cell.TOP_LEFT), LocationClaim(1, Cell.TOP_RIGHT)),
        (LocationClaim(1, Cell.TOP_CENTER), LocationClaim(1, Cell.TOP_CENTER)),
        (
            OrientationClaim(None, 1, 2, Direction.BELOW_RIGHT),
            OrientationClaim(None, 1, 2, Direction.BELOW_LEFT),
        ),
        (OrientationClaim(1, 1, 2, Direction.LEFT), OrientationClaim(1, 1, 2, Direction.RIGHT)),
        (OrientationClaim(1, 1, 2, Direction.BACK), OrientationClaim(1, 1, 2, Direction.BACK)),
        (
            ExistenceClaim("cat", True, "left of", "dog"),
            ExistenceClaim("cat", True, "right of", "dog"),
        ),
        (ExistenceClaim("cat", True), ExistenceClaim("cat", True)),
    ],
)
def test_claims_are_mirrored_in_what_they_say_of_sides(claim, image):
    assert mirrored_claim(claim) == image
    assert mirrored_claim(image) == claim


def test_predicates_of_sides_say_nothing_else_that_their_inverse_would_turn():
    """The mirror image of such a predicate is its inverse."""
    of_sides = [one for one in load_predicates().values() if "side" in dict(one.axes)]
    assert len(of_sides) >= 4
    assert all(len(one.axes) == 1 and one.inverse for one in of_sides)


@pytest.mark.parametrize(
    ("claims", "places"),
    [
        ([LocationClaim(1, cell) for cell in (Cell.TOP_LEFT, Cell.TOP_RIGHT)], [1, 0]),
        ([LocationClaim(1, cell) for cell in (Cell.TOP_LEFT, Cell.TOP_CENTER)], None),
        ([SizeClaim(Dimension.TALLER, 1, (2,)), SizeClaim(Dimension.TALLER, 2, (1,))], [0, 1]),
    ],
)
def test_options_whose_mirror_image_is_none_have_no_places(claims, places):
    assert mirrored_places(claims) == places
