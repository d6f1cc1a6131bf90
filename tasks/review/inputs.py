"""Inputs: verdicts that decide what a stage makes are named by its recipe."""

import json
from hashlib import sha256

import polars as pl

from tasks.stage import Job

REVIEWS = "reviews"
"""What recipes call them."""


def digest_of_verdicts(rows: pl.DataFrame) -> str:
    return sha256(repr(rows.rows()).encode()).hexdigest()[:16]


def check_unchanged(job: Job, digest: str | None) -> None:
    """ValueError where the verdicts, of this digest by now, are others than the job's recipe
    names: somebody has reviewed since the build began."""
    if json.loads(job.artifact.recipe)["inputs"].get(REVIEWS) != digest:
        raise ValueError(
            f"reviews of {job.config.name} have changed while it was built: run the same command"
        )
