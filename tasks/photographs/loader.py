"""Pictures: photographs for requests to models, each read when its request is sent.

Requests are sent from many threads and in any order. Rows of Parquet files can be read
efficiently only in the order of the files: at the first request, the wanted ones are copied into a
temporary file. Where all replies are stored, nothing is read.
"""

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import IO

import polars as pl

from schemas.chat import Photograph
from schemas.config.source import SourceConfig
from tasks.photographs.store import SourcePhotographs, open_photographs


@dataclass
class PhotographLoader:
    """The photographs of some images; `images` has file name and sha256 by image id. Thread-safe.
    `copy` is an empty file for those in Parquet rows."""

    store: SourcePhotographs
    images: Mapping[str, tuple[str, str]]
    copy: IO[bytes]
    _lock: Lock = field(default_factory=Lock, repr=False)
    _places: dict[str, tuple[int, int]] = field(default_factory=dict, repr=False)

    def photograph(self, image_id: str, max_side: int) -> Photograph:
        _, digest = self.images[image_id]
        return Photograph(digest, max_side, partial(self.read, image_id))

    def read(self, image_id: str) -> bytes:
        """The stored bytes. ValueError where they are no longer those that were examined."""
        name, digest = self.images[image_id]
        with self._lock:
            is_row = bool(self.store.rows)
            data = self._read_row(image_id) if is_row else self.store.read(image_id, name)
        if not data or sha256(data).hexdigest() != digest:
            raise ValueError(
                f"the photograph of image {image_id} has changed or is gone since this build "
                "examined it: build again"
            )
        return data

    def _read_row(self, image_id: str) -> bytes | None:
        if not self._places:
            places = {}
            for key, data in self.store.read_rows(list(self.images)):
                places[key] = self.copy.tell(), len(data)
                self.copy.write(data)
            self.copy.flush()
            self._places = places
        start, size = self._places.get(image_id, (0, 0))
        return os.pread(self.copy.fileno(), size, start)


@contextmanager
def loading_photographs(
    image_ids: Sequence[str],
    scenes_path: Path,
    photographs_path: Path,
    source: SourceConfig,
    root: Path,
) -> Iterator[PhotographLoader]:
    """A loader of these images' photographs, open within the block.

    Raises ValueError where one of the images has no sound photograph.
    """
    names = pl.scan_parquet(scenes_path).select("image_id", "photograph")
    sound = (
        pl.scan_parquet(photographs_path)
        .filter(pl.col("reason").is_null())
        .select("image_id", "sha256")
    )
    wanted = pl.LazyFrame({"image_id": image_ids}, schema={"image_id": pl.String}).unique()
    rows = names.join(sound, on="image_id").join(wanted, on="image_id", how="semi").collect()
    images = {image_id: (name, digest) for image_id, name, digest in rows.iter_rows()}
    for image_id in image_ids:
        if image_id not in images:
            raise ValueError(
                f"image {image_id} has no sound photograph in {photographs_path}: plan only "
                "questions on images that have one"
            )
    store, _ = open_photographs(source, root)
    folder = root / "artifacts"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder) as copy:
        yield PhotographLoader(store, images, copy)
