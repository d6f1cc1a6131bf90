"""What is left of a question without the names in it."""

import pytest

from tasks.language.skeleton import skeleton


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Where is the dog relative to the couch?", "where is the X relative to the X"),
        ("Is there an elephant in the picture?", "is there a X in the picture"),
        ("How many fire hydrants are there?", "how many Xs are there"),
        ("What is the man who appears largest holding?", "what is the X holding"),
        ("Which is next to the red car at the left edge of the picture?", "which is next to the X"),
        ("In the photo, the ___ is on the bed.", "in the photo the ___ is on the X"),
        ("From the camera's side, is the cup left?", "from the camera's side is the X left"),
        ("", ""),
    ],
)
def test_names_and_descriptions_are_taken_out(text, left):
    assert skeleton(text) == left
