"""Texts of columns: right however a frame lies in memory."""

from random import Random

import polars as pl
import pytest

from schemas.columns import formatted

SCHEMA = {"a": pl.Int64, "b": pl.Float64, "kept": pl.Boolean}


@pytest.mark.parametrize("seed", range(40))
def test_texts_are_right_in_chunks_with_nulls(seed):
    """polars 2.1's pl.format panics on about one of twenty of these frames."""
    random = Random(seed)
    parts = [
        [(random.choice((1, None)), random.choice((0.5, None)), random.random() < 0.5)] * length
        for length in random.choices((0, 1, 2, 5), k=4)
    ]
    frame = pl.concat(
        (pl.DataFrame(part, SCHEMA, orient="row") for part in parts), rechunk=False
    ).filter("kept")
    whole = frame.select(pl.lit("x").alias("x"), text=formatted("{}, {}!", "a", "b"))
    assert whole["text"].to_list() == [
        None if None in (a, b) else f"{a}, {b}!" for a, b, _ in frame.rows()
    ]
    known = formatted("<{}>", pl.col("a").cast(pl.String).fill_null("?"))
    assert frame.select(known).to_series().to_list() == [
        f"<{'?' if a is None else a}>" for a in frame["a"]
    ]
