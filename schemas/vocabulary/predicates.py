"""The 84 predicates, what each implies, and the conditions on two boxes that some of them need.

A condition gives a degree: at least 1 where it clearly holds, at most -1 where it clearly fails,
between them where the boxes leave room for doubt. All are facts of the picture plane.
"""

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from math import log
from pathlib import Path

from schemas.box import Box, gap, horizontal_gap, inside_share, intersection_area
from schemas.claim import Category

STEEP = 2.0
TWO_SIDED = {"side", "depth", "height"}
TABLE = Path(__file__).parents[2] / "data" / "vocabulary" / "predicates.toml"
OPPOSITE = {
    ("support", "over"): "under",
    ("support", "under"): "over",
    ("support", "beside"): "beside",
    ("support", "none"): "none",
    ("height", "above"): "below",
    ("height", "below"): "above",
    ("side", "left"): "right",
    ("side", "right"): "left",
    ("depth", "front"): "back",
    ("depth", "back"): "front",
    ("depth", "none"): "none",
    ("containment", "inside"): "around",
    ("containment", "around"): "inside",
    ("containment", "outside"): "outside",
    ("nearness", "near"): "near",
    ("nearness", "far"): "far",
    ("angle", "parallel"): "parallel",
    ("angle", "perpendicular"): "perpendicular",
    ("size", "bigger"): "smaller",
    ("size", "smaller"): "bigger",
    ("tallness", "taller"): "shorter",
    ("tallness", "shorter"): "taller",
}
"""What an axis value says of subject and object once they change places; others say nothing."""


@dataclass(frozen=True, slots=True)
class Predicate:
    """One row of `data/vocabulary/predicates.toml`, which explains the fields."""

    name: str
    source: str
    category: Category
    phrase: str
    means: str
    inverse: str | None = None
    symmetric: bool = False
    proved: bool = False
    needs: str | None = None
    axes: tuple[tuple[str, str], ...] = ()
    asks: frozenset[str] = frozenset()
    also: tuple[str, ...] = ()

    def is_two_sided_with(self, other: "Predicate") -> bool:
        """Whether the other is its opposite on an axis where one of two is nearly always true."""
        return _are_two_sided(self.axes, other.axes)

    @property
    def reversed_axes(self) -> tuple[tuple[str, str], ...]:
        """What it says on each axis of (object, subject)."""
        return tuple((axis, OPPOSITE[axis, to]) for axis, to in self.axes if (axis, to) in OPPOSITE)


@cache
def _are_two_sided(own: tuple[tuple[str, str], ...], other: tuple[tuple[str, str], ...]) -> bool:
    axes = dict(own)
    return any(axis in TWO_SIDED and axes.get(axis, value) != value for axis, value in other)


@cache
def load_predicates() -> Mapping[str, Predicate]:
    """The table by name, in its own order."""
    table = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    return {
        name: Predicate(
            name=name,
            **{
                "means": name,
                **row,
                "category": Category(row["category"]),
                "axes": tuple(sorted(row.get("axes", {}).items())),
                "asks": frozenset(row.get("asks", ())),
                "also": tuple(row.get("also", ())),
            },
        )
        for name, row in table.items()
    }


@cache
def _spellings() -> Mapping[str, str]:
    spellings = {name: name for name in load_predicates()}
    for name, predicate in load_predicates().items():
        for spelling in predicate.also:
            if spelling in spellings:
                raise ValueError(
                    f"{TABLE.name}: {spelling!r} stands for both {spellings[spelling]!r} and "
                    f"{name!r}: keep one"
                )
            spellings[spelling] = name
    return spellings


def clean_predicate(text: str) -> str:
    """Lower case, one blank between words, no punctuation around them."""
    return re.sub(r"[\s_]+", " ", text).strip(" .,;:!?\"'").casefold()


def canonical_predicate(text: str) -> str | None:
    """The predicate of the table that a free-text one means, or None."""
    spellings = _spellings()
    cleaned = clean_predicate(text)
    bare = re.sub(r"^(?:is|are|was|were|being)\s+", "", cleaned)
    bare = re.sub(r"\s+(?:a|an|the)$", "", bare)
    return spellings.get(cleaned) or spellings.get(bare)


@dataclass(frozen=True, slots=True)
class Frame:
    """The picture that boxes lie in: sizes in pixels, `touch` and `ratio` from ProofConfig."""

    width: int
    height: int
    diagonal: float
    touch: float
    ratio: float


Condition = Callable[[Box, Box, Frame], float]


def _touch(a: Box, b: Box, frame: Frame) -> float:
    slack = frame.touch * frame.diagonal
    return 1.0 - gap(a, b) / slack


def _overlap(a: Box, b: Box, frame: Frame) -> float:
    """Clear where the boxes share at least a tenth of the smaller one; fails as `touch` does."""
    if gap(a, b) > 0:
        return min(_touch(a, b, frame), 0.0)
    smaller = min(a.area, b.area)
    return min(intersection_area(a, b) / (0.1 * smaller), 1.0) if smaller else 0.0


def _within(a: Box, b: Box, frame: Frame) -> float:
    """Clear where four fifths of `a` lie in `b`; fails where at most a fifth does."""
    return (inside_share(a, b) - 0.5) / 0.3


def _near(a: Box, b: Box, frame: Frame) -> float:
    return 2.0 - gap(a, b) / (0.1 * frame.diagonal)


def _far(a: Box, b: Box, frame: Frame) -> float:
    """Fails where both stand on one level, no farther apart than the smaller one is large: things
    that are neighbours in the picture alone may be far from each other in depth."""
    if abs(a.y2 - b.y2) > 0.05 * frame.height:
        return 0.0
    extent = min(max(a.width, a.height), max(b.width, b.height))
    return gap(a, b) / max(extent, 1) - 2.0


def _left(a: Box, b: Box, _: Frame) -> float:
    """Clear where the spans are disjoint and the way between the centres is not steep; fails where
    the centres are level or reversed."""
    across, down = b.center[0] - a.center[0], b.center[1] - a.center[1]
    degree = 4.0 * across / max(a.width + b.width, 1) - 1.0
    return min(degree, 0.9) if abs(down) > STEEP * abs(across) else degree


def _right(a: Box, b: Box, frame: Frame) -> float:
    return _left(b, a, frame)


def _higher(a: Box, b: Box, frame: Frame) -> float:
    return (b.center[1] - a.center[1]) / (0.05 * frame.height)


def _lower(a: Box, b: Box, frame: Frame) -> float:
    return _higher(b, a, frame)


def _under(a: Box, b: Box, frame: Frame) -> float:
    """Lower, and with no gap from side to side."""
    beside = 1.0 - max(horizontal_gap(a, b), 0) / (frame.touch * frame.diagonal)
    return min(_lower(a, b, frame), beside)


def _front(a: Box, b: Box, frame: Frame) -> float:
    """Doubtful where the nearer thing does not reach as low in the picture; never clear."""
    return min(max(1.0 + (a.y2 - b.y2) / (0.02 * frame.height), -0.9), 0.9)


def _log_ratio(a: float, b: float, frame: Frame) -> float:
    return log(max(a, 1) / max(b, 1)) / log(frame.ratio)


CONDITIONS: Mapping[str, Condition] = {
    "touch": _touch,
    "overlap": _overlap,
    "within": _within,
    "contains": lambda a, b, frame: _within(b, a, frame),
    "near": _near,
    "far": _far,
    "left": _left,
    "right": _right,
    "higher": _higher,
    "lower": _lower,
    "under": _under,
    "front": _front,
    "back": lambda a, b, frame: _front(b, a, frame),
    "bigger": lambda a, b, frame: _log_ratio(a.area, b.area, frame),
    "smaller": lambda a, b, frame: _log_ratio(b.area, a.area, frame),
    "taller": lambda a, b, frame: _log_ratio(a.height, b.height, frame),
    "shorter": lambda a, b, frame: _log_ratio(b.height, a.height, frame),
}
