"""What people carry, hold or put down."""

from tasks.render.palette import COLORS, CREAM, DARK, Color, shade
from tasks.render.primitives import Sketch, block, limb, oval, poly, ring, slab


def ball(color: Color, facing: str) -> Sketch:
    stripe = CREAM if color != COLORS["white"] else COLORS["black"]
    return [
        *oval(color, 0, 0.16, 0.16, 0.16),
        *oval(stripe, 0, 0.16, 0.16, 0.06),
        *oval(color, 0, 0.19, 0.15, 0.05),
        *oval(shade(color, 1.4), -0.06, 0.245, 0.04, 0.025),
    ]


def kite(color: Color, facing: str) -> Sketch:
    light = shade(color, 1.35)
    tail = ((0, 0.5), (0.1, 0.36), (-0.06, 0.2), (0.06, 0.03))
    sketch = limb(DARK, 0.02, *tail)
    for x, y in tail[1:]:
        sketch += poly(color, (x - 0.1, y + 0.05), (x, y), (x - 0.1, y - 0.05))
        sketch += poly(color, (x + 0.1, y + 0.05), (x, y), (x + 0.1, y - 0.05))
    sketch += poly(color, (0, 0.48), (0.42, 1.1), (0, 1.42), (-0.42, 1.1))
    sketch += poly(light, (0, 0.48), (0, 1.1), (-0.42, 1.1))
    sketch += poly(light, (0, 1.1), (0.42, 1.1), (0, 1.42))
    return sketch + limb(DARK, 0.02, (0, 0.5), (0, 1.4)) + limb(DARK, 0.02, (-0.4, 1.1), (0.4, 1.1))


def umbrella(color: Color, facing: str) -> Sketch:
    sketch = limb(DARK, 0.03, (0.1, -0.02), (0.06, -0.1), (0, -0.05), (0, 1.37))
    sketch += oval(color, 0, 0.87, 0.62, 0.42, 0.0, 0.5)
    for k, x in enumerate((-0.62, -0.31, 0, 0.31)):
        tone = shade(color, 0.78 if k % 2 else 1.12)
        sketch += poly(tone, (x, 0.87), (x * 0.55, 1.2), (0, 1.29), ((x + 0.31) * 0.55, 1.2),
                       (x + 0.31, 0.87), (x + 0.155, 0.93))  # fmt: skip
    return sketch


def box(color: Color, facing: str) -> Sketch:
    return [
        *block(color, -0.32, 0, 0.26, 0.42),
        *poly(shade(color, 1.2), (-0.32, 0.42), (0.26, 0.42), (0.38, 0.54), (-0.2, 0.54)),
        *poly(shade(color, 0.7), (0.26, 0), (0.38, 0.12), (0.38, 0.54), (0.26, 0.42)),
        *block((222, 200, 150), -0.07, 0.24, 0.01, 0.42),
        *poly((222, 200, 150), (-0.07, 0.42), (0.01, 0.42), (0.13, 0.54), (0.05, 0.54)),
    ]


def backpack(color: Color, facing: str) -> Sketch:
    dark = shade(color, 0.68)
    return [
        *ring(dark, 0, 0.54, 0.085, 0.035),
        *slab(dark, -0.25, 0.02, 0.25, 0.4, 0.07),
        *slab(color, -0.2, 0, 0.2, 0.54, 0.13),
        *slab(shade(color, 1.18), -0.145, 0.05, 0.145, 0.25, 0.05),
        *limb(DARK, 0.014, (-0.12, 0.2), (0.12, 0.2)),
        *limb(DARK, 0.014, (-0.17, 0.34), (-0.1, 0.42), (0.1, 0.42), (0.17, 0.34)),
    ]


def bottle(color: Color, facing: str) -> Sketch:
    return [
        *slab(color, -0.075, 0, 0.075, 0.27, 0.03),
        *poly(color, (-0.075, 0.24), (0.075, 0.24), (0.032, 0.33), (-0.032, 0.33)),
        *block(color, -0.032, 0.32, 0.032, 0.39),
        *block(DARK, -0.038, 0.38, 0.038, 0.42),
        *block(CREAM, -0.075, 0.08, 0.075, 0.18),
        *limb(shade(color, 1.5), 0.015, (-0.05, 0.2), (-0.05, 0.24)),
    ]


def cup(color: Color, facing: str) -> Sketch:
    return [
        *ring(shade(color, 0.8), 0.115, 0.095, 0.055, 0.022),
        *poly(color, (-0.1, 0.16), (0.1, 0.16), (0.08, 0.0), (-0.08, 0.0)),
        *oval(shade(color, 1.2), 0, 0.16, 0.1, 0.028),
        *oval((92, 56, 34), 0, 0.158, 0.082, 0.019),
    ]


def bowl(color: Color, facing: str) -> Sketch:
    return [
        *block(shade(color, 0.7), -0.07, 0, 0.07, 0.03),
        *oval(color, 0, 0.15, 0.18, 0.135, 0.5, 1.0),
        *oval(shade(color, 1.2), 0, 0.15, 0.18, 0.035),
        *oval(shade(color, 0.62), 0, 0.15, 0.155, 0.025),
    ]


def plate(color: Color, facing: str) -> Sketch:
    return [
        *oval(shade(color, 0.75), 0, 0.065, 0.21, 0.065),
        *oval(color, 0, 0.075, 0.21, 0.065),
        *oval(shade(color, 0.8), 0, 0.078, 0.13, 0.038),
        *oval(shade(color, 1.1), 0, 0.074, 0.125, 0.034),
    ]


def book(color: Color, facing: str) -> Sketch:
    return [
        *poly(CREAM, (0.08, 0.0), (0.14, 0.03), (0.14, 0.29), (0.08, 0.28)),
        *block(color, -0.12, 0, 0.1, 0.29),
        *block(shade(color, 0.62), -0.13, 0, -0.08, 0.29),
        *block(CREAM, -0.04, 0.18, 0.06, 0.23),
        *block(CREAM, -0.04, 0.12, 0.06, 0.135),
    ]


def laptop(color: Color, facing: str) -> Sketch:
    return [
        *slab(color, -0.2, 0.05, 0.2, 0.33, 0.02),
        *block((70, 130, 190), -0.175, 0.085, 0.175, 0.305),
        *block((220, 236, 246), -0.14, 0.2, 0.02, 0.27),
        *poly(shade(color, 1.1), (-0.2, 0.065), (0.2, 0.065), (0.26, 0.0), (-0.26, 0.0)),
        *poly(DARK, (-0.165, 0.056), (0.165, 0.056), (0.19, 0.024), (-0.19, 0.024)),
    ]


def vase(color: Color, facing: str) -> Sketch:
    right = ((0.06, 0.0), (0.125, 0.1), (0.12, 0.18), (0.05, 0.26), (0.045, 0.31), (0.085, 0.36))
    left = tuple((-x, y) for x, y in reversed(right))
    return [
        *poly(color, *right, *left),
        *block(shade(color, 1.3), -0.124, 0.12, 0.124, 0.15),
        *oval(shade(color, 0.55), 0, 0.36, 0.085, 0.02),
        *limb(shade(color, 1.45), 0.02, (-0.07, 0.17), (-0.075, 0.1)),
    ]


def pillow(color: Color, facing: str) -> Sketch:
    return [
        *poly(color, (-0.27, 0), (-0.22, 0.03), (0.22, 0.03), (0.27, 0), (0.25, 0.13), (0.27, 0.28),
              (0.2, 0.25), (-0.2, 0.25), (-0.27, 0.28), (-0.25, 0.13)),
        *oval(shade(color, 1.15), 0, 0.15, 0.15, 0.06),
    ]  # fmt: skip
