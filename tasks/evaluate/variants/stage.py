"""Variants: the items of a benchmark asked in other ways.

Reads items and their photographs; writes one row per item and variant
(tasks.evaluate.variants.variant.VARIANT), and the changed photographs into their store. Models are
then asked them as any other item. What an item cannot offer is left out:

rotation    an item without options, or whose words name options by letter or place
mirror      an item that does not say what its options claim, all those of others among them; whose
            options have no mirrored counterpart; whose words cannot be read on the mirrored scene
paraphrase  an item that does not say what its options claim, or no other words for it are certain
jpeg, scale none
"""

import logging
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import polars as pl
from prefect import State, task
from prefect.cache_policies import NO_CACHE
from prefect.states import Completed

from evaluation.photographs import PhotographStore
from evaluation.sampling import sample_items
from schemas.columns import frame_of
from schemas.config.evaluation import RobustnessConfig, Variant
from tasks.artifact import Artifact, inputs_of, is_complete, plan_artifact
from tasks.evaluate.variants.claims import mirrored_words, paraphrased
from tasks.evaluate.variants.options import rotated
from tasks.evaluate.variants.pictures import compressed, mirrored, scaled, with_pictures
from tasks.evaluate.variants.variant import VARIANT, Changed, Row, row_of
from tasks.turns import sole_maker
from tasks.writing import write_artifact

VERSION = 2
SUFFIX = ", variants"
"""Behind the name of a benchmark: the name under which its variants are asked."""
logger = logging.getLogger(__name__)


def name_of_variants(benchmark: str) -> str:
    return f"{benchmark}{SUFFIX}"


def benchmark_of_variants(name: str) -> str:
    return name.removesuffix(SUFFIX)


def num_rows(variants: Path) -> int:
    """How many variants an artifact has."""
    return int(pl.scan_parquet(variants).select(pl.len()).collect().item())


def make_variants(
    items: pl.DataFrame, config: RobustnessConfig, seed: int, store: PhotographStore
) -> pl.DataFrame:
    """Rows of VARIANT, in the order of the items and of the configured variants."""
    chosen = items if config.max_items is None else sample_items(items, config.max_items, seed)
    rows = [row for item in chosen.iter_rows(named=True) for row in _of(item, config, seed, store)]
    return frame_of(rows, VARIANT)


def _of(
    item: Row, config: RobustnessConfig, seed: int, store: PhotographStore
) -> Iterator[dict[str, Any]]:
    for variant in config.variants:
        random = Random(f"{seed}:{item['item_id']}:{variant}")
        changed = _changed(item, variant, config, random, store)
        if changed:
            yield row_of(item, variant.value, changed)


def _changed(
    item: Row, variant: Variant, config: RobustnessConfig, random: Random, store: PhotographStore
) -> Changed | None:
    match variant:
        case Variant.ROTATION:
            return rotated(item, random)
        case Variant.PARAPHRASE:
            return paraphrased(item, random)
        case Variant.JPEG:
            return with_pictures(item, store, lambda one: compressed(one, config.jpeg_quality))
        case Variant.SCALE:
            return with_pictures(item, store, lambda one: scaled(one, config.scale))
        case Variant.MIRROR:
            words = mirrored_words(item)
            if words is None:
                return None
            return words._replace(images=with_pictures(item, store, mirrored).images)


def variants_artifact(
    items_path: Path, config: RobustnessConfig, seed: int, root: Path
) -> Artifact:
    settings = config.model_dump(mode="json") | {"seed": seed}
    return plan_artifact(
        root, "variants", version=VERSION, config=settings, inputs=inputs_of(items=items_path)
    )


def write_variants(
    items_path: Path, config: RobustnessConfig, seed: int, root: Path
) -> tuple[Path, bool]:
    """The artifact, made where it or one of its photographs is missing; whether nothing had to be
    made."""
    artifact = variants_artifact(items_path, config, seed, root)
    store = PhotographStore(root)
    with sole_maker(artifact):
        if is_complete(artifact):
            shown = pl.read_parquet(artifact.path, columns=["images"])["images"].explode()
            if not store.lacking(shown.drop_nulls().unique().sort().to_list()):
                return artifact.path, True
        items = pl.read_parquet(items_path)
        variants = make_variants(items, config, seed, store)
        logger.info("vary: %d variants of %d items", variants.height, items.height)
        return write_artifact(variants, artifact), False


@task(cache_policy=NO_CACHE, task_run_name="vary-{benchmark}")
def vary_items(
    items_path: Path, benchmark: str, config: RobustnessConfig, seed: int, root: Path
) -> Path | State[Path]:
    path, is_cached = write_variants(items_path, config, seed, root)
    return Completed(name="Cached", data=path) if is_cached else path
