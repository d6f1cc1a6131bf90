"""Classes: what an object's names say it is."""

from functools import cache

import polars as pl

from schemas.columns import columns
from schemas.vocabulary.classes import load_vocabulary
from tasks.ingest.ledger import Ledger

SEPARATOR = "\x1f"
"""The control character "unit separator": cleaned names hold no control characters."""
CLASSES = columns(
    class_name=pl.String, is_plural=pl.Boolean, blocks=pl.String, name=pl.String, odd=pl.String
)
"""What names say: `name` is the published one, `odd` what is unusual about them; `blocks` are
joined by SEPARATOR, null where there are none."""


@cache
def _classes_of(key: str) -> tuple[str | None, bool, str | None, str, str | None]:
    """A row of CLASSES, from names joined by SEPARATOR."""
    vocabulary = load_vocabulary()
    names = key.split(SEPARATOR)
    resolved = [vocabulary.resolve(name) for name in names]
    classes = {entry.class_name for entry in resolved}
    mentions = set[str]().union(*(entry.mentions for entry in resolved))
    class_name = _agreed_class(classes)
    odd = None
    if class_name is None and len(names) > 1 and len(classes) > 1:
        odd = "several-names"
    elif class_name is None and len(names[0].split()) > 3:
        odd = "sentence-name"
    named = {entry for entry in classes if entry}
    blocks = sorted((mentions | named) - {class_name})
    is_plural = any(entry.is_plural for entry in resolved)
    is_asked = class_name is not None and vocabulary.classes[class_name].is_askable
    name = class_name if class_name and is_asked and not is_plural else names[0]
    return class_name, is_plural, SEPARATOR.join(blocks) or None, name, odd


def _agreed_class(classes: set[str | None]) -> str | None:
    """The most specific class, where every other one is a more general word for it."""
    vocabulary = load_vocabulary()
    named = sorted(entry for entry in classes if entry)
    if len(named) < len(classes):
        return None
    return next((name for name in named if classes.issubset(vocabulary.lineage(name))), None)


def classify(objects: pl.DataFrame) -> pl.DataFrame:
    """Objects with what their names say: key, class_name, is_plural, blocks, name and odd."""
    objects = objects.with_columns(key=pl.col("names").list.join(SEPARATOR))
    keys = objects["key"].unique().drop_nulls().sort()
    rows = [_classes_of(key) for key in keys]
    classes = pl.DataFrame(rows, schema=CLASSES, orient="row").with_columns(
        key=keys, blocks=pl.col("blocks").str.split(SEPARATOR).fill_null([])
    )
    return objects.join(classes, on="key", how="left", maintain_order="left")


def with_classes(objects: pl.DataFrame, ledger: Ledger) -> pl.DataFrame:
    objects = classify(objects)
    for odd in ("several-names", "sentence-name"):
        ledger.note(
            objects.filter(pl.col("odd") == odd),
            "object",
            "object_id",
            "repair",
            odd,
            pl.lit("kept without a class: ") + pl.col("names").list.join(" | "),
        )
    return objects.drop("odd").with_columns(is_doubtful=pl.lit(False))
