"""Writing: artifacts as they are made, whole, in parts, as a folder, or incomplete.

What is half written has a name of its own until it is done; what a process leaves that was killed
is removed by the next build.
"""

import json
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq

from schemas.replacing import PARTIAL, is_left, replacing, replacing_folder
from tasks.artifact import Artifact, seal_artifact
from tasks.content import Content, content_of_rows

ROW_GROUP = 10_000
"""Rows of a large artifact that are read together at least."""
DEPTH_OF_PARTIALS = 4
"""Names below a root of what is written and then renamed, at most: sight/MODEL/ab/PHOTOGRAPH and
artifacts/infer-parts/RECIPE/BATCH."""


def write_artifact(
    frame: pl.DataFrame, artifact: Artifact, ledger: pl.DataFrame | None = None
) -> Path:
    """The artifact's path, once it is complete."""
    lost = _begin(artifact, ledger)
    with replacing(artifact.path, is_durable=False) as partial:
        frame.write_parquet(partial, metadata={"recipe": artifact.recipe})
    return seal_artifact(artifact, _together(content_of_rows(frame), lost))


def write_parts(
    parts: Iterable[pl.DataFrame],
    schema: pl.Schema,
    artifact: Artifact,
    ledger: pl.DataFrame | None = None,
) -> Path:
    """As `write_artifact`, of rows with these columns that come in parts: one of them is in memory
    at a time."""
    lost = _begin(artifact, ledger)
    empty = schema.to_frame()
    content = content_of_rows(empty)
    with (
        replacing(artifact.path, is_durable=False) as partial,
        pq.ParquetWriter(partial, empty.to_arrow().schema, compression="zstd") as writer,
    ):
        writer.add_key_value_metadata({"recipe": artifact.recipe})
        for part in parts:
            content += content_of_rows(part)
            writer.write_table(part.to_arrow(), row_group_size=ROW_GROUP)
    return seal_artifact(artifact, _together(content, lost))


def _begin(artifact: Artifact, ledger: pl.DataFrame | None) -> Content | None:
    """Clear the place of an artifact and write its ledger; the content of that."""
    artifact.seal_path.unlink(missing_ok=True)
    if artifact.path.is_dir():
        shutil.rmtree(artifact.path)
    if ledger is None:
        artifact.ledger_path.unlink(missing_ok=True)
        return None
    with replacing(artifact.ledger_path, is_durable=False) as partial:
        ledger.write_parquet(partial)
    return content_of_rows(ledger)


def _together(content: Content, lost: Content | None) -> Content:
    """Of rows and their ledger, which has other columns."""
    if lost is None:
        return content
    return replace(content, total=(content.total + lost.total) % 2**128)


@contextmanager
def writing_folder(artifact: Artifact) -> Iterator[Path]:
    """A folder to fill, which becomes the artifact when the block ends."""
    artifact.seal_path.unlink(missing_ok=True)
    if artifact.path.exists():  # not sealed: whoever wrote it was stopped
        shutil.rmtree(artifact.path)
    with replacing_folder(artifact.path, is_durable=False) as partial:
        yield partial
    seal_artifact(artifact)


def write_incomplete(frame: pl.DataFrame, artifact: Artifact, missing: Sequence[str]) -> Path:
    """Write the rows so far under a digest of their own: stages downstream do not take them for the
    whole, and the next run still has to make the artifact itself."""
    identity = json.dumps([artifact.digest, sorted(missing)])
    digest = sha256(identity.encode()).hexdigest()[:16]
    path = artifact.path.with_name(artifact.path.name.replace(artifact.digest, digest, 1))
    return write_artifact(frame, Artifact(path, artifact.recipe))


def remove_partials(root: Path) -> None:
    """Remove files that are half written by processes that no longer run."""
    folders = ("*/" * depth for depth in range(1, DEPTH_OF_PARTIALS))
    for partial in [path for folder in folders for path in root.glob(f"{folder}*{PARTIAL}*")]:
        if is_left(partial):
            if partial.is_dir():
                shutil.rmtree(partial, ignore_errors=True)
            else:
                partial.unlink(missing_ok=True)
