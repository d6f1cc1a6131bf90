"""Index: which images a source holds, and where in its files each of them lies.

Reads the source's files once; writes one row per image, so that every shard reads only its own
part, and a ledger of records that belong to no image.
"""

import logging
from pathlib import Path

from prefect import State, task
from prefect.cache_policies import NO_CACHE
from prefect.states import Completed

from schemas.config.build import SourceConfig, SourceKind
from tasks.artifact import Artifact, plan_artifact, write_artifact
from tasks.processes import warm_up
from tasks.sources import gqa, vg150, visual_genome
from tasks.sources.files import digest_files
from tasks.sources.shard import Files, digest_store, find_source

VERSION = 1
LARGE = 64 << 20
logger = logging.getLogger(__name__)


def digest_source(files: Files, root: Path) -> str:
    """A digest of the contents of all annotation files."""
    paths = [path for role in sorted(files) for path in files[role]]
    return digest_files(paths, paths[0].parent, digest_store(root))


def shard_names(num_images: int, shard_size: int) -> list[str]:
    """`start-stop` of each shard: at most ten, so that a build stays under fifty task runs."""
    size = max(shard_size, -(-num_images // 10))
    return [
        f"{start:07d}-{min(start + size, num_images):07d}" for start in range(0, num_images, size)
    ]


def index_artifact(kind: SourceKind, source_digest: str, root: Path) -> Artifact:
    # Drawn scenes are read as any Visual Genome files are.
    read_as = SourceKind.VISUAL_GENOME if kind is SourceKind.RENDERED else kind
    return plan_artifact(
        root,
        "index",
        version=VERSION,
        config={"kind": read_as},
        inputs={"source": source_digest},
    )


@task(cache_policy=NO_CACHE)
def index_source(source: SourceConfig, num_workers: int, root: Path) -> Path | State[Path]:
    files = find_source(source, root)
    artifact = index_artifact(source.kind, digest_source(files, root), root)
    if artifact.path.exists():
        return Completed(name="Cached", data=artifact.path)
    is_large = sum(path.stat().st_size for role in files.values() for path in role) > LARGE
    if is_large:
        warm_up(num_workers, "tasks.ingest.shard")
    match source.kind:
        case SourceKind.VG150:
            index, ledger = vg150.index_rows(files["rows"])
        case SourceKind.GQA:
            index, ledger = gqa.index_graphs(files["graphs"])
        case SourceKind.VISUAL_GENOME | SourceKind.RENDERED:
            index, ledger = visual_genome.index_annotations(files, num_workers if is_large else 1)
    if index.is_empty():
        problem = f" ({ledger['reason'][0]}: {ledger['detail'][0]})" if ledger.height else ""
        raise ValueError(
            f"{source.path} holds no annotated image{problem}: name another source.path"
        )
    logger.info("index: %d images, %d records without place", index.height, ledger.height)
    return write_artifact(index, artifact, ledger)
