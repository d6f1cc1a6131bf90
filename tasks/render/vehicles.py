"""Vehicles, from the side; a car and a bus also from the front and the rear."""

import math

from tasks.render.palette import DARK, GLASS, GOLD, STEEL, TAIL_LIGHT, Color, shade
from tasks.render.primitives import Sketch, block, limb, oval, poly, ring, slab

TYRE = (40, 40, 44)
TRUCK_RIBS = (-2.2, -1.45, -0.7, 0.05)


def wheel(x: float, radius: float) -> Sketch:
    return (
        oval(TYRE, x, radius, radius, radius)
        + oval((188, 190, 194), x, radius, radius * 0.55, radius * 0.55)
        + oval((96, 98, 102), x, radius, radius * 0.18, radius * 0.18)
    )


def vehicle_end(color: Color, facing: str, width: float, height: float, glass: float) -> Sketch:
    """Front (facing the viewer) or rear of a vehicle; the glass ends at the share `glass`."""
    half, base = width / 2, 0.22
    belt = height * glass
    pane, lamp = (GLASS, GOLD) if facing == "viewer" else (shade(GLASS, 0.55), TAIL_LIGHT)
    sketch = block(TYRE, -half * 0.92, 0, -half * 0.6, 0.4)
    sketch += block(TYRE, half * 0.6, 0, half * 0.92, 0.4)
    sketch += poly(color, (-half, base), (half, base), (half, belt), (half * 0.8, height),
                   (-half * 0.8, height), (-half, belt))  # fmt: skip
    sketch += poly(pane, (-half * 0.86, belt), (half * 0.86, belt), (half * 0.72, height * 0.93),
                   (-half * 0.72, height * 0.93))  # fmt: skip
    for side in (-1, 1):
        sketch += oval(lamp, side * half * 0.74, base + 0.42, 0.15, 0.12)
    if facing == "viewer":
        sketch += slab(DARK, -half * 0.45, base + 0.3, half * 0.45, base + 0.5, 0.06)
    sketch += block(shade(color, 0.6), -half, base, half, base + 0.14)
    return sketch + block((244, 244, 240), -0.24, base + 0.02, 0.24, base + 0.15)


def car(color: Color, facing: str) -> Sketch:
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


def bus(color: Color, facing: str) -> Sketch:
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


def truck(color: Color, facing: str) -> Sketch:
    return [
        *block((70, 72, 76), -2.9, 0.42, 2.6, 0.62),
        *block((226, 226, 220), -2.95, 0.6, 1.0, 2.8),
        *block(color, -2.95, 1.55, 1.0, 1.85),
        *(p for x in TRUCK_RIBS for p in block((198, 198, 192), x, 0.6, x + 0.05, 2.8)),
        *poly(color, (1.1, 0.42), (2.95, 0.42), (2.95, 1.25), (2.6, 1.4), (2.25, 2.3), (1.1, 2.3)),
        *poly(GLASS, (1.45, 1.4), (2.5, 1.4), (2.16, 2.12), (1.45, 2.12)),
        *limb(shade(color, 0.5), 0.06, (1.5, 1.15), (1.72, 1.15)),
        *oval(GOLD, 2.83, 0.85, 0.15, 0.15),
        *block(shade(color, 0.55), 1.1, 0.4, 3.0, 0.55),
        *wheel(-2.0, 0.46),
        *wheel(-0.9, 0.46),
        *wheel(2.0, 0.46),
    ]


def bicycle(color: Color, facing: str) -> Sketch:
    rear, front = (-0.52, 0.34), (0.52, 0.34)
    seat, crank, bar = (-0.2, 0.84), (-0.08, 0.32), (0.36, 0.8)
    sketch = ring((46, 46, 50), *rear, 0.34, 0.055) + ring((46, 46, 50), *front, 0.34, 0.055)
    for x, y in (rear, front):
        for turn in (0.2, 0.96, 1.7, 2.5):
            dx, dy = 0.3 * math.cos(turn), 0.3 * math.sin(turn)
            sketch += limb((170, 172, 176), 0.014, (x - dx, y - dy), (x + dx, y + dy))
    sketch += limb(color, 0.055, rear, crank, bar, (-0.17, 0.74), rear)
    sketch += limb(color, 0.055, crank, seat) + limb(color, 0.055, front, bar, (0.32, 0.96))
    sketch += limb(DARK, 0.05, (0.32, 0.97), (0.46, 1.02), (0.5, 0.93))
    sketch += limb(DARK, 0.08, (-0.32, 0.88), (-0.08, 0.87))
    return sketch + oval(STEEL, *crank, 0.09, 0.09) + limb(DARK, 0.05, (-0.02, 0.17), (0.1, 0.17))
