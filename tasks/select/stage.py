"""Select: which questions become samples, in which split, and under which letter.

Reads judged questions (verified ones where no model judges), scenes and the facts about the
photographs; writes samples (schemas.sample.SAMPLE), and beside them a ledger with the reason for
every question left out. Whole pairs come first. A question whose counterpart is lost may stay: its
pair_id is cleared, and the ledger has a row `pair-parted`. What reviewers of an earlier build did
not find right is left out.
"""

import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl

from schemas.config.build import PipelineConfig
from schemas.config.dataset import QuotaConfig, SelectConfig
from schemas.replacing import removed_at_last
from schemas.sample import sample_columns
from tasks.plan.even import choose_evenly, filled_up
from tasks.plan.groups import group_images, image_facts, stable_hash
from tasks.plan.option_words import with_vocabulary
from tasks.plan.pairs import Offers, whole_pairs
from tasks.plan.quota import plan_quotas
from tasks.plan.reasons import why_not_taken
from tasks.plan.stage import by_preference
from tasks.review.items import digests_of_shown
from tasks.select.letters import assign_letters, assign_orders
from tasks.select.losses import select_ledger, why_none
from tasks.select.pairs import pairs_in_one_split, parted, sound_pairs
from tasks.select.reviewed import digest_of_faults, faults_of, leave_out
from tasks.select.samples import samples_in_order
from tasks.select.weighed import weighed
from tasks.stage import Job, Settings, Stage
from tasks.writing import write_parts

VERSION = 12
logger = logging.getLogger(__name__)


def assign_splits(samples: pl.DataFrame, val_share: float, seed: int) -> pl.Series:
    """`train` or `val` per row, whole groups at a time in a seeded order: as many as fit into
    `val_share` of the rows, or the smallest group where none fits and another one remains to train
    on."""
    sizes = samples.group_by("group_id").len()
    ordered = sorted(sizes.iter_rows(), key=lambda entry: (stable_hash(seed, entry[0]), entry[0]))
    room = min(round(val_share * samples.height), samples.height - 1)
    val: set[str] = set()
    for group_id, size in ordered:
        if size <= room:
            val.add(group_id)
            room -= size
    if not val and room > 0 and len(ordered) > 1:
        val.add(min(ordered, key=lambda entry: entry[1])[0])
    return samples.select(
        pl.when(pl.col("group_id").is_in(sorted(val)))
        .then(pl.lit("val"))
        .otherwise(pl.lit("train"))
        .alias("split")
    ).to_series()


def choose_samples(
    questions: pl.DataFrame,
    images: pl.DataFrame,
    quota: QuotaConfig,
    select: SelectConfig,
    seed: int,
    *,
    blind_last: bool = False,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Of rows of WEIGHED those that become samples, with split, group_id, order, coco_id and
    photograph, sorted by question id; and the others, with the reason. With `blind_last` those that
    can be answered without the picture are chosen only where, of a category, the others do not
    suffice."""
    wanted = plan_quotas(quota, quota.num_samples)
    sound = with_vocabulary(questions.filter(pl.col("reason").is_null()))
    sound = sound.with_columns(sound_pairs(sound))
    is_last = pl.col("blind_answered").fill_null(False) & pl.lit(blind_last)
    parts = [by_preference(sound.filter(part), wanted, seed) for part in (~is_last, is_last)]
    rows = pl.concat(parts)
    taken = np.zeros(rows.height, dtype=bool)
    taken[: parts[0].height] = choose_evenly(_offers(parts[0]), wanted, quota.max_per_image)
    if parts[1].height:
        taken = filled_up(_offers(rows), taken, wanted, quota.max_per_image)
    rows = rows.drop("offered", "context").with_columns(is_taken=pl.Series(taken))
    rows = rows.sort("is_taken", descending=True, maintain_order=True)
    left = rows.with_columns(reason=why_not_taken(rows, wanted, quota.max_per_image)).filter(
        ~pl.col("is_taken")
    )
    unsound = questions.filter(pl.col("reason").is_not_null())
    lost = pl.concat([unsound.drop("offered", "context"), left.drop("is_taken")])
    chosen = (
        rows.filter("is_taken")
        .drop("is_taken")
        .join(group_images(images), on="image_id", how="left")
        .join(images.select("image_id", "coco_id", "photograph"), on="image_id", how="left")
        .sort("question_id")
    )
    chosen = chosen.with_columns(split=assign_splits(chosen, select.val_share, seed))
    chosen = chosen.with_columns(pairs_in_one_split(chosen))
    orders = assign_orders(chosen, assign_letters(chosen, seed))
    return chosen.with_columns(order=pl.Series(orders, dtype=pl.List(pl.Int32))), lost


def _offers(rows: pl.DataFrame) -> Offers:
    return Offers.whole(rows, whole_pairs(rows["pair_id"]))


def _questions(job: Job, paths: Sequence[Path]) -> pl.DataFrame:
    """Rows of WEIGHED, and in which `file` each question is; what reviewers did not find right has
    a reason."""
    digests = digests_of_shown(job.config.images, job.paths("photographs"))
    faults = faults_of(job)
    return pl.concat(
        [
            weighed(leave_out(pl.read_parquet(path), digests, faults)).with_columns(file=number)
            for number, path in enumerate(paths)
        ]
    )


def select(job: Job) -> Path:
    config = job.config
    paths = job.paths("judge") or job.paths("verify")
    questions = _questions(job, paths)
    images = image_facts(job.paths("ingest"), job.paths("photographs"))
    chosen, lost = choose_samples(
        questions,
        images,
        config.quota,
        config.select,
        config.seed,
        blind_last=config.blind_last,
    )
    if chosen.is_empty():
        why = why_none(
            lost, job.paths("photographs"), config, job.paths("plan"), job.paths("ingest")
        )
        raise ValueError(f"no question is left to publish: {why}")
    logger.info("select: %d samples of %d questions", chosen.height, questions.height)
    reasons = dict(lost.select("question_id", "reason").iter_rows())
    ledger = pl.concat([select_ledger(lost), parted(chosen, questions, reasons)]).sort("item")
    del questions, lost, reasons
    schema = sample_columns(bool(config.witness))
    with removed_at_last(job.artifact.path.with_suffix(".rows"), is_durable=False) as folder:
        samples = samples_in_order(
            chosen, paths, job.paths("ingest"), schema, folder, job.num_workers
        )
        return write_parts(samples, schema, job.artifact, ledger)


def depends(config: PipelineConfig) -> tuple[str, ...]:
    return "judge" if config.judge else "verify", "ingest", "photographs"


def settings(config: PipelineConfig) -> Settings:
    return {
        "quota": config.quota,
        "select": config.select,
        "seed": config.seed,
        "blind_last": config.blind_last,
        **({"is_witnessed": True} if config.witness else {}),
    }


STAGE = Stage(
    name="select",
    version=VERSION,
    unit="samples",
    work=select,
    reads=("plan", "verify", "judge", "ingest", "photographs"),
    depends=depends,
    settings=settings,
    files=digest_of_faults,
    uses_vocabulary=True,
)
