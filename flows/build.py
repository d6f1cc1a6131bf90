"""The build: Visual Genome in, validated dataset out.

    render → index → ingest → photographs → extract → plan → write → verify
           → select → validate → publish → (event spatialthinker.dataset.published)

Stages between index and select run per shard. Every task that finds its artifact returns at once,
so the same call after a crash does only what is missing.
"""

import json
import logging
import os
from pathlib import Path
from typing import Any

import polars as pl
from prefect import Task, flow, unmapped
from prefect.artifacts import create_link_artifact, create_markdown_artifact, create_table_artifact
from prefect.events import emit_event
from prefect.task_runners import ProcessPoolTaskRunner, ThreadPoolTaskRunner

from flows.progress import results_of
from schemas.config import PipelineConfig, RunnerConfig, RunnerKind, SourceKind, load_config
from tasks.artifact import remove_partials
from tasks.extract import extract_shard
from tasks.funnel import FUNNEL, by_reason
from tasks.index import index_source, shard_names
from tasks.ingest import check_losses, ingest_shard
from tasks.photographs import digest_photographs, examine_shard, open_photographs
from tasks.plan import plan_build
from tasks.publish import VALIDATION, Inputs, publish_dataset
from tasks.render import render_scenes
from tasks.select import select_samples
from tasks.validate import succeeded, validate_samples
from tasks.verify import verify_shard
from tasks.write import write_shard

PUBLISHED = "spatialthinker.dataset.published"


class BuildFailedError(RuntimeError):
    """The build ran, but its result must not be used; the message says where to look."""


@flow(name="build")
def build_dataset(config: PipelineConfig, root: Path) -> Path:
    """The dataset folder of a configuration."""
    remove_partials(root)
    source = config.source
    embed = config.images == "embed"
    # Other runners spread shards over processes of their own.
    num_workers = config.runner.max_workers if config.runner.kind is RunnerKind.THREADS else 1
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
    )
    plan = _one(
        plan_build, "candidates weighed", subgraphs, photographs, config.quota, config.seed, root
    )
    questions = _each(
        write_shard,
        "questions",
        subgraphs_path=subgraphs,
        shard=shards,
        plan_path=plan,
        config=config.write,
        seed=config.seed,
        root=root,
    )
    verified = _each(
        verify_shard,
        "questions checked",
        questions_path=questions,
        scenes_path=scenes,
        shard=shards,
        proof=config.proof_of_source,
        num_workers=num_workers,
        root=root,
    )
    samples = _one(
        select_samples,
        "samples",
        verified,
        scenes,
        photographs,
        config.quota,
        config.select,
        config.seed,
        root,
    )
    validation = _one(
        validate_samples, "validation report", samples, config.quota, config.select, root
    )
    if not succeeded(validation):
        raise BuildFailedError(
            "the dataset fails its validation and is not published: see "
            f"{validation / 'validation.html'}"
        )
    inputs = Inputs(
        index, scenes, photographs, subgraphs, plan, questions, verified, samples, validation
    )
    future = publish_dataset.submit(config, source, inputs, root)
    (dataset,) = results_of("publish", [future], "dataset")
    if future.state.name != "Cached":
        _announce(config, dataset)
    return dataset


def _one(task: Task[..., Any], unit: str, *arguments: Any) -> Path:
    """Run a stage that is one task; lists of paths are its arguments, not tasks of their own."""
    name = task.name.split("_")[0]
    return results_of(name, [task.submit(*arguments)], unit)[0]


def _each(task: Task[..., Any], unit: str, **arguments: Any) -> list[Path]:
    """Run a stage once per shard: arguments that are lists are dealt out, others are shared."""
    dealt: dict[str, Any] = {
        name: value if isinstance(value, list) else unmapped(value)
        for name, value in arguments.items()
    }
    name = {"examine_shard": "photographs"}.get(task.name, task.name.split("_")[0])
    return results_of(name, list(task.map(**dealt)), unit)


def _announce(config: PipelineConfig, dataset: Path) -> None:
    """Prefect artifacts with the funnel and the validation, and the event that training awaits."""
    manifest = json.loads((dataset / "manifest.json").read_text(encoding="utf-8"))
    funnel = by_reason(pl.DataFrame(manifest["funnel"], schema=FUNNEL))
    key = f"{config.name}-{dataset.name}".replace("_", "-").replace(".", "-")
    create_table_artifact(key=f"funnel-{key}", table=funnel.to_dicts(), description="Funnel")
    create_table_artifact(
        key=f"quotas-{key}", table=manifest["quotas"], description="Samples wanted and chosen"
    )
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
