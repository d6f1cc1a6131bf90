"""Reviewed: whether reviews show that too few labels of a dataset are right."""

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from schemas.review import reviews_of
from tasks.artifact import ledger_path_of
from tasks.review.inputs import REVIEWS, check_unchanged, digest_of_verdicts
from tasks.review.items import KEYED_BY, digests_of_shown, keys_of
from tasks.review.precision import ALL, left_out, precisions, reviewed_among, told
from tasks.stage import Build, Job
from tasks.validate.totals import TOTAL


def digest_of_reviews(build: Build) -> Mapping[str, str]:
    """Of all verdicts, where the gates ask for a precision; they decide nothing otherwise."""
    if build.config.gates.min_precision is None:
        return {}
    return {REVIEWS: digest_of_verdicts(_verdicts(build.root, build.config.name))}


def _verdicts(root: Path, name: str) -> pl.DataFrame:
    return reviews_of(root, name).select("reviewer", "key", "verdict")


def count_reviews(job: Job, samples: pl.LazyFrame) -> pl.DataFrame:
    """One row like those of `count_totals` where the gates ask for a precision and samples, or
    questions that were left out for it, were reviewed: `found` is 1 where reviews show, with 95 %
    confidence, that the precision is not reached. ValueError where somebody has reviewed since the
    build began."""
    least = job.config.gates.min_precision
    if least is None:
        return pl.DataFrame(schema=TOTAL)
    reviews = reviews_of(job.root, job.config.name)
    check_unchanged(job, digest_of_verdicts(_verdicts(job.root, job.config.name)))
    digests = digests_of_shown(job.config.images, job.paths("photographs"))
    keys = {
        *keys_of(samples.select(KEYED_BY).collect(), digests),
        *left_out(ledger_path_of(job.path("select"))),
    }
    found = precisions(reviewed_among(reviews, keys))
    if not found:
        return pl.DataFrame(schema=TOTAL)
    is_missed = int(found[0].high < least)
    finding = f"{told(found[0])}, {100 * least:g} % wanted"
    return pl.DataFrame([("review", ALL, is_missed, 0, 0, finding)], TOTAL, orient="row")
