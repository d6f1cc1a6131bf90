"""Exclude: which photographs of a source are also in a benchmark.

Reads scenes, photographs where there are any, and lists of benchmark photographs that
`spatialthinker leakage` makes (evaluation.leakage.LISTED); writes one row per picture that is in
one of them (EXCLUDED). Plan leaves these out, before anything is written or paid for.
"""

import logging
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from itertools import islice
from pathlib import Path

import polars as pl

from evaluation.benchmarks.texts import coco_source
from evaluation.leakage import LISTED, PHOTOGRAPH, THUMBNAIL_BYTES, find_overlaps, thumbnail
from schemas.columns import columns, formatted, incomplete_column
from schemas.config.source import SourceConfig
from schemas.mirror import ORIGINAL
from schemas.printable import first_line
from schemas.refusal import what_helps
from tasks.photographs.store import open_photographs
from tasks.sources.files import find_files
from tasks.sources.readers import reader_of
from tasks.stage import Job, Stage
from tasks.writing import write_artifact

VERSION = 1
REASON = "in-benchmark"
"""The reason in every row of EXCLUDED, and of the questions that plan leaves out for it."""
BATCH = 64
"""Pictures in memory at once, while threads decode them."""
EXCLUDED = columns(image_id=pl.String, reason=pl.String, detail=pl.String)
logger = logging.getLogger(__name__)


def list_files(patterns: Sequence[str]) -> list[Path]:
    """The lists that these paths and patterns name; FileNotFoundError where one names none."""
    found: set[Path] = set()
    for pattern in patterns:
        try:
            found |= set(find_files(pattern))
        except FileNotFoundError:
            raise FileNotFoundError(
                f"no list of benchmark photographs at {pattern}: make one with `spatialthinker "
                "leakage`, or correct select.exclude"
            ) from None
    return sorted(found)


def read_lists(paths: Sequence[Path]) -> pl.DataFrame:
    """Rows of LISTED; ValueError names a file that is not such a list."""
    parts = [pl.DataFrame(schema=LISTED)]
    for path in paths:
        try:
            parts.append(_listed(pl.read_parquet(path)))
        except (pl.exceptions.PolarsError, OSError, ValueError) as error:
            raise ValueError(
                f"{path} cannot be read as a list of benchmark photographs ({first_line(error)}): "
                + what_helps(error, "make it again with `spatialthinker leakage`")
            ) from None
    return pl.concat(parts)


def _listed(rows: pl.DataFrame) -> pl.DataFrame:
    found = rows.select(LISTED.names()).cast(LISTED)
    if lacking := incomplete_column(found, ("thumbnail",)):
        raise ValueError(f"a row has no {lacking}")
    if not found["thumbnail"].bin.size().drop_nulls().eq(THUMBNAIL_BYTES).all():
        raise ValueError(f"a thumbnail has other than {THUMBNAIL_BYTES} bytes")
    return found


def digest_lists(paths: Sequence[Path]) -> str:
    """Digest of what the lists say, whatever their paths."""
    digests = sorted(sha256(path.read_bytes()).hexdigest() for path in paths)
    return sha256("".join(digests).encode()).hexdigest()[:16]


def thumbnails(pictures: Iterable[tuple[str, bytes]]) -> Iterator[tuple[str, str, bytes | None]]:
    """Name, SHA-256 and thumbnail of named photographs, in order; a few are decoded at once."""

    def look(picture: tuple[str, bytes]) -> tuple[str, str, bytes | None]:
        name, data = picture
        return name, sha256(data).hexdigest(), thumbnail(data)

    rest = iter(pictures)
    with ThreadPoolExecutor() as pool:
        while some := list(islice(rest, BATCH)):
            yield from pool.map(look, some)


def sources_of(source: SourceConfig) -> pl.Expr:
    """The sources of photographs, from `image_id` and `coco_id`."""
    coco = pl.col("coco_id").map_elements(coco_source, return_dtype=pl.String)
    collection = pl.lit(reader_of(source.kind, source.own_licence).collection, pl.String)
    own = pl.concat_str(collection, ORIGINAL, separator=":")
    return pl.concat_list(own, coco).list.drop_nulls()


def read_photographs(
    scenes: pl.DataFrame, photographs: pl.DataFrame | None, source: SourceConfig, root: Path
) -> pl.DataFrame:
    """Rows of PHOTOGRAPH for scenes; with no thumbnail where there is no sound photograph."""
    known = scenes.select("image_id", sources=sources_of(source))
    looks = pl.DataFrame(schema=columns(image_id=pl.String, sha256=pl.String, thumbnail=pl.Binary))
    if photographs is not None:
        sound = photographs.filter(pl.col("reason").is_null())
        wanted = scenes.join(sound, on="image_id", how="semi")
        found = thumbnails(_stored(wanted, source, root))
        looks = pl.DataFrame(list(found), looks.schema, orient="row")
    return known.join(looks, on="image_id", how="left", maintain_order="left").select(
        PHOTOGRAPH.names()
    )


def _stored(scenes: pl.DataFrame, source: SourceConfig, root: Path) -> Iterator[tuple[str, bytes]]:
    store, _ = open_photographs(source, root)
    if store.rows:
        yield from store.read_rows(scenes["image_id"].to_list())
        return
    for image_id, name in scenes.select("image_id", "photograph").iter_rows():
        if data := store.read(image_id, name):
            yield image_id, data


def excluded_rows(pictures: pl.DataFrame, listed: pl.DataFrame) -> pl.DataFrame:
    """One row of EXCLUDED per picture that is in a list, by image id."""
    told = formatted("{}: same {} as {}", "benchmark", "match", "listed")
    return (
        find_overlaps(pictures, listed)
        .group_by("image_id", maintain_order=True)
        .agg(reason=pl.lit(REASON), detail=told.str.join("; "))
        .cast(EXCLUDED)
    )


def exclude(job: Job) -> Path:
    scenes = pl.read_parquet(job.path("ingest"), columns=["image_id", "coco_id", "photograph"])
    known = job.paths("photographs")
    photographs = pl.read_parquet(known[0]) if known else None
    pictures = read_photographs(scenes, photographs, job.source, job.root)
    excluded = excluded_rows(pictures, read_lists(list_files(job.config.select.exclude)))
    logger.info("exclude %s: %d of %d photographs", job.shard, excluded.height, scenes.height)
    return write_artifact(excluded, job.artifact)


STAGE = Stage(
    name="exclude",
    version=VERSION,
    unit="photographs of benchmarks",
    work=exclude,
    reads=("ingest", "photographs"),
    settings=lambda config: {
        "kind": config.source.kind,
        "is_own": config.source.own_licence is not None,
    },
    places=lambda config: config.select.exclude,
    files=lambda build: {"lists": digest_lists(list_files(build.config.select.exclude))},
    is_sharded=True,
    applies=lambda config: bool(config.select.exclude),
)
