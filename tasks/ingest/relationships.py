"""Relationships: numbered, spelled canonically, between two objects that they name correctly."""

from collections.abc import Callable
from functools import cache

import polars as pl

from schemas.columns import formatted
from schemas.vocabulary.classes import load_vocabulary
from schemas.vocabulary.predicates import canonical_predicate, clean_predicate
from tasks.ingest.classes import SEPARATOR
from tasks.ingest.ledger import Ledger
from tasks.ingest.names import clean_name
from tasks.ingest.object_columns import KEY


def clean_texts(relationships: pl.DataFrame, ledger: Ledger) -> pl.DataFrame:
    """Relationships, each with an id, and clean names at their ends."""
    number = pl.col("relationship_id")
    is_first = number.is_not_null() & pl.struct("image_id", "relationship_id").is_first_distinct()
    above = number.max().fill_null(0) + (~pl.col("_first")).cum_sum()
    numbered = relationships.with_columns(_first=is_first).with_columns(
        _number=pl.when("_first").then(number).otherwise(above.over("image_id"))
    )
    ledger.note(
        numbered.filter(~pl.col("_first")),
        "relationship",
        "_number",
        "repair",
        "relationship-renumbered",
        formatted("found as {}", number.cast(pl.String).fill_null("without id")),
    )
    names = [clean_name(pl.col(name), numbered[name]) for name in ("subject_name", "object_name")]
    return numbered.with_columns(*names, relationship_id="_number").drop("_first", "_number")


def _mapped(
    keys: pl.Series, function: Callable[[str], object], dtype: pl.DataType | type[pl.DataType]
) -> pl.DataFrame:
    """The distinct keys with what `function` makes of each, to be joined back."""
    distinct = keys.unique().drop_nulls().sort()
    return pl.DataFrame(
        {"key": distinct, "value": [function(key) for key in distinct]},
        schema={"key": pl.String, "value": dtype},
    )


@cache
def _names_agree(pair: str) -> bool:
    """Whether a relationship end's name may denote an object of the given names."""
    vocabulary = load_vocabulary()
    end, *names = pair.split(SEPARATOR)
    end_class = vocabulary.resolve(end).class_name
    for name in names:
        class_name = vocabulary.resolve(name).class_name
        if end_class and class_name and vocabulary.may_be_same(end_class, class_name):
            return True
        if set(end.split()) & set(name.split()):
            return True
    return False


def clean_relationships(
    relationships: pl.DataFrame, objects: pl.DataFrame, ledger: Ledger
) -> pl.DataFrame:
    """The rows that hold between two of the objects: image_id and the fields of RELATIONSHIP."""
    rows = _spell_predicates(relationships, ledger)
    rows = _find_ends(rows, objects, ledger)
    rows = _compare_names(rows, ledger)
    ledger.note(
        rows.filter(pl.col("spelling") != pl.col("predicate")),
        "relationship",
        "relationship_id",
        "repair",
        "predicate-spelling",
        formatted("{} → {}", "spelling", "predicate"),
    )
    return rows.select(
        "image_id",
        "relationship_id",
        "predicate",
        "is_canonical",
        subject="subject_id",
        object="object_id",
    )


def _spell_predicates(relationships: pl.DataFrame, ledger: Ledger) -> pl.DataFrame:
    """With is_canonical and `spelling`, the predicate as found."""
    # As in names, control characters are blanks; `clean_predicate` does the rest.
    plain = pl.col("predicate").str.replace_all(r"[\s\p{C}]+", " ")
    relationships = relationships.drop("subject_box", "object_box").with_columns(plain=plain)
    spelled = _mapped(
        relationships["plain"],
        lambda text: {"canonical": canonical_predicate(text), "cleaned": clean_predicate(text)},
        pl.Struct({"canonical": pl.String, "cleaned": pl.String}),
    ).unnest("value")
    joined = relationships.join(
        spelled, left_on="plain", right_on="key", how="left", maintain_order="left"
    )
    rows = joined.with_columns(
        is_canonical=pl.col("canonical").is_not_null(),
        spelling=pl.col("predicate"),
        predicate=pl.coalesce("canonical", "cleaned"),
    ).drop("plain", "canonical", "cleaned")
    return ledger.drop(
        rows,
        pl.col("predicate").str.len_chars() > 0,
        "relationship",
        "relationship_id",
        "predicate-empty",
        pl.lit("no predicate"),
    )


def _find_ends(rows: pl.DataFrame, objects: pl.DataFrame, ledger: Ledger) -> pl.DataFrame:
    """With subject_key and object_key, the names of the objects at the ends."""
    names = objects.select(*KEY, "key")
    for side in ("subject", "object"):
        rows = rows.join(
            names.rename({"object_id": f"{side}_id", "key": f"{side}_key"}),
            on=["image_id", f"{side}_id"],
            how="left",
            maintain_order="left",
        )
    triplet = formatted(
        "{} {} {}",
        *(
            pl.coalesce(pl.col(column).cast(pl.String), pl.lit("?"))
            for column in ("subject_id", "predicate", "object_id")
        ),
    )
    return ledger.drop(
        rows,
        pl.col("subject_key").is_not_null() & pl.col("object_key").is_not_null(),
        "relationship",
        "relationship_id",
        "dangling-end",
        triplet,
    )


def _compare_names(rows: pl.DataFrame, ledger: Ledger) -> pl.DataFrame:
    """The rows that call their ends by names that these objects may have."""
    for side in ("subject", "object"):
        name = pl.col(f"{side}_name")
        rows = rows.with_columns(pair=name + SEPARATOR + pl.col(f"{side}_key"))
        differs = ~pl.col("pair").str.starts_with(pl.col(f"{side}_key") + SEPARATOR)
        agree = _mapped(rows.filter(differs)["pair"], _names_agree, pl.Boolean)
        rows = rows.join(agree, left_on="pair", right_on="key", how="left", maintain_order="left")
        rows = ledger.drop(
            rows,
            pl.col("value").fill_null(True),
            "relationship",
            "relationship_id",
            "end-name-differs",
            formatted("{} is called {} here", f"{side}_id", name.fill_null("?")),
        ).drop("value", "pair")
    return rows
