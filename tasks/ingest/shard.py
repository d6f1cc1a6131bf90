"""A shard's scenes, as workers write them. Imports no Prefect, which takes a second."""

import logging
from pathlib import Path

from schemas.config.margins import IngestConfig
from schemas.config.source import SourceConfig
from tasks.artifact import Artifact
from tasks.ingest.scenes import clean_scenes
from tasks.sources.shard import read_shard
from tasks.writing import write_artifact

logger = logging.getLogger(__name__)


def write_scenes(
    artifact: Artifact,
    index_path: Path,
    shard: str,
    source: SourceConfig,
    config: IngestConfig,
    root: Path,
) -> Path:
    """Read, clean and write one shard."""
    scenes, ledger = clean_scenes(read_shard(index_path, shard, source, root), config)
    logger.info("ingest %s: %d scenes, %d ledger rows", shard, scenes.height, ledger.height)
    return write_artifact(scenes, artifact, ledger)
