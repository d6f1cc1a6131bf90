"""Frames: the size at which a model sees an image, and boxes in it.

The image processor of Qwen's models enlarges small images and shrinks large ones. Boxes that stay
in pixels of the file then miss the thing.
"""

from math import ceil, floor, sqrt

import msgspec

from schemas.box import Corners
from schemas.completion.parsing import DECODER, GOLD_TAGS, read_scene, read_tags

Size = tuple[int, int]
"""Width and height in pixels."""

MIN_PIXELS, MAX_PIXELS = 262_144, 4_194_304  # the paper's, of a resized image
FACTOR = 28  # pixels of Qwen2.5-VL: a patch of 14 pixels, two by two merged into one token
MAX_ASPECT = 200  # longer side by shorter: beyond it the model's processor raises


def smart_resize(
    width: int,
    height: int,
    *,
    min_pixels: int = MIN_PIXELS,
    max_pixels: int = MAX_PIXELS,
    factor: int = FACTOR,
) -> Size:
    """Width and height that the processor of Qwen's models gives an image: multiples of `factor`,
    of nearly the same shape, with an area in the range.

    The rule is that of `smart_resize` in transformers 5.17,
    `models/qwen2_vl/image_processing_qwen2_vl.py`, which takes height before width. ValueError for
    a side below 1 pixel or an image more than 200 times as long as wide, as in transformers.
    """
    shorter, longer = sorted((width, height))
    if shorter < 1 or longer > MAX_ASPECT * shorter:
        raise ValueError(f"Qwen's processor takes no image of {width} x {height} pixels")
    new_width, new_height = (round(side / factor) * factor for side in (width, height))
    if new_width * new_height > max_pixels:
        shrink = sqrt(width * height / max_pixels)
        new_width, new_height = (
            max(factor, floor(side / shrink / factor) * factor) for side in (width, height)
        )
    elif new_width * new_height < min_pixels:
        enlarge = sqrt(min_pixels / (width * height))
        new_width, new_height = (ceil(side * enlarge / factor) * factor for side in (width, height))
    return new_width, new_height


def rescale_box(box: Corners, old: Size, new: Size) -> tuple[int, int, int, int]:
    """`box` of the frame `old` in whole pixels of the frame `new`. A box inside stays inside. A
    side that rounding would reduce to nothing becomes the pixel that holds its middle."""
    x1, x2 = _rescale(box[0], box[2], old[0], new[0])
    y1, y2 = _rescale(box[1], box[3], old[1], new[1])
    return x1, y1, x2, y2


def _rescale(low: float, high: float, old: int, new: int) -> tuple[int, int]:
    start, end = round(low * new / old), round(high * new / old)
    if start < end:
        return start, end
    start = floor((low + high) / 2 * new / old)
    return start, start + 1


def moved_gold(gold: str, old: Size, new: Size) -> str:
    """A gold completion with its boxes in another frame; ids, relationships, answer and every order
    stay. ValueError where it is not one <scene> and then one <answer>, or a box is invalid: an
    empty box must not become a pixel that earns a reward."""
    parts = read_tags(gold, GOLD_TAGS)
    if parts is None:
        raise ValueError(f"broken gold {gold[:80]!r}: it is not one <scene> and then one <answer>")
    known = read_scene(parts[0])
    boxes = {}
    for name, box in zip(known.ids, known.boxes, strict=True):
        if box is None:
            raise ValueError(f"the box of {name} is empty, inverted or endless")
        boxes[name] = box
    if old == new:
        return gold
    scene = DECODER.decode(parts[0])
    for entry in scene["objects"]:
        entry["bbox"] = rescale_box(boxes[entry["id"]], old, new)
    return f"<scene>{msgspec.json.encode(scene).decode()}</scene>\n<answer>{parts[1]}</answer>"
