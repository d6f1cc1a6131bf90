"""Frames: the size at which Qwen2.5-VL sees an image, and boxes in it.

The model's image processor enlarges small images and shrinks large ones; boxes that stay in the
pixels of the file then point beside the thing.
"""

from math import ceil, floor, sqrt

from schemas.box import Corners

MIN_PIXELS, MAX_PIXELS = 262_144, 4_194_304  # the paper's
FACTOR = 28  # a patch of 14 pixels, two by two merged into one token
MAX_ASPECT = 200


def smart_resize(
    width: int,
    height: int,
    *,
    min_pixels: int = MIN_PIXELS,
    max_pixels: int = MAX_PIXELS,
    factor: int = FACTOR,
) -> tuple[int, int]:
    """Width and height that the model's processor gives an image: multiples of `factor`, of nearly
    the same shape, with an area in the range.

    The rule is that of `smart_resize` in transformers 5.17,
    `models/qwen2_vl/image_processing_qwen2_vl.py`, which takes height before width. ValueError for
    a side below 1 pixel or an image more than 200 times as long as wide, which it refuses as well.
    """
    shorter, longer = sorted((width, height))
    if shorter < 1 or longer > MAX_ASPECT * shorter:
        raise ValueError(f"Qwen2.5-VL takes no image of {width} x {height} pixels")
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


def rescale_box(
    box: Corners, old: tuple[int, int], new: tuple[int, int]
) -> tuple[int, int, int, int]:
    """`box` of the frame `old` in whole pixels of the frame `new`, each one (width, height). A box
    inside stays inside, and is at least one pixel wide and high."""
    x1, x2 = _rescale(box[0], box[2], old[0], new[0])
    y1, y2 = _rescale(box[1], box[3], old[1], new[1])
    return x1, y1, x2, y2


def _rescale(low: float, high: float, old: int, new: int) -> tuple[int, int]:
    start, end = round(low * new / old), round(high * new / old)
    if start < end:
        return start, end
    start = floor((low + high) / 2 * new / old)
    return start, start + 1
