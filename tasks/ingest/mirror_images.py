"""Mirror images: of each photograph one more, as its mirror shows it, with a scene of its own.

Only of photographs whose frame is known, and on which nothing is annotated that bears letters or
numbers: these would show that it is a mirror image.
"""

from collections.abc import Callable, Iterable

import polars as pl

from schemas.mirror import (
    MARK,
    OPPOSITE,
    mirrored_file,
    mirrored_predicate,
    mirrored_text,
)
from schemas.vocabulary.classes import load_vocabulary
from schemas.vocabulary.kinds import Trait
from tasks.ingest.classes import classify

Tables = tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]


def with_mirror_images(
    images: pl.DataFrame,
    objects: pl.DataFrame,
    relationships: pl.DataFrame,
    named: pl.DataFrame,
) -> Tables:
    """The cleaned tables, and the same of mirror images behind them. `named` has all objects that
    have a name, those without a sound box, too."""
    tables = [table.cast({"image_id": pl.String}) for table in (images, objects, relationships)]
    images, objects, relationships = tables
    shown = images.filter("has_frame").join(_with_letters(named), on="image_id", how="anti")
    widths = shown.select("image_id", "width")
    file, side = pl.col("photograph"), pl.col("facing")
    mirrored = (
        shown.with_columns(_changed(file, shown["photograph"], mirrored_file)),
        objects.join(widths, on="image_id")
        .with_columns(
            _changed(pl.col("name"), objects["name"], mirrored_text),
            pl.col("attributes").list.eval(
                _changed(pl.element(), objects["attributes"].explode(), mirrored_text)
            ),
            side.replace(OPPOSITE),
            x1=pl.col("width") - pl.col("x2"),
            x2=pl.col("width") - pl.col("x1"),
        )
        .drop("width"),
        relationships.join(widths, on="image_id", how="semi").with_columns(
            _changed(pl.col("predicate"), relationships["predicate"], mirrored_predicate)
        ),
    )
    images, objects, relationships = (
        pl.concat([table, one.with_columns(pl.col("image_id") + MARK)])
        for table, one in zip(tables, mirrored, strict=True)
    )
    return images, objects, relationships


def _with_letters(named: pl.DataFrame) -> pl.DataFrame:
    """The images with something that bears letters or numbers, or may."""
    objects = classify(named).cast({"image_id": pl.String})
    vocabulary = load_vocabulary()
    lettered = [name for name in vocabulary.classes if vocabulary.has(name, Trait.LETTERED)]
    may_be = pl.col("blocks").list.eval(pl.element().is_in(lettered)).list.any()
    return objects.filter(pl.col("class_name").is_in(lettered) | may_be)


def _changed(column: pl.Expr, values: pl.Series, change: Callable[[str], str]) -> pl.Expr:
    """The column with each of its values changed."""
    found: Iterable[str] = values.unique().drop_nulls()
    changed = {value: other for value in found if (other := change(value)) != value}
    return column.replace(changed)
