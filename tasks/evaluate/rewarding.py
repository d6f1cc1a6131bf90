"""Ground: the rewards of a model's replies, and the quality of its scenes, reply by reply.

A reply is scored in the frame of its own boxes, into which the gold is scaled, as in training.
"""

import polars as pl

from evaluation.grounding import size_of
from evaluation.grounding_tables import PARTS, REWARDS, ground
from schemas.benchmark import fact
from schemas.columns import frame_of
from schemas.completion.frames import moved_gold
from training.rewards import score_completion


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
    """GROUNDING of one model's replies to one benchmark; empty where no item states its gold."""
    return ground(items, replies, parsed, reward_replies(items, replies))
