"""Drawing: a flat sketch, in metres, of every thing the renderer knows.

A sketch is a list of coloured polygons around the middle of the thing's base, x to the right and
y up. Sketches face right; the mirrored one faces left. Only the colours depend on `color` and
`variant`, so the outline of (name, facing, pose) is known without drawing a picture.
"""

import math
import random
from collections.abc import Callable
from functools import cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

Color = tuple[int, int, int]
Point = tuple[float, float]

COLORS: dict[str, Color] = {
    "red": (203, 48, 42),
    "blue": (48, 98, 196),
    "green": (52, 142, 66),
    "yellow": (242, 204, 58),
    "orange": (232, 130, 44),
    "purple": (128, 74, 164),
    "pink": (236, 146, 176),
    "white": (240, 240, 236),
    "black": (68, 68, 76),
    "gray": (146, 148, 152),
    "brown": (132, 86, 50),
}
DARK, GLASS, STEEL, WOOD = (44, 42, 44), (176, 212, 230), (120, 124, 130), (150, 102, 60)
GOLD, TAIL_LIGHT, CREAM = (252, 226, 110), (214, 40, 40), (246, 240, 222)
SKINS: tuple[Color, ...] = ((242, 202, 168), (204, 146, 104), (128, 84, 58))
HAIRS: tuple[Color, ...] = ((84, 54, 34), (206, 158, 76), (36, 32, 34))
TROUSERS: tuple[Color, ...] = ((56, 72, 118), (96, 88, 80), (66, 66, 72))
MASK_SIDE = 40
HAND = (0.25, 0.62)
"""Where a person of height 1 with the pose "holding" has the outstretched hand."""
SEATED_RISE = 0.21
"""How much lower than standing a seated person of height 1 is."""


class Patch(NamedTuple):
    """One filled polygon, in metres."""

    color: Color
    points: tuple[Point, ...]


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


Sketch = list[Patch]


def shade(color: Color, factor: float) -> Color:
    """Darker below 1, lighter above."""
    red, green, blue = (min(255, round(channel * factor)) for channel in color)
    return red, green, blue


def poly(color: Color, *points: Point) -> Sketch:
    return [Patch(color, points)]


def block(color: Color, left: float, bottom: float, right: float, top: float) -> Sketch:
    return poly(color, (left, bottom), (right, bottom), (right, top), (left, top))


def slab(color: Color, left: float, bottom: float, right: float, top: float, r: float) -> Sketch:
    """A block with corners of radius r."""
    corners = (
        (right - r, top - r),
        (left + r, top - r),
        (left + r, bottom + r),
        (right - r, bottom + r),
    )
    return poly(
        color,
        *(
            (
                x + r * math.cos((k + i / 4) * math.pi / 2),
                y + r * math.sin((k + i / 4) * math.pi / 2),
            )
            for k, (x, y) in enumerate(corners)
            for i in range(5)
        ),
    )


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


class Person(NamedTuple):
    """Proportions of a figure of height 1 and the colours it wears."""

    name: str
    shirt: Color
    skin: Color
    hair: Color
    legs: Color
    head: float
    hip: float

    @property
    def neck(self) -> float:
        return 1 - 2.1 * self.head

    @property
    def in_dress(self) -> bool:
        return self.name in ("woman", "girl")


def front_legs(who: Person, seated: bool) -> Sketch:
    child, rise = who.name == "boy", SEATED_RISE if seated else 0.0
    top = who.hip - rise
    knee = top - 0.02 if seated else (who.hip + 0.03) / 2
    bare = who.in_dress or child
    sketch: Sketch = []
    for side in (-1, 1):
        x = side * 0.062
        sketch += limb(
            who.skin if bare else who.legs, 0.062 if bare else 0.09, (x, knee), (x, 0.05)
        )
        sketch += limb(DARK, 0.05, (x, 0.025), (x + side * 0.025, 0.025))
        if not who.in_dress:
            sketch += limb(shade(who.legs, 1.15 if seated else 1), 0.1, (x, top), (x, knee))
    if who.in_dress:
        hem = 0.16 if seated else 0.26
        sketch += poly(
            shade(who.shirt, 0.88),
            (-0.08, top + 0.12),
            (-0.17, hem),
            (0.17, hem),
            (0.08, top + 0.12),
        )
    return sketch


def side_legs(who: Person, pose: str) -> Sketch:
    bare = who.in_dress or who.name == "boy"
    tube, width = (who.skin, 0.06) if bare else (who.legs, 0.09)
    if pose == "riding":
        knee, foot = (0.15, -0.1), (0.1, -0.27)
        shin = limb(tube, width, knee, foot) + limb(DARK, 0.05, foot, (0.16, -0.28))
        return shin + limb(who.shirt if who.in_dress else who.legs, 0.1, (0.0, 0.0), knee)
    sketch: Sketch = []
    for foot_x, tone in ((-0.11, 0.8), (0.08, 1.0)):
        knee = (foot_x * 0.6 + 0.02, who.hip / 2)
        sketch += limb(shade(tube, tone), width, knee, (foot_x, 0.05))
        sketch += limb(DARK, 0.05, (foot_x - 0.01, 0.025), (foot_x + 0.055, 0.025))
        upper = who.skin if who.in_dress else who.legs
        sketch += limb(shade(upper, tone), 0.095 if not who.in_dress else 0.06, (0, who.hip), knee)
    if who.in_dress:
        waist = who.hip + 0.12
        sketch += poly(
            shade(who.shirt, 0.88), (-0.06, waist), (-0.15, 0.26), (0.14, 0.26), (0.06, waist)
        )
    return sketch


def long_hair(who: Person) -> Sketch:
    r, y = who.head, 1 - who.head
    return slab(who.hair, -1.05 * r, y - 1.7 * r, 1.05 * r, y + 1.05 * r, 0.8 * r)


def front_head(who: Person, away: bool) -> Sketch:
    r, y = who.head, 1 - who.head
    w = 0.8 * r
    sketch: Sketch = []
    if who.name == "girl":
        for side in (-1, 1):
            sketch += oval(who.hair, side * 1.5 * w, y - 0.35 * r, 0.5 * w, 0.75 * r)
            sketch += oval(TAIL_LIGHT, side * 1.2 * w, y + 0.2 * r, 0.2 * w, 0.2 * w)
    sketch += oval(who.skin, 0, y, w, r)
    if away:
        sketch += oval(who.hair, 0, y + 0.02 * r, 1.05 * w, 0.98 * r)
        if who.name == "woman":
            sketch += slab(who.hair, -1.2 * w, y - 1.9 * r, 1.2 * w, y + 0.5 * r, 0.5 * r)
    else:
        sketch += oval(who.hair, 0, y + 0.25 * r, 1.06 * w, 0.78 * r, 0.02, 0.48)
        for side in (-1, 1):
            sketch += oval(DARK, side * 0.38 * w, y - 0.02 * r, 0.14 * w, 0.14 * r)
        sketch += oval((176, 70, 66), 0, y - 0.38 * r, 0.36 * w, 0.24 * r, 0.5, 1.0)
    if who.name == "man" and not away:
        sketch += oval(who.hair, 0, y - 0.42 * r, 0.86 * w, 0.56 * r, 0.5, 1.0)
        sketch += oval((226, 150, 140), 0, y - 0.5 * r, 0.3 * w, 0.12 * r)
    if who.name == "boy":
        cap = shade(who.shirt, 0.75)
        sketch += oval(cap, 0, y + 0.25 * r, 1.1 * w, 0.8 * r, 0.0, 0.5)
        if not away:
            sketch += limb(
                shade(cap, 0.7), 0.2 * r, (-0.9 * w, y + 0.3 * r), (0.9 * w, y + 0.3 * r)
            )
    return sketch


def side_head(who: Person) -> Sketch:
    r, y = who.head, 1 - who.head
    w = 0.9 * r
    sketch: Sketch = []
    if who.name == "woman":
        sketch += slab(who.hair, -1.25 * w, y - 1.9 * r, 0.1 * w, y + 0.7 * r, 0.5 * r)
    if who.name == "girl":
        sketch += oval(who.hair, -1.35 * w, y - 0.4 * r, 0.45 * w, 0.85 * r)
        sketch += oval(TAIL_LIGHT, -1.05 * w, y + 0.25 * r, 0.22 * w, 0.22 * w)
    sketch += oval(who.skin, 0, y, w, r)
    sketch += poly(
        who.skin, (0.85 * w, y + 0.25 * r), (1.3 * w, y - 0.15 * r), (0.85 * w, y - 0.3 * r)
    )
    sketch += oval(who.hair, -0.1 * w, y + 0.1 * r, 1.02 * w, 0.95 * r, 0.1, 0.66)
    sketch += oval(DARK, 0.55 * w, y + 0.08 * r, 0.13 * w, 0.15 * r)
    sketch += limb((176, 70, 66), 0.1 * r, (0.5 * w, y - 0.5 * r), (0.82 * w, y - 0.48 * r))
    if who.name == "man":
        sketch += oval(who.hair, 0.35 * w, y - 0.5 * r, 0.6 * w, 0.5 * r, 0.5, 1.0)
    if who.name == "boy":
        cap = shade(who.shirt, 0.75)
        sketch += oval(cap, 0, y + 0.25 * r, 1.08 * w, 0.8 * r, 0.0, 0.5)
        sketch += limb(shade(cap, 0.7), 0.2 * r, (0.5 * w, y + 0.32 * r), (1.7 * w, y + 0.28 * r))
    return sketch


def arm(who: Person, shoulder: Point, elbow: Point, hand: Point) -> Sketch:
    return (
        limb(who.skin, 0.05, elbow, hand)
        + oval(who.skin, *hand, 0.032, 0.032)
        + limb(shade(who.shirt, 0.82), 0.064, shoulder, elbow)
    )


def front_upper(who: Person, pose: str, away: bool) -> Sketch:
    neck, hip = who.neck, who.hip
    wide, low = (0.105, 0.09) if who.in_dress else (0.13, 0.11)
    sketch = long_hair(who) if who.name == "woman" else []
    sketch += limb(who.skin, 0.055, (0, neck - 0.02), (0, neck + 0.04))
    sketch += poly(
        who.shirt,
        (-wide, neck - 0.03),
        (-0.05, neck),
        (0.05, neck),
        (wide, neck - 0.03),
        (low, hip),
        (-low, hip),
    )
    drop, reach = neck - 0.2, wide + 0.05
    sketch += arm(who, (-wide, neck - 0.045), (-reach, drop), (-reach, hip - 0.01))
    if pose == "holding":
        sketch += arm(who, (wide, neck - 0.045), (reach + 0.02, drop), HAND)
    else:
        sketch += arm(who, (wide, neck - 0.045), (reach, drop), (reach, hip - 0.01))
    return sketch + front_head(who, away)


def side_upper(who: Person, pose: str) -> Sketch:
    neck, hip = who.neck, who.hip
    sketch = limb(who.skin, 0.055, (0, neck - 0.02), (0, neck + 0.04))
    sketch += poly(
        who.shirt,
        (-0.075, neck - 0.04),
        (-0.03, neck),
        (0.04, neck),
        (0.08, neck - 0.06),
        (0.075, hip - 0.01),
        (-0.075, hip - 0.01),
    )
    shoulder = (0.0, neck - 0.06)
    if pose == "holding":
        sketch += arm(who, shoulder, (0.1, neck - 0.19), HAND)
    elif pose == "riding":
        sketch += arm(who, shoulder, (0.1, neck - 0.2), (0.25, neck - 0.24))
    else:
        sketch += arm(who, shoulder, (-0.03, neck - 0.2), (0.05, hip))
    return sketch + side_head(who)


def person(name: str, facing: str, pose: str, color: Color, variant: int) -> Sketch:
    child = name in ("boy", "girl")
    who = Person(
        name, color, SKINS[variant % 3], HAIRS[variant // 3 % 3], TROUSERS[variant % 3],
        head=0.105 if child else 0.08, hip=0.42 if child else 0.47,
    )  # fmt: skip
    if facing in ("left", "right"):
        upper, drop = side_upper(who, pose), who.hip if pose == "riding" else 0.0
        sketch = side_legs(who, pose) + moved(upper, 0, -drop)
    else:
        upper, drop = front_upper(who, pose, facing == "away"), SEATED_RISE * (pose == "sitting")
        sketch = front_legs(who, pose == "sitting") + moved(upper, 0, -drop)
    return scaled(sketch, PERSON_HEIGHTS[name])


PERSON_HEIGHTS = {"man": 1.8, "woman": 1.68, "boy": 1.2, "girl": 1.14}


def paws(color: Color, width: float, top: float, xs: tuple[float, ...]) -> Sketch:
    """Legs: every second one lies on the far side and is darker."""
    sketch: Sketch = []
    for tone, near in ((0.72, 1), (1.0, 0)):
        for x in xs[near::2]:
            sketch += limb(shade(color, tone), width, (x, top), (x, width / 2))
    return sketch


def dog(color: Color, facing: str, pose: str) -> Sketch:
    ear, pale = shade(color, 0.6), shade(color, 1.25)
    return [
        *limb(color, 0.07, (-0.3, 0.44), (-0.42, 0.52), (-0.48, 0.66)),
        *paws(color, 0.085, 0.32, (-0.28, -0.2, 0.2, 0.12)),
        *slab(color, -0.36, 0.25, 0.28, 0.5, 0.12),
        *poly(color, (0.08, 0.46), (0.28, 0.3), (0.42, 0.6), (0.24, 0.7)),
        *oval(color, 0.34, 0.64, 0.14, 0.13),
        *slab(pale, 0.38, 0.53, 0.58, 0.65, 0.05),
        *oval(DARK, 0.575, 0.63, 0.035, 0.03),
        *oval(DARK, 0.4, 0.68, 0.02, 0.022),
        *oval(ear, 0.26, 0.61, 0.065, 0.135),
        *limb(COLORS["red"], 0.035, (0.19, 0.56), (0.35, 0.47)),
    ]


def cat(color: Color, facing: str, pose: str) -> Sketch:
    stripe = shade(color, 0.68)
    sketch = [
        *limb(color, 0.055, (-0.22, 0.28), (-0.33, 0.36), (-0.35, 0.5), (-0.29, 0.58)),
        *paws(color, 0.055, 0.2, (-0.2, -0.14, 0.16, 0.1)),
        *slab(color, -0.26, 0.14, 0.22, 0.32, 0.09),
    ]
    for x in (-0.14, -0.05, 0.04):
        sketch += limb(stripe, 0.022, (x, 0.3), (x - 0.02, 0.2))
    for x in (0.15, 0.31):
        sketch += poly(color, (x - 0.07, 0.42), (x, 0.585), (x + 0.07, 0.42))
        sketch += poly(COLORS["pink"], (x - 0.03, 0.46), (x, 0.54), (x + 0.03, 0.46))
    sketch += oval(color, 0.23, 0.39, 0.15, 0.125)
    for x in (0.2, 0.31):
        sketch += oval((120, 190, 90), x, 0.41, 0.026, 0.03) + oval(DARK, x, 0.41, 0.01, 0.026)
    sketch += oval(COLORS["pink"], 0.265, 0.36, 0.02, 0.015)
    for dy in (-0.02, 0.015):
        sketch += limb(stripe, 0.008, (0.28, 0.35), (0.42, 0.35 + dy))
        sketch += limb(stripe, 0.008, (0.24, 0.35), (0.11, 0.35 + dy))
    return sketch


def horse(color: Color, facing: str, pose: str) -> Sketch:
    mane = shade(color, 0.45)
    return [
        *poly(mane, (-0.72, 1.3), (-0.98, 1.16), (-1.06, 0.55), (-0.88, 0.7), (-0.8, 1.05)),
        *paws(color, 0.15, 0.85, (-0.66, -0.5, 0.5, 0.36)),
        *(p for x in (-0.66, -0.5, 0.5, 0.36) for p in block(DARK, x - 0.085, 0, x + 0.085, 0.1)),
        *slab(color, -0.82, 0.78, 0.66, 1.34, 0.26),
        *poly(color, (0.26, 1.24), (0.64, 0.94), (1.0, 1.62), (0.72, 1.84)),
        *poly(mane, (0.2, 1.32), (0.36, 1.28), (0.78, 1.78), (0.72, 1.9), (0.6, 1.86)),
        *poly(
            color, (0.66, 1.86), (0.92, 1.88), (1.3, 1.5), (1.28, 1.38), (1.14, 1.35), (0.8, 1.55)
        ),
        *poly(color, (0.74, 1.84), (0.76, 2.04), (0.86, 1.86)),
        *oval(DARK, 0.96, 1.7, 0.035, 0.04),
        *oval(DARK, 1.22, 1.46, 0.025, 0.025),
    ]


def cow(color: Color, facing: str, pose: str) -> Sketch:
    spot = shade(color, 0.42) if color != COLORS["white"] else COLORS["black"]
    return [
        *limb(color, 0.05, (-0.86, 1.2), (-0.98, 1.0), (-0.96, 0.6)),
        *oval(spot, -0.96, 0.56, 0.06, 0.1),
        *paws(color, 0.16, 0.6, (-0.72, -0.54, 0.6, 0.42)),
        *(p for x in (-0.72, -0.54, 0.6, 0.42) for p in block(DARK, x - 0.085, 0, x + 0.085, 0.09)),
        *oval(COLORS["pink"], -0.36, 0.54, 0.2, 0.13),
        *slab(color, -0.9, 0.56, 0.78, 1.28, 0.2),
        *oval(spot, -0.5, 1.0, 0.27, 0.2),
        *oval(spot, 0.12, 0.84, 0.22, 0.16),
        *oval(spot, 0.36, 1.12, 0.18, 0.12),
        *poly(color, (0.56, 1.24), (0.7, 0.8), (1.0, 0.95), (0.98, 1.3)),
        *limb(CREAM, 0.06, (0.82, 1.34), (0.8, 1.46), (0.9, 1.54)),
        *limb(CREAM, 0.06, (0.98, 1.34), (1.04, 1.46), (1.14, 1.5)),
        *oval(spot, 0.72, 1.26, 0.13, 0.06),
        *slab(color, 0.8, 0.86, 1.14, 1.38, 0.13),
        *slab(COLORS["pink"], 0.86, 0.78, 1.22, 1.02, 0.1),
        *oval(DARK, 1.14, 0.92, 0.026, 0.026),
        *oval(DARK, 1.03, 1.2, 0.035, 0.045),
    ]


def sheep(color: Color, facing: str, pose: str) -> Sketch:
    wool, skin = (238, 234, 222), (62, 58, 60)
    sketch = paws(skin, 0.085, 0.4, (-0.34, -0.24, 0.3, 0.2))
    lumps = ((-0.42, 0.62), (-0.3, 0.78), (-0.06, 0.84), (0.18, 0.8), (0.34, 0.64), (-0.34, 0.45),
             (-0.08, 0.4), (0.2, 0.42))  # fmt: skip
    for x, y in lumps:
        sketch += oval(shade(wool, 0.93), x, y, 0.2, 0.16)
    sketch += oval(wool, -0.04, 0.62, 0.42, 0.24)
    for x, y in ((-0.24, 0.66), (0.0, 0.56), (0.1, 0.72)):
        sketch += ring(shade(wool, 0.85), x, y, 0.07, 0.018)
    return [
        *sketch,
        *oval(skin, 0.55, 0.72, 0.15, 0.2),
        *oval(skin, 0.63, 0.62, 0.12, 0.11),
        *oval(shade(skin, 1.4), 0.41, 0.74, 0.12, 0.05),
        *oval(wool, 0.5, 0.9, 0.13, 0.08),
        *oval((240, 240, 240), 0.6, 0.77, 0.03, 0.03),
        *oval(DARK, 0.61, 0.77, 0.015, 0.018),
    ]


def bird(color: Color, facing: str, pose: str) -> Sketch:
    body = [
        *poly(shade(color, 0.7), (-0.2, 0.2), (-0.46, 0.28), (-0.44, 0.14), (-0.2, 0.12)),
        *oval(color, 0, 0.17, 0.25, 0.11),
        *oval(color, 0.24, 0.25, 0.1, 0.095),
        *poly(COLORS["orange"], (0.32, 0.28), (0.45, 0.235), (0.32, 0.21)),
        *oval(DARK, 0.27, 0.275, 0.02, 0.022),
    ]
    wing = shade(color, 0.62)
    far = poly(shade(wing, 0.8), (0.08, 0.22), (-0.02, 0.52), (-0.12, 0.5), (-0.12, 0.22))
    return far + body + poly(wing, (0.1, 0.22), (-0.14, 0.62), (-0.28, 0.56), (-0.16, 0.16))


def wheel(x: float, radius: float) -> Sketch:
    return (
        oval((40, 40, 44), x, radius, radius, radius)
        + oval((188, 190, 194), x, radius, radius * 0.55, radius * 0.55)
        + oval((96, 98, 102), x, radius, radius * 0.18, radius * 0.18)
    )


def vehicle_end(color: Color, facing: str, width: float, height: float, glass: float) -> Sketch:
    """Front (facing the viewer) or rear of a vehicle; the glass ends at the share `glass`."""
    half, base = width / 2, 0.22
    belt = height * glass
    sketch = block((40, 40, 44), -half * 0.92, 0, -half * 0.6, 0.4)
    sketch += block((40, 40, 44), half * 0.6, 0, half * 0.92, 0.4)
    sketch += poly(
        color,
        (-half, base),
        (half, base),
        (half, belt),
        (half * 0.8, height),
        (-half * 0.8, height),
        (-half, belt),
    )
    pane = GLASS if facing == "viewer" else shade(GLASS, 0.55)
    sketch += poly(
        pane,
        (-half * 0.86, belt),
        (half * 0.86, belt),
        (half * 0.72, height * 0.93),
        (-half * 0.72, height * 0.93),
    )
    lamp = GOLD if facing == "viewer" else TAIL_LIGHT
    for side in (-1, 1):
        sketch += oval(lamp, side * half * 0.74, base + 0.42, 0.15, 0.12)
    if facing == "viewer":
        sketch += slab(DARK, -half * 0.45, base + 0.3, half * 0.45, base + 0.5, 0.06)
    sketch += block(shade(color, 0.6), -half, base, half, base + 0.14)
    return sketch + block((244, 244, 240), -0.24, base + 0.02, 0.24, base + 0.15)


def car(color: Color, facing: str, pose: str) -> Sketch:
    if facing in ("viewer", "away"):
        return vehicle_end(color, facing, 1.8, 1.48, 0.6)
    return [
        *poly(color, (-2.1, 0.35), (2.12, 0.35), (2.14, 0.68), (1.95, 0.8), (1.05, 0.92),
              (0.45, 1.45), (-1.05, 1.47), (-1.72, 0.98), (-2.08, 0.92)),
        *poly(GLASS, (-0.24, 0.95), (-0.24, 1.36), (-0.98, 1.36), (-1.44, 0.98)),
        *poly(GLASS, (-0.12, 0.95), (-0.12, 1.36), (0.4, 1.35), (0.86, 0.95)),
        *block(shade(color, 0.6), -2.1, 0.3, 2.12, 0.42),
        *block(shade(color, 0.55), -0.2, 0.42, -0.17, 0.93),
        *limb(shade(color, 0.5), 0.05, (-0.45, 0.82), (-0.3, 0.82)),
        *oval(GOLD, 2.0, 0.68, 0.14, 0.11),
        *block(TAIL_LIGHT, -2.1, 0.72, -1.93, 0.9),
        *wheel(-1.3, 0.36),
        *wheel(1.32, 0.36),
    ]  # fmt: skip


def bus(color: Color, facing: str, pose: str) -> Sketch:
    if facing in ("viewer", "away"):
        return vehicle_end(color, facing, 2.4, 2.9, 0.5)
    sketch = slab(color, -3.6, 0.35, 3.6, 2.9, 0.25)
    sketch += block(shade(color, 0.6), -3.6, 0.9, 3.6, 1.05)
    for x in (-3.3, -2.3, -1.3, -0.3, 0.7):
        sketch += slab(GLASS, x, 1.5, x + 0.82, 2.4, 0.1)
    sketch += slab(shade(GLASS, 0.8), 1.8, 0.5, 2.6, 2.4, 0.08)
    sketch += block(DARK, 2.18, 0.5, 2.22, 2.4)
    sketch += poly(GLASS, (2.95, 1.35), (3.6, 1.35), (3.6, 2.5), (2.95, 2.5))
    sketch += oval(GOLD, 3.46, 0.68, 0.16, 0.16) + block(TAIL_LIGHT, -3.6, 0.6, -3.42, 0.95)
    return sketch + wheel(-2.2, 0.46) + wheel(1.3, 0.46)


def truck(color: Color, facing: str, pose: str) -> Sketch:
    return [
        *block((70, 72, 76), -2.9, 0.42, 2.6, 0.62),
        *block((226, 226, 220), -2.95, 0.6, 1.0, 2.8),
        *block(color, -2.95, 1.55, 1.0, 1.85),
        *(
            p
            for x in (-2.2, -1.45, -0.7, 0.05)
            for p in block((198, 198, 192), x, 0.6, x + 0.05, 2.8)
        ),
        *poly(color, (1.1, 0.42), (2.95, 0.42), (2.95, 1.25), (2.6, 1.4), (2.25, 2.3), (1.1, 2.3)),
        *poly(GLASS, (1.45, 1.4), (2.5, 1.4), (2.16, 2.12), (1.45, 2.12)),
        *limb(shade(color, 0.5), 0.06, (1.5, 1.15), (1.72, 1.15)),
        *oval(GOLD, 2.83, 0.85, 0.15, 0.15),
        *block(shade(color, 0.55), 1.1, 0.4, 3.0, 0.55),
        *wheel(-2.0, 0.46),
        *wheel(-0.9, 0.46),
        *wheel(2.0, 0.46),
    ]


def bicycle(color: Color, facing: str, pose: str) -> Sketch:
    hub, seat, crank, front, bar = (
        (-0.52, 0.34),
        (-0.2, 0.84),
        (-0.08, 0.32),
        (0.36, 0.8),
        (0.52, 0.34),
    )
    sketch = ring((46, 46, 50), *hub, 0.34, 0.055) + ring((46, 46, 50), *bar, 0.34, 0.055)
    for x, y in (hub, bar):
        for turn in (0.2, 0.96, 1.7, 2.5):
            dx, dy = 0.3 * math.cos(turn), 0.3 * math.sin(turn)
            sketch += limb((170, 172, 176), 0.014, (x - dx, y - dy), (x + dx, y + dy))
    sketch += limb(color, 0.055, hub, crank, front, (-0.17, 0.74), hub)
    sketch += limb(color, 0.055, crank, seat) + limb(color, 0.055, bar, front, (0.32, 0.96))
    sketch += limb(DARK, 0.05, (0.32, 0.97), (0.46, 1.02), (0.5, 0.93))
    sketch += limb(DARK, 0.08, (-0.32, 0.88), (-0.08, 0.87))
    return sketch + oval(STEEL, *crank, 0.09, 0.09) + limb(DARK, 0.05, (-0.02, 0.17), (0.1, 0.17))


def tree(color: Color, facing: str, pose: str) -> Sketch:
    bark = (112, 78, 50)
    sketch = poly(bark, (-0.24, 0), (0.24, 0), (0.14, 1.9), (-0.14, 1.9))
    sketch += limb(bark, 0.14, (0, 1.3), (0.55, 2.0)) + limb(bark, 0.14, (0, 1.5), (-0.5, 2.1))
    crown = (
        (-0.85, 2.2, 0.7),
        (0.85, 2.25, 0.72),
        (-0.5, 2.95, 0.72),
        (0.5, 3.0, 0.74),
        (0, 3.5, 0.6),
    )
    for x, y, r in crown:
        sketch += oval(shade(color, 0.78), x, y, r, r * 0.9)
    sketch += oval(color, -0.1, 2.75, 1.05, 0.8)
    for x, y, r in ((-0.6, 2.5, 0.3), (0.35, 2.9, 0.36), (-0.2, 3.3, 0.28), (0.6, 2.35, 0.26)):
        sketch += oval(shade(color, 1.15), x, y, r, r * 0.7)
    return sketch


def bush(color: Color, facing: str, pose: str) -> Sketch:
    sketch: Sketch = []
    for x, y, r in ((-0.55, 0.32, 0.32), (0.55, 0.32, 0.32), (-0.22, 0.5, 0.38), (0.25, 0.48, 0.4)):
        sketch += oval(shade(color, 0.72), x, y, r, r * 0.95)
    sketch += block(shade(color, 0.72), -0.6, 0.0, 0.6, 0.3) + oval(color, 0, 0.38, 0.5, 0.3)
    for x, y in ((-0.35, 0.5), (0.1, 0.62), (0.4, 0.42), (-0.1, 0.35), (-0.6, 0.28), (0.62, 0.25)):
        sketch += oval(shade(color, 1.18), x, y, 0.09, 0.06)
    return sketch


def bench(color: Color, facing: str, pose: str) -> Sketch:
    sketch: Sketch = []
    for x in (-0.72, 0.72):
        sketch += limb(DARK, 0.07, (x, 0.05), (x, 0.88)) + limb(
            DARK, 0.07, (x, 0.42), (x * 1.06, 0.04)
        )
        sketch += limb(DARK, 0.06, (x, 0.62), (x * 1.08, 0.6))
    for y in (0.56, 0.68, 0.8):
        sketch += block(color, -0.85, y, 0.85, y + 0.085)
    sketch += poly(shade(color, 1.12), (-0.85, 0.5), (0.85, 0.5), (0.92, 0.4), (-0.92, 0.4))
    return sketch + block(shade(color, 0.75), -0.92, 0.34, 0.92, 0.41)


def ball(color: Color, facing: str, pose: str) -> Sketch:
    stripe = CREAM if color != COLORS["white"] else COLORS["black"]
    return [
        *oval(color, 0, 0.16, 0.16, 0.16),
        *oval(stripe, 0, 0.16, 0.16, 0.06),
        *oval(color, 0, 0.19, 0.15, 0.05),
        *oval(shade(color, 1.4), -0.06, 0.245, 0.04, 0.025),
    ]


def kite(color: Color, facing: str, pose: str) -> Sketch:
    light = shade(color, 1.35)
    tail = ((0, 0.5), (0.1, 0.36), (-0.06, 0.2), (0.06, 0.03))
    sketch = limb(DARK, 0.02, *tail)
    for x, y in tail[1:]:
        sketch += poly(color, (x - 0.1, y + 0.05), (x, y), (x - 0.1, y - 0.05))
        sketch += poly(color, (x + 0.1, y + 0.05), (x, y), (x + 0.1, y - 0.05))
    sketch += poly(color, (0, 0.48), (0.42, 1.1), (0, 1.42), (-0.42, 1.1))
    sketch += poly(light, (0, 0.48), (0, 1.1), (-0.42, 1.1)) + poly(
        light, (0, 1.1), (0.42, 1.1), (0, 1.42)
    )
    return sketch + limb(DARK, 0.02, (0, 0.5), (0, 1.4)) + limb(DARK, 0.02, (-0.4, 1.1), (0.4, 1.1))


def umbrella(color: Color, facing: str, pose: str) -> Sketch:
    sketch = limb(DARK, 0.03, (0.1, -0.02), (0.06, -0.1), (0, -0.05), (0, 1.37))
    sketch += oval(color, 0, 0.87, 0.62, 0.42, 0.0, 0.5)
    for k, x in enumerate((-0.62, -0.31, 0, 0.31)):
        tone = shade(color, 0.78 if k % 2 else 1.12)
        sketch += poly(tone, (x, 0.87), (x * 0.55, 1.2), (0, 1.29), ((x + 0.31) * 0.55, 1.2),
                       (x + 0.31, 0.87), (x + 0.155, 0.93))  # fmt: skip
    return sketch


def house(color: Color, facing: str, pose: str) -> Sketch:
    roof = (146, 66, 52)
    return [
        *block((150, 84, 66), 1.2, 3.6, 1.7, 4.9),
        *block(color, -2.5, 0, 2.5, 2.9),
        *(
            p
            for y in (0.5, 1.0, 1.5, 2.0, 2.5)
            for p in block(shade(color, 0.92), -2.5, y, 2.5, y + 0.05)
        ),
        *poly(roof, (-2.9, 2.8), (2.9, 2.8), (1.9, 4.5), (-1.9, 4.5)),
        *(p for y in (3.2, 3.65, 4.1) for p in block(shade(roof, 0.8), -1.9, y, 1.9, y + 0.06)),
        *block((250, 250, 246), -0.6, 0, 0.6, 2.2),
        *block((104, 66, 42), -0.46, 0, 0.46, 2.08),
        *oval(GOLD, 0.3, 1.0, 0.08, 0.08),
        *block((176, 172, 164), -0.8, 0, 0.8, 0.16),
    ]


def street_light(color: Color, facing: str, pose: str) -> Sketch:
    return [
        *block(color, -0.2, 0, 0.2, 0.35),
        *limb(color, 0.13, (0, 0.2), (0, 3.7), (0.2, 4.05), (0.8, 4.1)),
        *poly(shade(color, 0.8), (0.62, 4.1), (1.3, 4.1), (1.2, 4.3), (0.72, 4.3)),
        *oval(GOLD, 0.96, 4.1, 0.26, 0.16, 0.5, 1.0),
    ]


def fire_hydrant(color: Color, facing: str, pose: str) -> Sketch:
    dark = shade(color, 0.68)
    return [
        *block(dark, -0.24, 0, 0.24, 0.1),
        *block(color, -0.17, 0.1, 0.17, 0.62),
        *slab(dark, -0.3, 0.34, 0.3, 0.52, 0.04),
        *oval(color, 0, 0.43, 0.12, 0.12),
        *oval(STEEL, 0, 0.43, 0.07, 0.07),
        *block(dark, -0.22, 0.6, 0.22, 0.68),
        *oval(color, 0, 0.68, 0.18, 0.17, 0.0, 0.5),
        *block(dark, -0.05, 0.84, 0.05, 0.92),
    ]


def box(color: Color, facing: str, pose: str) -> Sketch:
    return [
        *block(color, -0.32, 0, 0.26, 0.42),
        *poly(shade(color, 1.2), (-0.32, 0.42), (0.26, 0.42), (0.38, 0.54), (-0.2, 0.54)),
        *poly(shade(color, 0.7), (0.26, 0), (0.38, 0.12), (0.38, 0.54), (0.26, 0.42)),
        *block((222, 200, 150), -0.07, 0.24, 0.01, 0.42),
        *poly((222, 200, 150), (-0.07, 0.42), (0.01, 0.42), (0.13, 0.54), (0.05, 0.54)),
    ]


def backpack(color: Color, facing: str, pose: str) -> Sketch:
    dark = shade(color, 0.68)
    return [
        *ring(dark, 0, 0.54, 0.085, 0.035),
        *slab(dark, -0.25, 0.02, 0.25, 0.4, 0.07),
        *slab(color, -0.2, 0, 0.2, 0.54, 0.13),
        *slab(shade(color, 1.18), -0.145, 0.05, 0.145, 0.25, 0.05),
        *limb(DARK, 0.014, (-0.12, 0.2), (0.12, 0.2)),
        *limb(DARK, 0.014, (-0.17, 0.34), (-0.1, 0.42), (0.1, 0.42), (0.17, 0.34)),
    ]


def bottle(color: Color, facing: str, pose: str) -> Sketch:
    return [
        *slab(color, -0.075, 0, 0.075, 0.27, 0.03),
        *poly(color, (-0.075, 0.24), (0.075, 0.24), (0.032, 0.33), (-0.032, 0.33)),
        *block(color, -0.032, 0.32, 0.032, 0.39),
        *block(DARK, -0.038, 0.38, 0.038, 0.42),
        *block(CREAM, -0.075, 0.08, 0.075, 0.18),
        *limb(shade(color, 1.5), 0.015, (-0.05, 0.2), (-0.05, 0.24)),
    ]


def table(color: Color, facing: str, pose: str) -> Sketch:
    sketch: Sketch = []
    for x in (-0.58, 0.58):
        sketch += block(shade(color, 0.6), x - 0.035, 0.16, x + 0.035, 0.7)
    for x in (-0.73, 0.73):
        sketch += block(shade(color, 0.85), x - 0.045, 0, x + 0.045, 0.7)
    sketch += poly(shade(color, 1.15), (-0.82, 0.72), (0.82, 0.72), (0.68, 0.92), (-0.68, 0.92))
    return sketch + block(shade(color, 0.8), -0.82, 0.65, 0.82, 0.73)


def chair(color: Color, facing: str, pose: str) -> Sketch:
    leg, seat = shade(color, 0.7), shade(color, 1.12)
    if facing in ("left", "right"):
        return [
            *(p for x in (-0.2, 0.12) for p in block(shade(leg, 0.8), x, 0.06, x + 0.05, 0.44)),
            *(p for x in (-0.26, 0.2) for p in block(leg, x, 0, x + 0.055, 0.44)),
            *limb(color, 0.07, (-0.225, 0.44), (-0.29, 1.0)),
            *poly(seat, (-0.28, 0.42), (0.28, 0.42), (0.26, 0.5), (-0.27, 0.5)),
        ]
    low = 0.46 if facing == "viewer" else 0.38
    back = [
        *block(color, -0.24, low, -0.18, 1.02),
        *block(color, 0.18, low, 0.24, 1.02),
        *(p for y in (low + 0.14, 0.74, 0.9) for p in block(color, -0.2, y, 0.2, y + 0.1)),
    ]
    seat_top = poly(seat, (-0.27, 0.4), (0.27, 0.4), (0.22, 0.54), (-0.22, 0.54))
    rim = block(shade(color, 0.8), -0.27, 0.36, 0.27, 0.42)
    inner = [p for x in (-0.19, 0.15) for p in block(shade(leg, 0.8), x, 0.08, x + 0.045, 0.44)]
    outer = [p for x in (-0.265, 0.21) for p in block(leg, x, 0, x + 0.055, 0.4)]
    return inner + outer + ([*back, *seat_top, *rim] if facing == "viewer" else [*rim, *back])


def couch(color: Color, facing: str, pose: str) -> Sketch:
    return [
        *(p for x in (-0.85, 0.77) for p in block(DARK, x, 0, x + 0.08, 0.14)),
        *slab(shade(color, 0.85), -0.86, 0.3, 0.86, 0.95, 0.12),
        *slab(shade(color, 0.72), -0.95, 0.1, 0.95, 0.42, 0.05),
        *slab(shade(color, 1.1), -0.76, 0.36, -0.01, 0.54, 0.06),
        *slab(shade(color, 1.1), 0.01, 0.36, 0.76, 0.54, 0.06),
        *slab(color, -1.02, 0.1, -0.74, 0.68, 0.1),
        *slab(color, 0.74, 0.1, 1.02, 0.68, 0.1),
    ]


def bed(color: Color, facing: str, pose: str) -> Sketch:
    return [
        *slab(WOOD, -0.82, 0.3, 0.82, 1.1, 0.1),
        *poly((238, 236, 228), (-0.95, 0.42), (0.95, 0.42), (0.78, 0.84), (-0.78, 0.84)),
        *poly(color, (-0.95, 0.46), (0.95, 0.46), (0.85, 0.68), (-0.85, 0.68)),
        *slab(shade(color, 0.8), -0.96, 0.2, 0.96, 0.48, 0.05),
        *block(shade(WOOD, 0.8), -0.98, 0.12, 0.98, 0.24),
        *(p for x in (-0.96, 0.86) for p in block(shade(WOOD, 0.6), x, 0, x + 0.1, 0.14)),
    ]


def lamp(color: Color, facing: str, pose: str) -> Sketch:
    return [
        *oval(DARK, 0, 0.04, 0.19, 0.04),
        *limb(DARK, 0.04, (0, 0.04), (0, 1.3)),
        *oval(GOLD, 0, 1.24, 0.1, 0.1),
        *poly(color, (-0.3, 1.22), (0.3, 1.22), (0.17, 1.6), (-0.17, 1.6)),
        *poly(shade(color, 1.25), (-0.12, 1.22), (0.06, 1.22), (0.03, 1.6), (-0.07, 1.6)),
    ]


def cup(color: Color, facing: str, pose: str) -> Sketch:
    return [
        *ring(shade(color, 0.8), 0.115, 0.095, 0.055, 0.022),
        *poly(color, (-0.1, 0.16), (0.1, 0.16), (0.08, 0.0), (-0.08, 0.0)),
        *oval(shade(color, 1.2), 0, 0.16, 0.1, 0.028),
        *oval((92, 56, 34), 0, 0.158, 0.082, 0.019),
    ]


def bowl(color: Color, facing: str, pose: str) -> Sketch:
    return [
        *block(shade(color, 0.7), -0.07, 0, 0.07, 0.03),
        *oval(color, 0, 0.15, 0.18, 0.135, 0.5, 1.0),
        *oval(shade(color, 1.2), 0, 0.15, 0.18, 0.035),
        *oval(shade(color, 0.62), 0, 0.15, 0.155, 0.025),
    ]


def plate(color: Color, facing: str, pose: str) -> Sketch:
    return [
        *oval(shade(color, 0.75), 0, 0.065, 0.21, 0.065),
        *oval(color, 0, 0.075, 0.21, 0.065),
        *oval(shade(color, 0.8), 0, 0.078, 0.13, 0.038),
        *oval(shade(color, 1.1), 0, 0.074, 0.125, 0.034),
    ]


def book(color: Color, facing: str, pose: str) -> Sketch:
    return [
        *poly(CREAM, (0.08, 0.0), (0.14, 0.03), (0.14, 0.29), (0.08, 0.28)),
        *block(color, -0.12, 0, 0.1, 0.29),
        *block(shade(color, 0.62), -0.13, 0, -0.08, 0.29),
        *block(CREAM, -0.04, 0.18, 0.06, 0.23),
        *block(CREAM, -0.04, 0.12, 0.06, 0.135),
    ]


def laptop(color: Color, facing: str, pose: str) -> Sketch:
    return [
        *slab(color, -0.2, 0.05, 0.2, 0.33, 0.02),
        *block((70, 130, 190), -0.175, 0.085, 0.175, 0.305),
        *block((220, 236, 246), -0.14, 0.2, 0.02, 0.27),
        *poly(shade(color, 1.1), (-0.2, 0.065), (0.2, 0.065), (0.26, 0.0), (-0.26, 0.0)),
        *poly(DARK, (-0.165, 0.056), (0.165, 0.056), (0.19, 0.024), (-0.19, 0.024)),
    ]


def vase(color: Color, facing: str, pose: str) -> Sketch:
    right = ((0.06, 0.0), (0.125, 0.1), (0.12, 0.18), (0.05, 0.26), (0.045, 0.31), (0.085, 0.36))
    left = tuple((-x, y) for x, y in reversed(right))
    return [
        *poly(color, *right, *left),
        *block(shade(color, 1.3), -0.124, 0.12, 0.124, 0.15),
        *oval(shade(color, 0.55), 0, 0.36, 0.085, 0.02),
        *limb(shade(color, 1.45), 0.02, (-0.07, 0.17), (-0.075, 0.1)),
    ]


def clock(color: Color, facing: str, pose: str) -> Sketch:
    sketch = oval(color, 0, 0.2, 0.2, 0.2) + oval((250, 250, 246), 0, 0.2, 0.165, 0.165)
    for hour in range(12):
        dx, dy = math.sin(hour * math.pi / 6), math.cos(hour * math.pi / 6)
        sketch += limb(DARK, 0.016, (0.125 * dx, 0.2 + 0.125 * dy), (0.145 * dx, 0.2 + 0.145 * dy))
    sketch += limb(DARK, 0.022, (0, 0.2), (-0.06, 0.255))
    return sketch + limb(DARK, 0.016, (0, 0.2), (0.06, 0.3))


def picture(color: Color, facing: str, pose: str) -> Sketch:
    return [
        *block(WOOD, -0.45, 0, 0.45, 0.66),
        *block(CREAM, -0.39, 0.06, 0.39, 0.6),
        *block(shade(color, 1.2), -0.32, 0.13, 0.32, 0.53),
        *poly(shade(color, 0.75), (-0.32, 0.13), (0.32, 0.13), (0.32, 0.34), (-0.32, 0.22)),
        *poly(CREAM, (-0.2, 0.36), (0.2, 0.44), (0.24, 0.4), (-0.2, 0.32)),
    ]


def window(color: Color, facing: str, pose: str) -> Sketch:
    frame = (246, 246, 242)
    return [
        *block(frame, -0.62, 0.04, 0.62, 1.3),
        *block((164, 208, 238), -0.54, 0.12, 0.54, 1.22),
        *poly(
            (206, 230, 246), (-0.54, 0.5), (-0.1, 1.22), (0.2, 1.22), (-0.46, 0.12), (-0.54, 0.12)
        ),
        *block(frame, -0.04, 0.12, 0.04, 1.22),
        *block(frame, -0.54, 0.64, 0.54, 0.71),
        *block(shade(frame, 0.86), -0.7, 0, 0.7, 0.07),
    ]


def pillow(color: Color, facing: str, pose: str) -> Sketch:
    return [
        *poly(color, (-0.27, 0), (-0.22, 0.03), (0.22, 0.03), (0.27, 0), (0.25, 0.13), (0.27, 0.28),
              (0.2, 0.25), (-0.2, 0.25), (-0.27, 0.28), (-0.25, 0.13)),
        *oval(shade(color, 1.15), 0, 0.15, 0.15, 0.06),
    ]  # fmt: skip


def plant(color: Color, facing: str, pose: str) -> Sketch:
    sketch: Sketch = []
    for x, y in ((-0.34, 0.62), (0.36, 0.66), (-0.2, 0.95), (0.2, 0.98), (0.0, 1.12)):
        nx, ny = (0.45 - y) * 0.2 + 0.02, x * 0.22
        mid = (x * 0.6, 0.38 + (y - 0.38) * 0.6)
        leaf = ((0.0, 0.34), (mid[0] + nx, mid[1] + ny), (x, y), (mid[0] - nx, mid[1] - ny))
        sketch += poly(shade(color, 1.1 if x > 0 else 0.85), *leaf)
        sketch += limb(shade(color, 0.6), 0.012, (0, 0.34), (x * 0.9, 0.34 + (y - 0.34) * 0.9))
    pot = (188, 98, 62)
    sketch += poly(pot, (-0.2, 0.36), (0.2, 0.36), (0.14, 0), (-0.14, 0))
    return sketch + block(shade(pot, 0.82), -0.22, 0.31, 0.22, 0.39)


def television(color: Color, facing: str, pose: str) -> Sketch:
    return [
        *slab((30, 30, 34), -0.62, 0, 0.62, 0.74, 0.03),
        *block((58, 76, 104), -0.57, 0.07, 0.57, 0.69),
        *poly((92, 116, 150), (-0.57, 0.3), (-0.2, 0.69), (0.1, 0.69), (-0.57, 0.07)),
        *oval(TAIL_LIGHT, 0.5, 0.035, 0.018, 0.018),
    ]


SKETCHES: dict[str, Callable[[Color, str, str], Sketch]] = {
    "dog": dog, "cat": cat, "horse": horse, "cow": cow, "sheep": sheep, "bird": bird, "car": car,
    "bus": bus, "truck": truck, "bicycle": bicycle, "tree": tree, "bush": bush, "bench": bench,
    "ball": ball, "kite": kite, "umbrella": umbrella, "house": house, "street light": street_light,
    "fire hydrant": fire_hydrant, "box": box, "backpack": backpack, "bottle": bottle,
    "table": table, "chair": chair, "couch": couch, "bed": bed, "lamp": lamp, "cup": cup,
    "bowl": bowl, "plate": plate, "book": book, "laptop": laptop, "vase": vase, "clock": clock,
    "picture": picture, "window": window, "pillow": pillow, "plant": plant,
    "television": television,
}  # fmt: skip


def sketch_of(name: str, facing: str, pose: str, color: Color, variant: int) -> Sketch:
    """`facing` is left, right, viewer, away or "" for a thing without a front."""
    if name in PERSON_HEIGHTS:
        sketch = person(name, facing, pose, color, variant)
    else:
        sketch = SKETCHES[name](color, facing, pose)
    return mirrored(sketch) if facing == "left" else sketch


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


def paint(canvas: ImageDraw.ImageDraw, sketch: Sketch, x: float, y: float, scale: float) -> None:
    """Paint a sketch with a dark contour, its origin at pixel (x, y), `scale` pixels per metre."""
    outlines = [
        (color, [(x + scale * px, y - scale * py) for px, py in points]) for color, points in sketch
    ]
    for _, points in outlines:
        canvas.line([*points, points[0]], fill=DARK, width=3)
    for color, points in outlines:
        canvas.polygon(points, fill=color)


GROUND_COLORS: dict[tuple[str, str], Color] = {
    ("sky", "blue"): (138, 190, 236),
    ("grass", "green"): (122, 172, 88),
    ("road", "gray"): (84, 86, 92),
    ("sidewalk", "gray"): (190, 188, 184),
    ("wall", "yellow"): (246, 228, 158),
    ("wall", "blue"): (166, 200, 232),
    ("wall", "green"): (180, 214, 172),
    ("wall", "white"): (236, 234, 228),
    ("wall", "pink"): (246, 196, 206),
    ("floor", "brown"): (186, 142, 100),
    ("floor", "gray"): (176, 174, 172),
}


def paint_ground(
    canvas: ImageDraw.ImageDraw,
    name: str,
    color: str,
    rows: tuple[float, float],
    horizon: float,
    rng: random.Random,
) -> None:
    """Fill the rows (top, bottom) of the picture with one ground, all in canvas pixels."""
    top, bottom = rows
    width = canvas.im.size[0]
    tone = GROUND_COLORS[name, color]
    for row in range(round(top), round(bottom)):
        share = (row - top) / max(1.0, bottom - top)
        canvas.line([(0, row), (width, row)], fill=shade(tone, 0.94 + 0.12 * share))
    line = shade(tone, 0.86)
    if name == "grass":
        for _ in range(round((bottom - top) * 1.5)):
            root = top + (bottom - top) * rng.random() ** 0.6
            x, size = rng.uniform(0, width), 2 + 10 * (root - horizon) / (bottom - horizon + 1)
            blade = shade(tone, rng.choice((0.84, 0.9, 1.1)))
            canvas.line([(x, root), (x + rng.uniform(-3, 3), root - size)], fill=blade, width=2)
    if name in ("sidewalk", "floor"):
        for k in range(-14, 15):
            slope = k * 0.52
            ends = [(width / 2 + slope * (row - horizon), row) for row in (top, bottom)]
            canvas.line(ends, fill=line, width=3)
    if name == "sidewalk":
        joint = bottom
        while joint > top + 6:
            canvas.line([(0, joint), (width, joint)], fill=line, width=3)
            joint = horizon + (joint - horizon) * 0.78
        canvas.rectangle([0, top, width, top + 7], fill=shade(tone, 1.15))
    if name == "road":
        middle, dash = (top + bottom) / 2, width / 14
        for k in range(0, 15, 2):
            canvas.rectangle([k * dash, middle - 3, (k + 1) * dash, middle + 3], fill=CREAM)
    if name == "wall":
        canvas.rectangle([0, bottom - 14, width, bottom], fill=shade(tone, 1.1))
        canvas.line([(0, bottom - 15), (width, bottom - 15)], fill=line, width=3)
