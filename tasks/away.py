"""Away: a job that one machine sends to another, which has its own copy of the root.

What names files of the machine that sends is put in terms of the one that works: paths below the
root, and what is fetched from object stores. A root that is on none is a folder that both share.
"""

import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from schemas.code_version import CodeVersion, code_version
from schemas.config.build import PipelineConfig
from schemas.vocabulary.tables import vocabulary_digest
from tasks.addresses import store_of
from tasks.artifact import Artifact
from tasks.fetched import with_local_files
from tasks.root_transfer import bring
from tasks.stored_root import open_root
from tasks.turns import using_root

if TYPE_CHECKING:
    from tasks.stage import Job


@dataclass(frozen=True, slots=True)
class Away:
    """What a job's machine must know: the address of the root on an object store, None for a shared
    folder; the configuration as it was given; which code and tables named the job's artifact."""

    store: str | None
    config: PipelineConfig
    code: CodeVersion
    vocabulary: str


def away(config: PipelineConfig, root: Path) -> Away:
    """For jobs of a build of this configuration, with a root of this machine."""
    return Away(store_of(root), config, code_version(), vocabulary_digest())


@contextmanager
def arrived(job: "Job") -> Iterator["Job"]:
    """The same job in terms of this machine, whose copy of the root then has what the store has.
    RuntimeError where the code is another one, ValueError where there is no such root."""
    known = job.away
    assert known, "the job was sent nowhere"
    if (known.code, known.vocabulary) != (code_version(), vocabulary_digest()):
        raise RuntimeError(
            f"{socket.gethostname()} has {code_version()}, and this build is by {known.code}: "
            "install the same on all machines of the cluster"
        )
    if known.store:
        root = open_root(known.store)
        bring(root)
    else:
        root = job.root
    missing = [path for path in _paths(job) if not _moved(path, job.root, root).exists()]
    if missing:
        raise _not_shared(missing[0])
    with using_root(root):
        config = with_local_files(known.config, root)
        source = config.source
        if job.source != job.config.source:  # what a stage drew
            path = _moved(Path(str(job.source.path)), job.root, root)
            source = job.source.model_copy(update={"path": str(path)})
        yield replace(
            job,
            config=config,
            source=source,
            root=root,
            artifact=Artifact(_moved(job.artifact.path, job.root, root), job.artifact.recipe),
            inputs={
                name: [_moved(path, job.root, root) for path in paths]
                for name, paths in job.inputs.items()
            },
            away=None,
        )


def returned(path: Path, there: "Job", here: "Job") -> Path:
    """What a job that had arrived `there` made, by its name `here`, where it was sent from."""
    return _moved(path, there.root, here.root)


def bring_made(root: Path, paths: Sequence[Path]) -> None:
    """Have the root hold what jobs of other machines made. ValueError where that is not there."""
    if store_of(root):
        bring(root)
    for path in paths:
        if not path.exists():
            raise _not_shared(path)


def _not_shared(path: Path) -> ValueError:
    return ValueError(
        f"{socket.gethostname()} has no {path}: name a --root that all machines of the cluster "
        "share, s3://BUCKET/PREFIX or a folder"
    )


def _paths(job: "Job") -> list[Path]:
    return [path for paths in job.inputs.values() for path in paths]


def _moved(path: Path, root: Path, other: Path) -> Path:
    return other / path.relative_to(root) if path.is_relative_to(root) else path
