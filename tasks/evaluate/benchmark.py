"""Benchmark: the items of a benchmark, checked.

Reads a benchmark's rows, from the Hub at one commit or from a copy on this machine; writes one row
per item (schemas.benchmark.ITEM), and its photographs into their store. Rows that
contradict what is known of the benchmark are an error: a benchmark that changed must not change a
score.

Where a revision is neither configured nor known, the Hub's newest at the first reading counts; the
log and the artifact's recipe (`commit`) say which that was.
"""

import json
import logging
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import polars as pl
from prefect import State, task
from prefect.cache_policies import NO_CACHE
from prefect.states import Completed

from evaluation.benchmarks.benchmark import Part
from evaluation.benchmarks.registry import benchmark_of
from evaluation.fetching import Fetcher
from evaluation.hub import open_hub
from evaluation.items import find_items, item_rows, kept_photographs, problem_of
from evaluation.photographs import PhotographStore
from evaluation.rows import Copy, open_copy
from schemas.config.evaluation import BenchmarkConfig
from schemas.dataset_folder import check_dataset, resolve_dataset, split_files
from schemas.file_digests import digest_store
from tasks.artifact import Artifact, is_complete, plan_artifact
from tasks.evaluate.miniature import MINIATURE, miniature_folder
from tasks.evaluate.sampling import write_sample
from tasks.sources.files import digest_files
from tasks.turns import sole_maker
from tasks.writing import write_artifact

VERSION = 6
DOWNLOADS = "downloads"
"""Folder below the root for the files of the Hub."""
NEWEST = "newest"
"""In place of a revision in an artifact's inputs, where none is known."""
logger = logging.getLogger(__name__)


class LocalCopy(NamedTuple):
    """`base` is the folder from which the names of its files are relative."""

    base: Path
    tables: Copy


def check_benchmark(config: BenchmarkConfig) -> None:
    """ValueError where no benchmark has the configured name."""
    benchmark_of(config.name)


def copy_of(config: BenchmarkConfig, root: Path) -> LocalCopy | None:
    """The local copy that a configuration names, None where it names none. ValueError or
    FileNotFoundError where the copy is missing or cannot be used."""
    if config.path is None:
        return None
    benchmark = benchmark_of(config.name)
    if config.path == MINIATURE:
        folder = miniature_folder(config.name, root)
        return LocalCopy(folder, open_copy(benchmark, folder))
    path = Path(config.path).expanduser()
    if benchmark.is_own and not (path.exists() and not (path / "manifest.json").exists()):
        return _own(config.path, root)
    if not path.exists():
        raise FileNotFoundError(f"{config.name} has no copy at {path}: correct its path")
    return LocalCopy(path if path.is_dir() else path.parent, open_copy(benchmark, path))


def _own(name: str, root: Path) -> LocalCopy:
    """The validation split of a dataset that this program published."""
    dataset = resolve_dataset(name, root)
    manifest = check_dataset(dataset)
    files = split_files(dataset, "val")
    if not files:
        raise ValueError(f"{dataset} has no val split: build it with select.val_share")
    if manifest["config"]["images"] != "embed":
        raise ValueError(f'{dataset} has no photographs: build it with images = "embed"')
    return LocalCopy(dataset, Copy(((Part("val"), tuple(files)),)))


def items_artifact(config: BenchmarkConfig, copy: LocalCopy | None, root: Path) -> Artifact:
    """Named by what decides the rows: the content of a copy, or repository and revision."""
    if copy:
        inputs = {"files": digest_files(copy.tables.files, copy.base, digest_store(root))}
    else:
        source = benchmark_of(config.name).source(config.source)
        revision = config.revision or source.revision or NEWEST
        inputs = {"source": f"{config.source or source.repository}@{revision}"}
    settings = {
        "benchmark": config.name,
        "max_items": str(config.max_items),
        "corrected": str(config.corrected),
        "is_whole": str(_is_whole(config)),
    }
    return plan_artifact(root, "benchmark", version=VERSION, config=settings, inputs=inputs)


def _is_whole(config: BenchmarkConfig) -> bool:
    return config.max_items is None and config.path != MINIATURE


def read_items(
    config: BenchmarkConfig, copy: LocalCopy | None, root: Path, fetcher: Fetcher | None = None
) -> tuple[pl.DataFrame, str | None]:
    """Rows of ITEM in the order of the benchmark, and the Hub's commit where they are from there.
    ValueError names the first row that is wrong, or what is wrong with all of them together."""
    benchmark = benchmark_of(config.name)
    counts, commit = benchmark.counts, None
    if copy:
        parts = copy.tables.parts()
    else:
        source = benchmark.source(config.source)
        if benchmark.terms:
            logger.warning("%s: %s", benchmark.title, benchmark.terms)
        try:
            hub = open_hub(source, config.revision or source.revision)
            commit, parts = hub.commit, hub.parts()
        except ValueError as error:
            raise ValueError(f"{benchmark.name}: {error}") from None
        counts = source.counts or counts
        counts = {name: known for name, known in counts.items() if name not in source.lacks}
    fetcher = fetcher or Fetcher(root / DOWNLOADS)
    items, photographs = find_items(
        benchmark, parts, PhotographStore(root), fetcher, config.max_items
    )
    table = item_rows(benchmark, items, photographs, corrected=config.corrected)
    problem = problem_of(benchmark, table, counts if _is_whole(config) else None)
    if config.corrected and _is_whole(config):
        problem = problem or benchmark.check_corrected(table)
    if problem:
        if config.path:
            raise ValueError(
                f"{benchmark.name} in {config.path} is not what it was: {problem}: name a complete "
                "copy in path"
            )
        raise ValueError(
            f"{benchmark.name} has changed: {problem}: pin another revision, or name a "
            "complete copy in path"
        )
    return table, commit


def write_items(config: BenchmarkConfig, root: Path, fetcher: Fetcher | None = None) -> Path:
    """The artifact of a benchmark's items, made where it or a photograph of it is missing."""
    return _loaded(config, root, fetcher)[0]


def _loaded(config: BenchmarkConfig, root: Path, fetcher: Fetcher | None) -> tuple[Path, bool]:
    """The artifact, and whether nothing had to be made."""
    copy = copy_of(config, root)
    artifact = items_artifact(config, copy, root)
    with sole_maker(artifact):
        if is_complete(artifact) and _has_photographs(artifact):
            return artifact.path, True
        return _write(config, copy, artifact, fetcher), False


def _has_photographs(artifact: Artifact) -> bool:
    """Whether the photographs of complete items are as they were."""
    wanted = kept_photographs(pl.read_parquet(artifact.path, columns=["images", "facts"]))
    lacking = PhotographStore(artifact.root).lacking(wanted)
    if lacking:
        logger.warning(
            "load: %d of %d photographs are gone or damaged, %s among them: made again",
            len(lacking),
            len(wanted),
            lacking[0],
        )
    return not lacking


def _write(
    config: BenchmarkConfig, copy: LocalCopy | None, artifact: Artifact, fetcher: Fetcher | None
) -> Path:
    items, commit = read_items(config, copy, artifact.root, fetcher)
    if commit:
        recipe = {**json.loads(artifact.recipe), "commit": commit}
        artifact = replace(artifact, recipe=json.dumps(recipe, sort_keys=True))
    logger.info("load: %d items of %s", items.height, config.name)
    return write_artifact(items, artifact)


@task(cache_policy=NO_CACHE, task_run_name="load-{config.name}")
def load_benchmark(
    config: BenchmarkConfig, number: int | None, seed: int, root: Path
) -> Path | State[Path]:
    """The items that models are asked: all, or about `number` of them."""
    whole, is_cached = _loaded(config, root, None)
    path = write_sample(whole, config.title, number, seed, root)
    return Completed(name="Cached", data=path) if is_cached else path
