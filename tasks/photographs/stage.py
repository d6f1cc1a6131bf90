"""Photographs: whether each scene's photograph is there and sound, and which are the same.

Reads scenes and photographs (folders, zip archives, or the `image` column of Parquet rows); writes
one row per scene: `sha256` and size in bytes, or the reason why the photograph cannot be used.
"""

import logging
import zipfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import takewhile
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import polars as pl
from PIL import UnidentifiedImageError

from schemas.columns import columns
from schemas.config.margins import IngestConfig
from schemas.config.source import SourceConfig
from schemas.file_digests import digest_store
from schemas.mirror import MARK, file_of_mirrored, is_mirrored
from schemas.photographs import as_stored, mirrored, opened
from tasks.sources.files import DAMAGED, digest_files, open_archive, place_of
from tasks.sources.reader import no_photographs
from tasks.sources.readers import reader_of
from tasks.sources.shard import find_source
from tasks.sources.vg150_parquet import parquet_rows, photograph_in
from tasks.stage import Build, Job, Stage
from tasks.writing import write_artifact

VERSION = 6
SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")
"""Files whose names end otherwise are not looked at."""
MAX_BYTES = 64 * 1024**2  # of one file, which is held in memory while it is examined
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


class Place(NamedTuple):
    """A file, or a member of an archive."""

    path: Path
    member: str = ""

    def __str__(self) -> str:
        return str(self.path / self.member)

    def num_shared(self, name: str) -> int:
        """How many of its last parts are the last parts of that name."""
        parts = (*self.path.parts, *PurePosixPath(self.member).parts)
        pairs = zip(reversed(parts), reversed(PurePosixPath(name).parts), strict=False)
        return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


@dataclass(slots=True)
class SourcePhotographs:
    """Photographs by the last part of their names, or by image id where Parquet rows hold them;
    their bytes are those of schemas.photographs.as_stored, or of a mirror image (schemas.mirror) of
    these. Not thread-safe: every task opens its own."""

    places: Mapping[str, Sequence[Place]] = field(default_factory=dict)
    rows: Mapping[str, tuple[Path, int]] = field(default_factory=dict)
    archives: dict[Path, zipfile.ZipFile] = field(default_factory=dict)

    def read_all(self, scenes: pl.DataFrame) -> Mapping[str, bytes]:
        """The photographs of those scenes that are rows of a Parquet file."""
        return dict(self.read_rows(scenes["image_id"].to_list()))

    def read_rows(self, image_ids: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        """Image id and photograph of those images that are rows of a Parquet file, one at a time,
        in the order of the files."""
        wanted: dict[Path, dict[int, list[str]]] = {}
        for image_id in image_ids:
            if (stored_as := image_id.removesuffix(MARK)) in self.rows:
                file, number = self.rows[stored_as]
                wanted.setdefault(file, {}).setdefault(number, []).append(image_id)
        for file in sorted(wanted):
            for number, row in parquet_rows(file, ["image"], wanted[file]):
                if (found := photograph_in(row)) is not None:
                    data = as_stored(found)
                    for image_id in wanted[file][number]:
                        yield image_id, mirrored(data) if is_mirrored(image_id) else data

    def read(self, image_id: str, name: str) -> bytes | None:
        """The photograph's bytes, empty where they cannot be read or are more than MAX_BYTES; None
        where no photograph has that name, or several have it and differ. The id says whether it is
        a mirror image: a photograph may be named as one."""
        found = {self._bytes_at(place) for place in self.places_of(image_id, name)}
        data = as_stored(found.pop()) if len(found) == 1 else None
        return mirrored(data) if data and is_mirrored(image_id) else data

    def places_of(self, image_id: str, name: str) -> list[Place]:
        """Where photographs of that name are, or those of which it names the mirror image. Of
        several whose last parts are alike, those whose folders are most like those of the name."""
        name = (file_of_mirrored(name) if is_mirrored(image_id) else None) or name
        places = self.places.get(PurePosixPath(name).name, ())
        if len(places) < 2:
            return list(places)
        shared = [place.num_shared(name) for place in places]
        return [place for place, num in zip(places, shared, strict=True) if num == max(shared)]

    def _bytes_at(self, place: Place) -> bytes:
        path, member = place
        try:
            if not member:
                return path.read_bytes() if path.stat().st_size <= MAX_BYTES else b""
            if path not in self.archives:
                self.archives[path] = open_archive(path)
            if self.archives[path].getinfo(member).file_size > MAX_BYTES:
                return b""
            return self.archives[path].read(member)
        except DAMAGED:
            return b""


def photograph_places(source: SourceConfig) -> list[Path]:
    """Folders and archives to look in: those named, else where the annotations are."""
    if source.photographs:
        places = [place_of(place) for place in source.photographs]
        for place in places:
            if not place.exists():
                raise FileNotFoundError(f"no photographs at {place}: correct source.photographs")
        return places
    place = place_of(str(source.path))
    return [place if place.is_dir() else place.parent]


def _image_files(place: Path) -> list[Path]:
    """Image files and archives of photographs at a place, at most three folders deep."""
    if place.is_file():
        if place.suffix.lower() not in (*SUFFIXES, ".zip"):
            raise ValueError(
                f"{place} is neither a photograph nor a zip archive: name folders, .zip, .jpg, "
                ".png or .webp files in source.photographs"
            )
        return [place]
    found = [
        path
        for depth in ("*", "*/*", "*/*/*")
        for path in place.glob(depth)
        if path.suffix.lower() in SUFFIXES or path.suffix.lower() == ".zip"
    ]
    return sorted(path for path in found if path.is_file())


def open_photographs(source: SourceConfig, root: Path) -> tuple[SourcePhotographs, list[Path]]:
    """A store of all photographs, and the files from which it reads.

    Raises FileNotFoundError where there is no photograph.
    """
    reader = reader_of(source.kind)
    if reader.photographs is not no_photographs:
        rows = dict(reader.photographs(find_source(source, root)))
        if rows:
            return SourcePhotographs(rows=rows), sorted({file for file, _ in rows.values()})
    places: dict[str, list[Place]] = defaultdict(list)
    used: list[Path] = []
    for place in photograph_places(source):
        for path in _image_files(place):
            if path.suffix.lower() != ".zip":
                places[path.name].append(Place(path))
                used.append(path)
                continue
            with open_archive(path) as archive:
                names = [name for name in archive.namelist() if name.lower().endswith(SUFFIXES)]
            for name in names:
                places[PurePosixPath(name).name].append(Place(path, name))
            if names:
                used.append(path)
    if not used:
        where = ", ".join(str(place) for place in photograph_places(source))
        raise FileNotFoundError(
            f"no photographs at {where}: name their folders or zip archives in "
            'source.photographs, or build without them: images = "omit"'
        )
    return SourcePhotographs(places), used


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
                found = f"{image.width} x {image.height}"
                return "photograph-size-differs", f"found {found}, annotated {width} x {height}"
            pixels = image.width * image.height
            if pixels > config.max_photograph_pixels:
                return "photograph-too-large", f"{pixels:,} pixels"
            if pixels < config.min_photograph_pixels:
                return "photograph-too-small", f"{pixels:,} pixels"
            image.draft("L", (max(width // 8, 1), max(height // 8, 1)))
            image.load()
    except UnidentifiedImageError:  # its text holds an address in memory
        return "photograph-broken", "neither JPEG, PNG nor WebP"
    except Exception as error:  # Pillow raises errors of many kinds for broken files
        problem = str(error).strip() or type(error).__name__
        return "photograph-broken", problem.splitlines()[0][:200]
    return None


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
