"""Benchmark: the items of a benchmark, checked.

Reads a benchmark's rows, from the Hub at one commit or from a copy on this machine; writes one row
per item (schemas.benchmark.ITEM), and its pictures into the store of images. Whatever does not fit
what is known of the benchmark stops it: a benchmark that changed must not change a score.

Without a revision, neither configured nor known, the Hub's newest counts when it is first read; the
log and the artifact's recipe (`commit`) say which that was.
"""

import json
import logging
from dataclasses import replace
from pathlib import Path

import polars as pl
from prefect import State, task
from prefect.cache_policies import NO_CACHE
from prefect.states import Completed

from evaluation.benchmarks.registry import OWN, benchmark_of
from evaluation.benchmarks.spec import Benchmark, Part
from evaluation.fetching import Fetcher
from evaluation.images import ImageStore
from evaluation.items import find_items, item_rows, problem_of
from evaluation.rows import Copy, copy_rows, open_copy, open_hub
from schemas.dataset_folder import check_dataset, resolve_dataset, split_files
from schemas.evaluation import BenchmarkConfig
from tasks.artifact import Artifact, plan_artifact, write_artifact
from tasks.miniatures import MINIATURE, miniature_folder
from tasks.sources.files import digest_files
from tasks.sources.shard import digest_store

VERSION = 2
DOWNLOADS = "downloads"
NEWEST = "newest"
logger = logging.getLogger(__name__)


def copy_of(config: BenchmarkConfig, root: Path) -> tuple[Path, Copy] | None:
    """The local copy that a configuration names, and where it lies; None where it names none."""
    if config.path is None:
        return None
    benchmark = benchmark_of(config.name)
    if config.path == MINIATURE:
        folder = miniature_folder(config.name, root)
        return folder, open_copy(benchmark, folder)
    path = Path(config.path).expanduser()
    if config.name == OWN and not (path.exists() and not (path / "manifest.json").exists()):
        return _own(config.path, root)
    if not path.exists():
        raise FileNotFoundError(f"{config.name} has no copy at {path}: correct its path")
    return (path if path.is_dir() else path.parent), open_copy(benchmark, path)


def _own(name: str, root: Path) -> tuple[Path, Copy]:
    """The validation split of a dataset that this program published."""
    dataset = resolve_dataset(name, root)
    manifest = check_dataset(dataset)
    files = split_files(dataset, "val")
    if not files:
        raise ValueError(f"{dataset} has no val split: build it with select.val_share")
    if manifest["config"]["images"] != "embed":
        raise ValueError(f'{dataset} has no photographs: build it with images = "embed"')
    return dataset, Copy(((Part("val"), tuple(files)),))


def items_artifact(config: BenchmarkConfig, root: Path) -> Artifact:
    """Named by the rows that there are; ValueError or FileNotFoundError where there are none."""
    benchmark = benchmark_of(config.name)
    found = copy_of(config, root)
    if found:
        base, copy = found
        inputs = {"files": digest_files(copy.files, base, digest_store(root))}
    else:
        inputs = {"source": "@".join(_pinned(benchmark, config))}
    settings = {
        "benchmark": config.name,
        "max_items": str(config.max_items),
        "corrected": str(config.corrected),
        "is_whole": str(_is_whole(config)),
    }
    return plan_artifact(root, "benchmark", version=VERSION, config=settings, inputs=inputs)


def _pinned(benchmark: Benchmark, config: BenchmarkConfig) -> tuple[str, str]:
    source = benchmark.source(config.source)
    return source.repository, config.revision or source.revision or NEWEST


def _is_whole(config: BenchmarkConfig) -> bool:
    return config.max_items is None and config.path != MINIATURE


def read_items(
    config: BenchmarkConfig, root: Path, fetcher: Fetcher | None = None
) -> tuple[pl.DataFrame, str | None]:
    """Rows of ITEM in the order of the benchmark, and the Hub's commit where they are from there.
    ValueError names the first row that is wrong, or what is wrong with all of them together."""
    benchmark = benchmark_of(config.name)
    found, commit, counts = copy_of(config, root), None, benchmark.counts
    if found:
        rows = copy_rows(found[1], config.max_items)
    else:
        source = benchmark.source(config.source)
        hub = open_hub(source, config.revision or source.revision)
        commit, rows = hub.commit, hub.read(benchmark, config.max_items)
        counts = source.counts or counts
        counts = {name: known for name, known in counts.items() if name not in source.lacks}
    fetcher = fetcher or Fetcher(root / DOWNLOADS)
    items, pictures = find_items(benchmark, rows, ImageStore(root), fetcher)
    table = item_rows(benchmark, items, pictures, corrected=config.corrected)
    problem = problem_of(benchmark, table, counts if _is_whole(config) else None)
    if problem:
        raise ValueError(
            f"{benchmark.name} is not what it was: {problem}: pin another revision, or name a "
            "complete copy in path"
        )
    return table, commit


def write_items(config: BenchmarkConfig, root: Path, fetcher: Fetcher | None = None) -> Path:
    """The artifact of a benchmark's items, made where it is missing."""
    artifact = items_artifact(config, root)
    if artifact.path.exists():
        return artifact.path
    items, commit = read_items(config, root, fetcher)
    if commit:
        recipe = {**json.loads(artifact.recipe), "commit": commit}
        artifact = replace(artifact, recipe=json.dumps(recipe, sort_keys=True))
    logger.info("load: %d items of %s", items.height, config.name)
    return write_artifact(items, artifact)


@task(cache_policy=NO_CACHE, task_run_name="load-{config.name}")
def load_benchmark(config: BenchmarkConfig, root: Path) -> Path | State[Path]:
    path = items_artifact(config, root).path
    if path.exists():
        return Completed(name="Cached", data=path)
    return write_items(config, root)
