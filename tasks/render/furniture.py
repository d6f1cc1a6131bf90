"""What furnishes a room, on the floor and on the wall."""

import math

from tasks.render.palette import CREAM, DARK, GOLD, TAIL_LIGHT, WOOD, Color, shade
from tasks.render.primitives import Sketch, block, limb, oval, poly, slab


def table(color: Color, facing: str) -> Sketch:
    sketch: Sketch = []
    for x in (-0.58, 0.58):
        sketch += block(shade(color, 0.6), x - 0.035, 0.16, x + 0.035, 0.7)
    for x in (-0.73, 0.73):
        sketch += block(shade(color, 0.85), x - 0.045, 0, x + 0.045, 0.7)
    sketch += poly(shade(color, 1.15), (-0.82, 0.72), (0.82, 0.72), (0.68, 0.92), (-0.68, 0.92))
    return sketch + block(shade(color, 0.8), -0.82, 0.65, 0.82, 0.73)


def chair(color: Color, facing: str) -> Sketch:
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


def couch(color: Color, facing: str) -> Sketch:
    return [
        *(p for x in (-0.85, 0.77) for p in block(DARK, x, 0, x + 0.08, 0.14)),
        *slab(shade(color, 0.85), -0.86, 0.3, 0.86, 0.95, 0.12),
        *slab(shade(color, 0.72), -0.95, 0.1, 0.95, 0.42, 0.05),
        *slab(shade(color, 1.1), -0.76, 0.36, -0.01, 0.54, 0.06),
        *slab(shade(color, 1.1), 0.01, 0.36, 0.76, 0.54, 0.06),
        *slab(color, -1.02, 0.1, -0.74, 0.68, 0.1),
        *slab(color, 0.74, 0.1, 1.02, 0.68, 0.1),
    ]


def bed(color: Color, facing: str) -> Sketch:
    return [
        *slab(WOOD, -0.82, 0.3, 0.82, 1.1, 0.1),
        *poly((238, 236, 228), (-0.95, 0.42), (0.95, 0.42), (0.78, 0.84), (-0.78, 0.84)),
        *poly(color, (-0.95, 0.46), (0.95, 0.46), (0.85, 0.68), (-0.85, 0.68)),
        *slab(shade(color, 0.8), -0.96, 0.2, 0.96, 0.48, 0.05),
        *block(shade(WOOD, 0.8), -0.98, 0.12, 0.98, 0.24),
        *(p for x in (-0.96, 0.86) for p in block(shade(WOOD, 0.6), x, 0, x + 0.1, 0.14)),
    ]


def lamp(color: Color, facing: str) -> Sketch:
    return [
        *oval(DARK, 0, 0.04, 0.19, 0.04),
        *limb(DARK, 0.04, (0, 0.04), (0, 1.3)),
        *oval(GOLD, 0, 1.24, 0.1, 0.1),
        *poly(color, (-0.3, 1.22), (0.3, 1.22), (0.17, 1.6), (-0.17, 1.6)),
        *poly(shade(color, 1.25), (-0.12, 1.22), (0.06, 1.22), (0.03, 1.6), (-0.07, 1.6)),
    ]


def plant(color: Color, facing: str) -> Sketch:
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


def clock(color: Color, facing: str) -> Sketch:
    sketch = oval(color, 0, 0.2, 0.2, 0.2) + oval((250, 250, 246), 0, 0.2, 0.165, 0.165)
    for hour in range(12):
        dx, dy = math.sin(hour * math.pi / 6), math.cos(hour * math.pi / 6)
        sketch += limb(DARK, 0.016, (0.125 * dx, 0.2 + 0.125 * dy), (0.145 * dx, 0.2 + 0.145 * dy))
    sketch += limb(DARK, 0.022, (0, 0.2), (-0.06, 0.255))
    return sketch + limb(DARK, 0.016, (0, 0.2), (0.06, 0.3))


def picture(color: Color, facing: str) -> Sketch:
    return [
        *block(WOOD, -0.45, 0, 0.45, 0.66),
        *block(CREAM, -0.39, 0.06, 0.39, 0.6),
        *block(shade(color, 1.2), -0.32, 0.13, 0.32, 0.53),
        *poly(shade(color, 0.75), (-0.32, 0.13), (0.32, 0.13), (0.32, 0.34), (-0.32, 0.22)),
        *poly(CREAM, (-0.2, 0.36), (0.2, 0.44), (0.24, 0.4), (-0.2, 0.32)),
    ]


def window(color: Color, facing: str) -> Sketch:
    frame = (246, 246, 242)
    return [
        *block(frame, -0.62, 0.04, 0.62, 1.3),
        *block((164, 208, 238), -0.54, 0.12, 0.54, 1.22),
        *poly((206, 230, 246), (-0.54, 0.5), (-0.1, 1.22), (0.2, 1.22), (-0.46, 0.12),
              (-0.54, 0.12)),
        *block(frame, -0.04, 0.12, 0.04, 1.22),
        *block(frame, -0.54, 0.64, 0.54, 0.71),
        *block(shade(frame, 0.86), -0.7, 0, 0.7, 0.07),
    ]  # fmt: skip


def television(color: Color, facing: str) -> Sketch:
    return [
        *slab((30, 30, 34), -0.62, 0, 0.62, 0.74, 0.03),
        *block((58, 76, 104), -0.57, 0.07, 0.57, 0.69),
        *poly((92, 116, 150), (-0.57, 0.3), (-0.2, 0.69), (0.1, 0.69), (-0.57, 0.07)),
        *oval(TAIL_LIGHT, 0.5, 0.035, 0.018, 0.018),
    ]
