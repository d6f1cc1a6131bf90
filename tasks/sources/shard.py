"""A shard of any source: where its files are and what they say about its images."""

from pathlib import Path

import polars as pl
from polars.exceptions import PolarsError

from schemas.config.source import SourceConfig
from schemas.file_digests import digest_store
from tasks.sources.files import digest_files
from tasks.sources.reader import Files
from tasks.sources.readers import reader_of
from tasks.sources.tables import RawScenes


def find_source(source: SourceConfig, root: Path) -> Files:
    """The source's annotation files by role; archives are unpacked below the root first.
    FileNotFoundError where there are none."""
    files = reader_of(source.kind).find(str(source.path), root)
    if not any(files.values()):
        raise FileNotFoundError(f"source.path {source.path} has no files of {source.kind}")
    return files


def source_digest(source: SourceConfig, root: Path) -> str:
    """Of the contents of all annotation files. An index holds only their places, which stay the
    same where words or numbers of equal length change: what reads the files depends on this."""
    files = find_source(source, root)
    paths = [path for role in sorted(files) for path in files[role]]
    return digest_files(paths, paths[0].parent, digest_store(root))


def index_source(
    source: SourceConfig, files: Files, num_workers: int
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """One row per image and the ledger of records without one; ValueError where the files cannot be
    read."""
    try:
        return reader_of(source.kind).index(files, num_workers)
    except PolarsError as error:
        raise ValueError(
            f"{source.path} cannot be read ({error}): correct or replace it"
        ) from error


def read_shard(index_path: Path, shard: str, source: SourceConfig, root: Path) -> RawScenes:
    """The raw annotations of one shard's images."""
    start, stop = (int(place) for place in shard.split("-"))
    index = pl.read_parquet(index_path).slice(start, stop - start)
    return reader_of(source.kind).read(index, find_source(source, root))
