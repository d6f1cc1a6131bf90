"""Ground: the rewards of a model's replies, and what its scenes are worth, reply by reply.

A reply is scored in the frame of its own boxes, into which the gold is moved, just as in training.
"""

import polars as pl

from evaluation.grounding_tables import GROUNDING, REWARDS, ground
from schemas.benchmark import fact
from schemas.columns import frame_of
from schemas.completion import (
    PublishedObject,
    PublishedScene,
    parse_completion,
    render_completion,
)
from schemas.frames import rescale_box
from training.rewards import score_completion

PARTS = tuple(REWARDS)[2:]
Size = tuple[int, int]


def moved_gold(gold: str, old: Size, new: Size) -> str:
    """A published completion with its boxes in another frame. ValueError where it is none."""
    if old == new:
        return gold
    scene, answer = parse_completion(gold)
    objects: list[PublishedObject] = []
    for entry in scene.objects:
        x1, y1, x2, y2 = entry["bbox"]
        objects.append({"id": entry["id"], "bbox": rescale_box((x1, y1, x2, y2), old, new)})
    moved = PublishedScene(objects=objects, relationships=scene.relationships)
    return render_completion(moved, answer)


def reward_replies(items: pl.DataFrame, replies: pl.DataFrame) -> pl.DataFrame:
    """REWARDS, the paper's, of the replies to items with the fact `gold`. ValueError, naming the
    item, where a gold is broken."""
    known = {
        item["item_id"]: (item, gold)
        for item in items.iter_rows(named=True)
        if (gold := fact(item["facts"], "gold")) is not None
    }
    rows = []
    for reply in replies.filter(pl.col("item_id").is_in(list(known))).iter_rows(named=True):
        item, gold = known[reply["item_id"]]
        row = {"benchmark": reply["benchmark"], "item_id": reply["item_id"]}
        if reply["text"] is not None:
            old = _size(fact(item["facts"], "width"), fact(item["facts"], "height"), item)
            new = reply["frame_width"] or old[0], reply["frame_height"] or old[1]
            try:
                earned = score_completion(reply["text"], moved_gold(gold, old, new), *new)
            except ValueError as error:
                place = f"item {item['item_id']} of {item['benchmark']}"
                raise ValueError(f"{place}: {error}: load the benchmark again") from None
            row |= {part: getattr(earned, part) for part in PARTS}
        rows.append(dict.fromkeys(REWARDS) | row)
    return frame_of(rows, REWARDS)


def _size(width: str | None, height: str | None, item: dict[str, int]) -> Size:
    return int(width or item["width"]), int(height or item["height"])


def ground_replies(
    items: pl.DataFrame, replies: pl.DataFrame, parsed: pl.DataFrame
) -> pl.DataFrame:
    """GROUNDING of one model's replies to one benchmark; empty where no item tells its gold."""
    rewards = reward_replies(items, replies)
    return ground(items, replies, parsed, rewards) if rewards.height else GROUNDING.to_frame()
