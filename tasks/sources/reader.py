"""Readers: all that the pipeline must know about a kind of source, each in the file that reads
it."""

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
    """The terms of use: `licence` of the annotations as the Hugging Face Hub names it, a sentence
    on the annotations and one on the photographs for the dataset card, `tags` the tags of the
    dataset on the Hub."""

    licence: str
    annotations: str
    photographs: str
    tags: tuple[str, ...] = ()


PHOTOGRAPHS = "Photographs remain under their authors' licences."


def no_photographs(files: Files) -> Places:
    return {}


@dataclass(frozen=True, slots=True)
class Reader:
    """`find` takes source.path and the root, below which archives are unpacked; FileNotFoundError
    where there is nothing to read. `index` takes the files and the number of processes that may
    read them; it returns one row per image, with the column `image_id` and what `read` needs to
    find the image, and a ledger of records that belong to no image. `read` takes rows of that
    index. `photographs` is for sources that hold them beside the annotations. `tables` gives the
    digests of tables of ours that `read` uses, by what they are called. `collection` names
    the collection whose image ids the source uses: `vg` for Visual Genome, None where ids are the
    source's own."""

    find: Callable[[str, Path], Files]
    index: Callable[[Files, int], tuple[pl.DataFrame, pl.DataFrame]]
    read: Callable[[pl.DataFrame, Files], RawScenes]
    rights: Rights
    collection: str | None = None
    photographs: Callable[[Files], Places] = no_photographs
    tables: Callable[[], Mapping[str, str]] = dict
