"""Table schemas, written as keyword arguments."""

import polars as pl
from polars.datatypes import DataTypeClass


def columns(**dtypes: pl.DataType | DataTypeClass) -> pl.Schema:
    """The schema with these columns, in this order."""
    return pl.Schema(dtypes)
