"""Sampling: the items of a benchmark that models are asked, where not all are wanted.

Reads items; writes those that were drawn (evaluation.sampling), as rows of the same table.
"""

import logging
from pathlib import Path

import polars as pl

from evaluation.sampling import num_left_out, sample_items
from tasks.artifact import inputs_of, is_complete, plan_artifact
from tasks.turns import sole_maker
from tasks.writing import write_artifact

VERSION = 1
logger = logging.getLogger(__name__)


def write_sample(items_path: Path, title: str, number: int | None, seed: int, root: Path) -> Path:
    """The artifact of the drawn items of the benchmark `title`; that of all items where `number` is
    None."""
    if number is None:
        return items_path
    settings = {"items": number, "seed": seed}
    inputs = inputs_of(items=items_path)
    artifact = plan_artifact(root, "item-sample", version=VERSION, config=settings, inputs=inputs)
    with sole_maker(artifact):
        if is_complete(artifact):
            return artifact.path
        items = pl.read_parquet(items_path)
        drawn = sample_items(items, number, seed)
        logger.info("sample: %d of %d items of %s", drawn.height, items.height, title)
        if missed := num_left_out(items, drawn):
            logger.warning(
                "sample: no item of %d categor%s of %s was drawn: means over categories leave "
                "what is missing out; ask more items",
                missed,
                "y" if missed == 1 else "ies",
                title,
            )
        return write_artifact(drawn, artifact)
