"""Index: which images a source holds, and where in its files each of them lies.

Reads the source's files once; writes one row per image, so that every shard reads only its own
part, and a ledger of records that belong to no image.
"""

import logging
from pathlib import Path

from schemas.config.build import PipelineConfig
from schemas.config.source_kind import SourceKind
from tasks.processes import warm_up
from tasks.sources.shard import find_source, index_source, source_digest
from tasks.stage import Build, Job, Settings, Stage
from tasks.writing import write_artifact

VERSION = 9
LARGE = 64 << 20  # bytes of annotations; fewer are read before workers would have started
logger = logging.getLogger(__name__)


def index(job: Job) -> Path:
    source, num_workers = job.source, job.num_workers
    files = find_source(source, job.root)
    is_large = sum(path.stat().st_size for role in files.values() for path in role) > LARGE
    if is_large:
        warm_up(num_workers, "tasks.ingest.shard")
    index, ledger = index_source(source, files, num_workers if is_large else 1)
    if index.is_empty():
        problem = f" ({ledger['reason'][0]}: {ledger['detail'][0]})" if ledger.height else ""
        raise ValueError(
            f"{source.path} holds no annotated image{problem}: name another source.path"
        )
    logger.info("index: %d images, %d records without place", index.height, ledger.height)
    return write_artifact(index, job.artifact, ledger)


def settings(config: PipelineConfig) -> Settings:
    """Drawn scenes are read like any other Visual Genome files."""
    kind = config.source.kind
    return {"kind": SourceKind.VISUAL_GENOME if kind is SourceKind.RENDERED else kind}


def files(build: Build) -> dict[str, str]:
    return {"source": source_digest(build.source, build.root)}


STAGE = Stage(
    name="index",
    version=VERSION,
    unit="images",
    work=index,
    reads=("render",),
    depends=lambda config: (),
    settings=settings,
    files=files,
    places=lambda config: [config.source.path] if config.source.path else [],
)
