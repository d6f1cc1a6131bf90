"""The checks view of a frame of samples, whole, and whether models can be rewarded on it."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl

from tasks.validate.readiness import Readiness, check_rewards, step_of
from tasks.validate.view_files import write_view


def check_view(samples: pl.DataFrame) -> pl.DataFrame:
    with TemporaryDirectory() as folder:
        view = write_view(samples.lazy(), Path(folder))
        return pl.concat(map(pl.read_parquet, view.files))


def readiness_of(view: pl.DataFrame, **settings: Any) -> Readiness:
    tested = view.gather_every(step_of(view.height))
    return check_rewards(tested, view.height, **settings)
