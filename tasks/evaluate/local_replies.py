"""Local replies: those of a model that runs on this machine, some items at once."""

import logging
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any

import polars as pl

from evaluation.images import shown
from evaluation.photographs import PhotographStore
from schemas.benchmark import REPLY
from schemas.columns import frame_of as table_of
from schemas.config.evaluation import EvaluatedModel
from schemas.photographs import opened
from schemas.replacing import replacing
from tasks.beating import HEARTBEAT_SECONDS, beating
from tasks.evaluate.asked import Row, asked_of, shown_to
from tasks.evaluate.places import base_of, place_of
from training.families.table import FAMILIES

ONE_AT_A_TIME = Lock()
"""Held while a local model works: it has one device, and threads must take turns."""
logger = logging.getLogger(__name__)


@lru_cache(maxsize=1)
def load_local(model: EvaluatedModel, root: Path) -> Any:
    """The last model stays loaded, for the next benchmark."""
    from evaluation.local import LocalModel  # loads torch
    from training.processor import load_processor, placeholder_ids

    assert model.local
    place = place_of(model, root)
    processor = load_processor(
        base_of(Path(place)) or place,
        model.family,
        min_pixels=model.min_pixels,
        max_pixels=model.max_pixels,
        revision=model.local.revision,
    )
    return LocalModel(
        place,
        processor,
        revision=model.local.revision,
        dtype=model.local.dtype,
        device=model.local.device,
        max_new_tokens=model.max_new_tokens,
        banned=placeholder_ids(processor, FAMILIES[model.family]),
    )


def write_locally(
    items: pl.DataFrame,
    model: EvaluatedModel,
    root: Path,
    parts: Path,
    heartbeat_seconds: float = HEARTBEAT_SECONDS,
) -> pl.DataFrame:
    """Rows of REPLY in the order of the items; every batch is kept in `parts` when it is done."""
    kept = [pl.read_parquet(path) for path in sorted(parts.glob("*.parquet"))]
    done = {item_id for part in kept for item_id in part["item_id"]}
    rows = [row for row in items.iter_rows(named=True) if row["item_id"] not in done]
    # Of one length, so that little is padded; the longest first, so that memory fails early.
    rows.sort(key=lambda row: (-(row["width"] or 0) * (row["height"] or 0), -len(row["question"])))
    assert model.local
    store, size = PhotographStore(root), model.local.batch_size

    def tell(took: float) -> None:
        where = f"{model.name} on {rows[0]['benchmark']}"
        told = "infer: %s: still running, %.0f s: %d of %d items"
        logger.info(told, where, took, len(done), items.height)

    with beating(tell, heartbeat_seconds):
        for start in range(0, len(rows), size):
            batch = rows[start : start + size]
            part = table_of(_write_batch(batch, model, store, root), REPLY)
            with replacing(parts / f"{len(done):08d}.parquet") as partial_path:
                part.write_parquet(partial_path)
            kept.append(part)
            done |= {row["item_id"] for row in batch}
    replies = pl.concat([pl.DataFrame(schema=REPLY), *kept])
    order = items.select("item_id")
    return order.join(replies, on="item_id", how="left", maintain_order="left").select(
        REPLY.names()
    )


def _write_batch(
    batch: Sequence[Row], model: EvaluatedModel, store: PhotographStore, root: Path
) -> list[dict[str, Any]]:
    from evaluation.local import Asked

    known = [asked_of(row, model) for row in batch]
    asked = [
        Asked(
            about["prompt"],
            [image_for(model, store.read(digest)) for digest in shown_to(model, row)],
        )
        for row, about in zip(batch, known, strict=True)
    ]
    with ONE_AT_A_TIME:
        written = load_local(model, root).write(asked)
    return [
        about | reply._asdict() | {"cost": None, "error": None}
        for about, reply in zip(known, written, strict=True)
    ]


def image_for(model: EvaluatedModel, data: bytes) -> Any:
    """A photograph's bytes as an image, in the size in which the model is shown it."""
    with opened(data) as image:
        size = image.size
    return shown(data, model.shown_size(size))
