"""Miniature scenes: two or three coloured shapes, and a question about two of them.

Boxes are in cells of 7 pixels of an image of 56 x 56 pixels, so that its stated size is 8 x 8. The
ground is a ramp of colours, from which a vision tower with random weights learns places.
"""

import json
from collections.abc import Iterator
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageDraw

from schemas.box import overlap

CELLS, CELL = 8, 7
"""Cells per side and pixels per cell: a cell is one patch of the model."""
SIDE = CELLS * CELL  # pixels
COLORS = {"red": (220, 40, 40), "blue": (40, 60, 230), "green": (30, 170, 60)}
SHAPES = ("circle", "square", "triangle")
AXES = (("left of", "right of"), ("above", "below"))
JITTER, DROPPED = 1.6, 0.15
"""Of noisy traces: the standard deviation of an edge in cells, and the share of bystanders left
out."""

Box = tuple[int, int, int, int]


class Miniature(NamedTuple):
    """`names` and `boxes` in the order of the gold scene: the two that are asked about first."""

    image: Image.Image
    prompt: str
    names: tuple[str, ...]
    boxes: tuple[Box, ...]
    predicate: str
    answer: str

    @property
    def gold(self) -> str:
        return f"<scene>{self.scene(self.boxes)}</scene>\n<answer>{self.answer}</answer>"

    def scene(self, boxes: tuple[Box, ...], predicate: str = "", kept: int = 9) -> str:
        things = list(zip(self.names, boxes, strict=True))[:kept]
        return json.dumps(
            {
                "objects": [{"id": f"{name}.1", "bbox": list(box)} for name, box in things],
                "relationships": [
                    {
                        "subject": f"{self.names[0]}.1",
                        "predicate": predicate or self.predicate,
                        "object": f"{self.names[1]}.1",
                    }
                ],
            },
            separators=(",", ":"),
        )

    def trace(self, boxes: tuple[Box, ...], answer: str, predicate: str, kept: int = 9) -> str:
        return (
            f"<observe>{len(self.names)} shapes</observe>\n"
            f"<scene>{self.scene(boxes, predicate, kept)}</scene>\n"
            f"<think>{predicate}</think>\n<answer>{answer}</answer>"
        )


def draw(random: Generator) -> Miniature:
    number = int(random.integers(2, 4))
    kinds = [(color, shape) for color in COLORS for shape in SHAPES]
    chosen = [kinds[k] for k in random.choice(len(kinds), number, replace=False)]
    while True:
        boxes = tuple(_box(random) for _ in chosen)
        axis = int(random.integers(2))
        apart = _middle(boxes[0], axis) - _middle(boxes[1], axis)
        if abs(apart) >= 1.5 and not _overlaps(boxes):
            break
    names = tuple(f"{color}_{shape}" for color, shape in chosen)
    predicate = AXES[axis][int(apart > 0)]
    options = list(AXES[axis])
    if random.integers(2):
        options.reverse()
    letter = "AB"[options.index(predicate)]
    asked = [name.replace("_", " ") for name in names[:2]]
    lines = "\n".join(f"({mark}) {text}" for mark, text in zip("AB", options, strict=True))
    prompt = f"Image size: {CELLS} x {CELLS}\nWhere is the {asked[0]}, seen from the {asked[1]}?\n"
    return Miniature(
        _picture(chosen, boxes), prompt + lines, names, boxes, predicate, f"({letter}) {predicate}"
    )


def noisy(scene: Miniature, random: Generator) -> str:
    """A trace with wrong boxes, whose answer follows from these boxes."""
    boxes = tuple(_jittered(box, random) for box in scene.boxes)
    axis = next(number for number, pair in enumerate(AXES) if scene.predicate in pair)
    apart = _middle(boxes[0], axis) - _middle(boxes[1], axis)
    seen = AXES[axis][int(apart > 0)] if apart else scene.predicate
    first = scene.answer[:3]
    other = "(B)" if first == "(A)" else "(A)"
    answer = f"{first if seen == scene.predicate else other} {seen}"
    kept = 2 if random.random() < DROPPED else 9
    return scene.trace(boxes, answer, seen, kept)


def clean(scene: Miniature) -> str:
    return scene.trace(scene.boxes, scene.answer, scene.predicate)


def stream(seed: int) -> Iterator[Miniature]:
    random = np.random.default_rng(seed)
    while True:
        yield draw(random)


def rows(seed: int, number: int) -> list[dict[str, Any]]:
    """What GRPOTrainer takes."""
    return [
        {
            "prompt": [{"role": "user", "content": scene.prompt}],
            "image": scene.image,
            "gold": scene.gold,
            "width": CELLS,
            "height": CELLS,
        }
        for scene, _ in zip(stream(seed), range(number), strict=False)
    ]


def _box(random: Generator) -> Box:
    wide, high = random.integers(2, 4, size=2)
    x, y = random.integers(0, CELLS - wide + 1), random.integers(0, CELLS - high + 1)
    return int(x), int(y), int(x + wide), int(y + high)


def _jittered(box: Box, random: Generator) -> Box:
    moved = np.rint(np.array(box) + random.normal(0, JITTER, 4)).astype(int)
    x1, y1 = (int(low) for low in np.clip(moved[:2], 0, CELLS - 1))
    return x1, y1, int(np.clip(moved[2], x1 + 1, CELLS)), int(np.clip(moved[3], y1 + 1, CELLS))


def _middle(box: Box, axis: int) -> float:
    return (box[axis] + box[axis + 2]) / 2


def _overlaps(boxes: tuple[Box, ...]) -> bool:
    return any(overlap(a, b) for a, b in combinations(boxes, 2))


def _picture(kinds: list[tuple[str, str]], boxes: tuple[Box, ...]) -> Image.Image:
    ramp = np.linspace(60, 200, SIDE)
    ground = np.stack([np.tile(ramp, (SIDE, 1)), np.tile(ramp[:, None], (1, SIDE))], axis=2)
    full = np.concatenate([ground, np.full((SIDE, SIDE, 1), 120.0)], axis=2)
    image = Image.fromarray(full.astype(np.uint8))
    pen = ImageDraw.Draw(image)
    for (color, shape), box in zip(kinds, boxes, strict=True):
        x1, y1, x2, y2 = (edge * CELL for edge in box)
        fill, last = COLORS[color], (x1, y1, x2 - 1, y2 - 1)
        if shape == "circle":
            pen.ellipse(last, fill=fill)
        elif shape == "square":
            pen.rectangle(last, fill=fill)
        else:
            pen.polygon([(x1, y2 - 1), ((x1 + x2) // 2, y1), (x2 - 1, y2 - 1)], fill=fill)
    return image
