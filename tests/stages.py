"""Single stages of a build, run by the rule of a build but without Prefect's engine."""

from pathlib import Path
from typing import Any

import polars as pl
from prefect import State

from schemas.config.build import PipelineConfig
from schemas.config.source import SourceConfig
from tasks.artifact import plan_artifact
from tasks.stage import Build, Stage
from tasks.writing import write_artifact


def build_of(
    root: Path, source: SourceConfig | None = None, images: str = "omit", **sections: Any
) -> Build:
    """A build that nothing has been made for yet; `source` is a folder of Visual Genome files
    where none is given."""
    place = source or SourceConfig(kind="visual-genome", path=str(root))
    quota = {"num_samples": 64, "max_per_image": 6}
    tree = {"name": "tiny", "seed": 7, "images": images, "source": place, "quota": quota}
    return Build(PipelineConfig.model_validate({**tree, **sections}), root)


def with_artifacts(build: Build, **frames: pl.DataFrame) -> Build:
    """The build after other stages, by name, have written these rows."""
    for stage, frame in frames.items():
        artifact = plan_artifact(build.root, stage, version=1, config={"test": 1}, inputs={})
        build = build.after(stage, [write_artifact(frame, artifact)])
    return build


def run(stage: Stage, build: Build) -> tuple[Path | State[Path], ...]:
    """What each job of a stage returns; the error of the first that fails is raised."""
    from flows.build import run_job

    done = []
    for job in stage.jobs(build):
        done.append(run_job.fn(stage, job))
        if isinstance(done[-1], State) and done[-1].is_failed():
            raise done[-1].data
    return tuple(done)


def after(build: Build, *stages: Stage) -> Build:
    """The build after stages have run."""
    for stage in stages:
        done = run(stage, build)
        build = build.after(
            stage.name, [entry if isinstance(entry, Path) else entry.data for entry in done]
        )
        if stage.check:
            stage.check(build)
    return build
