"""Boxes and points of items and replies as a page draws them, in thousandths of the image."""

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
from schemas.box import Corners
from schemas.completion.parsing import ReadScene

UNIT = 1000
"""Parts of a side in which boxes are given: fine enough for a drawing, and short in the page."""
MAX_BOXES = 80
"""Boxes of one drawing: nobody can distinguish more."""
MAX_LABEL = 40
"""Characters: longer labels leave the drawing."""
MARGIN = 0.02
"""Share of a side by which a box may leave the image, so that its edge is seen to be cut."""

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
    boxes = [
        {"label": _label(name), "kind": kind, **_place(box)} for name, box, kind in things if box
    ]
    return boxes[:MAX_BOXES]


def _place(box: Corners) -> dict[str, float]:
    x1, y1, x2, y2 = (min(max(edge, -MARGIN), 1 + MARGIN) * UNIT for edge in box)
    return {"x": round(x1), "y": round(y1), "width": round(x2 - x1), "height": round(y2 - y1)}


def _label(name: str) -> str:
    """Without unpaired surrogates, which models may write and files cannot hold."""
    return name.encode("utf-8", "replace").decode()[:MAX_LABEL]


def point_of(row: Mapping[str, Any]) -> tuple[float, float] | None:
    """The point that a reply names, in shares of the image; None for other kinds of items or where
    it is outside."""
    if row["kind"] != AnswerKind.POINT.value or row["text"] is None:
        return None
    point = first_point(row["text"], row["frame_width"], row["frame_height"])
    return point if point and all(0 <= share <= 1 for share in point) else None
