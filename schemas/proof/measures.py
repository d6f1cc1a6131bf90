"""Sizes of things, measured on their boxes."""

from collections.abc import Callable, Mapping, Sequence

from schemas.box import Box
from schemas.claim import Dimension

MEASURES: Mapping[Dimension, Callable[[Box], int]] = {
    Dimension.LARGER: lambda box: box.area,
    Dimension.TALLER: lambda box: box.height,
    Dimension.WIDER: lambda box: box.width,
}


def one_dominates(boxes: Sequence[Box]) -> bool:
    """Whether the box of the largest area is at least as wide and as high as every other one: the
    area of a long thin box says little of the thing's own."""
    top = max(boxes, key=lambda box: box.area)
    return all(top.width >= box.width and top.height >= box.height for box in boxes)
