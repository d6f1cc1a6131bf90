"""VLMEvalKit's parser at its edges: what open-compass/VLMEvalKit at e8e78f05 reads in these,
without a judge. Replies of all styles are in replays/."""

import pytest

from evaluation.vlmevalkit import is_yes, vlmevalkit_letter


@pytest.mark.parametrize(
    ("reply", "letter"),
    [
        ("B one two three", "B"),
        ("B one two three four", None),
        ("A one two three four B", None),
        ("Z left", None),
        ("Z B", "B"),
        ("the answer is **b**, I say so for sure here", "B"),
        ("the answer is D, of course, as one sees", None),
        ("Sorry, I can't help with images of people yet. B", None),
        ("Failed to obtain answer via API B", None),
        ("left", "B"),
        ("left of the red chair", None),
        ("not left", "B"),
        ("left " * 9, None),
    ],
)
def test_a_letter_is_read_as_by_the_original(reply, letter):
    assert vlmevalkit_letter(reply, {"A": "the red chair", "B": "left"}) == letter


@pytest.mark.parametrize(
    ("reply", "found"),
    [
        ("Yes", True),
        ("no.", False),
        ("yes-no", None),
        ("yes/yes", True),
        ("1,000 yes/yes", None),
        ("yes" + 31 * ".", True),
        ("yes" + 33 * ".", None),
    ],
)
def test_yes_and_no_are_read_as_by_the_original(reply, found):
    assert is_yes(reply) is found
