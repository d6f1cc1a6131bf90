"""The build: Visual Genome in, validated dataset out.

    render → index → ingest → photographs → exclude → extract → plan → write → verify → judge
           → select → validate → publish → (event spatialthinker.dataset.published)

Stages between index and select run per shard; judge only where a model judges, exclude only where
lists of benchmark pictures are named. Every task that
finds its artifact returns at once, so the same call after a crash does only what is missing.
"""

import json
import logging
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
from prefect import Task, flow, unmapped
from prefect.artifacts import create_link_artifact, create_markdown_artifact, create_table_artifact
from prefect.events import emit_event
from prefect.task_runners import ProcessPoolTaskRunner, ThreadPoolTaskRunner

from flows.progress import results_of
from schemas.chat import Account
from schemas.config.build import (
    PipelineConfig,
    RunnerConfig,
    RunnerKind,
    SourceConfig,
    SourceKind,
    load_config,
)
from schemas.dataset_folder import VALIDATION
from tasks.artifact import remove_partials
from tasks.extract.stage import extract_shard
from tasks.ingest.stage import check_losses, ingest_shard
from tasks.judge.stage import judge_shard
from tasks.leakage.exclude import exclude_shard, list_files
from tasks.photographs.stage import digest_photographs, examine_shard, open_photographs
from tasks.plan.stage import plan_build
from tasks.publish.card import cost_rows
from tasks.publish.costs import account_of, check_keys
from tasks.publish.funnel import FUNNEL, by_reason
from tasks.publish.stage import Inputs, publish_dataset
from tasks.render.stage import render_scenes
from tasks.select.stage import select_samples
from tasks.sources.stage import index_source, shard_names
from tasks.validate.stage import succeeded, validate_samples
from tasks.verify.stage import verify_shard
from tasks.write.stage import write_shard

PUBLISHED = "spatialthinker.dataset.published"


class BuildFailedError(RuntimeError):
    """The build ran, but its result must not be used; the message says where to look."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a build knows before anything is written; paths are per shard where there are many."""

    source: SourceConfig
    index: Path
    shards: list[str]
    scenes: list[Path]
    photographs: list[Path]
    subgraphs: list[Path]
    plan: Path
    excluded: list[Path]


@flow(name="plan")
def prepare_build(config: PipelineConfig, root: Path) -> Prepared:
    """All that costs no money: everything before write."""
    return _prepare(config, root)


@flow(name="build")
def build_dataset(config: PipelineConfig, root: Path) -> Path:
    """The dataset folder of a configuration."""
    check_keys(config)
    prepared = _prepare(config, root)
    dataset, is_new = _finish(config, prepared, account_of(config, root), root)
    if is_new:
        _announce(config, dataset)
    return dataset


def _prepare(config: PipelineConfig, root: Path) -> Prepared:
    remove_partials(root)
    source = config.source
    embed = config.images == "embed"
    num_workers = _num_workers(config.runner)
    if source.kind is SourceKind.RENDERED:
        folder = _one(render_scenes, "scenes drawn", source.render, config.seed, embed, root)
        source = source.model_copy(update={"path": str(folder), "photographs": ()})
    index = _one(index_source, "images", source, num_workers, root)
    num_images = pl.scan_parquet(index).select(pl.len()).collect().item()
    shards = shard_names(num_images, config.runner.shard_size)

    scenes = _each(
        ingest_shard,
        "scenes",
        shard=shards,
        index_path=index,
        source=source,
        config=config.ingest,
        num_workers=num_workers,
        root=root,
    )
    check_losses(index, scenes, num_images, config.ingest.max_bad_share)
    photographs: list[Path] = []
    if embed:
        photographs = _each(
            examine_shard,
            "photographs",
            scenes_path=scenes,
            shard=shards,
            photographs_digest=digest_photographs(open_photographs(source, root)[1], root),
            source=source,
            config=config.ingest,
            root=root,
        )
    excluded: list[Path] = []
    if config.select.exclude:
        excluded = _each(
            exclude_shard,
            "pictures of benchmarks",
            scenes_path=scenes,
            photographs_path=photographs or None,
            shard=shards,
            lists=tuple(list_files(config.select.exclude)),
            source=source,
            root=root,
        )
    subgraphs = _each(
        extract_shard,
        "candidates",
        scenes_path=scenes,
        shard=shards,
        proof=config.proof_of_source,
        extract=config.extract,
        write=config.write,
        num_workers=num_workers,
        root=root,
        undecided=config.asks_undecided,
    )
    plan = _one(
        plan_build,
        "candidates weighed",
        subgraphs,
        photographs,
        config.quota,
        config.seed,
        root,
        excluded_paths=excluded,
    )
    return Prepared(source, index, shards, scenes, photographs, subgraphs, plan, excluded)


def _num_workers(runner: RunnerConfig) -> int:
    """Other runners spread shards over processes of their own."""
    return runner.max_workers if runner.kind is RunnerKind.THREADS else 1


def _finish(
    config: PipelineConfig, prepared: Prepared, account: Account, root: Path
) -> tuple[Path, bool]:
    """The dataset folder, and whether it was not there before."""
    source, shards, scenes = prepared.source, prepared.shards, prepared.scenes
    photographs = prepared.photographs
    questions = _each(
        write_shard,
        "questions",
        subgraphs_path=prepared.subgraphs,
        shard=shards,
        plan_path=prepared.plan,
        config=config.write,
        seed=config.seed,
        root=root,
        scenes_path=scenes,
        photographs_path=photographs or None,
        source=source,
        account=account,
    )
    verified = _each(
        verify_shard,
        "questions checked",
        questions_path=questions,
        scenes_path=scenes,
        shard=shards,
        proof=config.proof_of_source,
        num_workers=_num_workers(config.runner),
        root=root,
        is_judged=config.judge is not None,
    )
    judged: list[Path] = []
    if config.judge:
        judged = _each(
            judge_shard,
            "questions judged",
            verified_path=verified,
            scenes_path=scenes,
            photographs_path=photographs,
            shard=shards,
            config=config.judge,
            source=source,
            account=account,
            root=root,
        )
    samples = _one(
        select_samples,
        "samples",
        judged or verified,
        scenes,
        photographs,
        config.quota,
        config.select,
        config.seed,
        root,
        blind_last=config.blind_last,
    )
    validation = _one(
        validate_samples,
        "validation report",
        samples,
        config.quota,
        config.select,
        root,
        judged_paths=judged,
        judge=config.judge,
    )
    if not succeeded(validation):
        raise BuildFailedError(
            "the dataset fails its validation and is not published: see "
            f"{validation / 'validation.html'}"
        )
    inputs = Inputs(
        prepared.index,
        scenes,
        photographs,
        prepared.subgraphs,
        prepared.plan,
        questions,
        verified,
        judged,
        samples,
        validation,
        prepared.excluded,
    )
    future = publish_dataset.submit(config, source, inputs, root)
    (dataset,) = results_of("publish", [future], "dataset")
    return dataset, future.state.name != "Cached"


def _one(task: Task[..., Any], unit: str, *arguments: Any, **named: Any) -> Path:
    """Run a stage that is one task; lists of paths are its arguments, not tasks of their own."""
    name = task.name.split("_")[0]
    return results_of(name, [task.submit(*arguments, **named)], unit)[0]


def _each(task: Task[..., Any], unit: str, **arguments: Any) -> list[Path]:
    """Run a stage once per shard: arguments that are lists are dealt out, others are shared."""
    dealt: dict[str, Any] = {
        name: value if isinstance(value, list) else unmapped(value)
        for name, value in arguments.items()
    }
    name = {"examine_shard": "photographs"}.get(task.name, task.name.split("_")[0])
    return results_of(name, list(task.map(**dealt)), unit)


def _announce(config: PipelineConfig, dataset: Path) -> None:
    """Prefect artifacts with the funnel, what models took and said, and the validation, and the
    event that training awaits."""
    manifest = json.loads((dataset / "manifest.json").read_text(encoding="utf-8"))
    funnel = by_reason(pl.DataFrame(manifest["funnel"], schema=FUNNEL))
    key = f"{config.name}-{dataset.name}".replace("_", "-").replace(".", "-")
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


@flow(name="build-from-file")
def build_from_file(config: str, settings: list[str] | None = None, root: str = "data") -> str:
    """For deployments and schedules: the dataset folder of a configuration file, after settings
    of the form key=value."""
    for name in ("flows", "tasks"):
        logging.getLogger(name).setLevel(logging.INFO)
    loaded = load_config(Path(config), tuple(settings or ()))
    return str(run_build(loaded, Path(root)))


def run_build(config: PipelineConfig, root: Path) -> Path:
    """Build with the task runner that the configuration asks for."""
    result: Path = build_dataset.with_options(task_runner=_runner(config.runner))(config, root)
    return result


def run_preparation(config: PipelineConfig, root: Path) -> Prepared:
    """Everything before write, with the task runner that the configuration asks for."""
    flow_ = prepare_build.with_options(task_runner=_runner(config.runner))
    result: Prepared = flow_(config, root)
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
