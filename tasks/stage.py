"""Stages: what the graph of a build knows of each of them, and what their work is given.

A stage's folder declares one `Stage`; `flows/graph.py` lists them. Its work is a function from a
`Job` to the path that it wrote. Whether there is anything to do is decided here, for all stages.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel

from schemas.config.build import PipelineConfig
from schemas.config.runner import RunnerKind
from schemas.config.source import SourceConfig
from schemas.config.source_kind import SourceKind
from schemas.vocabulary.tables import vocabulary_digest
from tasks.artifact import Artifact, State, inputs_of, plan_artifact, read_seal, state_of
from tasks.chat.run import Run

if TYPE_CHECKING:
    from tasks.away import Away

MAX_SHARDS = 10
"""Of a build: it then stays under fifty task runs, which Prefect's server can show at once."""
Settings = Mapping[str, BaseModel | str | int]


class BuildFailedError(RuntimeError):
    """The build ran, but its result must not be used; the message says where to look."""


def shard_names(num_images: int, shard_size: int) -> list[str]:
    """`start-stop` of each shard."""
    size = max(shard_size, -(-num_images // MAX_SHARDS))
    return [
        f"{start:07d}-{min(start + size, num_images):07d}" for start in range(0, num_images, size)
    ]


@dataclass(frozen=True, slots=True)
class Build:
    """A build on its way: its configuration, and what its stages have made so far, by name."""

    config: PipelineConfig
    root: Path
    made: Mapping[str, Sequence[Path]] = field(default_factory=dict)

    def after(self, stage: str, paths: Sequence[Path]) -> "Build":
        return replace(self, made={**self.made, stage: tuple(paths)})

    @property
    def source(self) -> SourceConfig:
        """Where the annotations are; for drawn scenes, the folder that render wrote."""
        source = self.config.source
        if source.kind is SourceKind.RENDERED and "render" in self.made:
            return source.model_copy(
                update={"path": str(self.made["render"][0]), "photographs": ()}
            )
        return source

    @property
    def num_images(self) -> int:
        num_rows: int = read_seal(self.made["index"][0])["content"]["rows"]
        return num_rows

    @property
    def shards(self) -> list[str]:
        return shard_names(self.num_images, self.config.runner.shard_size)


@dataclass(frozen=True, slots=True)
class Job:
    """One run of a stage's work: what it reads, by the stage that made it, and what it is to
    write. `inputs` holds one path per shard, or only the job's own where the stage has a shard.
    `run` counts the requests to models of all jobs of the stage in this process, and may stop
    them. A job that is `away` is sent to another machine."""

    config: PipelineConfig
    source: SourceConfig
    root: Path
    artifact: Artifact
    shard: str
    inputs: Mapping[str, Sequence[Path]]
    run: Run = field(default_factory=Run)
    away: "Away | None" = None

    def path(self, stage: str) -> Path:
        """The one path of a stage."""
        (path,) = self.inputs[stage]
        return path

    def paths(self, stage: str) -> Sequence[Path]:
        """The paths of a stage, none where it was left out."""
        return self.inputs.get(stage, ())

    @property
    def num_workers(self) -> int:
        """Processes for one job: 1 where the runner already spreads shards over processes."""
        runner = self.config.runner
        is_here = runner.kind is RunnerKind.THREADS or (runner.address and not self.shard)
        return runner.max_workers if is_here else 1


def no_settings(config: PipelineConfig) -> Settings:
    return {}


def no_files(build: Build) -> Mapping[str, str]:
    return {}


def no_places(config: PipelineConfig) -> Sequence[str]:
    return ()


def always(config: PipelineConfig) -> bool:
    return True


def sound(artifact: Artifact) -> tuple[State, str]:
    return "complete", ""


@dataclass(frozen=True, slots=True)
class Stage:
    """`reads` names the stages whose artifacts the work is given; None means all before it.
    `depends` names those whose contents decide what comes out; None means all that it reads. So do
    `settings` (parts of the configuration), `files` (digests of files that no stage made, which
    are at `places`) and, where the stage `uses_vocabulary`, the tables of predicates and classes.
    `applies` is false where a configuration leaves the stage out. `look` judges an artifact that is
    otherwise complete. `check` may stop the build after the stage: BuildFailedError, or ValueError
    where the configuration or source must be corrected."""

    name: str
    version: int
    unit: str
    work: Callable[[Job], Path]
    reads: Sequence[str] | None = ()
    depends: Callable[[PipelineConfig], Sequence[str]] | None = None
    settings: Callable[[PipelineConfig], Settings] = no_settings
    files: Callable[[Build], Mapping[str, str]] = no_files
    places: Callable[[PipelineConfig], Sequence[str]] = no_places
    is_sharded: bool = False
    uses_vocabulary: bool = False
    suffix: str = ".parquet"
    applies: Callable[[PipelineConfig], bool] = always
    look: Callable[[Artifact], tuple[State, str]] = sound
    check: Callable[[Build], None] | None = None

    def inputs(self, build: Build) -> dict[str, Sequence[Path]]:
        names = build.made.keys() if self.reads is None else self.reads
        return {name: build.made[name] for name in names if name in build.made}

    def plan(self, build: Build) -> list[Artifact]:
        """The artifacts that the stage makes of what is made so far, one per shard."""
        inputs = self.inputs(build)
        if self.depends:
            inputs = {name: inputs[name] for name in self.depends(build.config) if name in inputs}
        digests = {**inputs_of(**inputs), **self.files(build)}
        if self.uses_vocabulary:
            digests["vocabulary"] = vocabulary_digest()
        return [
            plan_artifact(
                build.root,
                self.name,
                version=self.version,
                config=self.settings(build.config),
                inputs=digests,
                shard=shard,
                suffix=self.suffix,
            )
            for shard in (build.shards if self.is_sharded else [""])
        ]

    def jobs(self, build: Build, run: Run | None = None) -> Iterator[Job]:
        run = run or Run()
        inputs = self.inputs(build)
        num_shards = len(build.shards) if self.is_sharded else 0
        for place, artifact in enumerate(self.plan(build)):
            own = {
                name: paths[place : place + 1] if len(paths) == num_shards else paths
                for name, paths in inputs.items()
            }
            shard = build.shards[place] if self.is_sharded else ""
            yield Job(build.config, build.source, build.root, artifact, shard, own, run)

    def state(self, artifact: Artifact) -> tuple[State, str]:
        """As `state_of`; for a published dataset also whether its folder is as it was written."""
        state, problem = state_of(artifact)
        return self.look(artifact) if state == "complete" else (state, problem)
