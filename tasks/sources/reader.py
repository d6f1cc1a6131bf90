"""Readers: what the pipeline must know of a kind of source, each in the file that reads it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from tasks.sources.tables import RawScenes

Files = Mapping[str, Sequence[Path]]
"""Annotation files by role, each role's in the order in which the index counts them."""
Places = Mapping[str, tuple[Path, int]]
"""Image id to the Parquet file and row that hold its photograph."""


@dataclass(frozen=True, slots=True)
class Rights:
    """Under what the annotations may be used: `licence` as the Hugging Face Hub names it, `text`
    one sentence for the dataset card, `tags` what the Hub may find the dataset by."""

    licence: str
    text: str
    tags: tuple[str, ...] = ()


def no_photographs(files: Files) -> Places:
    return {}


@dataclass(frozen=True, slots=True)
class Reader:
    """`find` takes source.path and the root, below which archives are unpacked; FileNotFoundError
    where there is nothing to read. `index` takes the files and how many processes may read them;
    it returns one row per image, with the column `image_id` and whatever `read` needs to find it
    again, and a ledger of records that belong to no image. `read` takes rows of that index.
    `photographs` is for sources that hold them beside the annotations. `collection` is what image
    ids are known by elsewhere: `vg` where they are Visual Genome's, None where they are the
    source's own."""

    find: Callable[[str, Path], Files]
    index: Callable[[Files, int], tuple[pl.DataFrame, pl.DataFrame]]
    read: Callable[[pl.DataFrame, Files], RawScenes]
    rights: Rights
    collection: str | None = None
    photographs: Callable[[Files], Places] = no_photographs
