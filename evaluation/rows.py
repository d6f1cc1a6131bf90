"""Rows: what a benchmark's files hold, in a copy on this machine, one at a time.

A copy is a file or a folder, which may also hold photographs, as files or zip archives. Where a
benchmark has several parts, or a copy several splits, the names of files say which is which.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evaluation.benchmarks.benchmark import Benchmark, Part
from evaluation.photograph_files import PhotographFiles
from evaluation.tables import READERS, read_rows
from schemas.dataset_folder import VALIDATION
from schemas.listing import walked

ANY = Part("")
"""For a file whose part its name does not say: its rows say which part they belong to."""
ABOUT = {
    "dataset_dict.json",
    "dataset_info.json",
    "dataset_infos.json",
    "ledger.parquet",
    "manifest.json",
    "metadata.json",
    "state.json",
}
"""Files that describe the tables beside them, as datasets and this program write them."""


@dataclass(frozen=True, slots=True)
class Place:
    """A row, its part, its place there, and the photograph files that it may name."""

    part: Part
    number: int
    row: Mapping[str, Any]
    file: str
    photographs: PhotographFiles | None = None

    def __str__(self) -> str:
        return f"row {self.number + 1} of {self.file}"


@dataclass(frozen=True, slots=True)
class Copy:
    """Tables on this machine by part, and the folder of photographs that are files."""

    tables: tuple[tuple[Part, tuple[Path, ...]], ...]
    photographs: PhotographFiles | None = None

    @property
    def files(self) -> list[Path]:
        """All that decides the items."""
        tables = [file for _, files in self.tables for file in files]
        return sorted({*tables, *(self.photographs.files if self.photographs else ())})

    def parts(self) -> list[Iterator[Place]]:
        return [self._rows(part, files) for part, files in self.tables]

    def _rows(self, part: Part, files: Sequence[Path]) -> Iterator[Place]:
        number = 0
        for file in files:
            for row in read_rows(file):
                yield Place(part, number, row, str(file), self.photographs)
                number += 1


def open_copy(benchmark: Benchmark, path: Path) -> Copy:
    """FileNotFoundError where the path has no tables."""
    if path.is_file() and path.suffix.lower() in READERS:
        part = _parts_of(benchmark, path, path.parent)
        return Copy(((part[0] if len(part) == 1 else ANY, (path,)),))
    files = [
        file for file in walked(path) if file.suffix.lower() in READERS and _is_table(file, path)
    ]
    if not files:
        raise FileNotFoundError(
            f"{benchmark.name} has no table at {path}: name a {', '.join(READERS)} file, or a "
            "folder with some"
        )
    return Copy(tuple(_shared_out(benchmark, files, path)), PhotographFiles(path, path))


def _is_table(file: Path, folder: Path) -> bool:
    """Whether it is neither hidden nor written beside tables by datasets or this program."""
    if not file.is_file() or file.name in ABOUT or file.name.startswith("cache-"):
        return False
    names = file.relative_to(folder).parts
    return VALIDATION not in names and not any(name.startswith(".") for name in names)


def _shared_out(
    benchmark: Benchmark, files: list[Path], folder: Path
) -> Iterator[tuple[Part, tuple[Path, ...]]]:
    """Parts with their files: the files that a source names. Else, of the first kind of file that
    exists, those whose names say the part, or all."""
    for source in benchmark.sources:
        named = [(part, _matching(files, part, folder)) for part in source.parts if part.tables]
        if named and all(found for _, found in named):
            yield from named
            return
    kind = next(kind for kind in READERS if any(file.suffix.lower() == kind for file in files))
    files = [file for file in files if file.suffix.lower() == kind]
    by_part: dict[Part, list[Path]] = {}
    for file in files:
        for part in _parts_of(benchmark, file, folder):
            by_part.setdefault(part, []).append(file)
    if not by_part:
        yield benchmark.parts[0] if len(benchmark.parts) == 1 else ANY, tuple(files)
    for part in benchmark.parts:
        if part in by_part:
            yield part, tuple(by_part[part])


def _matching(files: list[Path], part: Part, folder: Path) -> tuple[Path, ...]:
    return tuple(file for file in files if str(file.relative_to(folder)) == part.tables)


def _parts_of(benchmark: Benchmark, file: Path, folder: Path) -> list[Part]:
    """The parts that a file's name, or the folders that it is in, name."""
    words: set[str] = set()
    for name in (*file.relative_to(folder).parent.parts, file.stem):
        words |= {name.lower(), *name.lower().split("-"), *re.split(r"[-_. ]", name.lower())}
        words.add(re.sub(r"-\d+-of-\d+$", "", name.lower()))
    other = {f"non_{name.lower()}" for part in benchmark.parts for name in part.names}
    if words & other:
        return []
    return [part for part in benchmark.parts if words & {name.lower() for name in part.names}]
