"""Rows: what a benchmark's files hold, from the Hub or from a copy on this machine, one at a time.

A copy is a folder or a file: Parquet, TSV, CSV, JSON or JSON lines. Where a benchmark has several
parts, files are told apart by the part's name in their path.
"""

import base64
import binascii
import csv
import io
import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from PIL import Image
from pyarrow import ArrowException

from evaluation.benchmarks.spec import Benchmark, Part
from evaluation.fetching import fetch

SUFFIXES = (".parquet", ".tsv", ".csv", ".jsonl", ".json")
BATCH = 16
MAX_PIXELS = 600_000_000
LONGEST_NAME = 255


@dataclass(frozen=True, slots=True)
class Place:
    """A row, where it stands, and the folder that file names in it are relative to."""

    part: Part
    number: int
    row: Mapping[str, Any]
    file: str
    base: Path | None = None

    def __str__(self) -> str:
        return f"row {self.number} of {self.file}"


def table_files(path: Path) -> list[Path]:
    """The files of a local copy; FileNotFoundError where there are none."""
    if path.is_file() and path.suffix in SUFFIXES:
        return [path]
    found = sorted(file for file in path.rglob("*") if file.suffix in SUFFIXES and file.is_file())
    if not found:
        raise FileNotFoundError(
            f"no rows at {path}: it takes a {', '.join(SUFFIXES)} file, or a folder of them"
        )
    return found


def local_rows(benchmark: Benchmark, path: Path, files: list[Path]) -> Iterator[Place]:
    base = path if path.is_dir() else path.parent
    for part in benchmark.parts:
        chosen = files
        if len(benchmark.parts) > 1 and len(files) > 1:
            chosen = [file for file in files if part.key in str(file.relative_to(base))]
            if not chosen:
                raise ValueError(f"{path} has no file of the part {part.key}")
        number = 0
        for file in chosen:
            for row in _file_rows(file):
                yield Place(part, number, row, str(file), base)
                number += 1
        if chosen == files and len(benchmark.parts) > 1:
            return  # one file holds all parts, and its rows say which


def _file_rows(file: Path) -> Iterator[Mapping[str, Any]]:
    try:
        yield from READERS[file.suffix](file)
    except (ArrowException, OSError, UnicodeDecodeError, csv.Error, ValueError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0][:200]
        raise ValueError(f"{file} cannot be read: {reason}: get it again") from None


def _parquet(file: Path) -> Iterator[Mapping[str, Any]]:
    with pq.ParquetFile(file) as table:
        for batch in table.iter_batches(batch_size=BATCH):
            yield from batch.to_pylist()


def _separated(file: Path) -> Iterator[Mapping[str, Any]]:
    csv.field_size_limit(min(sys.maxsize, 1 << 30))
    delimiter = "\t" if file.suffix == ".tsv" else ","
    with file.open(newline="", encoding="utf-8-sig") as stream:
        for row in csv.DictReader(stream, delimiter=delimiter):
            yield {name: value for name, value in row.items() if name is not None}


def _json(file: Path) -> Iterator[Mapping[str, Any]]:
    rows = json.loads(file.read_text(encoding="utf-8"))
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ValueError("it is no list of objects")
    yield from rows


def _json_lines(file: Path) -> Iterator[Mapping[str, Any]]:
    with file.open(encoding="utf-8") as stream:
        for line in stream:
            if line.strip():
                row = json.loads(line)
                if not isinstance(row, dict):
                    raise ValueError("a line is no object")
                yield row


READERS = {
    ".parquet": _parquet,
    ".tsv": _separated,
    ".csv": _separated,
    ".json": _json,
    ".jsonl": _json_lines,
}


def hub_rows(benchmark: Benchmark, repository: str, revision: str | None) -> Iterator[Place]:
    """Rows of the Hub, pictures as they are stored. ValueError, in one line, where they are not to
    be had: no network, no such repository, terms to be accepted first."""
    if not find_spec("datasets"):
        raise ValueError(
            "rows of the Hub need the package datasets: pip install 'spatialthinker[evaluate]', or "
            "name a local copy in path"
        )
    import datasets

    datasets.disable_progress_bars()
    for part in benchmark.parts:
        try:
            rows = datasets.load_dataset(
                repository, part.config, split=part.split, revision=revision
            )
        except Exception as error:  # of the Hub's client, of networks, of files: no closed set
            reason = (str(error).splitlines() or [type(error).__name__])[0][:200]
            raise ValueError(
                f"{benchmark.name} cannot be had from the Hub ({repository}): {reason}: check the "
                "network, accept its terms and set HF_TOKEN, or name a local copy in path"
            ) from None
        for name, feature in rows.features.items():
            if isinstance(feature, datasets.Image):
                rows = rows.cast_column(name, datasets.Image(decode=False))
        file = f"{repository} ({part.key})"
        for number, row in enumerate(rows):
            yield Place(part, number, row, file)


def image_bytes(value: Any, place: Place, cache: Path) -> bytes:
    """The bytes of a row's picture, whichever way it holds them. ValueError where it holds none."""
    if isinstance(value, dict):
        value = value.get("bytes") or value.get("path")
    if isinstance(value, bytes):
        return value
    if not isinstance(value, str) or not value:
        raise ValueError("it has no picture")
    if value.startswith(("http://", "https://")):
        return fetch(value, cache)
    if len(value) <= LONGEST_NAME and place.base:
        file = (place.base / value).resolve()
        if not file.is_relative_to(place.base.resolve()):
            raise ValueError(f"the picture {value[:80]} lies outside of the copy")
        if file.is_file():
            return file.read_bytes()
    try:
        return base64.b64decode(value.partition("base64,")[2] or value, validate=True)
    except binascii.Error:
        raise ValueError(f"its picture {value[:60]!r} is neither a file nor base64") from None


def picture_size(data: bytes) -> tuple[int, int]:
    """Width and height as stored: a turn that EXIF asks for is not made, as Qwen's own processor
    makes none. ValueError where the bytes are no sound picture."""
    try:
        with Image.open(io.BytesIO(data)) as image:
            if image.width * image.height > MAX_PIXELS:
                raise ValueError(f"its picture has {image.width} x {image.height} pixels")
            return image.size
    except (OSError, SyntaxError, Image.DecompressionBombError):
        raise ValueError(f"its picture ({len(data):,} bytes) is damaged") from None
