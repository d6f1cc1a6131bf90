"""Names: lower case and plain; an object has a unique id and at least one name."""

import polars as pl

from tasks.ingest.ledger import Ledger
from tasks.ingest.object_columns import KEY


def clean_name(name: pl.Expr, names: pl.Series) -> pl.Expr:
    """Lower case, one blank between words, no quotes around them; null where nothing is left.

    `names` holds all names that occur: each of them is cleaned once.
    """
    found = names.unique().drop_nulls()
    plain = found.str.replace_all(r"[\s\p{C}]+", " ").str.to_lowercase().str.strip_chars(" \"'")
    return name.replace_strict(found, plain.replace("", None), default=None)


def clean_names(objects: pl.DataFrame, ledger: Ledger) -> pl.DataFrame:
    names = (
        pl.col("names")
        .list.eval(clean_name(pl.element(), objects["names"].explode()))
        .list.filter(pl.element().is_not_null())
        .list.unique(maintain_order=True)
    )
    objects = objects.with_columns(names=names)
    objects = ledger.drop(
        objects,
        pl.col("object_id").is_not_null(),
        "object",
        "object_id",
        "object-without-id",
        pl.col("names").list.join(" | "),
    )
    objects = ledger.drop(
        objects,
        pl.col("names").list.len() > 0,
        "object",
        "object_id",
        "object-without-name",
        pl.lit("no name"),
    )
    return ledger.drop(
        objects,
        pl.struct(KEY).is_first_distinct(),
        "object",
        "object_id",
        "duplicate-object-id",
        pl.lit("an earlier object has this id"),
    )
