"""Photographs as a source has them: files in folders and zip archives, by name, or the `image`
column of Parquet rows, by image id."""

import logging
import zipfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import takewhile
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import polars as pl

from schemas.config.source import SourceConfig
from schemas.mirror import MARK, file_of_mirrored, is_mirrored
from schemas.photographs import ENDINGS, as_stored, mirrored
from tasks.sources.archives import DAMAGED, check_packing, open_archive
from tasks.sources.files import place_of, plain_name
from tasks.sources.reader import no_photographs
from tasks.sources.readers import reader_of
from tasks.sources.shard import find_source
from tasks.sources.vg150_parquet import parquet_rows, photograph_in

DEPTH = 3
"""Folders within each other in which photographs are looked for."""
MAX_BYTES = 64 * 1024**2  # of one file, which is held in memory while it is examined

logger = logging.getLogger(__name__)


class Place(NamedTuple):
    """A file, or a member of an archive."""

    path: Path
    member: str = ""

    def __str__(self) -> str:
        return str(self.path / self.member)

    def num_shared(self, name: str) -> int:
        """How many of its last parts are the last parts of that plain name."""
        own = PurePosixPath(plain_name(str(self))).parts
        pairs = zip(reversed(own), reversed(PurePosixPath(name).parts), strict=False)
        return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


@dataclass(slots=True)
class SourcePhotographs:
    """Photographs by the last part of their plain names, or by image id where Parquet rows hold
    them; their bytes are those of schemas.photographs.as_stored, or of a mirror image
    (schemas.mirror) of these. Not thread-safe: every task opens its own."""

    places: Mapping[str, Sequence[Place]] = field(default_factory=dict)
    rows: Mapping[str, tuple[Path, int]] = field(default_factory=dict)
    _alike: dict[str, list[Place]] = field(default_factory=dict)
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
        """Where photographs of that name are, or those of which it names the mirror image; where
        none is, those whose names differ in upper and lower case alone. Of several whose last parts
        are alike, those whose folders are most like those of the name."""
        name = plain_name((file_of_mirrored(name) if is_mirrored(image_id) else None) or name)
        last = PurePosixPath(name).name
        places = self.places.get(last) or self._places_alike(last)
        if len(places) < 2:
            return list(places)
        shared = [place.num_shared(name) for place in places]
        return [place for place, num in zip(places, shared, strict=True) if num == max(shared)]

    def _places_alike(self, name: str) -> Sequence[Place]:
        if not self._alike:
            for known, places in self.places.items():
                self._alike.setdefault(known.lower(), []).extend(places)
        return self._alike.get(name.lower(), ())

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
        if place.suffix.lower() not in (*ENDINGS, ".zip"):
            raise ValueError(
                f"{place} is neither a photograph nor a zip archive: name folders, .zip, .jpg, "
                ".png or .webp files in source.photographs"
            )
        return [place]
    wanted = (*ENDINGS, ".zip")
    found = [path for path in _inside(place, DEPTH) if path.suffix.lower() in wanted]
    others = [path for path in found if not path.is_file()]
    if lost := sum(not path.exists() for path in others):
        _warn(
            f"{lost:,} photographs or archives in {place} are links that lead to no file: mend them"
        )
    return sorted(set(found).difference(others))


def _inside(folder: Path, depth: int) -> Iterator[Path]:
    """What is in a folder and in those in it. One into which this user may not look is told: its
    photographs will count as missing."""
    try:
        found = list(folder.iterdir())
        for path in found[:1]:
            path.lstat()  # its name alone may be seen by another right
    except PermissionError as error:
        _warn(f"{folder} cannot be looked into ({error.strerror}): its photographs are missing")
        return
    yield from found
    for path in found:
        if depth > 1 and path.is_dir():
            yield from _inside(path, depth - 1)


@cache
def _warn(told: str) -> None:
    """Once: each shard looks for its photographs."""
    logger.warning("%s", told)


def open_photographs(source: SourceConfig, root: Path) -> tuple[SourcePhotographs, list[Path]]:
    """A store of all photographs, and the files from which it reads.

    Raises FileNotFoundError where there is no photograph, ValueError where an archive cannot be
    unpacked.
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
                places[plain_name(path.name)].append(Place(path))
                used.append(path)
                continue
            with open_archive(path) as archive:
                names = [name for name in archive.namelist() if name.lower().endswith(ENDINGS)]
                check_packing(archive, names)
            for name in names:
                places[PurePosixPath(plain_name(name)).name].append(Place(path, name))
            if names:
                used.append(path)
    if not used:
        where = ", ".join(str(place) for place in photograph_places(source))
        raise FileNotFoundError(
            f"no photographs at {where}: name their folders (looked through three deep) or zip "
            'archives in source.photographs, or, where no model looks at them, set images = "omit"'
        )
    return SourcePhotographs(places), used
