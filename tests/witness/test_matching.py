"""How far boxes are the same."""

import numpy as np
import pytest

from schemas.box import Box
from tasks.witness.matching import overlaps


@pytest.mark.parametrize(
    ("box", "share"),
    [
        ((0, 0, 10, 10), 1.0),
        ((5, 0, 15, 10), 50 / 150),
        ((2, 2, 7, 7), 25 / 100),
        ((10, 0, 20, 10), 0.0),  # side by side
        ((20, 0, 30, 10), 0.0),  # apart to one side
        ((20, 20, 30, 30), 0.0),  # apart in both directions
    ],
)
def test_the_overlap_of_boxes_is_the_shared_part_of_both(box, share):
    found = overlaps(np.array([box, (0, 0, 10, 10)], dtype=np.float64), Box(0, 0, 10, 10))
    assert found == pytest.approx([share, 1.0])
