"""Ground: the rewards of a model's replies, and what its scenes are worth, reply by reply.

A reply is scored in the frame of its own boxes, into which the gold is moved, just as in training.
"""

import json

import polars as pl

from evaluation.grounding import size_of
from evaluation.grounding_tables import PARTS, REWARDS, ground
from schemas.benchmark import fact
from schemas.columns import frame_of
from schemas.completion.frames import rescale_box
from schemas.completion.parsing import GOLD_TAGS, read_scene, read_tags
from training.rewards import score_completion

Size = tuple[int, int]


def moved_gold(gold: str, old: Size, new: Size) -> str:
    """A gold completion with its boxes in another frame. ValueError where it is none."""
    parts = read_tags(gold, GOLD_TAGS)
    if old == new or parts is None:
        return gold
    scene = read_scene(parts[0])
    objects = [
        {"id": name, "bbox": box and rescale_box(box, old, new)}
        for name, box in zip(scene.ids, scene.boxes, strict=True)
    ]
    links = [
        {"subject": subject, "predicate": predicate, "object": target}
        for subject, predicate, target in scene.relationships
    ]
    moved = json.dumps({"objects": objects, "relationships": links})
    return f"<scene>{moved}</scene>\n<answer>{parts[1]}</answer>"


def reward_replies(items: pl.DataFrame, replies: pl.DataFrame) -> pl.DataFrame:
    """REWARDS, the paper's, of the replies to items with the fact `gold`; null where there was no
    reply or the gold cannot be read."""
    rows = []
    asked = items.join(replies.drop("benchmark"), on="item_id", maintain_order="left")
    for item in asked.iter_rows(named=True):
        gold = fact(item["facts"], "gold")
        if gold is None:
            continue
        row = {"benchmark": item["benchmark"], "item_id": item["item_id"]}
        if item["text"] is not None:
            row |= _rewards(item["text"], gold, item)
        rows.append(dict.fromkeys(REWARDS) | row)
    return frame_of(rows, REWARDS)


def _rewards(text: str, gold: str, item: dict[str, int]) -> dict[str, float | None]:
    try:
        old = size_of(item)
        new = item["frame_width"] or old[0], item["frame_height"] or old[1]
        earned = score_completion(text, moved_gold(gold, old, new), *new)
    except ValueError:  # of the gold alone: GROUNDING says what is wrong with it
        return {}
    return {part: getattr(earned, part) for part in PARTS}


def ground_replies(
    items: pl.DataFrame, replies: pl.DataFrame, parsed: pl.DataFrame
) -> pl.DataFrame:
    """GROUNDING of one model's replies to one benchmark; empty where no item tells its gold."""
    return ground(items, replies, parsed, reward_replies(items, replies))
