"""Rows: what a benchmark's files hold, from the Hub or from a copy on this machine, one at a time.

A copy is a file or a folder, which pictures may lie in as files or zip archives, too. Where a
benchmark has several parts, or a copy several splits, files are told apart by their names.
"""

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from evaluation.benchmarks.spec import Benchmark, Part, Source
from evaluation.picture_files import PictureFiles
from evaluation.tables import READERS, read_rows
from schemas.dataset_folder import VALIDATION

ANY = Part("")
"""The part of a file that no part of its benchmark names: its rows say what they belong to."""
ABOUT = {
    "dataset_dict.json",
    "dataset_info.json",
    "dataset_infos.json",
    "ledger.parquet",
    "manifest.json",
    "metadata.json",
    "state.json",
}
COMMIT = re.compile(r"[0-9a-f]{40}")
HUB = "https://huggingface.co/datasets/"
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Place:
    """A row, its part and place there, and where the files are that it may name."""

    part: Part
    number: int
    row: Mapping[str, Any]
    file: str
    pictures: PictureFiles | None = None

    def __str__(self) -> str:
        return f"row {self.number + 1} of {self.file}"


@dataclass(frozen=True, slots=True)
class Copy:
    """Tables on this machine by part, and where pictures lie that are files."""

    tables: tuple[tuple[Part, tuple[Path, ...]], ...]
    pictures: PictureFiles | None = None

    @property
    def files(self) -> list[Path]:
        """All that decides the items."""
        tables = [file for _, files in self.tables for file in files]
        return sorted({*tables, *(self.pictures.files if self.pictures else ())})

    def parts(self) -> list[Iterator[Place]]:
        return [self._rows(part, files) for part, files in self.tables]

    def _rows(self, part: Part, files: Sequence[Path]) -> Iterator[Place]:
        number = 0
        for file in files:
            for row in read_rows(file):
                yield Place(part, number, row, str(file), self.pictures)
                number += 1


def open_copy(benchmark: Benchmark, path: Path) -> Copy:
    """FileNotFoundError where the path has no tables."""
    if path.is_file() and path.suffix.lower() in READERS:
        part = _parts_of(benchmark, path, path.parent)
        return Copy(((part[0] if len(part) == 1 else ANY, (path,)),))
    files = [
        file
        for file in sorted(path.rglob("*"))
        if file.suffix.lower() in READERS and _is_table(file, path)
    ]
    if not files:
        raise FileNotFoundError(
            f"{benchmark.name} has no table at {path}: name a {', '.join(READERS)} file, or a "
            "folder with some"
        )
    return Copy(tuple(_shared_out(benchmark, files, path)), PictureFiles(path, path))


def _is_table(file: Path, folder: Path) -> bool:
    """Neither hidden, nor what datasets, or this program, writes beside a table."""
    if not file.is_file() or file.name in ABOUT or file.name.startswith("cache-"):
        return False
    names = file.relative_to(folder).parts
    return VALIDATION not in names and not any(name.startswith(".") for name in names)


def _shared_out(
    benchmark: Benchmark, files: list[Path], folder: Path
) -> Iterator[tuple[Part, tuple[Path, ...]]]:
    """Parts with their files: those that a source calls by name, else of the first kind that there
    is those whose names tell the part, else all."""
    for source in benchmark.sources:
        named = [(part, _matching(files, part, folder)) for part in source.parts if part.tables]
        if named and all(found for _, found in named):
            yield from named
            return
    kind = next(kind for kind in READERS if any(file.suffix.lower() == kind for file in files))
    files = [file for file in files if file.suffix.lower() == kind]
    told: dict[Part, list[Path]] = {}
    for file in files:
        for part in _parts_of(benchmark, file, folder):
            told.setdefault(part, []).append(file)
    if not told:
        yield benchmark.parts[0] if len(benchmark.parts) == 1 else ANY, tuple(files)
    for part in benchmark.parts:
        if part in told:
            yield part, tuple(told[part])


def _matching(files: list[Path], part: Part, folder: Path) -> tuple[Path, ...]:
    return tuple(file for file in files if str(file.relative_to(folder)) == part.tables)


def _parts_of(benchmark: Benchmark, file: Path, folder: Path) -> list[Part]:
    """The parts that a file's name, or the folders that it is in, tell."""
    words: set[str] = set()
    for name in (*file.relative_to(folder).parent.parts, file.stem):
        words |= {name.lower(), *name.lower().split("-"), *re.split(r"[-_. ]", name.lower())}
        words.add(re.sub(r"-\d+-of-\d+$", "", name.lower()))
    other = {f"non_{name.lower()}" for part in benchmark.parts for name in part.names}
    if words & other:
        return []
    return [part for part in benchmark.parts if words & {name.lower() for name in part.names}]


@dataclass(frozen=True, slots=True)
class HubRows:
    """Rows of a repository at the commit that its revision names."""

    source: Source
    commit: str

    def parts(self) -> list[Iterator[Place]]:
        """ValueError, in one line, where they are not to be had."""
        if any(part.tables for part in self.source.parts):
            return self._fetched().parts()
        return [self._table(part) for part in self.source.parts]

    def _fetched(self) -> Copy:
        from huggingface_hub import snapshot_download

        name = self.source.repository
        wanted = [
            pattern
            for part in self.source.parts
            for pattern in (part.tables, *part.files)
            if pattern
        ]
        with _explained(name):
            place = snapshot_download(
                name, repo_type="dataset", revision=self.commit, allow_patterns=wanted
            )
        folder = Path(place)
        # Files of a snapshot are links to the blobs beside it.
        pictures = PictureFiles(folder, folder.parents[1])
        tables = []
        for part in self.source.parts:
            if part.tables and not (folder / part.tables).exists():
                raise ValueError(f"{name} at {self.commit[:12]} has no file {part.tables}")
            tables.append((part, (folder / str(part.tables),)))
        return Copy(tuple(tables), pictures)

    def _table(self, part: Part) -> Iterator[Place]:
        import datasets

        datasets.disable_progress_bars()
        name = self.source.repository
        with _explained(name):
            rows = datasets.load_dataset(name, part.config, split=part.split, revision=self.commit)
        for column, feature in rows.features.items():
            kind = getattr(feature, "feature", feature)
            if isinstance(kind, datasets.Image):
                plain = datasets.Image(decode=False)
                listed = datasets.List(plain) if kind is not feature else plain
                rows = rows.cast_column(column, listed)
        file = f"{name} ({'/'.join(filter(None, (part.config, part.split)))})"
        for number, row in enumerate(rows):
            yield Place(part, number, row, file)


def open_hub(source: Source, revision: str | None) -> HubRows:
    """ValueError, in one line, where there is no such repository or revision, or none that may be
    read, or no network."""
    if not find_spec("datasets"):
        raise ValueError(
            "rows of the Hub need the package datasets: pip install 'spatialthinker[evaluate]', or "
            "name a local copy in path"
        )
    if revision and COMMIT.fullmatch(revision):
        return HubRows(source, revision)
    from huggingface_hub import HfApi

    with _explained(source.repository):
        commit = str(HfApi().dataset_info(source.repository, revision=revision, timeout=30.0).sha)
    logger.warning(
        "%s is read at %s, which is %s: pin it by revision = %r",
        source.repository,
        commit,
        revision or "its newest revision",
        commit,
    )
    return HubRows(source, commit)


class _explained:  # noqa: N801  (reads as a statement)
    """What goes wrong with a repository of the Hub as a ValueError of one line."""

    def __init__(self, repository: str) -> None:
        self.repository = repository

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, Exception):
            raise ValueError(explain(error, self.repository)) from None


def explain(error: Exception, repository: str) -> str:
    """In one line, with what to do. Clients of the Hub raise errors of no closed set of classes."""
    chain: list[BaseException] = [error]
    while (cause := chain[-1].__cause__ or chain[-1].__context__) and len(chain) < 8:
        chain.append(cause)
    names = {kind.__name__ for link in chain for kind in type(link).__mro__}
    if names & {"GatedRepoError", "GatedRepo"}:
        return (
            f"{repository} is gated: accept its terms at {HUB}{repository}, then run "
            "`huggingface-cli login` or set HF_TOKEN, or name a local copy in path"
        )
    if "RevisionNotFoundError" in names:
        return f"{repository} has no such revision: correct revision"
    if names & {"RepositoryNotFoundError", "DatasetNotFoundError"}:
        return (
            f"the Hub has no dataset {repository}, or it is private: correct source, set HF_TOKEN, "
            "or name a local copy in path"
        )
    reason = (str(error).splitlines() or [type(error).__name__])[0][:200]
    if names & NO_NETWORK:
        return (
            f"the Hub cannot be reached for {repository} ({reason}): check the network and "
            "HF_HOME, or name a local copy in path"
        )
    return (
        f"{repository} cannot be read from the Hub ({reason}): pin another revision, or name a "
        "local copy in path"
    )


NO_NETWORK = {
    "ConnectionError",
    "TransportError",
    "LocalEntryNotFoundError",
    "OfflineModeIsEnabled",
    "TimeoutException",
}
