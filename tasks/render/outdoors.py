"""What stands outdoors and does not move."""

from tasks.render.palette import DARK, GOLD, STEEL, Color, shade
from tasks.render.primitives import Sketch, block, limb, oval, poly, slab


def tree(color: Color, facing: str) -> Sketch:
    bark = (112, 78, 50)
    sketch = poly(bark, (-0.24, 0), (0.24, 0), (0.14, 1.9), (-0.14, 1.9))
    sketch += limb(bark, 0.14, (0, 1.3), (0.55, 2.0)) + limb(bark, 0.14, (0, 1.5), (-0.5, 2.1))
    crown = ((-0.85, 2.2, 0.7), (0.85, 2.25, 0.72), (-0.5, 2.95, 0.72), (0.5, 3.0, 0.74),
             (0, 3.5, 0.6))  # fmt: skip
    for x, y, r in crown:
        sketch += oval(shade(color, 0.78), x, y, r, r * 0.9)
    sketch += oval(color, -0.1, 2.75, 1.05, 0.8)
    for x, y, r in ((-0.6, 2.5, 0.3), (0.35, 2.9, 0.36), (-0.2, 3.3, 0.28), (0.6, 2.35, 0.26)):
        sketch += oval(shade(color, 1.15), x, y, r, r * 0.7)
    return sketch


def bush(color: Color, facing: str) -> Sketch:
    sketch: Sketch = []
    for x, y, r in ((-0.55, 0.32, 0.32), (0.55, 0.32, 0.32), (-0.22, 0.5, 0.38), (0.25, 0.48, 0.4)):
        sketch += oval(shade(color, 0.72), x, y, r, r * 0.95)
    sketch += block(shade(color, 0.72), -0.6, 0.0, 0.6, 0.3) + oval(color, 0, 0.38, 0.5, 0.3)
    for x, y in ((-0.35, 0.5), (0.1, 0.62), (0.4, 0.42), (-0.1, 0.35), (-0.6, 0.28), (0.62, 0.25)):
        sketch += oval(shade(color, 1.18), x, y, 0.09, 0.06)
    return sketch


def bench(color: Color, facing: str) -> Sketch:
    sketch: Sketch = []
    for x in (-0.72, 0.72):
        sketch += limb(DARK, 0.07, (x, 0.05), (x, 0.88))
        sketch += limb(DARK, 0.07, (x, 0.42), (x * 1.06, 0.04))
        sketch += limb(DARK, 0.06, (x, 0.62), (x * 1.08, 0.6))
    for y in (0.56, 0.68, 0.8):
        sketch += block(color, -0.85, y, 0.85, y + 0.085)
    sketch += poly(shade(color, 1.12), (-0.85, 0.5), (0.85, 0.5), (0.92, 0.4), (-0.92, 0.4))
    return sketch + block(shade(color, 0.75), -0.92, 0.34, 0.92, 0.41)


def house(color: Color, facing: str) -> Sketch:
    roof, siding = (146, 66, 52), shade(color, 0.92)
    return [
        *block((150, 84, 66), 1.2, 3.6, 1.7, 4.9),
        *block(color, -2.5, 0, 2.5, 2.9),
        *(p for y in (0.5, 1.0, 1.5, 2.0, 2.5) for p in block(siding, -2.5, y, 2.5, y + 0.05)),
        *poly(roof, (-2.9, 2.8), (2.9, 2.8), (1.9, 4.5), (-1.9, 4.5)),
        *(p for y in (3.2, 3.65, 4.1) for p in block(shade(roof, 0.8), -1.9, y, 1.9, y + 0.06)),
        *block((250, 250, 246), -0.6, 0, 0.6, 2.2),
        *block((104, 66, 42), -0.46, 0, 0.46, 2.08),
        *oval(GOLD, 0.3, 1.0, 0.08, 0.08),
        *block((176, 172, 164), -0.8, 0, 0.8, 0.16),
    ]


def street_light(color: Color, facing: str) -> Sketch:
    return [
        *block(color, -0.2, 0, 0.2, 0.35),
        *limb(color, 0.13, (0, 0.2), (0, 3.7), (0.2, 4.05), (0.8, 4.1)),
        *poly(shade(color, 0.8), (0.62, 4.1), (1.3, 4.1), (1.2, 4.3), (0.72, 4.3)),
        *oval(GOLD, 0.96, 4.1, 0.26, 0.16, 0.5, 1.0),
    ]


def fire_hydrant(color: Color, facing: str) -> Sketch:
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
