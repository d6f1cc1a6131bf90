"""Groups: which images show the same photograph, and in which order they go to the validation
split."""

from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path

import numpy as np
import polars as pl
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from schemas.mirror import ORIGINAL


def stable_hash(seed: int, text: str) -> int:
    """64 bits that depend only on seed and text: polars' own hash may change between versions."""
    return int.from_bytes(blake2b(f"{seed}:{text}".encode(), digest_size=8).digest())


def image_facts(scene_paths: Sequence[Path], photograph_paths: Sequence[Path]) -> pl.DataFrame:
    """image_id, coco_id, sha256 and photograph of every scene."""
    facts = pl.scan_parquet(list(scene_paths)).select("image_id", "coco_id", "photograph")
    if not photograph_paths:
        return facts.with_columns(
            sha256=pl.lit(None, pl.String), photograph=pl.lit(None, pl.String)
        ).collect()
    digests = pl.scan_parquet(list(photograph_paths)).select("image_id", "sha256")
    return facts.join(digests, on="image_id", how="left").collect()


def group_images(images: pl.DataFrame) -> pl.DataFrame:
    """image_id and group_id: images share a group where they share coco_id or sha256, directly or
    through others, and with their mirror images. Columns image_id, coco_id, sha256; nulls share
    nothing."""
    rows = images.unique("image_id").sort("image_id").with_row_index("row")
    rows = rows.with_columns(original=ORIGINAL)
    edges = [np.empty((0, 2), dtype=np.int64)]
    for column in ("coco_id", "sha256", "original"):
        same = rows.filter(pl.col(column).is_not_null()).select(
            "row", first=pl.col("row").first().over(column)
        )
        edges.append(same.to_numpy().astype(np.int64))
    starts, stops = np.concatenate(edges).T
    graph = coo_array((np.ones(len(starts)), (starts, stops)), shape=(rows.height, rows.height))
    groups = connected_components(graph, directed=False)[1] if rows.height else np.empty(0)
    return rows.with_columns(group=pl.Series(groups, dtype=pl.Int64)).select(
        "image_id", group_id=pl.col("image_id").first().over("group")
    )


def is_on_val_side(group_id: str, val_share: float, seed: int) -> bool:
    """Whether `select`, which fills the validation split in the order of this hash, will probably
    take the group."""
    return stable_hash(seed, group_id) < val_share * 2**64
