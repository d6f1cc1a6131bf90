"""The outline of a thing as a grid of cells; it depends only on name, facing and pose."""

from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from tasks.render.palette import COLORS
from tasks.render.sketches import sketch_of

MASK_SIDE = 40
"""Cells of a grid per side."""


class Silhouette(NamedTuple):
    """Extent of a sketch in metres, and which cells of a grid over that extent it fills.

    `mask` has MASK_SIDE x MASK_SIDE cells, the first row at the top; `padded` is the same inside a
    border of empty cells.
    """

    left: float
    bottom: float
    right: float
    top: float
    mask: NDArray[np.bool_]
    padded: NDArray[np.bool_]
    num_cells: int


@cache
def silhouette(name: str, facing: str, pose: str) -> Silhouette:
    sketch = sketch_of(name, facing, pose, COLORS["gray"], 0)
    xs = [x for patch in sketch for x, _ in patch.points]
    ys = [y for patch in sketch for _, y in patch.points]
    left, right, bottom, top = min(xs), max(xs), min(ys), max(ys)
    side = MASK_SIDE * 6
    image = Image.new("L", (side, side))
    canvas = ImageDraw.Draw(image)
    for patch in sketch:
        points = [
            ((x - left) / (right - left) * side, (top - y) / (top - bottom) * side)
            for x, y in patch.points
        ]
        canvas.polygon(points, fill=255)
    cells = np.asarray(image.resize((MASK_SIDE, MASK_SIDE), Image.Resampling.BOX))
    mask = cells > 64
    return Silhouette(left, bottom, right, top, mask, np.pad(mask, 1), int(mask.sum()))
