"""Leakage: which samples of a finished dataset show photographs of benchmarks.

Lists of benchmark photographs (evaluation.leakage.LISTED) are made on the user's machine, from the
benchmarks' own rows, and stay below the root: no list is shipped. A dataset is compared with all
of them, and the outcome kept beside its artifacts; training refuses a dataset that overlaps.
"""

import json
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq

from evaluation.benchmarks.registry import benchmark_of
from evaluation.benchmarks.texts import coco_source
from evaluation.leakage import LISTED, OVERLAP, PHOTOGRAPH, Match, find_overlaps
from evaluation.photographs import PhotographStore
from schemas.columns import columns
from schemas.config.source_kind import SourceKind
from schemas.dataset_folder import read_manifest, sample_files
from schemas.listing import listed
from schemas.replacing import replacing
from tasks.artifact import is_complete, plan_artifact
from tasks.leakage.exclude import digest_lists, read_lists, thumbnails
from tasks.sources.readers import reader_of
from tasks.turns import sole_maker
from tasks.writing import write_artifact

VERSION = 1
LISTS = "benchmark-images"
"""Folder below the root for the lists."""
MATCHES = tuple(match.value for match in Match)
LEAKS = columns(**OVERLAP, samples=pl.Int64)
"""Overlaps with the number of samples that show the picture."""


def list_of(benchmark: str, root: Path) -> Path:
    """Where the list of a benchmark's photographs belongs."""
    return root / LISTS / f"{benchmark}.parquet"


def is_listed(benchmark: str) -> bool:
    """Whether its images belong on a list: not those of a dataset's own validation split, which
    shares its source with the dataset."""
    return not benchmark_of(benchmark).is_own


def known_lists(root: Path) -> list[Path]:
    return listed(root / LISTS, "*.parquet")


def list_photographs(items_path: Path, root: Path) -> Path:
    """The list of a benchmark's photographs, from its items (schemas.benchmark.ITEM)."""
    items = pl.read_parquet(items_path, columns=["benchmark", "images", "image_sources"])
    (benchmark,) = items["benchmark"].unique()
    pictures = (
        items.explode("images")
        .filter(pl.col("images").is_not_null())
        .group_by(sha256="images")
        .agg(sources=pl.col("image_sources").explode().drop_nulls().unique().sort())
        .sort("sha256")
    )
    store = PhotographStore(root)
    looks = thumbnails((digest, store.read(digest)) for digest in pictures["sha256"])
    listed = pictures.select(
        "sha256",
        "sources",
        benchmark=pl.lit(benchmark),
        thumbnail=pl.Series([look for _, _, look in looks], dtype=pl.Binary),
    )
    path = list_of(benchmark, root)
    with replacing(path) as partial:
        listed.select(LISTED.names()).cast(LISTED).write_parquet(partial)
    return path


def find_leaks(dataset: Path, root: Path) -> pl.DataFrame | None:
    """Rows of LEAKS, by benchmark and picture; None where no benchmark has been listed."""
    lists = known_lists(root)
    if not lists:
        return None
    manifest = read_manifest(dataset)
    files = {name: facts["sha256"] for name, facts in manifest["files"].items()}
    digest = sha256(json.dumps(files, sort_keys=True).encode()).hexdigest()[:16]
    artifact = plan_artifact(
        root,
        "leakage",
        version=VERSION,
        config={},
        inputs={"dataset": digest, "lists": digest_lists(lists)},
    )
    with sole_maker(artifact):
        if not is_complete(artifact):
            leaks = _leaks(dataset, manifest["config"]["source"], read_lists(lists))
            write_artifact(leaks, artifact)
        return pl.read_parquet(artifact.path)


def _leaks(dataset: Path, source: Mapping[str, Any], listed: pl.DataFrame) -> pl.DataFrame:
    """Rows of LEAKS of a dataset from a source, by the photographs listed of benchmarks."""
    collection = reader_of(SourceKind(source["kind"]), source.get("own_licence")).collection
    parts = [pl.DataFrame(schema=LEAKS)]
    for pictures, counts in _shown(dataset, collection):
        found = find_overlaps(pictures, listed)
        parts.append(found.join(counts, on="image_id").cast(LEAKS))
    return pl.concat(parts).sort("benchmark", "image_id")


def _shown(dataset: Path, collection: str | None) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
    """Rows of PHOTOGRAPH, and how many samples show each, a row group at a time: all samples of a
    picture are in one."""
    for path in sample_files(dataset):
        with pq.ParquetFile(path) as file:
            has_images = "images" in file.schema_arrow.names
            wanted = ["image_id", "coco_id", *(["images"] if has_images else [])]
            for group in range(file.num_row_groups):
                rows = pl.DataFrame(file.read_row_group(group, wanted))
                yield (
                    _pictures(rows, collection, has_images),
                    rows.group_by("image_id").agg(samples=pl.len().cast(pl.Int64)),
                )


def _pictures(rows: pl.DataFrame, collection: str | None, has_images: bool) -> pl.DataFrame:
    rows = rows.unique("image_id", keep="first", maintain_order=True)
    sources = []
    for image_id, coco_id in rows.select("image_id", "coco_id").iter_rows():
        own = [f"{collection}:{image_id}"] if collection else []
        sources.append(own + ([coco_source(coco_id)] if coco_id is not None else []))
    looks: list[tuple[str, str | None, bytes | None]]
    if has_images:
        data = rows["images"].list.first().struct.field("bytes")
        looks = list(thumbnails(zip(rows["image_id"], data, strict=True)))
    else:
        looks = [(image_id, None, None) for image_id in rows["image_id"]]
    return pl.DataFrame(
        {
            "image_id": rows["image_id"],
            "sources": sources,
            "sha256": [digest for _, digest, _ in looks],
            "thumbnail": [look for _, _, look in looks],
        },
        PHOTOGRAPH,
    )
