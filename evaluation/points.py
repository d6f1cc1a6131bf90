"""Points: the first point that a reply names, and whether it lies in a polygon."""

import json
import re
from collections.abc import Sequence

NUMBER = r"(-?\d{1,7}(?:\.\d{1,12})?)"
POINT = re.compile(rf"[(\[]\s*{NUMBER}\s*,\s*{NUMBER}\s*[)\]]")
Point = tuple[float, float]


def first_point(text: str, width: int | None, height: int | None) -> Point | None:
    """In shares of width and height. Numbers above 1 are pixels of the frame that the model was
    told; None where no point is named, or pixels without a frame."""
    match = POINT.search(text)
    if not match:
        return None
    x, y = float(match[1]), float(match[2])
    if max(x, y) <= 1.0:
        return x, y
    return (x / width, y / height) if width and height else None


def read_polygon(text: str) -> list[Point]:
    """The polygon of an item's answer, a JSON list of [x, y]."""
    return [(float(x), float(y)) for x, y in json.loads(text)]


def is_inside(point: Point, polygon: Sequence[Point]) -> bool:
    """By ray casting (the benchmark's own rule): how often a ray to the right crosses the edges."""
    x, y = point
    crossings = 0
    for (x1, y1), (x2, y2) in zip(polygon, [*polygon[1:], *polygon[:1]], strict=True):
        if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
            crossings += 1
    return crossings % 2 == 1
