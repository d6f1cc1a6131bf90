"""Published rewards: what the code published with the paper pays, its oddities included
(hunarbatra/SpatialThinker, commit 4ac41cf, `spatial_sgg` and `r1v`).

training.rewards is the same reward with care for what a policy may write; the differences stand in
docs/training.md. Here tags may come in any order and nest, boxes may be inverted, empty or
endless, and closeness below 0 counts. Where the published code raises an error, which ends its
training, the part that raised is 0.
"""

import json
import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from math import atan, pi
from typing import Any

import numpy as np
from scipy.optimize import linear_sum_assignment

from schemas.completion.similarity import Similarity, exact_match
from training.rewards import (
    OBJECTS_SHARE,
    PAPER_WEIGHTS,
    RELATIONSHIPS_SHARE,
    Rewards,
    Weights,
    nearness,
)

TAGS = ("observe", "think", "scene", "answer")
ID = re.compile(r"[a-zA-Z_]+\.\d+")
ENDS = ("subject", "object")
LABELS, BOXES = 2.0, 1.0
"""Weights in the cost of matching two objects."""
UNMATCHED = 1e5
"""The cost of a gold object that no object stands for."""
EPSILON = 1e-7
"""Added to areas that are divided by, as the published code does."""
SPARSE = re.compile(r"<think>.*?</think>\s*<answer>.*?</answer>", re.DOTALL)
ANSWER = re.compile(r"<answer>(.*?)</answer>")
"""Of one line: the dot of the sparse rule matches no line break."""
CACHED = 1 << 16  # pairs of labels that are kept: bounds memory
Objects = Sequence[dict[str, Any]]
Box = Sequence[float]


def published_dense(
    completion: str,
    gold: str,
    width: float,
    height: float,
    *,
    weights: Weights = PAPER_WEIGHTS,
    similarity: Similarity = exact_match,
) -> Rewards:
    """The parts after gating, and their weighted sum; boxes are in pixels of a frame of `width` x
    `height`. Parts may be below 0 or above 1."""
    if not _is_well_formed(completion):
        return Rewards()
    scene, wanted = _scene(completion), _scene(gold)
    said, right = _tag(completion, "answer"), _tag(gold, "answer")
    count = _count(scene, wanted)
    accuracy = float(said.lower() == right.lower())
    spatial = _spatial(scene, wanted, width, height, similarity) if accuracy else 0.0
    total = (
        weights.format + weights.count * count + weights.accuracy * accuracy
        + weights.spatial * spatial
    )  # fmt: skip
    return Rewards(1.0, count, accuracy, spatial, total)


def published_sparse(completion: str, gold: str) -> Rewards:
    """Half for `<think>` and `<answer>` and nothing else, half for the answer, which is the whole
    text where it has no tag. Spaces and case do not count. The published grader also takes
    off LaTeX, degrees and a final point, and accepts what sympy simplifies to the same: evaluating
    what a policy writes is left out."""
    found, wanted = ANSWER.search(completion), ANSWER.search(gold)
    said = found[1] if found else completion
    right = wanted[1] if wanted else gold
    form = float(SPARSE.fullmatch(completion) is not None)
    accuracy = float(_without_spaces(said) == _without_spaces(right))
    return Rewards(format=form, accuracy=accuracy, total=0.5 * accuracy + 0.5 * form)


def _without_spaces(text: str) -> str:
    return "".join(text.split()).lower()


def _tag(text: str, name: str) -> str:
    found = re.search(f"<{name}>(.*?)</{name}>", text, re.DOTALL)
    return found[1].strip() if found else ""


def _scene(text: str) -> dict[str, Any]:
    """Empty where it is not a JSON object."""
    try:
        scene = json.loads(_tag(text, "scene"))
    except (ValueError, RecursionError):
        return {}
    return scene if isinstance(scene, dict) else {}


def _is_well_formed(text: str) -> bool:
    for name in TAGS:
        if text.count(f"<{name}>") != 1 or not re.search(f"<{name}>.*?</{name}>", text, re.DOTALL):
            return False
    scene = _scene(text)
    objects, links = scene.get("objects", []), scene.get("relationships", [])
    if not scene or not isinstance(objects, list) or not isinstance(links, list):
        return False
    if not all(map(_is_object, objects)) or not all(map(_is_link, links)):
        return False
    return len({entry["id"] for entry in objects}) == len(objects)


def _is_object(entry: object) -> bool:
    if not isinstance(entry, dict) or entry.keys() != {"id", "bbox"}:
        return False
    name, box = entry["id"], entry["bbox"]
    if not isinstance(name, str) or not ID.fullmatch(name):
        return False
    return isinstance(box, list) and len(box) == 4 and all(isinstance(x, int | float) for x in box)


def _is_link(entry: object) -> bool:
    if not isinstance(entry, dict) or not isinstance(entry.get("predicate"), str):
        return False
    ends = (entry.get(end) for end in ENDS)
    return all(isinstance(end, str) and ID.fullmatch(end) is not None for end in ends)


def _count(scene: dict[str, Any], gold: dict[str, Any]) -> float:
    objects, wanted = scene.get("objects"), gold.get("objects")
    if not isinstance(objects, list) or not isinstance(wanted, list):
        return 0.0
    links, wanted_links = scene.get("relationships") or [], gold.get("relationships") or []
    share = nearness(len(objects), len(wanted))
    if not wanted_links:
        return share
    link_share = nearness(len(links), len(wanted_links))
    return share * OBJECTS_SHARE + link_share * RELATIONSHIPS_SHARE


def _spatial(
    scene: dict[str, Any],
    gold: dict[str, Any],
    width: float,
    height: float,
    similarity: Similarity,
) -> float:
    objects, wanted = scene.get("objects") or [], gold.get("objects") or []
    if not wanted:
        return 1.0 if gold.get("relationships") or not objects else 0.0
    try:
        boxes = [_shares(entry["bbox"], width, height) for entry in objects]
        gold_boxes = [_shares(entry["bbox"], width, height) for entry in wanted]
        close = np.array([[_closeness(one, box) for one in gold_boxes] for box in boxes])
        alike = _memory(similarity)
        labels, gold_labels = (
            [_label(entry["id"]) for entry in part] for part in (objects, wanted)
        )
        costs = np.full((max(len(objects), len(wanted)), len(wanted)), UNMATCHED)
        for row, label in enumerate(labels):
            for column, gold_label in enumerate(gold_labels):
                costs[row, column] = LABELS * (1.0 - alike(label, gold_label)) + BOXES * (
                    1.0 - close[row, column]
                )
        rows, columns = linear_sum_assignment(costs)
    except (ValueError, OverflowError, ZeroDivisionError):
        return 0.0
    # In the order of the gold objects, as published: sums of floats depend on it.
    pairs = sorted(zip(columns, rows, strict=True))
    paid = sum(close[row, column] for column, row in pairs if row < len(objects))
    return float(paid) / len(wanted)


def _shares(box: Box, width: float, height: float) -> Box:
    across, down = 1.0 / width, 1.0 / height
    return [box[0] * across, box[1] * down, box[2] * across, box[3] * down]


def _label(name: str) -> str:
    return name.replace("_", " ").strip().lower().split(".")[0].strip()


@lru_cache(maxsize=8)
def _memory(similarity: Similarity) -> Callable[[str, str], float]:
    @lru_cache(maxsize=CACHED)
    def alike(one: str, other: str) -> float:
        return 1.0 if one == other else similarity(one, other)

    return alike


def _closeness(a: Box, b: Box) -> float:
    """(CIoU + 1) / 2, whatever the boxes are."""
    wide_a, high_a, wide_b, high_b = a[2] - a[0], a[3] - a[1], b[2] - b[0], b[3] - b[1]
    shared = max(0.0, min(a[2], b[2]) - max(a[0], b[0])) * max(
        0.0, min(a[3], b[3]) - max(a[1], b[1])
    )
    iou = shared / (wide_a * high_a + wide_b * high_b - shared + EPSILON)
    apart = ((a[0] + a[2]) / 2 - (b[0] + b[2]) / 2) ** 2 + (
        (a[1] + a[3]) / 2 - (b[1] + b[3]) / 2
    ) ** 2
    hull = (
        (max(a[2], b[2]) - min(a[0], b[0])) ** 2
        + (max(a[3], b[3]) - min(a[1], b[1])) ** 2
        + EPSILON
    )
    v = (4 / pi**2) * (atan(wide_b / (high_b + EPSILON)) - atan(wide_a / (high_a + EPSILON))) ** 2
    weight = (1 - iou) + v
    alpha = v / weight if weight != 0 else 0.0
    return (iou - (apart / hull + alpha * v) + 1) / 2
