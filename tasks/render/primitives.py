"""Shapes that sketches are made of: coloured polygons in metres, x to the right and y up."""

import math
from itertools import pairwise
from typing import NamedTuple

from tasks.render.palette import Color

Point = tuple[float, float]


class Patch(NamedTuple):
    """One filled polygon, in metres."""

    color: Color
    points: tuple[Point, ...]


Sketch = list[Patch]


def poly(color: Color, *points: Point) -> Sketch:
    return [Patch(color, points)]


def block(color: Color, left: float, bottom: float, right: float, top: float) -> Sketch:
    return poly(color, (left, bottom), (right, bottom), (right, top), (left, top))


def slab(color: Color, left: float, bottom: float, right: float, top: float, r: float) -> Sketch:
    """A block with corners of radius r."""
    corners = ((right - r, top - r), (left + r, top - r), (left + r, bottom + r),
               (right - r, bottom + r))  # fmt: skip
    arcs = ((x, y, (k + i / 4) * math.pi / 2) for k, (x, y) in enumerate(corners) for i in range(5))
    return poly(color, *((x + r * math.cos(turn), y + r * math.sin(turn)) for x, y, turn in arcs))


def oval(
    color: Color, x: float, y: float, rx: float, ry: float, start: float = 0.0, stop: float = 1.0
) -> Sketch:
    """An ellipse, or the part of it between two turns (0 is right, 0.25 is up), cut straight."""
    steps = 28
    turns = (2 * math.pi * (start + (stop - start) * i / steps) for i in range(steps + 1))
    return poly(color, *((x + rx * math.cos(turn), y + ry * math.sin(turn)) for turn in turns))


def ring(color: Color, x: float, y: float, radius: float, width: float) -> Sketch:
    outer = oval(color, x, y, radius, radius)[0].points
    inner = oval(color, x, y, radius - width, radius - width)[0].points
    return poly(color, *outer, *reversed(inner))


def limb(color: Color, width: float, *points: Point) -> Sketch:
    """A bent tube of the given width with round ends."""
    sketch: Sketch = []
    for (x0, y0), (x1, y1) in pairwise(points):
        angle = math.atan2(y1 - y0, x1 - x0)
        turns = [angle + math.pi * (0.5 + i / 6) for i in range(7)]
        ends = [(x0, y0, turn) for turn in turns] + [(x1, y1, turn + math.pi) for turn in turns]
        half = width / 2
        sketch += poly(
            color, *((x + half * math.cos(t), y + half * math.sin(t)) for x, y, t in ends)
        )
    return sketch


def moved(sketch: Sketch, dx: float, dy: float) -> Sketch:
    return [Patch(color, tuple((x + dx, y + dy) for x, y in points)) for color, points in sketch]


def scaled(sketch: Sketch, factor: float) -> Sketch:
    return [
        Patch(color, tuple((x * factor, y * factor) for x, y in points)) for color, points in sketch
    ]


def mirrored(sketch: Sketch) -> Sketch:
    return [Patch(color, tuple((-x, y) for x, y in points)) for color, points in sketch]
