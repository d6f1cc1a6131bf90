"""Animals, seen from the side."""

from tasks.render.palette import COLORS, CREAM, DARK, Color, shade
from tasks.render.primitives import Sketch, block, limb, oval, poly, ring, slab


def paws(color: Color, width: float, top: float, xs: tuple[float, ...]) -> Sketch:
    """Legs: every second one lies on the far side and is darker."""
    sketch: Sketch = []
    for tone, near in ((0.72, 1), (1.0, 0)):
        for x in xs[near::2]:
            sketch += limb(shade(color, tone), width, (x, top), (x, width / 2))
    return sketch


def dog(color: Color, facing: str) -> Sketch:
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


def cat(color: Color, facing: str) -> Sketch:
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


def horse(color: Color, facing: str) -> Sketch:
    mane = shade(color, 0.45)
    return [
        *poly(mane, (-0.72, 1.3), (-0.98, 1.16), (-1.06, 0.55), (-0.88, 0.7), (-0.8, 1.05)),
        *paws(color, 0.15, 0.85, (-0.66, -0.5, 0.5, 0.36)),
        *(p for x in (-0.66, -0.5, 0.5, 0.36) for p in block(DARK, x - 0.085, 0, x + 0.085, 0.1)),
        *slab(color, -0.82, 0.78, 0.66, 1.34, 0.26),
        *poly(color, (0.26, 1.24), (0.64, 0.94), (1.0, 1.62), (0.72, 1.84)),
        *poly(mane, (0.2, 1.32), (0.36, 1.28), (0.78, 1.78), (0.72, 1.9), (0.6, 1.86)),
        *poly(color, (0.66, 1.86), (0.92, 1.88), (1.3, 1.5), (1.28, 1.38), (1.14, 1.35),
              (0.8, 1.55)),
        *poly(color, (0.74, 1.84), (0.76, 2.04), (0.86, 1.86)),
        *oval(DARK, 0.96, 1.7, 0.035, 0.04),
        *oval(DARK, 1.22, 1.46, 0.025, 0.025),
    ]  # fmt: skip


def cow(color: Color, facing: str) -> Sketch:
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


def sheep(color: Color, facing: str) -> Sketch:
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


def bird(color: Color, facing: str) -> Sketch:
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
