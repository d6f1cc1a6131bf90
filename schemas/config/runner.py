"""Where and how fast a build runs, never what comes out."""

from enum import StrEnum
from typing import Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from schemas.config.section import Section
from schemas.printable import printable


class RunnerKind(StrEnum):
    THREADS = "threads"
    PROCESSES = "processes"
    DASK = "dask"
    RAY = "ray"


CLUSTERS = (RunnerKind.DASK, RunnerKind.RAY)
"""Kinds that can use machines which run already."""


class RunnerConfig(Section):
    """How fast, never what: nothing here changes a byte of the dataset."""

    kind: RunnerKind = Field(
        default=RunnerKind.THREADS,
        exclude=True,
        description="where shards run; a cluster elsewhere needs a Prefect server that it reaches",
    )
    address: str | None = Field(
        default=None,
        exclude=True,
        min_length=1,
        max_length=500,
        description="a Dask scheduler (tcp://host:8786) or Ray head (ray://host:10001) whose "
        "machines work on the shards; null: a cluster of this machine, for this build alone",
    )
    max_workers: int = Field(
        default=2, gt=0, le=1024, exclude=True, description="shards that are worked on at once"
    )
    shard_size: int = Field(default=4000, gt=0, exclude=True, description="images per shard")

    @model_validator(mode="after")
    def _check_address(self) -> Self:
        if self.address is not None and self.kind not in CLUSTERS:
            raise ValueError(
                f"runner.address is of a cluster, and runner.kind is {self.kind}: set "
                'runner.kind = "dask" or "ray"'
            )
        try:
            urlsplit(self.address or "")
        except ValueError as error:
            raise ValueError(
                f"runner.address {printable(self.address or '')} is no address ({error}): write it "
                "as tcp://HOST:PORT (Dask) or ray://HOST:PORT (Ray)"
            ) from None
        return self
