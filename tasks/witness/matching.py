"""Matching: which annotated object is which of the things that a witness saw."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from schemas.box import Box
from schemas.scene_graph import SceneObject
from schemas.vocabulary.classes import Vocabulary

Overlaps = npt.NDArray[np.float64]


def overlaps(boxes: Overlaps, box: Box) -> Overlaps:
    """Intersection over union of boxes (rows of x1, y1, x2, y2) with one."""
    sides = np.minimum(boxes[:, 2:], box[2:]) - np.maximum(boxes[:, :2], box[:2])
    shared = sides.clip(min=0.0).prod(axis=1)
    areas = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1) + box.area
    shares: Overlaps = shared / (areas - shared)
    return shares


def match(
    things: Sequence[SceneObject],
    seen: Sequence[tuple[Sequence[str], Box]],
    vocabulary: Vocabulary,
    min_iou: float,
) -> dict[int, int]:
    """Place in `things` by place in `seen`, each at most once, where boxes overlap by `min_iou` and
    classes may be the same; where several do, those whose classes agree best, then whose boxes
    do."""
    boxes = np.array([thing.box for thing in things], dtype=float).reshape(-1, 4)
    pairs: list[tuple[int, float, int, int]] = []
    for place, (names, box) in enumerate(seen):
        shares = overlaps(boxes, box)
        for number in np.flatnonzero(shares >= min_iou).tolist():
            agreement = _agreement(things[number], names, vocabulary)
            if agreement:
                pairs.append((-agreement, -float(shares[number]), place, number))
    found: dict[int, int] = {}
    taken = set()
    for _, _, place, number in sorted(pairs):
        if place not in found and number not in taken:
            found[place] = number
            taken.add(number)
    return found


def _agreement(thing: SceneObject, names: Sequence[str], vocabulary: Vocabulary) -> int:
    """0 where the classes exclude each other, 1 where the thing is called in no known word, 2 where
    they are mixed up, 3 where one is a more general word for the other."""
    own = [name for name in (thing.class_name, *thing.blocks) if name]
    if not own:
        return 1
    pairs = [(one, other) for one in own for other in names]
    if any(vocabulary.is_kind_of(*pair) or vocabulary.is_kind_of(*pair[::-1]) for pair in pairs):
        return 3
    return 2 if any(vocabulary.may_be_same(*pair) for pair in pairs) else 0
