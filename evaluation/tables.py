"""Tables: rows of files, one at a time: Parquet, Arrow (as datasets saves it), TSV, CSV, JSON,
JSON lines."""

import csv
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import ipc

from schemas.printable import first_line
from schemas.refusal import what_helps

MAX_CELL = min(sys.maxsize, 1 << 30)
"""Bytes of a cell of a text file: a photograph of 256 MiB in base64 takes 340 MiB."""
POINTER = b"version https://git-lfs"
"""The beginning of the file that Git leaves in place of one of its large files."""
BATCH = 4
"""Rows at a time: each may hold a photograph of some MB."""
PAGE = 1 << 20
"""Bytes that are read at a time; without a bound, a row group is in memory once more."""
Rows = Iterator[dict[str, Any]]


def read_rows(file: Path) -> Rows:
    """The rows of a file; ValueError, in one line, where it cannot be read."""
    try:
        with file.open("rb") as stream:
            if stream.read(len(POINTER)) == POINTER:
                raise ValueError("Git left a pointer in its place: run `git lfs pull` there")
        yield from READERS[file.suffix.lower()](file)
    except RecursionError:
        raise ValueError(f"{file} is nested too deep: get it again") from None
    except (pa.ArrowException, OSError, UnicodeDecodeError, csv.Error, ValueError) as error:
        reason = first_line(error)[:200]
        helps = what_helps(error, "get it again")
        raise ValueError(f"{file} cannot be read ({reason}): {helps}") from None


def _parquet(file: Path) -> Rows:
    # A page holds up to 1,024 rows, so a whole row group of photographs is in memory twice, and
    # three times without buffer_size.
    with pq.ParquetFile(file, buffer_size=PAGE, pre_buffer=False) as table:
        for batch in table.iter_batches(batch_size=BATCH, use_threads=False):
            yield from batch.to_pylist()


def _arrow(file: Path) -> Rows:
    with pa.memory_map(str(file)) as source, ipc.open_stream(source) as batches:
        for batch in batches:
            for place in range(batch.num_rows):
                yield batch.slice(place, 1).to_pylist()[0]


def _separated(file: Path) -> Rows:
    csv.field_size_limit(MAX_CELL)
    delimiter = "\t" if file.suffix.lower() == ".tsv" else ","
    with file.open(newline="", encoding="utf-8-sig") as stream:
        reader = csv.DictReader(stream, delimiter=delimiter, restkey="", strict=True)
        for row in reader:
            if "" in row or None in row.values():
                raise ValueError(f"line {reader.line_num} has not as many cells as the first line")
            yield row


def _json(file: Path) -> Rows:
    rows = json.loads(file.read_text(encoding="utf-8-sig"))
    if not isinstance(rows, list):
        raise ValueError("it is not a list of rows")
    yield from map(_object, rows)


def _json_lines(file: Path) -> Rows:
    with file.open(encoding="utf-8-sig") as stream:
        for number, line in enumerate(stream, start=1):
            if line.strip():
                try:
                    yield _object(json.loads(line))
                except ValueError as error:
                    raise ValueError(f"line {number}: {error}") from None


def _object(row: Any) -> dict[str, Any]:
    if not isinstance(row, dict):
        raise ValueError("one of its rows is not an object")
    return row


READERS: Mapping[str, Callable[[Path], Rows]] = {
    ".parquet": _parquet,
    ".arrow": _arrow,
    ".tsv": _separated,
    ".jsonl": _json_lines,
    ".csv": _separated,
    ".json": _json,
}
"""By suffix. Of a folder with several kinds of files, only the first kind here is read."""
