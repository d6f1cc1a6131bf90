"""Conditions: what the boxes of a pair say for or against a predicate that needs them.

A condition gives a degree: at least 1 where it clearly holds, at most -1 where it clearly fails,
between them where the boxes leave room for doubt. All are facts of the picture plane. ProofConfig
holds the margins.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import log

from schemas.box import Box, gap, horizontal_gap, inside_share, intersection_area
from schemas.config.margins import ProofConfig

NEVER_CLEAR = 0.9
"""A degree just below 1, the most for what boxes alone can never show clearly."""


@dataclass(frozen=True, slots=True)
class Image:
    """The image that boxes lie in, sizes in pixels, and how clear a condition on them must be."""

    width: int
    height: int
    diagonal: float
    margins: ProofConfig


Condition = Callable[[Box, Box, Image], float]


def _touch(a: Box, b: Box, image: Image) -> float:
    """Clear where the boxes touch or overlap; fails from a gap of twice `touch` on."""
    return 1.0 - gap(a, b) / (image.margins.touch * image.diagonal)


def _rest(a: Box, b: Box, image: Image) -> float:
    """As `touch`; doubtful where much of `a` lies below the foot of `b`, which then hardly bears
    it: annotators confuse the ends. Never a clear failure for this: a towel on a rack hangs."""
    hanging = max(a.y2 - b.y2, 0) / max(a.height, 1)
    borne = 3.0 - 2.0 * hanging / image.margins.rest_share
    return min(_touch(a, b, image), max(borne, -NEVER_CLEAR))


def _overlap(a: Box, b: Box, image: Image) -> float:
    """Clear where the boxes share `overlap_share` of the smaller one; fails as `touch` does."""
    if gap(a, b) > 0:
        return min(_touch(a, b, image), 0.0)
    needed = image.margins.overlap_share * min(a.area, b.area)
    return min(intersection_area(a, b) / needed, 1.0) if needed else 0.0


def _within(a: Box, b: Box, image: Image) -> float:
    """Clear where the share of `a` in `b` is one half plus `inside_margin`, or more; fails at one
    half minus it, or less."""
    return (inside_share(a, b) - 0.5) / image.margins.inside_margin


def _near(a: Box, b: Box, image: Image) -> float:
    """Clear up to a gap of `near_share`; fails from three times this on, if the gap is also wider
    than `far_extents` of the larger one: close to the camera, a wide gap is a step or two."""
    degree = 2.0 - gap(a, b) / (image.margins.near_share * image.diagonal)
    extent = max(a.width, a.height, b.width, b.height)
    is_far = gap(a, b) > image.margins.far_extents * extent
    return degree if is_far else max(degree, -NEVER_CLEAR)


def _far(a: Box, b: Box, image: Image) -> float:
    """Fails where both stand on one level, no farther apart than `far_extents` of the smaller one:
    things that are neighbours in the picture alone may be far from each other in depth."""
    if abs(a.y2 - b.y2) > image.margins.level_share * image.height:
        return 0.0
    extent = min(max(a.width, a.height), max(b.width, b.height))
    return gap(a, b) / (image.margins.far_extents * max(extent, 1)) - 2.0


def _left(a: Box, b: Box, image: Image) -> float:
    """Clear where the spans are disjoint and the way between the centres is not steeper than
    `side_steepness`; fails where the centres are level or reversed."""
    across, down = b.center[0] - a.center[0], b.center[1] - a.center[1]
    degree = 4.0 * across / max(a.width + b.width, 1) - 1.0
    is_steep = abs(down) > image.margins.side_steepness * abs(across)
    return min(degree, NEVER_CLEAR) if is_steep else degree


def _right(a: Box, b: Box, image: Image) -> float:
    return _left(b, a, image)


def _higher(a: Box, b: Box, image: Image) -> float:
    """Clear where the centres are `height_share` apart."""
    return (b.center[1] - a.center[1]) / (image.margins.height_share * image.height)


def _lower(a: Box, b: Box, image: Image) -> float:
    return _higher(b, a, image)


def _under(a: Box, b: Box, image: Image) -> float:
    """Lower, and with no gap from side to side."""
    beside = 1.0 - max(horizontal_gap(a, b), 0) / (image.margins.touch * image.diagonal)
    return min(_lower(a, b, image), beside)


def _front(a: Box, b: Box, image: Image) -> float:
    """Doubtful where the nearer thing does not reach as low in the picture; never clear, and never
    a clear failure: a bird in front of a tree may be above its foot."""
    degree = 1.0 + (a.y2 - b.y2) / (image.margins.front_share * image.height)
    return min(max(degree, -NEVER_CLEAR), NEVER_CLEAR)


def _log_ratio(a: float, b: float, needed: float) -> float:
    return log(max(a, 1) / max(b, 1)) / log(needed)


CONDITIONS: Mapping[str, Condition] = {
    "touch": _touch,
    "rest": _rest,
    "overlap": _overlap,
    "within": _within,
    "contains": lambda a, b, image: _within(b, a, image),
    "near": _near,
    "far": _far,
    "left": _left,
    "right": _right,
    "higher": _higher,
    "lower": _lower,
    "under": _under,
    "front": _front,
    "back": lambda a, b, image: _front(b, a, image),
    "bigger": lambda a, b, image: _log_ratio(a.area, b.area, image.margins.area_ratio),
    "smaller": lambda a, b, image: _log_ratio(b.area, a.area, image.margins.area_ratio),
    "taller": lambda a, b, image: _log_ratio(a.height, b.height, image.margins.size_ratio),
    "shorter": lambda a, b, image: _log_ratio(b.height, a.height, image.margins.size_ratio),
}
