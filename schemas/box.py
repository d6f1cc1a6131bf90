"""Boxes: xyxy, absolute pixels, origin at the top left."""

from math import hypot
from typing import NamedTuple


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


def intersection_area(a: Box, b: Box) -> int:
    """Pixels that both boxes cover."""
    width = min(a.x2, b.x2) - max(a.x1, b.x1)
    height = min(a.y2, b.y2) - max(a.y1, b.y1)
    return width * height if width > 0 and height > 0 else 0


def iou(a: Box, b: Box) -> float:
    """Intersection over union, in [0, 1]; 0 for two empty boxes."""
    shared = intersection_area(a, b)
    return shared / (a.area + b.area - shared) if shared else 0.0


def inside_share(a: Box, b: Box) -> float:
    """Share of `a` that lies in `b`, in [0, 1]; 0 for an empty `a`."""
    shared = intersection_area(a, b)
    return shared / a.area if shared else 0.0


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
