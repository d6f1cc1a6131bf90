"""Reviewed: whether reviews show that too few labels of a dataset are right."""

import json
from collections.abc import Mapping
from hashlib import sha256

import polars as pl

from schemas.review import question_key, reviews_of, shown_image
from tasks.artifact import ledger_path_of
from tasks.review.items import digests_of_shown
from tasks.review.precision import ALL, left_out, precisions, reviewed_among, told
from tasks.stage import Build, Job


def digest_of_reviews(build: Build) -> Mapping[str, str]:
    """Of all verdicts, where the gates ask for a precision; they decide nothing otherwise."""
    if build.config.gates.min_precision is None:
        return {}
    return {"reviews": _digest(reviews_of(build.root, build.config.name))}


def _digest(reviews: pl.DataFrame) -> str:
    rows = reviews.select("reviewer", "key", "verdict").rows()
    return sha256(repr(rows).encode()).hexdigest()[:16]


def count_reviews(job: Job, samples: pl.DataFrame) -> pl.DataFrame:
    """One row like those of `count_totals` where the gates ask for a precision and samples, or
    questions that were left out for it, were reviewed: `found` is 1 where reviews show, with 95 %
    confidence, that the precision is not reached. ValueError where somebody has reviewed since the
    build began."""
    least = job.config.gates.min_precision
    if least is None:
        return pl.DataFrame(schema=TOTAL)
    reviews = reviews_of(job.root, job.config.name)
    if json.loads(job.artifact.recipe)["inputs"].get("reviews") != _digest(reviews):
        raise ValueError(
            f"reviews of {job.config.name} have changed while it was built: run the same command"
        )
    keys = {*_keys(job, samples), *left_out(ledger_path_of(job.path("select")))}
    found = precisions(reviewed_among(reviews, keys))
    if not found:
        return pl.DataFrame(schema=TOTAL)
    is_missed = int(found[0].high < least)
    finding = f"{told(found[0])}, {100 * least:g} % wanted"
    return pl.DataFrame([("review", ALL, is_missed, 0, 0, finding)], TOTAL, orient="row")


TOTAL = pl.Schema(
    {
        "family": pl.String,
        "name": pl.String,
        "found": pl.Int64,
        "low": pl.Int64,
        "high": pl.Int64,
        "finding": pl.String,
    }
)


def _keys(job: Job, samples: pl.DataFrame) -> list[str]:
    digests = digests_of_shown(job.config.images, job.paths("photographs"))
    return [
        question_key(shown_image(image_id, digests.get(image_id)), *said)
        for image_id, *said in samples.select(
            "image_id", "question_only", "options", "answer_text_only"
        ).iter_rows()
    ]
