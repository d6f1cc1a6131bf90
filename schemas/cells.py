"""The nine cells that a picture is divided into."""

from schemas.box import Box
from schemas.claim import Cell


def cell_boxes(width: int, height: int) -> dict[Cell, Box]:
    """The nine cells of a picture, edges rounded to whole pixels."""
    xs = [round(width * third / 3) for third in range(4)]
    ys = [round(height * third / 3) for third in range(4)]
    return {
        cell: Box(xs[place % 3], ys[place // 3], xs[place % 3 + 1], ys[place // 3 + 1])
        for place, cell in enumerate(Cell)
    }
