"""Items: which questions of a dataset are reviewed, and in what order.

All reviewers of a dataset are given the same questions, so that their agreement can be computed;
each in an order of their own, so that what comes late and tired differs.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path

import polars as pl

from schemas.dataset_folder import sample_files
from schemas.review import question_key, shown_image
from tasks.plan.groups import stable_hash
from tasks.publish.shown import photographs_of

COLUMNS = (
    *("question_id", "image_id", "category", "evidence", "question_only", "options"),
    *("answer_text_only", "width", "height", "scene_objects", "writer"),
)


KEYED_BY = ("image_id", "question_only", "options", "answer_text_only")
"""Columns of a sample that its key is made of."""


def samples_of(dataset: Path) -> pl.DataFrame:
    """All samples of a dataset with the columns of COLUMNS, `question` and `label`, by question
    id."""
    rows = pl.concat(pl.read_parquet(path, columns=[*COLUMNS]) for path in sample_files(dataset))
    return rows.with_columns(question="question_only", label="answer_text_only").sort("question_id")


def with_keys(samples: pl.DataFrame, dataset: Path) -> pl.DataFrame:
    """Samples of a dataset with their `key`. Reads their photographs, and no others."""
    digests = {
        image_id: sha256(data).hexdigest()
        for some in photographs_of(dataset, set(samples["image_id"]))
        for image_id, data in some.items()
    }
    return samples.with_columns(key=keys_of(samples, digests))


def keys_of(samples: pl.DataFrame, digests: Mapping[str, str | None]) -> pl.Series:
    """The key of each sample, whose photographs have these digests by image."""
    said = samples.select(KEYED_BY)
    keys = [
        question_key(shown_image(image_id, digests.get(image_id)), *words)
        for image_id, *words in said.iter_rows()
    ]
    return pl.Series(keys, dtype=pl.String)


def reviewable(dataset: Path) -> pl.DataFrame:
    """All samples of a dataset with their keys: reads all of its photographs."""
    return with_keys(samples_of(dataset), dataset)


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
