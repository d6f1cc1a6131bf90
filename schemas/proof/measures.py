"""Measures of boxes, all in the picture plane: sizes, whether two may be one thing, distances,
directions, and the nine cells of an image."""

from collections.abc import Callable, Mapping, Sequence
from itertools import combinations
from math import atan2, degrees

from schemas.box import Box, center_distance, gap, horizontal_gap, iou, vertical_gap
from schemas.claim import Cell, Dimension, Direction
from schemas.config.margins import ProofConfig
from schemas.scene_graph import Facing

MEASURES: Mapping[Dimension, Callable[[Box], int]] = {
    Dimension.LARGER: lambda box: box.area,
    Dimension.TALLER: lambda box: box.height,
    Dimension.WIDER: lambda box: box.width,
}
MAY_BE_ONE_IOU = 0.2
"""Above this IoU two boxes of one class may be one thing that two annotators boxed. Ingest merges
what is surely one thing; a count needs things that are surely several."""
STEPS = {
    # The signs of x and y on the way there; y grows downwards.
    Direction.RIGHT: (1, 0),
    Direction.ABOVE_RIGHT: (1, -1),
    Direction.ABOVE: (0, -1),
    Direction.ABOVE_LEFT: (-1, -1),
    Direction.LEFT: (-1, 0),
    Direction.BELOW_LEFT: (-1, 1),
    Direction.BELOW: (0, 1),
    Direction.BELOW_RIGHT: (1, 1),
}
OWN = (Direction.LEFT, Direction.RIGHT, Direction.AHEAD, Direction.BACK)
"""Directions as seen from something that faces a known way."""
OWN_DIRECTIONS = {
    # By facing, and whether the target is on the right of the image: the direction for the object.
    (Facing.VIEWER, True): Direction.LEFT,
    (Facing.VIEWER, False): Direction.RIGHT,
    (Facing.AWAY, True): Direction.RIGHT,
    (Facing.AWAY, False): Direction.LEFT,
    (Facing.LEFT, True): Direction.BACK,
    (Facing.LEFT, False): Direction.AHEAD,
    (Facing.RIGHT, True): Direction.AHEAD,
    (Facing.RIGHT, False): Direction.BACK,
}
MIN_SHARED_SPAN = 0.3
"""Share of the smaller of two spans that both things cover, on the axis across the direction. A dog
"left of" a house may stand anywhere along its side, but not beyond its roof."""


def may_be_one(boxes: Sequence[Box]) -> bool:
    """Whether some two boxes of one class overlap so much that they may show one thing."""
    return any(iou(one, other) > MAY_BE_ONE_IOU for one, other in combinations(boxes, 2))


def needed_ratio(dimension: Dimension, config: ProofConfig) -> float:
    """Of the measures of two boxes, so that the things in them differ clearly."""
    return config.area_ratio if dimension is Dimension.LARGER else config.size_ratio


def one_dominates(boxes: Sequence[Box]) -> bool:
    """Whether the box of the largest area is at least as wide and as high as every other one: the
    area of a long thin box says little of the thing's own."""
    top = max(boxes, key=lambda box: box.area)
    return all(top.width >= box.width and top.height >= box.height for box in boxes)


class Distances:
    """The distances in one image; those that differ by less than `least` pixels count as equal."""

    def __init__(self, least: float) -> None:
        self.least = least
        self._known: dict[tuple[Box, Box], tuple[float, float]] = {}

    def nearness(self, reference: Box, one: Box, other: Box) -> float:
        """How many times nearer `one` is than `other`, both by edges and by centres; 1 where the
        two measures disagree or a difference is below `least`."""
        ratios = []
        for mine, theirs in zip(
            self._apart(reference, one), self._apart(reference, other), strict=True
        ):
            if abs(theirs - mine) < self.least:
                return 1.0
            ratios.append((theirs + 1.0) / (mine + 1.0))
        if min(ratios) > 1.0:
            return min(ratios)
        return max(ratios) if max(ratios) < 1.0 else 1.0

    def _apart(self, one: Box, other: Box) -> tuple[float, float]:
        """Pixels between the edges of two boxes and between their centres."""
        key = one, other
        if key not in self._known:
            self._known[key] = gap(one, other), center_distance(one, other)
        return self._known[key]


def degrees_off(direction: Direction, reference: Box, target: Box) -> float:
    """The angle between a direction of STEPS and the way from centre to centre, in [0, 180]."""
    right, down = STEPS[direction]
    (ax, ay), (bx, by) = reference.center, target.center
    angle = degrees(atan2(by - ay, bx - ax) - atan2(down, right))
    return abs((angle + 180.0) % 360.0 - 180.0)


def spans_agree(direction: Direction, reference: Box, target: Box) -> bool:
    """Whether the target lies beyond the reference on each axis that the direction names, and
    shares MIN_SHARED_SPAN on the other."""
    right, down = STEPS[direction]
    (ax, ay), (bx, by) = reference.center, target.center
    across, along = horizontal_gap(reference, target), vertical_gap(reference, target)
    if right:
        is_right = across >= 0 and (bx - ax) * right > 0
    else:
        is_right = -across >= MIN_SHARED_SPAN * min(reference.width, target.width)
    if down:
        return is_right and along >= 0 and (by - ay) * down > 0
    return is_right and -along >= MIN_SHARED_SPAN * min(reference.height, target.height)


def cell_boxes(width: int, height: int) -> dict[Cell, Box]:
    """The nine cells of an image, edges rounded to whole pixels."""
    xs = [round(width * third / 3) for third in range(4)]
    ys = [round(height * third / 3) for third in range(4)]
    return {
        cell: Box(xs[place % 3], ys[place // 3], xs[place % 3 + 1], ys[place // 3 + 1])
        for place, cell in enumerate(Cell)
    }
