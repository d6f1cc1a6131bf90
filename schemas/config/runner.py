"""Where and how fast a build runs, never what comes out."""

from enum import StrEnum

from pydantic import Field

from schemas.config.section import Section


class RunnerKind(StrEnum):
    THREADS = "threads"
    PROCESSES = "processes"
    DASK = "dask"
    RAY = "ray"


class RunnerConfig(Section):
    """How fast, never what: nothing here changes a byte of the dataset."""

    kind: RunnerKind = Field(
        default=RunnerKind.THREADS,
        exclude=True,
        description="where shards run; all but threads need a Prefect server at PREFECT_API_URL",
    )
    max_workers: int = Field(
        default=2, gt=0, le=1024, exclude=True, description="shards that are worked on at once"
    )
    shard_size: int = Field(default=4000, gt=0, exclude=True, description="images per shard")
