"""Reviewed: questions that people did not find right do not become samples again."""

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from schemas.mirror import IS_MIRRORED
from schemas.review import LEFT_OUT, ReviewVerdict, outcomes, question_key, reviews_of, shown_image
from tasks.review.inputs import REVIEWS, check_unchanged, digest_of_verdicts
from tasks.stage import Build, Job


def faults(root: Path, name: str) -> pl.DataFrame:
    """`key` and `outcome` of the questions of a dataset's name that its reviewers did not all find
    right, by key."""
    return outcomes(reviews_of(root, name)).filter(pl.col("outcome") != ReviewVerdict.RIGHT.value)


def digest_of_faults(build: Build) -> Mapping[str, str]:
    """Of reviews, only faults decide what is selected; none where there are none."""
    digest = _digest(faults(build.root, build.config.name))
    return {REVIEWS: digest} if digest else {}


def _digest(found: pl.DataFrame) -> str | None:
    return digest_of_verdicts(found) if found.height else None


def faults_of(job: Job) -> pl.DataFrame:
    """The faults that the job's recipe names; ValueError where they are others by now."""
    found = faults(job.root, job.config.name)
    check_unchanged(job, _digest(found))
    return found


def leave_out(
    questions: pl.DataFrame, digests: Mapping[str, str | None], found: pl.DataFrame
) -> pl.DataFrame:
    """The questions; those at fault with the reason `reviewed-` and what their reviewers said, and
    so those about whose mirror images that was said: both have one annotation and one proof.
    `digests` are those of the photographs that the dataset will hold, by image."""
    if found.is_empty():
        return questions
    said = dict(found.iter_rows())
    reasons: list[str | None] = []
    keys: list[str | None] = []
    for reason, image_id, question, options, answer in questions.select(
        "reason", "image_id", "question", "options", "answer"
    ).iter_rows():
        key = None
        if reason is None:
            shown = shown_image(image_id, digests.get(image_id))
            key = question_key(shown, question, options, options[answer])
        reasons.append(f"{LEFT_OUT}{said[key]}" if key in said else None)
        keys.append(key)
    reviewed = pl.Series(reasons, dtype=pl.String)
    detail = pl.concat_str(pl.lit("review "), pl.Series(keys, dtype=pl.String))
    marked = questions.with_columns(
        reason=pl.coalesce("reason", reviewed),
        reason_detail=pl.when(reviewed.is_not_null()).then(detail).otherwise("reason_detail"),
    )
    of_images = marked.filter(IS_MIRRORED, pl.Series(reviewed).is_not_null()).select(
        "pair_id", said="reason", about="reason_detail"
    )
    return (
        marked.join(of_images, on="pair_id", how="left", maintain_order="left")
        .with_columns(
            reason=pl.coalesce("reason", "said"),
            reason_detail=pl.coalesce("reason_detail", "about"),
        )
        .drop("said", "about")
    )
