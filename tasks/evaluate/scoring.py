"""Score: what was read in a model's replies to one benchmark, and the scores.

Reads items and replies; writes what each reply says (evaluation.verdicts.PARSED), what constant
answers score (evaluation.baselines.BASELINE) and the scores by both rules
(evaluation.scoring.SCORE). No model is asked, so a parser or a rule can change without cost.
"""

from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import polars as pl
from prefect import task
from prefect.cache_policies import NO_CACHE

from evaluation.baselines import constant_baselines
from evaluation.photographs import PhotographStore
from evaluation.reading.asked import TABLE as SCALES
from evaluation.reading.renamed import TABLE as SYNONYMS
from evaluation.reading.reply_parts import TABLE
from evaluation.scoring import score
from evaluation.verdicts import read_replies
from schemas.vocabulary.tables import vocabulary_digest
from tasks.artifact import inputs_of, is_complete, plan_artifact
from tasks.turns import sole_maker
from tasks.writing import write_artifact

VERSION = 50


class Scored(NamedTuple):
    parsed: Path
    scores: Path


def read_benchmark(items_path: Path, replies_path: Path, root: Path) -> Path:
    """The artifact with what the replies say."""
    inputs = inputs_of(items=items_path, replies=replies_path)
    words = b"".join(table.read_bytes() for table in (TABLE, SCALES, SYNONYMS))
    tables = {"words": sha256(words).hexdigest()[:16], "vocabulary": vocabulary_digest()}
    parsed = plan_artifact(root, "parse", version=VERSION, config=tables, inputs=inputs)
    with sole_maker(parsed):
        if not is_complete(parsed):
            items, replies = pl.read_parquet(items_path), pl.read_parquet(replies_path)
            read = read_replies(items, replies, read_mask=PhotographStore(root).read)
            write_artifact(read, parsed)
    return parsed.path


def constants_of(items_path: Path, root: Path) -> Path:
    """The artifact with what constant answers score, the same for every model."""
    inputs = inputs_of(items=items_path)
    baselines = plan_artifact(root, "baseline", version=VERSION, config={}, inputs=inputs)
    with sole_maker(baselines):
        if not is_complete(baselines):
            write_artifact(constant_baselines(pl.read_parquet(items_path)), baselines)
    return baselines.path


@task(cache_policy=NO_CACHE)
def read_variants(variants_path: Path, replies_path: Path, root: Path) -> Path:
    """What the replies to variants say: no benchmark's rule counts them."""
    return read_benchmark(variants_path, replies_path, root)


@task(cache_policy=NO_CACHE)
def score_benchmark(
    items_path: Path, replies_path: Path, seed: int, num_bootstrap: int, root: Path
) -> Scored:
    parsed_path = read_benchmark(items_path, replies_path, root)
    settings = {"seed": seed, "num_bootstrap": num_bootstrap}
    named = inputs_of(items=items_path, replies=replies_path, parsed=parsed_path)
    scores = plan_artifact(root, "score", version=VERSION, config=settings, inputs=named)
    with sole_maker(scores):
        if not is_complete(scores):
            items, read = pl.read_parquet(items_path), pl.read_parquet(parsed_path)
            baselines = pl.read_parquet(constants_of(items_path, root))
            found = score(items, read, baselines, seed=seed, num_bootstrap=num_bootstrap)
            write_artifact(found, scores)
    return Scored(parsed_path, scores.path)
