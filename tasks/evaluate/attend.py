"""Attend: where a local model looks while it writes its answers.

Reads the items of a benchmark and the model's replies; writes how the attention of each answer is
spread over the image, by layer (evaluation.attention.ATTENTION). It is measured for items with one
image and gold boxes, and for replies with an answer in its tag; the other items have no row.
"""

import logging
from pathlib import Path
from typing import Any

import polars as pl
from prefect import State, task
from prefect.cache_policies import NO_CACHE
from prefect.states import Completed

from evaluation.attention import ATTENTION, Looked, answer_place, covered
from evaluation.grounding import read_gold
from evaluation.photographs import PhotographStore
from schemas.box import Corners, overlap
from schemas.columns import frame_of
from schemas.config.evaluation import EvaluatedModel
from tasks.artifact import Artifact, inputs_of, is_complete, plan_artifact
from tasks.beating import HEARTBEAT_SECONDS, beating
from tasks.evaluate.asked import Row
from tasks.evaluate.infer import replies_artifact
from tasks.evaluate.local_replies import ONE_AT_A_TIME, image_for, load_local
from tasks.turns import sole_maker
from tasks.writing import write_artifact

VERSION = 1
WHOLE = (0.0, 0.0, 1.0, 1.0)
"""The image, in shares of itself."""
logger = logging.getLogger(__name__)


def attention_artifact(
    items_path: Path, replies_path: Path, benchmark: str, model: EvaluatedModel, root: Path
) -> Artifact:
    """Named by the model, too: others may have written the same replies."""
    asked = replies_artifact(items_path, benchmark, model, root).digest
    inputs = inputs_of(items=items_path, replies=replies_path)
    return plan_artifact(root, "attend", version=VERSION, config={"asked": asked}, inputs=inputs)


@task(cache_policy=NO_CACHE, task_run_name="attend-{model.name}-{benchmark}")
def measure_attention(
    items_path: Path, replies_path: Path, benchmark: str, model: EvaluatedModel, root: Path
) -> Path | State[Path]:
    artifact = attention_artifact(items_path, replies_path, benchmark, model, root)
    with sole_maker(artifact):
        if is_complete(artifact):
            return Completed(name="Cached", data=artifact.path)
        items, replies = pl.read_parquet(items_path), pl.read_parquet(replies_path)
        looked = attend(items, replies, model, root)
        logger.info(
            "attend: %s on %s: %d of %d answers",
            model.name,
            benchmark,
            looked["item_id"].n_unique(),
            items.height,
        )
        return write_artifact(looked, artifact)


def attend(
    items: pl.DataFrame,
    replies: pl.DataFrame,
    model: EvaluatedModel,
    root: Path,
    heartbeat_seconds: float = HEARTBEAT_SECONDS,
) -> pl.DataFrame:
    """Rows of ATTENTION, in the order of the items."""
    from evaluation.local import Asked  # loads torch

    asked = items.join(replies.drop("benchmark"), on="item_id", maintain_order="left")
    store, rows, num_done = PhotographStore(root), [], 0

    def tell(took: float) -> None:
        told = "attend: %s on %s: still running, %.0f s: %d of %d items"
        logger.info(told, model.name, items["benchmark"][0], took, num_done, items.height)

    # For all: in between, another model would be loaded in place of this one.
    with beating(tell, heartbeat_seconds), ONE_AT_A_TIME:
        for number, item in enumerate(asked.iter_rows(named=True)):
            num_done = number
            place, boxes = answer_place(item["text"] or ""), gold_boxes(item)
            if place is None or not boxes or len(item["images"]) != 1:
                continue
            start, end = place
            shown = Asked(item["prompt"], [image_for(model, store.read(item["images"][0]))])
            looked = load_local(model, root).look(
                shown, item["text"][:start], item["text"][start:end]
            )
            rows += [_row(item, boxes, one) for one in looked]
    return frame_of(rows, ATTENTION)


def gold_boxes(item: Row) -> list[Corners]:
    """The boxes of what a question is about, in shares of the image."""
    try:
        gold = read_gold(item)
    except ValueError:  # the report on grounding names it
        return []
    boxes = gold.subgraph.scene.boxes if gold else []
    return [box for box in boxes if box and overlap(box, WHOLE)]


def _row(item: Row, boxes: list[Corners], looked: Looked) -> dict[str, Any]:
    cells = covered(boxes, looked.spread.shape)
    return {
        **{name: item[name] for name in ("benchmark", "item_id", "group")},
        "layer": looked.layer,
        "num_tokens": looked.num_tokens,
        "image_share": looked.image_share,
        "gold_share": float((looked.spread * cells).sum()),
        "area_share": float(cells.mean()),
    }
