"""Painting the grounds: sky, grass, road, sidewalk, wall and floor. All in canvas pixels."""

import random

from PIL import ImageDraw

from tasks.render.palette import CREAM, GROUND_COLORS, Color, shade

Canvas = ImageDraw.ImageDraw
Rows = tuple[float, float]


def paint_blades(
    canvas: Canvas, tone: Color, rows: Rows, horizon: float, rng: random.Random
) -> None:
    top, bottom = rows
    for _ in range(round((bottom - top) * 1.5)):
        root = top + (bottom - top) * rng.random() ** 0.6
        x = rng.uniform(0, canvas.im.size[0])
        size = 2 + 10 * (root - horizon) / (bottom - horizon + 1)
        blade = shade(tone, rng.choice((0.84, 0.9, 1.1)))
        canvas.line([(x, root), (x + rng.uniform(-3, 3), root - size)], fill=blade, width=2)


def paint_boards(canvas: Canvas, tone: Color, rows: Rows, horizon: float) -> None:
    """Lines that meet at the vanishing point."""
    middle = canvas.im.size[0] / 2
    for k in range(-14, 15):
        slope = k * 0.52
        ends = [(middle + slope * (row - horizon), row) for row in rows]
        canvas.line(ends, fill=shade(tone, 0.86), width=3)


def paint_joints(canvas: Canvas, tone: Color, rows: Rows, horizon: float) -> None:
    (top, joint), width = rows, canvas.im.size[0]
    while joint > top + 6:
        canvas.line([(0, joint), (width, joint)], fill=shade(tone, 0.86), width=3)
        joint = horizon + (joint - horizon) * 0.78
    canvas.rectangle([0, top, width, top + 7], fill=shade(tone, 1.15))


def paint_dashes(canvas: Canvas, rows: Rows) -> None:
    middle, dash = sum(rows) / 2, canvas.im.size[0] / 14
    for k in range(0, 15, 2):
        canvas.rectangle([k * dash, middle - 3, (k + 1) * dash, middle + 3], fill=CREAM)


def paint_skirting(canvas: Canvas, tone: Color, bottom: float) -> None:
    width = canvas.im.size[0]
    canvas.rectangle([0, bottom - 14, width, bottom], fill=shade(tone, 1.1))
    canvas.line([(0, bottom - 15), (width, bottom - 15)], fill=shade(tone, 0.86), width=3)


def paint_ground(
    canvas: Canvas, name: str, color: str, rows: Rows, horizon: float, rng: random.Random
) -> None:
    """Fill the rows (top, bottom) of the picture with one ground."""
    top, bottom = rows
    width = canvas.im.size[0]
    tone = GROUND_COLORS[name, color]
    for row in range(round(top), round(bottom)):
        share = (row - top) / max(1.0, bottom - top)
        canvas.line([(0, row), (width, row)], fill=shade(tone, 0.94 + 0.12 * share))
    match name:
        case "grass":
            paint_blades(canvas, tone, rows, horizon, rng)
        case "floor":
            paint_boards(canvas, tone, rows, horizon)
        case "sidewalk":
            paint_boards(canvas, tone, rows, horizon)
            paint_joints(canvas, tone, rows, horizon)
        case "road":
            paint_dashes(canvas, rows)
        case "wall":
            paint_skirting(canvas, tone, bottom)
