"""What boxes say of things: their sizes, and whether two of them may be one."""

from collections.abc import Callable, Mapping, Sequence
from itertools import combinations

from schemas.box import Box, iou
from schemas.claim import Dimension

MEASURES: Mapping[Dimension, Callable[[Box], int]] = {
    Dimension.LARGER: lambda box: box.area,
    Dimension.TALLER: lambda box: box.height,
    Dimension.WIDER: lambda box: box.width,
}

MAY_BE_ONE_IOU = 0.2
"""Above this IoU two boxes of one class may be one thing, boxed twice by two annotators. Ingest
merges what is surely one; a count needs things that are surely several."""


def may_be_one(boxes: Sequence[Box]) -> bool:
    """Whether some two boxes of one class overlap so much that they may show one thing."""
    return any(iou(one, other) > MAY_BE_ONE_IOU for one, other in combinations(boxes, 2))


def one_dominates(boxes: Sequence[Box]) -> bool:
    """Whether the box of the largest area is at least as wide and as high as every other one: the
    area of a long thin box says little of the thing's own."""
    top = max(boxes, key=lambda box: box.area)
    return all(top.width >= box.width and top.height >= box.height for box in boxes)
