"""View files: the checks view of more samples than memory should hold, by question_id."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import polars as pl

from schemas.replacing import replacing
from tasks.validate.view import GROUPED_BY, conformed, groups, row_view

ROWS = 50_000  # of a file: what is judged at once
SLICE = 10_000  # rows whose objects are in long frames at once: limits memory


class View(NamedTuple):
    """A checks view on the disk: `files` of at most ROWS rows each, in the order of the rows, and
    how many rows they have together."""

    files: Sequence[Path]
    height: int

    def select(self, *columns: str) -> pl.DataFrame:
        """All rows, with these columns."""
        return pl.scan_parquet(list(self.files)).select(columns).collect()

    def every(self, step: int, *columns: str) -> pl.DataFrame:
        """Every n-th row, from the first, with these columns."""
        parts, start = [], 0
        for file in self.files:
            rows = pl.read_parquet(file, columns=list(columns))
            parts.append(rows.gather_every(step, -start % step))
            start += rows.height
        return pl.concat(parts).select(columns)

    def rows(self, numbers: Sequence[int], *columns: str) -> pl.DataFrame:
        """The rows with these numbers, which ascend, with these columns."""
        rows = pl.scan_parquet(list(self.files)).select(columns).with_row_index("row")
        wanted = pl.Series(numbers, dtype=pl.UInt32).implode()
        return rows.filter(pl.col("row").is_in(wanted)).drop("row").collect()


def write_view(samples: pl.LazyFrame, folder: Path) -> View:
    """The view of samples as files in an empty folder. Only samples that are not sorted yet are in
    memory together."""
    rows = conformed(samples)
    ids = rows.select("question_id").collect().to_series()
    if not ids.is_sorted():
        rows = rows.collect().sort("question_id", maintain_order=True).lazy()
    files = [folder / f"{start:012d}.parquet" for start in range(0, max(len(ids), 1), ROWS)]
    for number, file in enumerate(files):
        part = rows.slice(number * ROWS, ROWS).collect().with_row_index("row")
        views = [row_view(some) for some in part.iter_slices(SLICE)] or [row_view(part)]
        pl.concat(views).write_parquet(file)
    view = View(files, len(ids))
    return with_columns(view, view.select(*GROUPED_BY).select(groups()))


def with_columns(view: View, columns: pl.DataFrame) -> View:
    """The same files, which also have these columns of all rows."""
    for number, file in enumerate(view.files):
        part = pl.read_parquet(file).hstack(columns.slice(number * ROWS, ROWS))
        with replacing(file, is_durable=False) as written:
            part.write_parquet(written)
    return view
