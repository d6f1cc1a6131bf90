"""Grounding: whether a model saw what its answer rests on.

Compares what a reply says between its <scene> tags with the gold subgraph of an item of our own
validation split, in the pixels of the file, and with the photograph's whole scene graph. A
predicted object is found where it is matched to a gold object (schemas.matching) with the same
label and an IoU of at least one half. A graph is right where every gold object is found and
nothing else is predicted.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
import polars as pl

from schemas.benchmark import fact
from schemas.columns import columns, frame_of
from schemas.completion import parse_completion
from schemas.matching import Pair, match, prepare
from schemas.parsing import Corners, ReadScene, read_scene
from schemas.similarity import exact_match
from training.rewards import PAPER, read_gold, relationship_reward, score_completion

MIN_IOU = 0.5
REWARDS = ("format", "count", "accuracy", "spatial", "total")
GROUNDING = columns(
    benchmark=pl.String,
    item_id=pl.String,
    category=pl.String,
    is_right=pl.Boolean,
    has_scene=pl.Boolean,
    graph_right=pl.Boolean,
    num_objects=pl.Int64,
    num_gold=pl.Int64,
    ciou=pl.Float64,
    iou=pl.Float64,
    precision=pl.Float64,
    recall=pl.Float64,
    relationship_f1=pl.Float64,
    count_error=pl.Int64,
    elsewhere_share=pl.Float64,
    nowhere_share=pl.Float64,
    **dict.fromkeys(REWARDS, pl.Float64),
    boxes=pl.List(pl.Struct({"id": pl.String, "box": pl.List(pl.Float64), "is_gold": pl.Boolean})),
)
"""`ciou` and `iou` are means over matched objects; precision is null where nothing is predicted,
recall where nothing is gold; `elsewhere_share` of the predicted objects are in the whole scene but
not in the subgraph, `nowhere_share` in neither (null without a whole scene); `boxes` are in pixels
of the file."""

Row = Mapping[str, Any]


def ground_replies(
    items: pl.DataFrame, replies: pl.DataFrame, parsed: pl.DataFrame
) -> pl.DataFrame:
    """Rows of GROUNDING for the items that have a gold scene."""
    joined = items.join(
        replies.drop("benchmark"), on="item_id", how="left", maintain_order="left"
    ).join(parsed.select("item_id", "is_right"), on="item_id", how="left", maintain_order="left")
    return frame_of(list(_rows(joined)), GROUNDING)


def _rows(joined: pl.DataFrame) -> Iterator[dict[str, Any]]:
    for row in joined.iter_rows(named=True):
        gold = fact(row["facts"], "gold")
        if gold:
            width, height = (fact(row["facts"], side) for side in ("width", "height"))
            size = int(width or row["width"]), int(height or row["height"])
            yield ground_reply(row, gold, size)


def scene_of(text: str) -> ReadScene | None:
    """The scene that a reply writes, whatever else is wrong with it; None where it writes none."""
    start = text.find("<scene>")
    end = text.find("</scene>", start)
    if start < 0 or end < 0:
        return None
    try:
        return read_scene(text[start + len("<scene>") : end])
    except ValueError:
        return None


def scaled(scene: ReadScene, x: float, y: float) -> ReadScene:
    """With boxes in another frame."""
    boxes = [box and (box[0] * x, box[1] * y, box[2] * x, box[3] * y) for box in scene.boxes]
    return msgspec.structs.replace(scene, boxes=boxes)


def ground_reply(row: Row, gold_text: str, size: tuple[int, int]) -> dict[str, Any]:
    """A row of GROUNDING; `size` is the file's."""
    text = row["text"] or ""
    gold = read_gold(gold_text, *size).target
    frame = row["frame_width"] or size[0], row["frame_height"] or size[1]
    said = scene_of(text)
    predicted = (
        scaled(said, size[0] / frame[0], size[1] / frame[1]) if said else ReadScene([], [], [], [])
    )
    pairs = match(predicted, gold, exact_match)
    overlaps = [_overlap(predicted.boxes[p.predicted], gold.scene.boxes[p.gold]) for p in pairs]
    found = [
        p for p, iou in zip(pairs, overlaps, strict=True) if p.similarity == 1 and iou >= MIN_IOU
    ]
    num_objects, num_gold = len(predicted.ids), len(gold.scene.ids)
    return {
        "benchmark": row["benchmark"],
        "item_id": row["item_id"],
        "category": row["category"],
        "is_right": bool(row["is_right"]),
        "has_scene": said is not None,
        "graph_right": said is not None and len(found) == num_gold == num_objects,
        "num_objects": num_objects,
        "num_gold": num_gold,
        "ciou": _mean([2 * pair.closeness - 1 for pair in pairs]),
        "iou": _mean(overlaps),
        "precision": len(found) / num_objects if num_objects else None,
        "recall": len(found) / num_gold if num_gold else None,
        "relationship_f1": relationship_reward(predicted, gold.scene, pairs, PAPER)
        if said
        else 0.0,
        "count_error": abs(num_objects - num_gold),
        **_focus(row, predicted, found, size),
        **_rewards(text, gold_text, size, frame),
        "boxes": [
            {"id": name, "box": list(box), "is_gold": is_gold}
            for scene, is_gold in ((gold.scene, True), (predicted, False))
            for name, box in zip(scene.ids, scene.boxes, strict=True)
            if box
        ],
    }


def _focus(
    row: Row, predicted: ReadScene, found: list[Pair], size: tuple[int, int]
) -> dict[str, float | None]:
    """Where the predicted objects are that are not in the subgraph."""
    whole_text = fact(row["facts"], "full_scene")
    if not whole_text or not predicted.ids:
        return {"elsewhere_share": None, "nowhere_share": None}
    try:
        whole = prepare(read_scene(_plain_scene(whole_text)), *size)
    except ValueError:
        return {"elsewhere_share": None, "nowhere_share": None}
    there = {
        pair.predicted
        for pair in match(predicted, whole, exact_match)
        if pair.similarity == 1
        and _overlap(predicted.boxes[pair.predicted], whole.scene.boxes[pair.gold]) >= MIN_IOU
    }
    asked = {pair.predicted for pair in found}
    number = len(predicted.ids)
    return {
        "elsewhere_share": len(there - asked) / number,
        "nowhere_share": (number - len(there | asked)) / number,
    }


def _plain_scene(text: str) -> str:
    scene = json.loads(text)
    return json.dumps({"objects": scene["objects"], "relationships": scene["relationships"]})


def _rewards(
    text: str, gold_text: str, size: tuple[int, int], frame: tuple[int, int]
) -> dict[str, float]:
    """What the reply would have earned in training, in its own frame."""
    scene, answer = parse_completion(gold_text)
    x, y = frame[0] / size[0], frame[1] / size[1]
    moved = msgspec.json.decode(msgspec.json.encode(scene))
    for entry in moved["objects"]:
        x1, y1, x2, y2 = entry["bbox"]
        entry["bbox"] = [x1 * x, y1 * y, x2 * x, y2 * y]
    gold = f"<scene>{json.dumps(moved)}</scene>\n<answer>{answer}</answer>"
    earned = score_completion(text, gold, *frame)
    return {name: getattr(earned, name) for name in REWARDS}


def _mean(values: list[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _overlap(a: Corners | None, b: Corners | None) -> float:
    if not a or not b:
        return 0.0
    wide = min(a[2], b[2]) - max(a[0], b[0])
    high = min(a[3], b[3]) - max(a[1], b[1])
    if wide <= 0 or high <= 0:
        return 0.0
    areas = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1])
    return wide * high / (areas - wide * high)


def by_category(grounding: pl.DataFrame) -> pl.DataFrame:
    """Means by category, and of all as the first row, where `category` is null."""
    means = [
        pl.len().alias("items"),
        pl.col("has_scene", "graph_right", "is_right").cast(pl.Float64).mean(),
        pl.col(
            "ciou", "iou", "precision", "recall", "relationship_f1", "count_error",
            "elsewhere_share", "nowhere_share", *REWARDS,
        ).mean(),
    ]  # fmt: skip
    total = grounding.select(pl.lit(None, pl.String).alias("category"), *means)
    parts = grounding.group_by("category").agg(*means).sort("category")
    return pl.concat([total, parts.cast(dict(total.schema))])  # type: ignore[arg-type]


def contingency(grounding: pl.DataFrame) -> dict[str, int]:
    """Items by whether graph and answer are right."""
    return {
        f"{'right' if graph else 'wrong'} graph, {'right' if answer else 'wrong'} answer": (
            grounding.filter(
                (pl.col("graph_right") == graph) & (pl.col("is_right") == answer)
            ).height
        )
        for graph in (True, False)
        for answer in (True, False)
    }
