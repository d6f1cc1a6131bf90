"""What `verify` drops as unfit, the writer's check of a reply refuses before."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from schemas.claim import Cell, LocationClaim, encode_claim
from tasks.language.texts import MAX_OPTION, MAX_QUESTION, has_letter, has_markup, is_empty
from tasks.verify.checks import find_problem
from tasks.write.texts import form_problems, without_letters
from tests.scenes import facts

CAT = facts([("cat", (20, 20, 120, 120))])
CLAIMS = [LocationClaim(0, Cell.TOP_LEFT), LocationClaim(0, Cell.MIDDLE_CENTER)]
PIECES = st.one_of(
    st.sampled_from("aBc()[].:-\u2013?! <>/&#;\n\u200b\u202e"),
    st.sampled_from(["the", "cat", "left", "38", "x" * (MAX_OPTION + 1), "y" * (MAX_QUESTION + 1)]),
)
TEXTS = st.lists(PIECES, max_size=8).map("".join)


@pytest.mark.parametrize(
    ("text", "empty", "markup", "letter"),
    [
        ("upper left", False, False, False),
        ("a dog", False, False, False),
        ("The dog.", False, False, False),
        ("", True, False, False),
        ("the", True, False, False),
        ("?!", True, False, False),
        ("<b>left", False, True, False),
        ("left &#38; up", False, True, False),
        ("left\u200b", False, True, False),
        ("nearer < farther", False, False, False),
        ("B", False, False, True),
        ("a) left", False, False, True),
        ("(A. left", False, False, True),
        ("B - left", False, False, True),
        ("left (B) or right", False, False, True),
    ],
)
def test_text(text, empty, markup, letter):
    assert (is_empty(text), has_markup(text), has_letter(text)) == (empty, markup, letter)


@given(TEXTS, st.lists(TEXTS, min_size=2, max_size=2))
@example("Where is the cat?", ["the", "left"])
@example("Where is the cat?", ["b) left", "right"])
@example("Where is the cat?", ["left &#38; up", "right"])
@example("Where is the cat: (A) left or (B) right?", ["left", "right"])
@example("x" * MAX_QUESTION + "?", ["left", "right"])
@example("Where is the cat?", ["x" * (MAX_OPTION + 1), "right"])
def test_what_verify_finds_unfit_the_writer_is_told(asked, said):
    options = without_letters(said)
    row = {
        "question": asked.strip(),
        "options": options,
        "option_claims": [encode_claim(claim) for claim in CLAIMS],
        "claim": encode_claim(CLAIMS[0]),
        "answer": 0,
        "category": "instance_location",
        "asks": "cell",
    }
    problem = find_problem(row, CAT)
    if problem and problem[0] == "text-unfit":
        assert list(form_problems(asked, options))
