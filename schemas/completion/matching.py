"""Matching: which predicted object stands for which gold object (SpatialThinker, arXiv 2511.07403).

Closeness is (CIoU + 1) / 2 of boxes divided by the image's width and height. Hungarian matching
minimises 2.0 (1 - label similarity) + 1.0 (1 - closeness).
"""

from collections.abc import Callable, Sequence
from math import atan, pi
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from schemas.box import Corners
from schemas.completion.parsing import ReadScene
from schemas.completion.similarity import Similarity, exact_match

SEMANTIC, SPATIAL = 2.0, 1.0  # the paper's weights of labels and of boxes
EPSILON = 1e-7  # added to every denominator, as in the published code
MIN_VECTORIZED = 30  # pairs of objects; fewer are faster in plain floats than in numpy
FLAT = (0.0,) * 6  # stands in for a missing box; its closeness is then set to 0

Shape = tuple[float, float, float, float, float, float]
Tables = tuple[NDArray[Any], NDArray[Any]]


class Pair(NamedTuple):
    """A predicted and a gold object by their places in their scenes. `closeness` is 0 where the
    predicted object has no box, and may be negative."""

    predicted: int
    gold: int
    similarity: float
    closeness: float


class Target(msgspec.Struct, frozen=True):
    """A gold scene in an image of `width` x `height`, prepared for matching: `columns` are its
    shapes, `places` where each shape stands in them, `codes` its labels by `label_codes`."""

    scene: ReadScene
    width: float
    height: float
    shapes: list[Shape]
    columns: NDArray[np.float64]
    places: dict[Shape, list[int]]
    label_codes: dict[str, int]
    codes: NDArray[np.intp]


def prepare(scene: ReadScene, width: float, height: float) -> Target:
    """ValueError where an object has no box."""
    boxes = [box for box in scene.boxes if box]
    if len(boxes) < len(scene.boxes):
        name = scene.ids[scene.boxes.index(None)]
        raise ValueError(f"the box of {name} is empty, inverted or endless")
    shapes = [shape(box, width, height) for box in boxes]
    places: dict[Shape, list[int]] = {}
    for place, one in enumerate(shapes):
        places.setdefault(one, []).append(place)
    label_codes: dict[str, int] = {}
    codes = [label_codes.setdefault(label, len(label_codes)) for label in scene.labels]
    columns, codes_ = np.array(shapes).T, np.array(codes, np.intp)
    return Target(scene, width, height, shapes, columns, places, label_codes, codes_)


def shape(box: Corners, width: float, height: float) -> Shape:
    """A box by shares of the image: its edges, its area, and the angle of its aspect ratio."""
    x1, y1, x2, y2 = box[0] / width, box[1] / height, box[2] / width, box[3] / height
    return x1, y1, x2, y2, (x2 - x1) * (y2 - y1), atan((x2 - x1) / (y2 - y1 + EPSILON))


def closeness(
    a: Any, b: Any, least: Callable[..., Any] = min, most: Callable[..., Any] = max
) -> Any:
    """(CIoU + 1) / 2 as published: below 0 for thin distant boxes, and less than 1 for identical
    ones. Takes two shapes, or columns of shapes with numpy's `minimum` and `maximum`."""
    ax1, ay1, ax2, ay2, a_area, a_angle = a
    bx1, by1, bx2, by2, b_area, b_angle = b
    shared_x = most(least(ax2, bx2) - most(ax1, bx1), 0.0)
    shared = shared_x * most(least(ay2, by2) - most(ay1, by1), 0.0)
    iou = shared / (a_area + b_area - shared + EPSILON)
    hull_x, hull_y = most(ax2, bx2) - least(ax1, bx1), most(ay2, by2) - least(ay1, by1)
    apart_x, apart_y = ax1 + ax2 - bx1 - bx2, ay1 + ay2 - by1 - by2
    apart = (apart_x * apart_x + apart_y * apart_y) / 4
    turned = b_angle - a_angle
    v = 4 / pi**2 * (turned * turned)
    ciou = (
        iou
        - apart / (hull_x * hull_x + hull_y * hull_y + EPSILON)
        - v * v / (1 - iou + v + EPSILON)
    )
    return (ciou + 1) / 2


def match(predicted: ReadScene, target: Target, similarity: Similarity) -> list[Pair]:
    """The pairs of the best assignment, as many as the smaller scene has objects."""
    if not predicted.ids or not target.shapes:
        return []
    shapes = [box and shape(box, target.width, target.height) for box in predicted.boxes]
    is_small = len(shapes) * len(target.shapes) < MIN_VECTORIZED
    tables = _plain_tables if is_small else _vectorized_tables
    alike, close = tables(predicted.labels, shapes, target, similarity)
    rows, columns = linear_sum_assignment(SEMANTIC * alike + SPATIAL * close, maximize=True)
    chosen = alike[rows, columns].tolist(), close[rows, columns].tolist()
    return list(map(Pair, rows.tolist(), columns.tolist(), *chosen))


def _plain_tables(
    labels: Sequence[str],
    shapes: Sequence[Shape | None],
    target: Target,
    similarity: Similarity,
) -> Tables:
    alike = [
        [1.0 if one == other else similarity(one, other) for other in target.scene.labels]
        for one in labels
    ]
    close = [
        [1.0 if one == other else closeness(one, other) if one else 0.0 for other in target.shapes]
        for one in shapes
    ]
    return np.array(alike), np.array(close)


def _vectorized_tables(
    labels: Sequence[str],
    shapes: Sequence[Shape | None],
    target: Target,
    similarity: Similarity,
) -> Tables:
    rows = np.array([one or FLAT for one in shapes]).T[:, :, None]
    close = closeness(rows, target.columns, np.minimum, np.maximum)
    for row, one in enumerate(shapes):
        if one is None:
            close[row] = 0.0
        elif one in target.places:
            close[row, target.places[one]] = 1.0
    if similarity is exact_match:
        codes = [target.label_codes.get(label, -1) for label in labels]
        return np.array(codes)[:, None] == target.codes, close
    known: dict[str, int] = {}
    codes = [known.setdefault(label, len(known)) for label in labels]
    table = [
        [1.0 if one == other else similarity(one, other) for other in target.label_codes]
        for one in known
    ]
    return np.array(table)[codes][:, target.codes], close
