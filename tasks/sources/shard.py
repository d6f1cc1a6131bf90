"""A shard of any source: where its files are and what they say about its images."""

from pathlib import Path

import polars as pl

from schemas.config.build import SourceConfig
from tasks.sources.reader import Files
from tasks.sources.readers import READERS
from tasks.sources.tables import RawScenes


def find_source(source: SourceConfig, root: Path) -> Files:
    """The source's annotation files by role; archives are unpacked below the root first."""
    return READERS[source.kind].find(str(source.path), root)


def read_shard(index_path: Path, shard: str, source: SourceConfig, root: Path) -> RawScenes:
    """The raw annotations of one shard's images."""
    start, stop = (int(place) for place in shard.split("-"))
    index = pl.read_parquet(index_path).slice(start, stop - start)
    return READERS[source.kind].read(index, find_source(source, root))
