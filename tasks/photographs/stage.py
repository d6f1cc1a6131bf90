"""Photographs: whether each scene's photograph is there and sound, and which are the same.

Reads scenes and photographs (folders, zip archives, or the `image` column of Parquet rows); writes
one row per scene: `sha256` and size in bytes, or the reason why the photograph cannot be used.
"""

import logging
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path, PurePosixPath

import polars as pl
from PIL import UnidentifiedImageError

from schemas.columns import columns
from schemas.config.margins import IngestConfig
from schemas.file_digests import digest_store
from schemas.photographs import opened
from tasks.photographs.store import MAX_BYTES, SourcePhotographs, open_photographs
from tasks.sources.files import digest_files, plain_name
from tasks.stage import Build, Job, Stage
from tasks.writing import write_artifact

VERSION = 15
PHOTOGRAPHS = columns(
    image_id=pl.String,
    sha256=pl.String,
    num_bytes=pl.Int64,
    reason=pl.String,
    detail=pl.String,
)
Row = tuple[str | None, int | None, str | None, str | None]
"""Of PHOTOGRAPHS, without the image's id."""
logger = logging.getLogger(__name__)


def examine(
    data: bytes | None, width: int, height: int, has_frame: bool, config: IngestConfig
) -> tuple[str, str] | None:
    """Why a photograph cannot be used, as reason and detail, or None where it can."""
    if data is None:
        return "photograph-missing", "no file of its name"
    if not data:
        return "photograph-broken", f"empty, damaged, or larger than {MAX_BYTES:,} bytes"
    try:
        with opened(data) as image:
            if not has_frame:
                return "frame-unknown", "no width and height are annotated that can be read"
            if image.size != (width, height):
                return "photograph-size-differs", _told_apart(image.size, (width, height))
            pixels = image.width * image.height
            if pixels > config.max_photograph_pixels:
                return "photograph-too-large", f"{pixels:,} pixels"
            if pixels < config.min_photograph_pixels:
                return "photograph-too-small", f"{pixels:,} pixels"
            image.draft("L", (max(width // 8, 1), max(height // 8, 1)))
            image.load()
    except UnidentifiedImageError:  # its text holds an address in memory
        return "photograph-broken", "cannot be read as JPEG, PNG or WebP"
    except MemoryError:  # of this machine: the photograph may be sound
        raise
    except Exception as error:  # Pillow raises errors of many kinds for broken files
        problem = str(error).strip() or type(error).__name__
        return "photograph-broken", problem.splitlines()[0][:200]
    return None


def _told_apart(found: tuple[int, int], annotated: tuple[int, int]) -> str:
    told = f"found {found[0]} x {found[1]}, annotated {annotated[0]} x {annotated[1]}"
    if found != annotated[::-1]:
        return told
    return (
        f"{told}, as where tools show it turned: annotate its pixels as they are stored, or store "
        "it as it is shown"
    )


def examine_photographs(
    scenes: pl.DataFrame, store: SourcePhotographs, config: IngestConfig
) -> pl.DataFrame:
    """One row of PHOTOGRAPHS per scene."""
    columns = ("photograph", "width", "height", "has_frame")
    expected = {
        image_id: (name, (width, height, has_frame))
        for image_id, name, width, height, has_frame in scenes.select(
            "image_id", *columns
        ).iter_rows()
    }
    if store.rows:
        found = {
            image_id: _row(data, *expected[image_id][1], config)
            for image_id, data in store.read_rows(list(expected))
        }
    else:
        found = {
            image_id: _named_row(image_id, name, store, *frame, config)
            for image_id, (name, frame) in expected.items()
        }
    missing = _row(None, 0, 0, False, config)
    rows = [(image_id, *found.get(image_id, missing)) for image_id in expected]
    return pl.DataFrame(rows, schema=PHOTOGRAPHS, orient="row")


def _named_row(
    image_id: str,
    name: str,
    store: SourcePhotographs,
    width: int,
    height: int,
    has_frame: bool,
    config: IngestConfig,
) -> Row:
    data = store.read(image_id, name)
    if data is None and (places := store.places_of(image_id, name)):
        files = " and ".join(map(str, places[:2]))
        detail = f"{len(places)} different files may be {name}: {files}"
        return None, None, "photograph-ambiguous", detail
    if data is None:
        detail = f"no file named {PurePosixPath(plain_name(name)).name}"
        return None, None, "photograph-missing", detail
    return _row(data, width, height, has_frame, config)


def _row(data: bytes | None, width: int, height: int, has_frame: bool, config: IngestConfig) -> Row:
    """A photograph's digest and size, or why it cannot be used and what was found."""
    problem = examine(data, width, height, has_frame, config)
    if problem or data is None:
        return None, None, *(problem or ("photograph-missing", ""))
    return sha256(data).hexdigest(), len(data), None, None


def digest_photographs(used: Sequence[Path], root: Path) -> str:
    return digest_files(used, used[0].parent, digest_store(root))


def examine_shard(job: Job) -> Path:
    store, _ = open_photographs(job.source, job.root)
    scenes = pl.read_parquet(
        job.path("ingest"), columns=["image_id", "photograph", "width", "height", "has_frame"]
    )
    found = examine_photographs(scenes, store, job.config.ingest)
    num_bad = found["reason"].is_not_null().sum()
    logger.info("photographs %s: %d sound, %d not", job.shard, found.height - num_bad, num_bad)
    return write_artifact(found, job.artifact)


def files(build: Build) -> dict[str, str]:
    _, used = open_photographs(build.source, build.root)
    return {"photographs": digest_photographs(used, build.root)}


STAGE = Stage(
    name="photographs",
    version=VERSION,
    unit="photographs",
    work=examine_shard,
    reads=("ingest",),
    settings=lambda config: {"ingest": config.ingest},
    files=files,
    places=lambda config: config.source.photographs,
    is_sharded=True,
    applies=lambda config: config.images == "embed",
)
