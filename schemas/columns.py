"""Table schemas, written as keyword arguments, and frames of such tables."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl
import pyarrow as pa
from polars.datatypes import DataTypeClass


def columns(**dtypes: pl.DataType | DataTypeClass) -> pl.Schema:
    """The schema with these columns, in this order."""
    return pl.Schema(dtypes)


def formatted(template: str, *parts: str | pl.Expr) -> pl.Expr:
    """The template with each `{}` replaced by a column or expression, in order; null where one of
    them is null. Replaces pl.format, which in polars 2.1 panics on some columns of several
    chunks."""
    texts = template.split("{}")
    assert len(texts) == len(parts) + 1
    pieces: list[str | pl.Expr] = [pl.lit(texts[0])]
    for part, text in zip(parts, texts[1:], strict=True):
        pieces += [part, pl.lit(text)]
    return pl.concat_str(pieces)


def frame_of(rows: Sequence[Mapping[str, Any]], schema: pl.Schema) -> pl.DataFrame:
    """Rows as a frame. Arrow reads Python's lists four times as fast as polars does."""
    empty = pl.DataFrame(schema=schema).to_arrow().schema
    fields = [(field.name, plain_type(field.type)) for field in empty]
    return pl.DataFrame(pa.Table.from_pylist(list(rows), pa.schema(fields)), schema=schema)


def plain_type(kind: pa.DataType) -> pa.DataType:
    """Arrow's ordinary type in place of a large or view one of polars."""
    if pa.types.is_large_list(kind) or pa.types.is_list(kind):
        return pa.list_(plain_type(kind.value_type))
    if pa.types.is_struct(kind):
        return pa.struct([(field.name, plain_type(field.type)) for field in kind])
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return pa.string()
    return kind
