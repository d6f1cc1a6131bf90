"""Boxes: xyxy, origin at the top left.

`Box` is in whole pixels of a file. Functions of `Corners` work in any unit: pixels of a file or of
a frame, or shares of an image.
"""

from math import hypot
from typing import NamedTuple

Corners = tuple[float, float, float, float]
"""x1, y1, x2 and y2, with x1 < x2 and y1 < y2."""


class Box(NamedTuple):
    x1: int
    y1: int
    x2: int
    y2: int

    @property
    def width(self) -> int:
        return self.x2 - self.x1

    @property
    def height(self) -> int:
        return self.y2 - self.y1

    @property
    def area(self) -> int:
        return self.width * self.height

    @property
    def center(self) -> tuple[float, float]:
        return (self.x1 + self.x2) / 2, (self.y1 + self.y2) / 2


def area_of(box: Corners) -> float:
    """In square units of the corners."""
    return (box[2] - box[0]) * (box[3] - box[1])


def overlap(a: Corners, b: Corners) -> bool:
    """Whether the boxes share more than an edge."""
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def intersection_area(a: Corners, b: Corners) -> float:
    """The area that both boxes cover, in square units of the corners; a whole number for whole
    pixels."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    return width * height if width > 0 and height > 0 else 0


def iou(a: Corners, b: Corners) -> float:
    """Intersection over union, in [0, 1]; 0 for two empty boxes."""
    shared = intersection_area(a, b)
    return shared / (area_of(a) + area_of(b) - shared) if shared else 0.0


def inside_share(a: Corners, b: Corners) -> float:
    """Share of `a` that lies in `b`, in [0, 1]; 0 for an empty `a`."""
    shared = intersection_area(a, b)
    return shared / area_of(a) if shared else 0.0


def nested_share(a: Corners, b: Corners) -> float:
    """Share of the smaller box that the other one covers, in [0, 1]; 0 for an empty one."""
    shared = intersection_area(a, b)
    return shared / min(area_of(a), area_of(b)) if shared else 0.0


def horizontal_gap(a: Box, b: Box) -> int:
    """Pixels between the boxes' nearest vertical edges; negative where they overlap in x."""
    return max(a.x1, b.x1) - min(a.x2, b.x2)


def vertical_gap(a: Box, b: Box) -> int:
    """Pixels between the boxes' nearest horizontal edges; negative where they overlap in y."""
    return max(a.y1, b.y1) - min(a.y2, b.y2)


def gap(a: Box, b: Box) -> float:
    """Shortest distance between the two boxes in pixels; 0 where they touch or overlap."""
    return hypot(max(horizontal_gap(a, b), 0), max(vertical_gap(a, b), 0))


def center_distance(a: Box, b: Box) -> float:
    """Distance between the boxes' centres in pixels."""
    (ax, ay), (bx, by) = a.center, b.center
    return hypot(ax - bx, ay - by)
