"""What parsers of other people read of a reply is worth what it is worth there."""

import pytest

from evaluation.readings import Reading, by_letter


@pytest.mark.parametrize(
    ("letter", "credit"), [("A", 1.0), ("B", 0.0), (None, 0.0), ("", 0.0), ("a", 0.0)]
)
def test_only_the_right_letter_is_right(letter, credit):
    read = by_letter(lambda reply: letter)
    assert read("any reply", {"answer": "A"}) == Reading(letter, credit)
