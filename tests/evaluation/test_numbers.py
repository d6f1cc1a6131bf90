"""Numbers: what is read as one, and what it is worth, exact at the edges.

What numbers are worth is what mean_relative_accuracy of fudan-zvg/spar at 16798858
(sparbench/utils.py) returned for them.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.numbers import mean_relative_accuracy, number_said


@pytest.mark.parametrize(
    ("said", "true", "worth"),
    [
        (1.0, 1.0, 1.0),
        (1.05, 1.0, 1.0),
        (0.95, 1.0, 1.0),
        (1.051, 1.0, 0.9),
        (1.1, 1.0, 0.9),
        (1.15, 1.0, 0.8),
        (1.2, 1.0, 0.7),
        (0.9, 1.0, 0.9),
        (1.5, 1.0, 0.1),
        (0.5, 1.0, 0.1),
        (1.51, 1.0, 0.0),
        (2.1, 2.0, 1.0),
        (4.2, 4.0, 1.0),
        (0.0, 0.0, 1.0),
        (0.05, 0.0, 1.0),
        (0.3, 0.0, 0.5),
        (-2.0, -2.0, 1.0),
        (2.0, -2.0, 0.0),
        (1e300, 1e-300, 0.0),
    ],
)
def test_relative_accuracy_is_that_of_the_published_code_at_its_edges(said, true, worth):
    assert mean_relative_accuracy(said, true) == pytest.approx(worth, abs=1e-12)


AMOUNTS = st.floats(0.01, 100.0)


@given(AMOUNTS, AMOUNTS, st.floats(1.0, 3.0))
def test_farther_off_is_worth_no_more(said, true, factor):
    farther = true + (said - true) * factor
    assert mean_relative_accuracy(farther, true) <= mean_relative_accuracy(said, true)


@pytest.mark.parametrize(
    ("reply", "number"),
    [
        ("2.5", 2.5),
        ("<think>It is 3 or 4.</think><answer>2.5 m</answer>", 2.5),
        ("<answer> .5 meters </answer>", 0.5),
        ("<answer>-1.5</answer>", -1.5),
        ("<answer>\u22121.5</answer>", -1.5),
        ("<answer>1,200 cm</answer>", 1200.0),
        ("<answer>two chairs</answer>", 2.0),
        ("I see 3 chairs.\nThe answer is 4.", 4.0),
        ("\\boxed{7}", 7.0),
        ("<answer>2-3</answer>", None),
        ("<answer>between 2 and 3</answer>", None),
        ("<answer>2.5 m (8 feet)</answer>", None),
        ("<answer>far away</answer>", None),
        ("<answer>1e1</answer>", None),
        ("<answer>10^2</answer>", None),
        ("<answer>x2.0y</answer>", None),
        ("<answer>chair 2</answer>", 2.0),
        ("There are two dozen cups.", 24.0),
        ("1.5 thousand", 1500.0),
        ("five hundred thousand", None),
        ("a hundred and one", None),
        ("two and a half", None),
        ("three pairs of shoes", None),
        ("In image 2 there are 5 cups.", 5.0),
        ("question 2: 7", 7.0),
        ("I cannot determine this from image 1.", None),
        ("It is impossible to tell from 2 views.", None),
        ("I can't tell exactly; about 5", 5.0),
        ("Not sure, but 3", 3.0),
        ("thirty-two", 32.0),
        ("There are twenty one of them.", 21.0),
        ("ninety", 90.0),
        ("forty metres", 40.0),
        ("two thirds", None),
        ("three quarters of a metre", None),
        ("minus two", None),
        ("three-fold", None),
        ("more than 3", None),
        ("No fewer than five chairs", None),
        (">3", None),
        ("at least 3", None),
        ("At most five chairs.", None),
        ("3+", None),
        ("10+ cups", None),
        ("3 + 4", None),
        ("over 100", None),
        ("It is well under two metres.", None),
        ("up to about 4 m", None),
        ("a minimum of 3 chairs", None),
        ("3 or more", None),
        ("three chairs or more", None),
        ("5 m and above", None),
        ("5 max", None),
        ("3 or more chairs", None),
        ("four at least", None),
        ("3m+", None),
        ("not 5", None),
        ("It is not exactly five.", None),
        ("not 5 but 6", 6.0),
        ("5 min", 5.0),
        ("I see 3 lamps over the table.", 3.0),
        ("Over there I see 3 chairs.", 3.0),
        ("The lamp above the table is 2 m wide.", 2.0),
        ("3 or so", 3.0),
        ("at last, 3", 3.0),
        ("More than 3; I count 4.", 4.0),
        ("3 m, which is more than the other", 3.0),
        ("the 3rd", None),
        ("The room has 20 m\u00b2.", 20.0),
        ("20 m^2", 20.0),
        ("20 sq. m", 20.0),
        ("m2", None),
        ("2 dogs on the left and 2 on the right, for a total of 4", 4.0),
        ("2 + 3 = 5", 5.0),
        ("There might be 5, but one is a stool, so 4.", 4.0),
        ("Between 3 and 4 meters, say 3.5.", 3.5),
        ("It is 5 by 4 meters, so 20 square meters.", 20.0),
        ("So 4 are left, 3 right.", None),
        ("a total of 4 chairs and 2 tables", None),
        ("so 2 or 3", None),
        ("On the 2nd floor there are 5 chairs.", 5.0),
        ("", None),
    ],
)
def test_one_number_is_read_and_no_number_is_guessed(reply, number):
    assert number_said(reply) == number
