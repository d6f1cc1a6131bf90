"""Boxes and points of items and replies as a page draws them (tasks.pages.boxes)."""

from collections.abc import Mapping, Sequence
from typing import Any

from evaluation.grounding import (
    Gold,
    find_scene,
    found_elsewhere,
    in_shares,
    match_objects,
    read_gold,
)
from evaluation.points import first_point
from schemas.benchmark import AnswerKind
from schemas.completion.parsing import ReadScene
from tasks.pages.boxes import drawn_box, place_of_box

MAX_BOXES = 80
"""Boxes of one drawing: nobody can distinguish more."""
Row = dict[str, Any]


def gold_boxes(item: Mapping[str, Any]) -> list[Row]:
    """The boxes of the question's subgraph; empty where the item has no gold."""
    gold = _gold_of(item)
    return drawn(gold.subgraph.scene, ["gold"] * len(gold.subgraph.scene.ids)) if gold else []


def boxes_of(row: Mapping[str, Any]) -> tuple[list[Row] | None, str | None]:
    """The boxes that a reply states, or why there are none. Where the item has its gold, each is
    `found`, `elsewhere` (in the photograph's whole scene graph), `misplaced` (a gold label at
    another place) or `astray`; for other items each is `said`."""
    if row["text"] is None:
        return None, None
    scene, problem = find_scene(row["text"])
    if scene is None:
        return None, problem
    frame = row["frame_width"] or row["width"], row["frame_height"] or row["height"]
    if not all(frame):
        return None, "nobody knows in which pixels the boxes are"
    predicted, gold = in_shares(scene, *frame), _gold_of(row)
    if gold is None:
        return drawn(predicted, ["said"] * len(scene.ids)), None
    return drawn(predicted, _kinds(predicted, gold)), None


def _gold_of(item: Mapping[str, Any]) -> Gold | None:
    try:
        return read_gold(item)
    except ValueError:  # GROUNDING says what is wrong with it
        return None


def _kinds(predicted: ReadScene, gold: Gold) -> list[str]:
    kinds = ["astray"] * len(predicted.ids)
    matches = match_objects(predicted, gold.subgraph)
    for one in matches:
        kinds[one.predicted] = "found" if one.is_found else "misplaced"
    for place in found_elsewhere(predicted, gold, matches) or ():
        kinds[place] = "elsewhere"
    return kinds


def drawn(scene: ReadScene, kinds: Sequence[str]) -> list[Row]:
    """The boxes of a scene, in shares of the image; they are cut off at its edges."""
    things = zip(scene.ids, scene.boxes, kinds, strict=True)
    boxes = [drawn_box(name, kind, place_of_box(box)) for name, box, kind in things if box]
    return boxes[:MAX_BOXES]


def point_of(row: Mapping[str, Any]) -> tuple[float, float] | None:
    """The point that a reply names, in shares of the image; None for other kinds of items or where
    it is outside."""
    if row["kind"] != AnswerKind.POINT.value or row["text"] is None:
        return None
    point = first_point(row["text"], row["frame_width"], row["frame_height"])
    return point if point and all(0 <= share <= 1 for share in point) else None
