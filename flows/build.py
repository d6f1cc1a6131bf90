"""The build: Visual Genome in, validated dataset out, by the stages of flows.graph.

The same call after a crash does only what is missing.
"""

import json
import logging
import os
from collections.abc import Collection, Sequence
from contextlib import nullcontext
from multiprocessing import parent_process
from pathlib import Path
from typing import Any

import polars as pl
from prefect import State, Task, flow, task, unmapped
from prefect.artifacts import create_link_artifact, create_markdown_artifact, create_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.events import emit_event
from prefect.states import Completed
from prefect.task_runners import ProcessPoolTaskRunner, ThreadPoolTaskRunner

from flows.graph import STAGES, dependents
from flows.keys import artifact_key
from flows.progress import results_of
from flows.stopping import watch_again
from schemas.config.build import PipelineConfig, RunnerConfig, RunnerKind, load_config
from schemas.dataset_folder import VALIDATION, check_root
from tasks.artifact import forget, remove_partials, set_aside
from tasks.chat.account import check_keys
from tasks.chat.run import Run
from tasks.processes import end_with_parent, holding_signals
from tasks.publish.card import cost_rows
from tasks.publish.funnel import FUNNEL, by_reason
from tasks.publish.stage import published_folder
from tasks.stage import Build, Job, Stage
from tasks.status import build_status
from tasks.turns import sole_maker

PUBLISHED = "spatialthinker.dataset.published"


@flow(name="plan")
def prepare_build(config: PipelineConfig, root: Path) -> Build:
    """The stages before write: they cost no money."""
    names = [stage.name for stage in STAGES]
    return _run(STAGES[: names.index("write")], Build(config, root))


@flow(name="build")
def build_dataset(
    config: PipelineConfig, root: Path, again: str | None = None, show: bool = False
) -> Path:
    """The dataset folder of a configuration. The stage `again`, and all that read it, run again
    even where they are complete. `show`: progress is written to standard error."""
    check_keys(config)
    known = set(root.glob("datasets/*/*/manifest.json"))
    build = _run(STAGES, Build(config, root), dependents(again) if again else set(), show)
    dataset = published_folder(build.made["publish"][0])
    if dataset / "manifest.json" not in known:
        _announce(config, dataset)
    return dataset


def _run(
    stages: Sequence[Stage], build: Build, again: Collection[str] = (), show: bool = False
) -> Build:
    watch_again()
    remove_partials(build.root)
    for stage in stages:
        if not stage.applies(build.config):
            continue
        run = Run(renews=stage.name in again)
        jobs = list(stage.jobs(build, run))
        if stage.name in again:
            for job in jobs:
                forget(job.artifact)
        is_apart = build.config.runner.kind is not RunnerKind.THREADS
        with holding_signals() if is_apart else nullcontext():
            futures = list(_task(stage).map(job=jobs, stage=unmapped(stage)))
        build = build.after(stage.name, results_of(stage.name, futures, stage.unit, run, show))
        if stage.check:
            stage.check(build)
    return build


def _task(stage: Stage) -> Task[..., Any]:
    name = f"{stage.name}-{{job.shard}}" if stage.is_sharded else stage.name
    return run_job.with_options(name=stage.name, task_run_name=name)


@task(cache_policy=NO_CACHE)
def run_job(stage: Stage, job: Job) -> Path | State[Path]:
    """The one rule by which work is skipped: a job whose artifact is complete does nothing."""
    if parent_process():
        end_with_parent()
    if stage.state(job.artifact)[0] == "complete":
        return _cached(job)
    with sole_maker(job.artifact, lambda: job.run.is_stopped):
        state, problem = stage.state(job.artifact)
        if state == "complete":  # by another build, meanwhile
            return _cached(job)
        if state == "damaged":
            set_aside(job.artifact, problem)
        return stage.work(job)


def _cached(job: Job) -> State[Path]:
    return Completed(name="Cached", data=job.artifact.path)


def _announce(config: PipelineConfig, dataset: Path) -> None:
    """Make Prefect artifacts of the funnel, the models' costs and verdicts and the validation, and
    emit the event that training awaits."""
    manifest = json.loads((dataset / "manifest.json").read_text(encoding="utf-8"))
    funnel = by_reason(pl.DataFrame(manifest["funnel"], schema=FUNNEL))
    key = artifact_key(config.name, dataset.name)
    create_table_artifact(key=f"funnel-{key}", table=funnel.to_dicts(), description="Funnel")
    create_table_artifact(
        key=f"quotas-{key}", table=manifest["quotas"], description="Samples wanted and chosen"
    )
    if manifest["costs"]:
        told = "Calls, tokens and US dollars of the models"
        create_table_artifact(key=f"costs-{key}", table=cost_rows(manifest), description=told)
    if manifest["judging"]:
        verdicts = manifest["judging"]["verdicts"]
        create_table_artifact(key=f"verdicts-{key}", table=verdicts, description="Verdicts")
    report = (dataset / VALIDATION / "validation.html").resolve()
    create_link_artifact(
        key=f"validation-{key}", link=report.as_uri(), link_text="Validation report"
    )
    results = json.loads((dataset / VALIDATION / "results.json").read_text(encoding="utf-8"))
    failed = [entry for entry in results["expectations"] if entry["status"] != "passed"]
    lines = [
        f"- {entry['severity']}: {entry['description']} ({entry['num_failed']} rows)"
        for entry in failed
    ]
    summary = f"{results['num_expectations']} checks on {results['num_rows']:,} samples.\n\n"
    create_markdown_artifact(
        key=f"checks-{key}", markdown=summary + ("\n".join(lines) or "All of them passed.")
    )
    emit_event(
        event=PUBLISHED,
        resource={"prefect.resource.id": f"spatialthinker.dataset.{config.name}"},
        payload={"path": str(dataset.resolve()), "samples": manifest["num_samples"]},
    )


def with_new_replies(config: PipelineConfig, stage: str | None, root: Path) -> PipelineConfig:
    """The configuration with the first draw of a stage's replies whose build is not complete: the
    same call after a crash continues, and pays for nothing twice. ValueError where the stage asks
    no model."""
    asking = [section.removesuffix(".chat") for section in config.chats]
    if stage not in asking:
        raise ValueError(
            f"{f'{stage} asks no model' if stage else 'no stage is named'}: "
            + (f"use --again {' or '.join(asking)}" if asking else "no stage here asks one")
        )
    draw = config.chats[f"{stage}.chat"].draw
    while True:
        draw += 1
        changed = config.with_draw(stage, draw)
        if any(entry.state != "complete" for entry in build_status(STAGES, Build(changed, root))):
            return changed


@flow(name="build-from-file")
def build_from_file(config: str, settings: list[str] | None = None, root: str = "data") -> str:
    """For deployments and schedules: the dataset folder of a configuration file, after settings
    of the form key=value."""
    for name in ("flows", "tasks"):
        logging.getLogger(name).setLevel(logging.INFO)
    loaded = load_config(Path(config), tuple(settings or ()))
    return str(run_build(loaded, check_root(Path(root))))


def run_build(
    config: PipelineConfig, root: Path, again: str | None = None, show: bool = False
) -> Path:
    """Build with the task runner that the configuration asks for."""
    flow_ = build_dataset.with_options(task_runner=_runner(config.runner))
    result: Path = flow_(config, root, again, show)
    return result


def run_preparation(config: PipelineConfig, root: Path) -> Build:
    """The stages before write, with the task runner that the configuration asks for."""
    flow_ = prepare_build.with_options(task_runner=_runner(config.runner))
    result: Build = flow_(config, root)
    return result


def _runner(config: RunnerConfig) -> Any:
    """A Prefect task runner; those that leave the process need a server to report to."""
    if config.kind is RunnerKind.THREADS:
        return ThreadPoolTaskRunner(max_workers=config.max_workers)
    if not os.environ.get("PREFECT_API_URL"):
        raise ValueError(
            f"runner.kind = {config.kind} needs a Prefect server: run `prefect server start` and "
            "set PREFECT_API_URL"
        )
    try:
        if config.kind is RunnerKind.DASK:
            from prefect_dask import DaskTaskRunner

            workers = {"n_workers": config.max_workers, "threads_per_worker": 1}
            return DaskTaskRunner(cluster_kwargs={**workers, "dashboard_address": None})
        if config.kind is RunnerKind.RAY:
            from prefect_ray import RayTaskRunner

            return RayTaskRunner(init_kwargs={"num_cpus": config.max_workers})
    except ImportError:
        raise ValueError(
            f"runner.kind = {config.kind} needs one more package: pip install prefect-{config.kind}"
        ) from None
    return ProcessPoolTaskRunner(max_workers=config.max_workers)
