"""Away: a job that one machine sends to another, which has its own copy of the root.

What names files of the machine that sends is put in terms of the one that works: paths below the
root, and what is fetched from object stores. A root that is on none is a folder that both share.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from schemas.code_version import CodeVersion, code_version
from schemas.config.build import PipelineConfig
from schemas.vocabulary.tables import vocabulary_digest
from tasks.addresses import store_of
from tasks.artifact import Artifact, forget, state_of
from tasks.fetched import with_local_files
from tasks.root_transfer import bring
from tasks.stage import Build
from tasks.stored_root import open_root
from tasks.turns import using_root

if TYPE_CHECKING:
    from tasks.stage import Job, Stage


@dataclass(frozen=True, slots=True)
class Away:
    """What a job's machine must know: the address of the root on an object store, None for a shared
    folder; the configuration as it was given; which code and tables named the job's artifact; and
    whether the artifact is to be made again."""

    store: str | None
    config: PipelineConfig
    code: CodeVersion
    vocabulary: str
    is_again: bool = False


def away(config: PipelineConfig, root: Path) -> Away:
    """For jobs of a build of this configuration, with a root of this machine."""
    return Away(store_of(root), config, code_version(), vocabulary_digest())


@contextmanager
def arrived(stage: "Stage", job: "Job") -> Iterator["Job"]:
    """The same job in terms of this machine, whose copy of the root then has what the store has.
    RuntimeError where the code is another one, or files that the stage reads are; ValueError where
    there is no such root."""
    known = job.away
    assert known, "the job was sent nowhere"
    if known.code != code_version():
        raise RuntimeError(
            f"{code_version()} is installed, and this build is by {known.code}: install the same "
            "on all machines of the cluster"
        )
    if known.vocabulary != vocabulary_digest():
        raise RuntimeError(
            "data/vocabulary has other tables than on the machine that builds: install the same on "
            "all machines of the cluster"
        )
    if known.store:
        root = open_root(known.store)
        bring(root)
    else:
        root = job.root
    _check([_moved(path, job.root, root) for path in _paths(job)], known.store)
    with using_root(root):
        config = with_local_files(known.config, root)
        source = config.source
        if job.source != job.config.source:  # what a stage drew
            path = _moved(Path(str(job.source.path)), job.root, root)
            source = job.source.model_copy(update={"path": str(path)})
        there = replace(
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
        _check_files(stage, there)
        if known.is_again:
            forget(there.artifact)
        yield there


def _check_files(stage: "Stage", job: "Job") -> None:
    """What names the artifact are the contents that the builder's machine has."""
    named = json.loads(job.artifact.recipe)["inputs"]
    config = job.config.model_copy(update={"source": job.source})
    for name, digest in stage.files(Build(config, job.root, job.inputs)).items():
        if digest != named[name]:
            places = ", ".join(stage.places(job.config)) or str(job.source.path)
            raise RuntimeError(
                f"{places} has other files here than on the machine that builds: have the same "
                "on all machines of the cluster, or name s3://BUCKET/PREFIX"
            )


def returned(path: Path, there: "Job", here: "Job") -> Path:
    """What a job that had arrived `there` made, by its name `here`, where it was sent from."""
    return _moved(path, there.root, here.root)


def bring_made(root: Path, paths: Sequence[Path]) -> None:
    """Have the root hold what jobs of other machines made. ValueError where that is not there,
    RuntimeError where it is not what they made."""
    store = store_of(root)
    if store:
        bring(root)
    _check(paths, store)


def _check(paths: Sequence[Path], store: str | None) -> None:
    """Whether artifacts that another machine made are here, as they were made."""
    for path in paths:
        state, problem = state_of(Artifact(path, ""))
        if state == "missing" and store is None:
            raise ValueError(
                f"{path} is missing: name a --root that all machines of the cluster share, "
                "s3://BUCKET/PREFIX or a folder"
            )
        if state != "complete":
            found = f"{state} ({problem})" if problem else state
            raise RuntimeError(
                f"{path} is {found}, though this build made it: run the same command, which makes "
                "it again"
            )


def _paths(job: "Job") -> list[Path]:
    return [path for paths in job.inputs.values() for path in paths]


def _moved(path: Path, root: Path, other: Path) -> Path:
    return other / path.relative_to(root) if path.is_relative_to(root) else path
