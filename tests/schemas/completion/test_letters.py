"""The letter that an answer field states."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.completion.letters import stated_letter


@pytest.mark.parametrize(
    ("text", "letter"),
    [
        ("B", "B"),
        (" b ", "B"),
        ("(C)", "C"),
        ("[d]", "D"),
        ("A.", "A"),
        ("B)", "B"),
        ("B) left", "B"),
        ("(B) to the left of it", "B"),
        ("B: left", "B"),
        ("B, left", "B"),
        ("B - left", "B"),
        ("B. A dog", "B"),
        ("A. a dog and a cat", "A"),
        ("A) A cat", "A"),
        ("**B**", "B"),
        ("**B)** left", "B"),
        ("Option B", "B"),
        ("option (c)", "C"),
        ("Option B: left", "B"),
        ("Answer: D", "D"),
        ("Choice A.", "A"),
        ("The answer is B", "B"),
        ("The correct answer is option B", "B"),
        ("Answer: option (C) left", "C"),
        ("the correct option is (B) left", "B"),
        ("Right answer: b. left", "B"),
        ("Answer is B", "B"),
        ("Answer = B", "B"),
        ("The letter B", "B"),
        ("B) B is left", "B"),
        ("B (left)", "B"),
        ("B (a cat and a dog)", "B"),
        ("B\nleft of it", "B"),
        ("B = left", "B"),
        ("B / left", "B"),
        ("B | left", "B"),
        ("Option B is correct.", "B"),
        ("(B) is the right answer", "B"),
        ("B is right", None),  # it may be to the right
        ("B is correct, and C", None),
        ("B is the best dog", None),
        ("B / C", None),
        ("B; left", "B"),
        ("B\uff1aleft", "B"),
        ("\uff08B\uff09left", "B"),
        ("B\uff09left", "B"),
        ("B\uff0eleft", "B"),
        ("B\u3001left", "B"),
        ("\uff22\u3002", "B"),
        ("\u201cB\u201d", "B"),
        ("B!", "B"),
        ("B\u2014left", "B"),
        ("**B**: left", "B"),
        ("**B** (left)", "B"),
        ("<|begin_of_box|>B<|end_of_box|>", "B"),
        ("\\boxed{B}", "B"),
        ("\\(B\\)", "B"),
        ("The answer is $\\boxed{\\text{b}}$.", "B"),
        ("$A$ or $B$", None),
        ("\\boxed{A}\\boxed{B}", None),
        ("\\text{A} dog", None),
        ("", None),
        ("left", None),
        ("A dog", None),
        ("Behind", None),
        ("E", None),
        ("AB", None),
        ("A or B", None),
        ("A, B", None),
        ("A) or B)", None),
        ("B/C", None),
        ("not B", None),
        ("B is wrong", None),
        ("B is right of it", None),
        ("B (not A)", None),
        ("B (wrong)", None),
        ("a (small) dog", None),
        ("**A** dog", None),
        ("B-left", None),
        ("B (left) or C", None),
        ("B\nor C", None),
        ("Option", None),
        ("The answer is A dog", None),
        ("The answer is not B", None),
        ("The answer is B, not A", None),
        ("The answer is B or C", None),
        ("The answer is below", None),
        ("The answer", None),
        ("ambiguous", None),
        ("C: no, it is D", None),
        ("B) A or B", None),
    ],
)
def test_the_letter_that_is_stated(text: str, letter: str | None) -> None:
    assert stated_letter(text) == letter


@given(st.text(alphabet="ABCDabcd()[].:,-* \nor"))
def test_a_stated_letter_is_in_the_text(text: str) -> None:
    letter = stated_letter(text)
    assert letter is None or letter in text.upper()


@given(st.sampled_from("ABCD"), st.sampled_from("ABCD"), st.sampled_from([" ", ", ", ") ", "/"]))
def test_two_letters_state_none(one: str, other: str, between: str) -> None:
    if one != other:
        assert stated_letter(f"{one}{between}{other}") is None
