"""Photographs: whether each scene's photograph is there and sound, and which are the same.

Reads scenes and photographs (folders, zip archives, or the `image` column of Parquet rows); writes
one row per scene: `sha256` and size in bytes, or the reason why the photograph cannot be used.
"""

import io
import logging
import struct
import warnings
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path, PurePosixPath

import polars as pl
from PIL import Image
from prefect import State, task
from prefect.cache_policies import NO_CACHE
from prefect.states import Completed

from schemas.columns import columns
from schemas.config import IngestConfig, SourceConfig, SourceKind
from tasks.artifact import Artifact, inputs_of, plan_artifact, write_artifact
from tasks.index import digest_store, find_source
from tasks.sources.files import digest_files, open_archive
from tasks.sources.vg150 import embedded_photographs

VERSION = 1
SUFFIXES = (".jpg", ".jpeg", ".png")
FORMATS = ("JPEG", "PNG")
MAX_BYTES = 64 * 1024**2
PHOTOGRAPHS = columns(
    image_id=pl.String,
    sha256=pl.String,
    num_bytes=pl.Int64,
    reason=pl.String,
    detail=pl.String,
)
logger = logging.getLogger(__name__)


@dataclass(slots=True)
class PhotographStore:
    """Photographs by file name, or by image id where Parquet rows hold them. Not thread-safe:
    every task opens its own."""

    files: Mapping[str, Path] = field(default_factory=dict)
    members: Mapping[str, tuple[Path, str]] = field(default_factory=dict)
    rows: Mapping[str, Path] = field(default_factory=dict)
    archives: dict[Path, zipfile.ZipFile] = field(default_factory=dict)

    def read_all(self, scenes: pl.DataFrame) -> Mapping[str, bytes]:
        """Photographs of the scenes whose rows a Parquet file holds."""
        wanted = scenes["image_id"].to_list()
        found: dict[str, bytes] = {}
        for file in sorted({self.rows[key] for key in wanted if key in self.rows}):
            image = pl.col("image")
            frame = pl.scan_parquet(file).filter(pl.col("image_id").cast(pl.String).is_in(wanted))
            is_struct = isinstance(frame.collect_schema()["image"], pl.Struct)
            data = frame.select(
                pl.col("image_id").cast(pl.String),
                data=image.struct.field("bytes") if is_struct else image,
            ).collect()
            found |= dict(data.drop_nulls().iter_rows())
        return found

    def read(self, name: str) -> bytes | None:
        """The photograph's bytes as they are, or None where there is none of that name."""
        if name in self.files:
            path = self.files[name]
            return path.read_bytes() if path.stat().st_size <= MAX_BYTES else b""
        if name in self.members:
            path, member = self.members[name]
            if path not in self.archives:
                self.archives[path] = open_archive(path)
            if self.archives[path].getinfo(member).file_size > MAX_BYTES:
                return b""
            try:
                return self.archives[path].read(member)
            except (zipfile.BadZipFile, EOFError, OSError):
                return b""
        return None


def photograph_places(source: SourceConfig) -> list[Path]:
    """Folders and archives to look in: those named, else where the annotations are."""
    if source.photographs:
        places = [Path(place).expanduser() for place in source.photographs]
        for place in places:
            if not place.exists():
                raise FileNotFoundError(f"no photographs at {place}: correct source.photographs")
        return places
    place = Path(str(source.path)).expanduser()
    return [place if place.is_dir() else place.parent]


def _image_files(place: Path) -> list[Path]:
    """Image files and archives of photographs at a place, at most three folders deep."""
    if place.is_file():
        return [place]
    found = [
        path
        for depth in ("*", "*/*", "*/*/*")
        for path in place.glob(depth)
        if path.suffix.lower() in SUFFIXES or path.suffix.lower() == ".zip"
    ]
    return sorted(path for path in found if path.is_file())


def open_photographs(source: SourceConfig, root: Path) -> tuple[PhotographStore, list[Path]]:
    """A store of all photographs, and the files that it stands on.

    Raises FileNotFoundError where there is none at all.
    """
    if source.kind is SourceKind.VG150:
        rows = embedded_photographs(find_source(source, root)["rows"])
        if rows:
            return PhotographStore(rows=rows), sorted(set(rows.values()))
    files: dict[str, Path] = {}
    members: dict[str, tuple[Path, str]] = {}
    used: list[Path] = []
    for place in photograph_places(source):
        for path in _image_files(place):
            if path.suffix.lower() != ".zip":
                files.setdefault(path.name, path)
                used.append(path)
                continue
            with open_archive(path) as archive:
                names = [name for name in archive.namelist() if name.lower().endswith(SUFFIXES)]
            for name in names:
                members.setdefault(PurePosixPath(name).name, (path, name))
            if names:
                used.append(path)
    if not used:
        places = ", ".join(str(place) for place in photograph_places(source))
        raise FileNotFoundError(
            f"no photographs at {places}: name their folders or zip archives in "
            'source.photographs, or build without them: images = "omit"'
        )
    return PhotographStore(files=files, members=members), used


def examine(
    data: bytes | None, width: int, height: int, has_frame: bool, config: IngestConfig
) -> tuple[str, str] | None:
    """Why a photograph cannot be used, as reason and detail, or None where it can."""
    if data is None:
        return "photograph-missing", "no file of its name"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(data), formats=FORMATS)
        if not has_frame:
            return "frame-unknown", "width and height are not annotated"
        if image.size != (width, height):
            found = f"{image.width} x {image.height}"
            return "photograph-size-differs", f"found {found}, annotated {width} x {height}"
        pixels = image.width * image.height
        if pixels > config.max_photograph_pixels:
            return "photograph-too-large", f"{pixels:,} pixels"
        if pixels < config.min_photograph_pixels:
            return "photograph-too-small", f"{pixels:,} pixels"
        image.draft("L", (max(width // 8, 1), max(height // 8, 1)))
        image.load()
    except (
        OSError,
        SyntaxError,
        ValueError,
        struct.error,
        Image.DecompressionBombError,
        Image.DecompressionBombWarning,
    ) as error:
        return "photograph-broken", str(error).splitlines()[0][:200] if str(error) else "unreadable"
    return None


def examine_photographs(
    scenes: pl.DataFrame, store: PhotographStore, config: IngestConfig
) -> pl.DataFrame:
    """One row of PHOTOGRAPHS per scene."""
    rows: list[tuple[str, str | None, int | None, str | None, str | None]] = []
    embedded = store.read_all(scenes) if store.rows else {}
    columns = ("image_id", "photograph", "width", "height", "has_frame")
    for image_id, name, width, height, has_frame in scenes.select(columns).iter_rows():
        data = embedded.get(image_id) if store.rows else store.read(name)
        problem = examine(data, width, height, has_frame, config)
        if problem or data is None:
            rows.append((image_id, None, None, *(problem or ("photograph-missing", ""))))
        else:
            rows.append((image_id, sha256(data).hexdigest(), len(data), None, None))
    return pl.DataFrame(rows, schema=PHOTOGRAPHS, orient="row")


def digest_photographs(used: Sequence[Path], root: Path) -> str:
    return digest_files(used, used[0].parent, digest_store(root))


def photographs_artifact(
    scenes_path: Path, shard: str, photographs_digest: str, config: IngestConfig, root: Path
) -> Artifact:
    return plan_artifact(
        root,
        "photographs",
        version=VERSION,
        config={"ingest": config},
        inputs={**inputs_of(scenes=scenes_path), "photographs": photographs_digest},
        shard=shard,
    )


@task(cache_policy=NO_CACHE, task_run_name="photographs-{shard}")
def examine_shard(
    scenes_path: Path,
    shard: str,
    photographs_digest: str,
    source: SourceConfig,
    config: IngestConfig,
    root: Path,
) -> Path | State[Path]:
    artifact = photographs_artifact(scenes_path, shard, photographs_digest, config, root)
    if artifact.path.exists():
        return Completed(name="Cached", data=artifact.path)
    store, _ = open_photographs(source, root)
    scenes = pl.read_parquet(
        scenes_path, columns=["image_id", "photograph", "width", "height", "has_frame"]
    )
    found = examine_photographs(scenes, store, config)
    num_bad = found["reason"].is_not_null().sum()
    logger.info("photographs %s: %d sound, %d not", shard, found.height - num_bad, num_bad)
    return write_artifact(found, artifact)
