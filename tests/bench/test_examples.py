"""The page of worked examples says and shows what the code makes now."""

import numpy as np
import pytest
from PIL import Image

from bench.examples import filled, pair_picture, references_picture
from tests.commands import REPOSITORY

DOCS = REPOSITORY / "docs"
MAX_OFF = 4.0
"""Of 255, on the average: the pictures of the page have few colours."""


def test_the_page_says_what_the_pipeline_says():
    page = (DOCS / "questions.md").read_text(encoding="utf-8")
    assert filled(page) == page, "run: python -m bench.examples docs"
    assert filled(page.replace("| C |", "| D |")) == page


@pytest.mark.parametrize(
    ("name", "draw"), [("references", references_picture), ("pair", pair_picture)]
)
def test_a_picture_shows_what_is_drawn(name, draw):
    shown = np.asarray(Image.open(DOCS / f"{name}.png").convert("RGB"), dtype=float)
    drawn = np.asarray(draw(), dtype=float)
    assert shown.shape == drawn.shape
    assert np.abs(shown - drawn).mean() < MAX_OFF, "run: python -m bench.examples docs"
    assert np.abs(shown - drawn[:, ::-1]).mean() > MAX_OFF
