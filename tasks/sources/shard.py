"""A shard of any source: where its files lie and what they say of its images."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from schemas.config.build import SourceConfig, SourceKind
from tasks.file_digests import digest_store
from tasks.sources import gqa, vg150, visual_genome
from tasks.sources.tables import RawScenes

Files = Mapping[str, Sequence[Path]]


def find_source(source: SourceConfig, root: Path) -> Files:
    """The source's annotation files by role; archives are unpacked below the root first."""
    path = str(source.path)
    match source.kind:
        case SourceKind.VG150:
            return {"rows": vg150.find_rows(path)}
        case SourceKind.GQA:
            return {"graphs": gqa.find_graphs(path)}
        case SourceKind.VISUAL_GENOME | SourceKind.RENDERED:
            unpacked = root / "artifacts" / "unpack"
            return visual_genome.find_annotations(path, unpacked, digest_store(root))


def read_shard(index_path: Path, shard: str, source: SourceConfig, root: Path) -> RawScenes:
    """The raw annotations of one shard's images."""
    start, stop = (int(place) for place in shard.split("-"))
    index = pl.read_parquet(index_path).slice(start, stop - start)
    files = find_source(source, root)
    match source.kind:
        case SourceKind.VG150:
            return vg150.read_scenes(index, files["rows"])
        case SourceKind.GQA:
            return gqa.read_scenes(index, files["graphs"])
        case SourceKind.VISUAL_GENOME | SourceKind.RENDERED:
            return visual_genome.read_scenes(index, files)
