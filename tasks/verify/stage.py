"""Verify: that exactly one option of every question holds.

Reads questions and scenes, and does not use how the questions were made: the words are read and the
claim of every option is executed again. Writes the questions with a reason, null where the
question holds, and with the evidence that the execution found:

unreadable         a claim or the answer cannot be read, or says nothing of this scene
text-unfit         a text is empty, too long, has control characters, markup or option letters
wrong-category     the claims are not of the question's category
off-question       the options' claims are not answers to one and the same question
options-number     fewer than two options or more than four
options-repeat     two options say the same
number-absurd      an option states a number below zero or above what people can count
ambiguous-name     a thing that the question or an option names is not the only one of its name, or
                   is of a class that cannot be counted or absent (hair, sky)
name-missing       the question does not name what its claims are about, or an option does not name
                   what it stands for
answer-given       the question names what some of its options say, and others do not
words-differ       the words of the question or of an option say something else than the claims

Without a judge, words that cannot be read are words-differ, too, and further reasons are

answer-unproved    the answer's claim is neither proved nor asserted
option-possible    another option's claim is not refuted

Where a judge will look at the picture, what the scene does not decide goes on with evidence
"unknown", and words that cannot be read go on with reading "unread". Then only questions with

answer-refuted     the answer's claim is refuted
option-holds       another option's claim is proved or asserted
options-overlap    another option's claim, not refuted, may hold beside the answer's

are lost. Questions that the writer lost keep the writer's reason.
"""

import logging
from functools import partial
from pathlib import Path

import polars as pl

from schemas.columns import columns
from schemas.config.build import PipelineConfig
from schemas.config.margins import ProofConfig
from schemas.proof.facts import Facts
from schemas.question import VERIFIED
from schemas.scene_graph import scenes_of
from tasks.plan.quota import num_that_fit, told_to_fit
from tasks.processes import map_batches
from tasks.select.losses import why_lost
from tasks.select.weighed import weighed
from tasks.stage import Build, BuildFailedError, Job, Settings, Stage
from tasks.verify.checks import check_question
from tasks.witness.stage import known_scenes
from tasks.writing import write_artifact

VERSION = 11
FOUND = columns(
    found_reason=pl.String,
    found_detail=pl.String,
    found_evidence=pl.String,
    found_margin=pl.Float64,
    found_proof=pl.String,
    reading=pl.String,
)
CHECKED = columns(question_id=pl.String, is_checked=pl.Boolean, **FOUND)
logger = logging.getLogger(__name__)


def verify_questions(
    questions: pl.DataFrame,
    scenes: pl.DataFrame,
    proof: ProofConfig,
    num_workers: int = 1,
    *,
    is_judged: bool = False,
) -> pl.DataFrame:
    """Rows of VERIFIED, in the order of the questions."""
    asked = questions.group_by("image_id", maintain_order=True).agg(
        questions=pl.struct(questions.columns)
    )
    asked_scenes = scenes.join(asked, on="image_id", maintain_order="left")
    check = partial(_check_scenes, proof=proof, is_judged=is_judged)
    checked = pl.concat(
        [pl.DataFrame(schema=CHECKED), *map_batches(check, asked_scenes, num_workers)]
    )
    orphan = pl.lit("there is no scene for this image")
    missing = [name for name in ("reason", "reason_detail") if name not in questions.columns]
    found = pl.col("found_evidence").is_not_null()
    is_orphan = pl.col("is_checked").is_null() & pl.col("reason").is_null()
    return (
        questions.with_columns(pl.lit(None, pl.String).alias(name) for name in missing)
        .join(checked, on="question_id", how="left", maintain_order="left")
        .with_columns(
            reason=pl.when(is_orphan)
            .then(pl.lit("unreadable"))
            .otherwise(pl.coalesce("reason", "found_reason")),
            reason_detail=pl.when(is_orphan)
            .then(orphan)
            .otherwise(pl.coalesce("reason_detail", "found_detail")),
            evidence=pl.when(found).then("found_evidence").otherwise("evidence"),
            margin=pl.when(found).then("found_margin").otherwise("margin"),
            detail=pl.when(found).then("found_proof").otherwise("detail"),
        )
        .select(VERIFIED.names())
        .cast(VERIFIED)
    )


def _check_scenes(scenes: pl.DataFrame, proof: ProofConfig, is_judged: bool) -> pl.DataFrame:
    rows = []
    for scene, asked in zip(scenes_of(scenes), scenes["questions"].to_list(), strict=True):
        facts = Facts(scene, proof)
        for row in asked:
            finding = check_question(row, facts, is_judged=is_judged)
            reason, detail = finding.problem or (None, None)
            standing, margin, proved_by = finding.evidence or (None, None, None)
            reading = finding.reading
            rows.append(
                (row["question_id"], True, reason, detail, standing, margin, proved_by, reading)
            )
    return pl.DataFrame(rows, schema=CHECKED, orient="row")


def verify(job: Job) -> Path:
    questions = pl.read_parquet(job.path("write"))
    scenes = known_scenes(job)
    config = job.config
    verified = verify_questions(
        questions,
        scenes,
        config.proof_of_source,
        job.num_workers,
        is_judged=config.judge is not None,
    )
    num_kept = verified["reason"].is_null().sum()
    logger.info("verify %s: %d of %d questions hold", job.shard, num_kept, verified.height)
    return write_artifact(verified, job.artifact)


def settings(config: PipelineConfig) -> Settings:
    return {"proof": config.proof_of_source, "is_judged": config.judge is not None}


def check(build: Build) -> None:
    """BuildFailedError where a judge would be paid for a dataset that is too small for its gate."""
    config = build.config
    if not config.judge:
        return
    rows = pl.scan_parquet([*build.made["verify"]])
    is_lost = pl.col("reason").is_not_null()
    left = rows.filter(~is_lost).select("category").collect()["category"]
    wanted = config.quota.num_samples
    needed = config.gates.needed(wanted)
    if (fitting := num_that_fit(left, config.quota)) < needed:
        lost = weighed(rows.filter(is_lost).collect())
        given = "add to the file that override.write names, or " if config.override.write else ""
        why = f"{why_lost(lost, config)}, or " if lost.height else given
        raise BuildFailedError(
            f"the judge is left {told_to_fit(len(left), fitting)}, and {needed:,} samples of "
            f"{wanted:,} are wanted at least: {why}lower quota.num_samples or "
            "gates.min_quota_share; the judge is not asked"
        )


STAGE = Stage(
    name="verify",
    version=VERSION,
    unit="questions checked",
    work=verify,
    reads=("write", "ingest", "witness"),
    settings=settings,
    is_sharded=True,
    uses_vocabulary=True,
    check=check,
)
