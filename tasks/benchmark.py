"""Benchmark: the items of a benchmark, checked.

Reads a benchmark's rows, from the Hub at a pinned revision or from a copy on this machine; writes
one row per item (schemas.benchmark.ITEM), and its pictures into the store of images. Whatever does
not fit what is known of the benchmark stops it: a benchmark that changed must not change a score.
"""

import logging
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import polars as pl
from prefect import State, task
from prefect.cache_policies import NO_CACHE
from prefect.states import Completed

from evaluation.benchmarks.registry import OWN, benchmark_of
from evaluation.benchmarks.spec import Benchmark, Item
from evaluation.images import ImageStore
from evaluation.rows import Place, hub_rows, image_bytes, local_rows, picture_size, table_files
from schemas.benchmark import ITEM, LETTERS, AnswerKind
from schemas.columns import frame_of
from schemas.dataset_folder import check_dataset, resolve_dataset, split_files
from schemas.evaluation import BenchmarkConfig
from tasks.artifact import Artifact, plan_artifact, write_artifact
from tasks.miniatures import MINIATURE, miniature_folder
from tasks.sources.files import digest_files
from tasks.sources.shard import digest_store

VERSION = 1
DOWNLOADS = "downloads"
logger = logging.getLogger(__name__)


def copy_of(config: BenchmarkConfig, root: Path) -> tuple[Path, list[Path]] | None:
    """The local copy that a configuration names, and its files; None where it names none."""
    if config.path is None:
        return None
    if config.path == MINIATURE:
        folder = miniature_folder(config.name, root)
        return folder, table_files(folder)
    if config.name == OWN:
        dataset = resolve_dataset(config.path, root)
        check_dataset(dataset)
        files = split_files(dataset, "val")
        if not files:
            raise ValueError(f"{dataset} has no val split: build it with select.val_share")
        return dataset, files
    path = Path(config.path).expanduser()
    if not path.exists():
        raise FileNotFoundError(f"no copy of {config.name} at {path}: correct its path")
    return path, table_files(path)


def items_artifact(config: BenchmarkConfig, root: Path) -> Artifact:
    """Named by the rows that there are; ValueError or FileNotFoundError where there are none."""
    benchmark = benchmark_of(config.name)
    copy = copy_of(config, root)
    if copy:
        path, files = copy
        base = path if path.is_dir() else path.parent
        inputs = {"files": digest_files(files, base, digest_store(root))}
    else:
        revision = config.revision or benchmark.revision or "newest"
        inputs = {"source": f"{config.source or benchmark.repository}@{revision}"}
    settings: dict[str, Any] = {
        "benchmark": config.name,
        "max_items": str(config.max_items),
        "corrected": str(config.corrected),
        "is_whole": str(_is_whole(config)),
    }
    return plan_artifact(root, "benchmark", version=VERSION, config=settings, inputs=inputs)


def _is_whole(config: BenchmarkConfig) -> bool:
    return config.max_items is None and config.path != MINIATURE


def read_items(config: BenchmarkConfig, root: Path) -> pl.DataFrame:
    """Rows of ITEM in the order of the benchmark. ValueError names the first row that is wrong, or
    what is wrong with all of them together."""
    benchmark = benchmark_of(config.name)
    copy = copy_of(config, root)
    places: Iterator[Place]
    if copy:
        places = local_rows(benchmark, *copy)
    else:
        revision = config.revision or benchmark.revision
        if revision is None:
            logger.warning(
                "%s is read at its newest revision: pin one by revision = ...", config.name
            )
        places = hub_rows(benchmark, config.source or benchmark.repository, revision)
    store = ImageStore(root)
    rows = [
        item_row(benchmark, place, store, root / DOWNLOADS, config.corrected)
        for place in islice(places, config.max_items)
    ]
    items = frame_of(rows, ITEM)
    problem = problem_of(benchmark, items, is_whole=_is_whole(config))
    if problem:
        raise ValueError(
            f"{benchmark.name} is not what it was: {problem}: pin another revision, or name a "
            "complete copy in path"
        )
    return items


def item_row(
    benchmark: Benchmark, place: Place, store: ImageStore, cache: Path, corrected: bool
) -> dict[str, Any]:
    """A row of ITEM."""
    missing = [name for name in benchmark.columns if name not in place.row]
    if missing:
        raise ValueError(
            f"{benchmark.name}: {place} lacks the column {missing[0]}: it has "
            f"{', '.join(sorted(map(str, place.row)))[:200]}"
        )
    try:
        item = benchmark.read(place.row, place.part, place.number)
        pictures = [image_bytes(value, place, cache) for value in item.images]
        sizes = [picture_size(data) for data in pictures]
        return _row(benchmark, item, [store.put(data) for data in pictures], sizes, corrected)
    except KeyError as error:
        raise ValueError(f"{benchmark.name}: {place} lacks {error}") from None
    except (ValueError, TypeError) as error:
        raise ValueError(f"{benchmark.name}: {place}: {error}") from None


def _row(
    benchmark: Benchmark,
    item: Item,
    images: list[str],
    sizes: list[tuple[int, int]],
    corrected: bool,
) -> dict[str, Any]:
    letters = LETTERS[: len(item.options)]
    answer = item.answer
    if item.kind is AnswerKind.CHOICE and (len(item.options) < 2 or answer not in letters):
        raise ValueError(f"its answer {answer} is none of {len(item.options)} options")
    if corrected and item.item_id in benchmark.flipped:
        answer = "B" if answer == "A" else "A"
    width, height = sizes[0] if sizes else (None, None)
    return {
        "benchmark": benchmark.name,
        "item_id": item.item_id,
        "subset": item.subset,
        "category": item.category,
        "question": item.question,
        "options": [
            {"letter": letter, "text": text}
            for letter, text in zip(letters, item.options, strict=True)
        ],
        "kind": item.kind.value,
        "answer": answer,
        "images": images,
        "width": width,
        "height": height,
        "group": item.group,
        "facts": [{"name": name, "value": value} for name, value in sorted(item.facts.items())],
        "image_sources": list(item.image_sources),
    }


def problem_of(benchmark: Benchmark, items: pl.DataFrame, *, is_whole: bool) -> str | None:
    """What is wrong with the items together, None where nothing is."""
    if items.is_empty():
        return "it has no rows"
    repeated = items.filter(pl.col("item_id").is_duplicated())["item_id"]
    if repeated.len():
        return f"{repeated.n_unique()} ids stand twice, {repeated.sort()[0]} among them"
    if not is_whole:
        return None
    expected = [part.num_rows for part in benchmark.parts]
    known = sum(number for number in expected if number)
    if None not in expected and items.height != known:
        return f"it has {items.height} rows, and {known} were known"
    return benchmark.check(items)


@task(cache_policy=NO_CACHE, task_run_name="load-{config.name}")
def load_benchmark(config: BenchmarkConfig, root: Path) -> Path | State[Path]:
    artifact = items_artifact(config, root)
    if artifact.path.exists():
        return Completed(name="Cached", data=artifact.path)
    items = read_items(config, root)
    logger.info("load: %d items of %s", items.height, config.name)
    return write_artifact(items, artifact)
