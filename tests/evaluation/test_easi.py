"""EASI's and lmms-eval's parsers: what the originals read in these replies, faults included.

The expected values are those of open-compass/VLMEvalKit at e8e78f05 and of lmms-eval at 75571cfe
(tasks/embspatial), run on these replies. EASI's was also compared on 300,000 random texts of such
parts, without a difference.
"""

# ruff: noqa: RUF001  (marks of full width are what the original looks for)

import pytest

from evaluation.easi import easi, easi_letter, easi_number
from evaluation.lmms_eval import lmms_eval_letter


@pytest.mark.parametrize(
    ("reply", "letter", "number", "first"),
    [
        ('B', 'B', None, 'B'),
        ('(b)', 'B', None, 'B'),
        ('B.', 'B', None, 'B'),
        ('<answer> (B) behind </answer>', 'B', None, None),
        ('<answer> behind </answer>', 'B', None, None),
        ('<answer>(C)</answer>', 'C', None, None),
        ('<think>D. is far. So B.</think>\n<answer> (B) behind </answer>', 'B', None, None),
        ('<answer> (B) Behind a Desk C </answer>', 'C', None, None),
        ('The answer is B.', 'B', None, 'T'),
        ('Final answer: **C**', 'C', None, 'F'),
        ('**D**', 'D', None, None),
        ('A. left\nB. right', 'B', None, 'A'),
        ('Option A: left\nOption B: right', None, None, 'O'),
        ('I think it is to the left.', None, None, 'I'),
        ('A or B', None, None, 'A'),
        ('<think>E</think>', 'E', None, None),
        ('The sofa. A', 'A', None, 'T'),
        ('最终答案：C', 'C', None, None),
        ('', None, None, None),
        ('2.5', None, 2.5, None),
        ('<answer>2.5 m</answer>', None, 2.5, None),
        ('<think>3</think> about two', None, 2.0, None),
        ('[2, 3]', None, 2.0, None),
        ('[x]', None, None, None),
        ('1e2', None, 100.0, None),
        ('-0.5 m', None, -0.5, None),
        ('between 2 and 3', None, 3.0, 'B'),
        ('twenty-one', None, -1.0, 'T'),
    ],
)  # fmt: skip
def test_a_reply_is_read_as_by_the_original(reply, letter, number, first):
    assert easi_letter(reply) == letter
    assert easi_number(reply) == number
    assert lmms_eval_letter(reply) == first


def test_a_reading_is_worth_what_it_is_near():
    choice = {"kind": "choice", "answer": "B"}
    number = {"kind": "number", "answer": "2"}
    assert easi("<answer> behind </answer>", choice) == ("B", 1.0)
    assert easi("C", choice) == ("C", 0.0)
    assert easi("about 2.2", number) == ("2.2", pytest.approx(0.9))
    assert easi("hm", number) == (None, 0.0)
