"""Table schemas, written as keyword arguments, and frames of such tables."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import polars as pl
import pyarrow as pa
from polars.datatypes import DataTypeClass
from polars.exceptions import PolarsError


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


def fitted(frame: pl.DataFrame, schema: pl.Schema, optional: Sequence[str] = ()) -> pl.DataFrame:
    """Rows that others wrote, with the columns of a schema; those that may be left out are null.
    Whole numbers of another width, and columns without any value, are taken. ValueError says which
    column is not as it should be, what was found and what is wanted."""
    if unknown := [name for name in frame.columns if name not in schema]:
        raise ValueError(f"column {unknown[0]} is not known: the columns are {', '.join(schema)}")
    given = []
    for name, wanted in schema.items():
        if name not in frame.columns:
            if name not in optional:
                raise ValueError(f"column {name} is missing: it holds {_told(wanted)}")
            given.append(pl.Series(name, [None] * frame.height, wanted))
            continue
        found = frame[name]
        if not _fits(found.dtype, wanted):
            raise ValueError(
                f"column {name} holds {_told(found.dtype)}, and {_told(wanted)} is wanted"
            )
        try:
            given.append(found.cast(wanted))
        except PolarsError:
            raise ValueError(f"column {name} has numbers too large for {_told(wanted)}") from None
    return pl.DataFrame(given)


def incomplete_column(frame: pl.DataFrame, may_be_null: Collection[str] = ()) -> str | None:
    """The first column that lacks values and may not; None where there is none."""
    asked = (name for name in frame.columns if name not in may_be_null)
    return next((name for name in asked if frame[name].null_count()), None)


def _fits(found: pl.DataType, wanted: pl.DataType) -> bool:
    if isinstance(found, pl.List) and isinstance(wanted, pl.List):
        return _fits(_inner(found), _inner(wanted))
    if wanted == pl.String:
        return isinstance(found, pl.String | pl.Categorical | pl.Enum | pl.Null)
    is_whole = found.is_integer() and (wanted.is_integer() or wanted.is_float())
    is_float = found.is_float() and wanted.is_float()
    return found == wanted or found == pl.Null or is_whole or is_float


def _inner(kind: pl.List) -> pl.DataType:
    inner = kind.inner
    return inner if isinstance(inner, pl.DataType) else inner()


def _told(kind: pl.DataType) -> str:
    if isinstance(kind, pl.List):
        return f"lists of {_told(_inner(kind))}"
    if kind == pl.String:
        return "text"
    if kind.is_integer():
        return "whole numbers"
    return "numbers" if kind.is_float() else str(kind)


def plain_type(kind: pa.DataType) -> pa.DataType:
    """Arrow's ordinary type in place of a large or view one of polars."""
    if pa.types.is_large_list(kind) or pa.types.is_list(kind):
        return pa.list_(plain_type(kind.value_type))
    if pa.types.is_struct(kind):
        return pa.struct([(field.name, plain_type(field.type)) for field in kind])
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return pa.string()
    return kind
