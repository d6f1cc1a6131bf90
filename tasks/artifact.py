"""Artifacts: what a stage writes, named by everything that decides its bytes.

A file `data/artifacts/<stage>/<digest>[-<shard>].parquet` appears by rename, so existing means
complete. The digest covers the stage, its code version, its config section and the digests of its
inputs, never the shard: cutting a build into other shards changes no digest downstream.
"""

import json
import os
import shutil
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq
from pydantic import BaseModel

PARTIAL = ".partial-"


@dataclass(frozen=True, slots=True)
class Artifact:
    path: Path
    recipe: str

    @property
    def digest(self) -> str:
        return digest_of(self.path)

    @property
    def ledger_path(self) -> Path:
        """Beside the artifact, written before it: the rows that the stage lost or repaired."""
        return self.path.with_suffix(".ledger.parquet")


def digest_of(path: Path) -> str:
    """The recipe digest in an artifact's file name, whatever its shard."""
    return path.name.split(".")[0].split("-")[0]


def plan_artifact(
    root: Path,
    stage: str,
    *,
    version: int,
    config: Mapping[str, BaseModel | str | int],
    inputs: Mapping[str, str],
    shard: str = "",
    suffix: str = ".parquet",
) -> Artifact:
    """Where a stage's output belongs. `inputs` maps the name of each input to its digest."""
    settings = {
        name: value.model_dump(mode="json") if isinstance(value, BaseModel) else value
        for name, value in config.items()
    }
    recipe = json.dumps(
        {"stage": stage, "version": version, "config": settings, "inputs": dict(inputs)},
        sort_keys=True,
    )
    digest = sha256(recipe.encode()).hexdigest()[:16]
    name = f"{digest}-{shard}" if shard else digest
    return Artifact(root / "artifacts" / stage / f"{name}{suffix}", recipe)


def inputs_of(**paths: Path | Sequence[Path]) -> dict[str, str]:
    """Name to digest; the shards of one stage share theirs."""
    return {
        name: digest_of_all([value] if isinstance(value, Path) else value)
        for name, value in paths.items()
    }


def digest_of_all(shards: Sequence[Path]) -> str:
    """The digest that a stage's shards share; joined by `+` where some are incomplete."""
    return "+".join(sorted({digest_of(path) for path in shards}))


def _partial(path: Path) -> Path:
    """A name that no other thread or process writes to; it ends in the process id."""
    return path.with_name(f"{path.name}{PARTIAL}{threading.get_ident()}-{os.getpid()}")


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A path to write a file to, which becomes `path` when the block ends and is removed if it
    fails."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = _partial(path)
    try:
        yield partial
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


@contextmanager
def replacing_folder(path: Path) -> Iterator[Path]:
    """As `replacing`, for a folder that does not exist yet."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = _partial(path)
    shutil.rmtree(partial, ignore_errors=True)
    try:
        partial.mkdir()
        yield partial
        partial.rename(path)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise


def write_artifact(
    frame: pl.DataFrame, artifact: Artifact, ledger: pl.DataFrame | None = None
) -> Path:
    if ledger is not None:
        with replacing(artifact.ledger_path) as partial:
            ledger.write_parquet(partial)
    with replacing(artifact.path) as partial:
        frame.write_parquet(partial, metadata={"recipe": artifact.recipe})
    return artifact.path


def write_incomplete(frame: pl.DataFrame, artifact: Artifact, missing: Sequence[str]) -> Path:
    """Write what there is under a digest of its own, so that stages downstream do not take it for
    the whole, and the next run finds the artifact itself still to be made."""
    identity = json.dumps([artifact.digest, sorted(missing)])
    digest = sha256(identity.encode()).hexdigest()[:16]
    path = artifact.path.with_name(artifact.path.name.replace(artifact.digest, digest, 1))
    return write_artifact(frame, Artifact(path, artifact.recipe))


def read_recipe(path: Path) -> dict[str, Any]:
    """The recipe in a Parquet artifact's footer."""
    recipe: dict[str, Any] = json.loads(pq.read_metadata(path).metadata[b"recipe"])
    return recipe


def remove_partials(root: Path) -> None:
    """Remove what processes that no longer run had half written."""
    for partial in (*root.glob(f"*/*{PARTIAL}*"), *root.glob(f"*/*/*{PARTIAL}*")):
        if not Path(f"/proc/{partial.name.rpartition('-')[2]}").exists():
            if partial.is_dir():
                shutil.rmtree(partial, ignore_errors=True)
            else:
                partial.unlink(missing_ok=True)
