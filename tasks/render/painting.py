"""Painting: a scene as a photograph."""

import io
import random

from PIL import Image, ImageDraw

from tasks.render.grounds import paint_ground
from tasks.render.palette import COLORS, DARK, GROUND_COLORS, shade
from tasks.render.primitives import Sketch
from tasks.render.scene import RenderedScene, Thing
from tasks.render.sketches import sketch_of


def paint_shadow(canvas: ImageDraw.ImageDraw, scene: RenderedScene, thing: Thing) -> None:
    left, _, right, bottom = (2 * edge for edge in thing.extent)
    thick = min(0.1 * (right - left), 60 * scene.camera.focal / scene.camera.width / thing.z)
    row = round(thing.extent[3])
    below = [ground for ground in scene.grounds if ground.top <= row <= ground.bottom][-1]
    tone = shade(GROUND_COLORS[below.name, below.color], 0.72)
    canvas.ellipse([left, bottom - thick, right, bottom + thick * 0.6], fill=tone)


def paint(canvas: ImageDraw.ImageDraw, sketch: Sketch, x: float, y: float, scale: float) -> None:
    """Paint a sketch with a dark contour, its origin at pixel (x, y), `scale` pixels per metre."""
    outlines = [
        (color, [(x + scale * px, y - scale * py) for px, py in points]) for color, points in sketch
    ]
    for _, points in outlines:
        canvas.line([*points, points[0]], fill=DARK, width=3)
    for color, points in outlines:
        canvas.polygon(points, fill=color)


def draw_scene(scene: RenderedScene) -> bytes:
    """A JPEG. Drawn at twice the size and halved, far things first."""
    camera, rng = scene.camera, random.Random(f"{scene.seed}:{scene.image_id}:ground")
    image = Image.new("RGB", (2 * camera.width, 2 * camera.height))
    canvas = ImageDraw.Draw(image)
    for ground in scene.grounds:
        rows = (2.0 * ground.top, 2.0 * ground.bottom)
        paint_ground(canvas, ground.name, ground.color, rows, 2 * camera.horizon, rng)
    far_first = sorted(scene.things, key=lambda thing: thing.z)[::-1]
    for thing in far_first:
        if thing.is_grounded:
            paint_shadow(canvas, scene, thing)
    for thing in far_first:
        sketch = sketch_of(thing.name, thing.facing, thing.pose, COLORS[thing.color], thing.variant)
        x, y = 2 * camera.column(thing.x, thing.z), 2 * camera.row(thing.y, thing.z)
        paint(canvas, sketch, x, y, 2 * camera.focal / thing.z * thing.scale)
    buffer = io.BytesIO()
    image.reduce(2).save(buffer, "JPEG", quality=88)
    return buffer.getvalue()
