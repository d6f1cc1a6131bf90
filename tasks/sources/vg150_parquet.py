"""Rows of VG150 in Parquet: their columns, content and photographs, read a few at a time."""

from collections.abc import Container, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from schemas.photographs import opened
from schemas.refusal import what_helps
from tasks.sources.tables import MAX_SIDE

COLUMNS = ("image_id", "objects", "relationships")
"""Columns that every file must have."""
SIZES = ("width", "height")
"""Columns that a file may have."""
BATCH = 64  # rows read at once: bounds memory where a row holds a photograph


def parquet_rows(
    file: Path, names: Sequence[str], wanted: Container[int] | None = None
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Number and content of a Parquet file's rows, or of the wanted ones, read a few at a time."""
    number = 0
    try:
        with pq.ParquetFile(file) as table:
            for group in range(table.num_row_groups):
                stop = number + table.metadata.row_group(group).num_rows
                if wanted is not None and not any(row in wanted for row in range(number, stop)):
                    number = stop
                    continue
                for batch in table.iter_batches(BATCH, row_groups=[group], columns=list(names)):
                    rows = range(number, number + batch.num_rows)
                    # Not batch.take: it has no kernel for views of texts and bytes.
                    for place, row in enumerate(rows):
                        if wanted is None or row in wanted:
                            yield row, batch.slice(place, 1).to_pylist()[0]
                    number = rows.stop
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise _unreadable(file, error) from None


def columns_of(file: Path) -> list[str]:
    schema = _schema(file)
    check_columns(file, set(schema.names))
    names: list[str] = schema.names
    if twice := [name for name in COLUMNS if names.count(name) > 1]:
        raise ValueError(f"{file} has two columns {twice[0]}: keep one of them")
    for name in COLUMNS[1:]:
        kind = _plain_type(schema.field(name).type)
        is_text = pa.types.is_string(kind) or pa.types.is_large_string(kind)
        if not (is_text or pa.types.is_string_view(kind)):
            raise ValueError(f"{file} has {kind} in column {name}: expected JSON as text")
    return names


def _plain_type(kind: Any) -> Any:
    """The type of the values, of those in a dictionary where they are encoded so."""
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def check_columns(file: Path, names: set[str]) -> None:
    if missing := [name for name in COLUMNS if name not in names]:
        raise ValueError(
            f"{file} has no column {missing[0]}: expected image_id, objects and relationships"
        )


def _schema(file: Path) -> Any:
    try:
        return pq.read_schema(file)
    except (pa.ArrowException, OSError) as error:
        raise _unreadable(file, error) from None


def _unreadable(file: Path, error: Exception) -> ValueError:
    problem = str(error).splitlines()[0] if str(error) else type(error).__name__
    helps = what_helps(error, "download it again")
    return ValueError(f"{file} cannot be read ({problem}): {helps}")


def has_photographs(file: Path) -> bool:
    """Whether this is a Parquet file with photographs in a column `image`: bytes, or a struct with
    bytes."""
    if file.suffix != ".parquet":
        return False
    schema = _schema(file)
    if "image" not in schema.names:
        return False
    kind = schema.field("image").type
    if pa.types.is_struct(kind):
        place = kind.get_field_index("bytes")
        return place >= 0 and _is_bytes(kind.field(place).type)
    return _is_bytes(kind)


def _is_bytes(kind: Any) -> bool:
    kind = _plain_type(kind)
    is_large = pa.types.is_large_binary(kind) or pa.types.is_binary_view(kind)
    return bool(is_large or pa.types.is_binary(kind))


def photograph_in(row: dict[str, Any]) -> bytes | None:
    image = row.get("image")
    found = image.get("bytes") if isinstance(image, dict) else image
    return found if isinstance(found, bytes) else None


def header_size(data: bytes | None) -> tuple[int, int] | None:
    """Width and height in a photograph's header; None where they are missing or implausible."""
    if data is None:
        return None
    try:
        with opened(data) as image:
            width, height = image.size
    except Exception:  # Pillow raises many kinds for broken files; photographs reports them
        return None
    return (width, height) if max(width, height) < MAX_SIDE else None
