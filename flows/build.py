"""The build: Visual Genome in, validated dataset out, by the stages of flows.graph.

The same call after a crash does only what is missing.
"""

from collections.abc import Collection, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from multiprocessing import parent_process
from pathlib import Path
from typing import Any

from prefect import State, Task, flow, tags, task, unmapped
from prefect.cache_policies import NO_CACHE
from prefect.futures import PrefectFuture
from prefect.states import Completed

from flows.announcing import announce_dataset, announce_rejection
from flows.graph import STAGES, dependents
from flows.lineage import Data, data_of_artifact, open_lineage
from flows.naming import deployed, name_of_deployed, run_name, tags_of
from flows.progress import results_of
from flows.retrying import retried
from flows.runners import Cluster, connected, on, runner_of
from flows.stopping import watch_again
from flows.telling import telling, telling_machine
from schemas.config.build import PipelineConfig, load_config
from schemas.config.runner import RunnerKind
from schemas.dataset_folder import read_manifest
from tasks.addresses import address_of
from tasks.artifact import forget, set_aside
from tasks.away import arrived, bring_made, returned
from tasks.chat.account import check_asked
from tasks.chat.run import Run
from tasks.fetched import is_elsewhere, with_local_files
from tasks.processes import end_with_parent, holding_signals
from tasks.publish import stage as publish
from tasks.publish.rejected import write_rejected
from tasks.publish.stage import published_folder
from tasks.report.report import REPORT
from tasks.root_transfer import send
from tasks.sources import stage as index
from tasks.stage import Build, Job, Stage
from tasks.stored_root import in_step, open_root
from tasks.took import timing
from tasks.turns import sole_maker, using_root
from tasks.validate.stage import DatasetRejectedError, check_gates
from tasks.writing import remove_partials


@flow(name="plan")
@telling
def prepare_build(config: PipelineConfig, root: Path) -> Build:
    """The stages before write: they cost no money."""
    names = [stage.name for stage in STAGES]
    return _run(STAGES[: names.index("write")], Build(config, root))


@flow(name="build")
@telling
def build_dataset(
    config: PipelineConfig,
    root: Path,
    again: str | None = None,
    show: bool = False,
    announce: bool = False,
) -> Path:
    """The dataset folder of a configuration. The stage `again`, and all that read it, run again
    even where they are complete. `show`: progress is written to standard error. With `announce`
    the events are emitted that others await."""
    return make_dataset(config, root, again, show, announce)


def make_dataset(
    config: PipelineConfig, root: Path, again: str | None, show: bool, announce: bool
) -> Path:
    """As `build_dataset`, in the flow run under way."""
    check_asked(config, root)
    check_gates(config)
    try:
        build = _run(STAGES, Build(config, root), dependents(again) if again else set(), show)
    except DatasetRejectedError as error:
        announce_rejection(config.name, error.validation, event=announce)
        raise
    dataset = published_folder(build.made["publish"][0])
    announce_dataset(dataset, root, event=announce)
    return dataset


def _run(
    stages: Sequence[Stage], build: Build, again: Collection[str] = (), show: bool = False
) -> Build:
    if build.config.runner.address:
        build = replace(build, root=build.root.absolute())  # as other machines know it
    with using_root(build.root), connected(build.config, build.root) as cluster:
        if is_elsewhere(build.config):
            fetched: Any = retried(fetch)(build.config, build.root, return_state=True)
            build = replace(build, config=fetched.result())  # raises what the task has failed by
        return _stages_run(stages, build, again, show, cluster)


@task(cache_policy=NO_CACHE, task_run_name="fetch")
@telling
def fetch(config: PipelineConfig, root: Path) -> PipelineConfig:
    """The configuration, once what it reads from object stores is here."""
    return with_local_files(config, root)


def _stages_run(
    stages: Sequence[Stage],
    build: Build,
    again: Collection[str],
    show: bool,
    cluster: Cluster | None,
) -> Build:
    watch_again()
    remove_partials(build.root)
    lineage, name = open_lineage(), build.config.name
    with lineage.job(name, _places(index.STAGE, build)) as whole:
        for stage in stages:
            if not stage.applies(build.config):
                continue
            with lineage.job(f"{name}.{stage.name}", _read_by(stage, build), whole.parent) as step:
                there = cluster if stage.is_sharded else None
                build = _stage_run(stage, build, stage.name in again, show, there)
                step.outputs = whole.outputs = _made_by(stage, build)
    return build


def _stage_run(
    stage: Stage, build: Build, is_again: bool, show: bool, cluster: Cluster | None
) -> Build:
    """The build after a stage, whose jobs run on the cluster where one is given."""
    run = Run(renews=is_again)
    jobs = list(stage.jobs(build, run))
    if is_again:
        for job in jobs:
            forget(job.artifact)
    if cluster or is_again:  # what has been forgotten must not be brought again
        send(build.root)
    futures = _submitted(stage, jobs, build.config.runner.kind, is_again, cluster)
    bring = partial(bring_made, build.root) if cluster else None
    try:
        made = results_of(stage.name, futures, stage.unit, run, show, fetch=bring)
    except DatasetRejectedError as error:
        raise _shown(error, build.after(stage.name, [error.validation])) from None
    build = build.after(stage.name, made)
    if stage.check and stage.is_sharded:
        stage.check(build)
    return build


def _submitted(
    stage: Stage, jobs: Sequence[Job], kind: RunnerKind, is_again: bool, cluster: Cluster | None
) -> list[PrefectFuture[Any]]:
    """The jobs under way: on the cluster where one is given, else as the flow's runner has it."""
    with ExitStack() as stack:
        if kind is not RunnerKind.THREADS:
            stack.enter_context(holding_signals())
        if cluster:
            stack.enter_context(on(cluster.runner))
            sent = replace(cluster.away, is_again=is_again)
            jobs = [replace(job, away=sent) for job in jobs]
        return list(_task(stage).map(job=jobs, stage=unmapped(stage)))


def _places(stage: Stage, build: Build) -> list[Data]:
    return [Data(address_of(place, build.root)) for place in stage.places(build.config)]


def _read_by(stage: Stage, build: Build) -> list[Data]:
    return [*_places(stage, build), *map(data_of_artifact, stage.inputs(build).values())]


def _made_by(stage: Stage, build: Build) -> list[Data]:
    made = [data_of_artifact(build.made[stage.name])]
    if stage is publish.STAGE:
        folder = published_folder(build.made["publish"][0])
        made.append(Data(str(folder), folder.name, read_manifest(folder)["num_samples"]))
    return made


def _shown(error: DatasetRejectedError, build: Build) -> DatasetRejectedError:
    """The same, once there is a page that shows the samples and what was lost on the way."""
    (job,) = publish.STAGE.jobs(build)
    folder = write_rejected(job)
    return DatasetRejectedError(f"{error} and {folder / REPORT}", error.validation, folder)


def _task(stage: Stage) -> Task[..., Any]:
    name = f"{stage.name}-{{job.shard}}" if stage.is_sharded else stage.name
    return retried(run_job.with_options(name=stage.name, task_run_name=name))


@task(cache_policy=NO_CACHE)
@telling
def run_job(stage: Stage, job: Job) -> Path | State[Path]:
    """The path that a job makes, or has made before: then the task is shown as `Cached`."""
    if parent_process():
        end_with_parent()
    if job.away is None:
        path, is_done = _made(stage, job)
    else:
        with telling_machine(), arrived(stage, job) as there:
            path, is_done = _made(stage, there)
            path = returned(path, there, job)
    return Completed(name="Cached", data=path) if is_done else path


def _made(stage: Stage, job: Job) -> tuple[Path, bool]:
    """The one rule by which work is skipped: a job whose artifact is complete does nothing. Its
    path, and whether that was so."""
    if stage.state(job.artifact)[0] == "complete":
        return _checked(stage, job, job.artifact.path), True
    with sole_maker(job.artifact, job.run):
        state, problem = stage.state(job.artifact)
        if state == "complete":  # by another build, meanwhile
            return _checked(stage, job, job.artifact.path), True
        if state == "damaged":
            set_aside(job.artifact, problem)
        with timing(job.artifact):
            path = stage.work(job)
        send(job.root)
        return _checked(stage, job, path), False


def _checked(stage: Stage, job: Job, path: Path) -> Path:
    """The path; a stage of one job fails with what it made where that must not be used."""
    if stage.check and not stage.is_sharded:
        stage.check(Build(job.config, job.root, {**job.inputs, stage.name: (path,)}))
    return path


@flow(name="build-from-file", flow_run_name=name_of_deployed)
@telling
def build_from_file(
    config: str, settings: list[str] | None = None, root: str = "data", announce: bool = True
) -> str:
    """For deployments and schedules: the dataset folder of a configuration file, after settings
    of the form key=value. With `announce` the events are emitted that other deployments await."""
    loaded = load_config(Path(config), tuple(settings or ()))
    place = open_root(root).absolute()  # as people know it who do not know where it runs
    with in_step(place), deployed(loaded, Path(config), runner_of(loaded.runner)):
        dataset = make_dataset(loaded, place, None, show=False, announce=announce)
    return str(dataset)


def run_build(
    config: PipelineConfig,
    root: Path,
    again: str | None = None,
    show: bool = False,
    announce: bool = False,
    file: Path | None = None,
) -> Path:
    """Build with the task runner that the configuration asks for; `file` has held it."""
    flow_ = build_dataset.with_options(
        task_runner=runner_of(config.runner), flow_run_name=run_name(config)
    )
    with tags(*tags_of(config, file)):
        result: Path = flow_(config, root, again, show, announce)
    return result


def run_preparation(config: PipelineConfig, root: Path, file: Path | None = None) -> Build:
    """The stages before write, with the task runner that the configuration asks for; `file` has
    held it."""
    flow_ = prepare_build.with_options(
        task_runner=runner_of(config.runner), flow_run_name=f"plan of {run_name(config)}"
    )
    with tags(*tags_of(config, file)):
        result: Build = flow_(config, root)
    return result


@flow(name="look")
def look_at_photographs(config: PipelineConfig, root: Path) -> Build:
    """The stages as far as look."""
    names = [stage.name for stage in STAGES]
    return _run(STAGES[: names.index("look") + 1], Build(config, root))


def run_looks(config: PipelineConfig, root: Path) -> list[Path]:
    """The folders that models have written, one per shard."""
    flow_ = look_at_photographs.with_options(
        task_runner=runner_of(config.runner), flow_run_name=f"look of {run_name(config)}"
    )
    result: Build = flow_(config, root)
    return list(result.made["look"])
