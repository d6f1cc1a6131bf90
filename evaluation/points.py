"""Points: the first point that a reply names, and whether it lies where it should.

Points are in shares of the image: (0, 0) is its upper left corner, (1, 1) the lower right one.
"""

import json
import re
import unicodedata
from collections.abc import Sequence

from evaluation.reading.reply_parts import MAX_PART, last_answer, spoken
from schemas.photographs import opened

NUMBER = r"([-+]?(?:\d{1,7}(?:\.\d{0,20})?|\.\d{1,20}))\s*(%?)"
"""With at most 7 digits before and 20 behind the point, and perhaps a % sign."""
PAIR = re.compile(rf"[(\[]\s*{NUMBER}\s*,\s*{NUMBER}\s*[)\]]")
"""`(x, y)` or `[x, y]`."""
NAMED = re.compile(
    rf"\bx\d?['\"]?\s*[=:]\s*['\"]?{NUMBER}['\"]?\s*[,;]?\s*['\"]?y\d?['\"]?\s*[=:]\s*['\"]?{NUMBER}"
)
"""`x=1, y=2`, `"x": 1, "y": 2`, `x1="1" y1="2"`."""
MARKUP = re.compile(r"<points?\b")
"""How Molmo marks points, whose numbers are percent."""
Point = tuple[float, float]


def first_point(reply: str, width: int | None, height: int | None) -> Point | None:
    """The first `(x, y)`, `[x, y]` or `x=..., y=...` of the last `<answer>`, or of what follows the
    thought; None where there is no point.

    Numbers up to 1 are shares; those with a % sign and those of a `<point>` are percent. Others are
    pixels of the frame that the prompt states, or thousandths where the point lies beyond that
    frame or none is stated.
    """
    text = spoken(reply)
    tagged = last_answer(text)
    # Full-width brackets, commas and digits become ours.
    text = unicodedata.normalize("NFKC", (text if tagged is None else tagged)[:MAX_PART])
    found = [match for match in (PAIR.search(text), NAMED.search(text)) if match]
    if not found:
        return None
    match = min(found, key=lambda one: one.start())
    x, y = float(match[1]), float(match[3])
    if match[2] or match[4] or (match.re is NAMED and MARKUP.search(text, 0, match.start())):
        return x / 100.0, y / 100.0
    if max(x, y) <= 1.0:
        return x, y
    if width and height and (x <= width and y <= height):
        return x / width, y / height
    if max(x, y) <= 1000.0 or not (width and height):
        return x / 1000.0, y / 1000.0
    return x / width, y / height


def read_polygon(text: str) -> list[Point]:
    """The polygon of an item's answer, a JSON list of [x, y]."""
    return [(float(x), float(y)) for x, y in json.loads(text)]


def is_inside(point: Point, polygon: Sequence[Point]) -> bool:
    """By how often a ray to the right crosses the edges, as the authors of RoboSpatial-Home do
    (chanhee-luke/RoboSpatial-Eval, evaluation.py)."""
    x, y = point
    crossings = 0
    for (x1, y1), (x2, y2) in zip(polygon, [*polygon[1:], *polygon[:1]], strict=True):
        if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
            crossings += 1
    return crossings % 2 == 1


def is_in_mask(point: Point, mask: bytes) -> bool:
    """Whether the pixel of a mask, an image of any size, is not black there."""
    x, y = point
    if not (0.0 <= x <= 1.0 and 0.0 <= y <= 1.0):
        return False
    with opened(mask) as image:
        place = (
            min(int(x * image.width), image.width - 1),
            min(int(y * image.height), image.height - 1),
        )
        return bool(image.convert("L").getpixel(place))
