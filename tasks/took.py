"""Took: how long a job worked on an artifact, in a file beside it that no seal covers."""

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from schemas.replacing import replacing
from tasks.artifact import Artifact

TOOK = ".took.json"
"""Ends the name of the file, which else is that of its artifact."""


@contextmanager
def timing(artifact: Artifact) -> Iterator[None]:
    """Notes the seconds that the block takes, unless it fails."""
    started = time.monotonic()
    yield
    seconds = round(time.monotonic() - started, 3)
    with replacing(_place(artifact.path), is_durable=False) as partial:
        partial.write_text(json.dumps({"seconds": seconds}) + "\n", encoding="utf-8")


def seconds_of(paths: Sequence[Path]) -> float | None:
    """Of all shards of a stage together; None where it is not known of one."""
    try:
        taken = [float(json.loads(_place(path).read_bytes())["seconds"]) for path in paths]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return round(sum(taken), 3)


def _place(path: Path) -> Path:
    return path.with_name(path.name.removesuffix(".parquet").removesuffix(".json") + TOOK)
