"""Items: which questions of a dataset are reviewed, and in what order.

All reviewers of a dataset are given the same questions, so that their agreement can be computed;
each in an order of their own, so that what comes late and tired differs.
"""

from collections import defaultdict
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import polars as pl

from schemas.dataset_folder import sample_files
from schemas.review import question_key, shown_image
from tasks.plan.groups import stable_hash

COLUMNS = (
    *("question_id", "image_id", "category", "evidence", "question_only", "options"),
    *("answer_text_only", "width", "height", "scene_objects", "writer"),
)


def reviewable(dataset: Path) -> pl.DataFrame:
    """All samples of a dataset with the columns of COLUMNS, `key`, `question` and `label`, by
    question id."""
    parts = [_with_keys(path) for path in sample_files(dataset)]
    return pl.concat(parts).sort("question_id")


def _with_keys(path: Path) -> pl.DataFrame:
    schema = pl.read_parquet_schema(path)
    rows = pl.read_parquet(path, columns=list(COLUMNS))
    digests: dict[str, str] = {}
    if "images" in schema:
        shown = pl.read_parquet(path, columns=["image_id", "images"]).unique("image_id")
        digests = {
            image_id: sha256(images[0]["bytes"]).hexdigest()
            for image_id, images in shown.iter_rows()
        }
    keys = [
        question_key(shown_image(image_id, digests.get(image_id)), *said)
        for image_id, *said in rows.select(
            "image_id", "question_only", "options", "answer_text_only"
        ).iter_rows()
    ]
    return rows.with_columns(
        key=pl.Series(keys, dtype=pl.String),
        question=pl.col("question_only"),
        label=pl.col("answer_text_only"),
    )


def digests_of_shown(images: str, photographs: Sequence[Path]) -> dict[str, str | None]:
    """What `question_key` knows the photographs of a build by, whose configuration says what
    becomes of `images`: the digests of those that its dataset will hold, by image."""
    if images != "embed" or not photographs:
        return {}
    rows = pl.scan_parquet(list(photographs)).select("image_id", "sha256").collect()
    return dict(rows.iter_rows())


def choose_items(samples: pl.DataFrame, num_items: int, seed: int) -> pl.DataFrame:
    """As many of each category and evidence as possible, a stratum that is too small leaving its
    share to the others; which of a stratum, the seed decides. By question id."""
    strata: dict[tuple[str, str], list[str]] = defaultdict(list)
    for category, evidence, question_id in samples.select(
        "category", "evidence", "question_id"
    ).iter_rows():
        strata[category, evidence].append(question_id)
    for ids in strata.values():
        ids.sort(key=lambda question_id: stable_hash(seed, question_id))
    chosen: list[str] = []
    queues = [strata[stratum] for stratum in sorted(strata)]
    depth = 0
    while len(chosen) < min(num_items, samples.height):
        level = [queue[depth] for queue in queues if depth < len(queue)]
        level.sort(key=lambda question_id: stable_hash(seed, question_id))
        chosen += level[: num_items - len(chosen)]
        depth += 1
    return samples.filter(pl.col("question_id").is_in(chosen)).sort("question_id")


def in_order_of(items: pl.DataFrame, reviewer: str, seed: int) -> pl.DataFrame:
    """The items in a reviewer's own order."""
    order = pl.Series(
        [stable_hash(seed, f"{reviewer} {key}") for key in items["key"]], dtype=pl.UInt64
    )
    return items.with_columns(order=order).sort("order", "question_id").drop("order")
