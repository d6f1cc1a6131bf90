"""Publish: the dataset folder, which appears complete or not at all.

Reads samples, their validation, ledgers and photographs; writes Parquet shards (photographs as
their original bytes, once per row group), the card, the Croissant description, the manifest, the
ledger, usage.json and report.html. Neither the card, the usage nor the report is part of what a
dataset is named by.
"""

import json
import logging
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq

from schemas.config.build import PipelineConfig
from schemas.dataset_folder import (
    DATA,
    VALIDATION,
    name_of_dataset,
    read_manifest,
    refuse_changed,
    refuse_strays,
    sample_files,
)
from schemas.file_digests import digest_store, file_digests
from schemas.replacing import move_folder, removed_at_last, replacing
from tasks.artifact import Artifact, State, digests_of, move_aside, seal_artifact, sealed_content
from tasks.photographs.store import SourcePhotographs, open_photographs
from tasks.publish.card import render_card
from tasks.publish.costs import cost_of_rows, prices_of
from tasks.publish.croissant import describe
from tasks.publish.inputs import Inputs
from tasks.publish.ledger import write_ledger
from tasks.publish.manifest import build_manifest
from tasks.publish.shards import write_split
from tasks.publish.usage import write_usage
from tasks.report.report import write_report
from tasks.sources.readers import reader_of
from tasks.stage import Build, Job, Settings, Stage
from tasks.validate.page import PAGE
from tasks.validate.results import results_of
from tasks.validate.stage import draw_page
from tasks.write.override import provenance_of

VERSION = 9
logger = logging.getLogger(__name__)


def write_files(folder: Path, job: Job, store: SourcePhotographs | None) -> dict[str, Any]:
    """Write the files of the dataset that its digest covers, its manifest and the page of its
    validation into an existing, empty folder; returns the manifest. Without a store, samples are
    without photographs."""
    config, inputs = job.config, Inputs.of(job)
    write_ledger(config, inputs, folder / "ledger.parquet")
    samples, sizes = costed_samples(job), {}
    if store:
        known = pl.scan_parquet(list(inputs.photographs)).select("image_id", "num_bytes")
        sizes = dict(known.drop_nulls().collect().iter_rows())
    (folder / DATA).mkdir()
    for split in ("train", "val"):
        write_split(samples, split, store, sizes, config.publish, folder / DATA)
    shutil.copytree(
        inputs.validation, folder / VALIDATION, ignore=lambda *_: [PAGE]
    )  # the page is drawn below, with the name that is not known yet
    stages = {
        stage: {"recipe": digests_of(paths), "content": sealed_content(paths)}
        for stage, paths in job.inputs.items()
    }
    counted = samples.select("image_id", "split", "category", "level").collect()
    manifest = build_manifest(config, inputs, stages, counted, folder)
    text = json.dumps(manifest, indent=2, ensure_ascii=False)
    (folder / "manifest.json").write_text(text + "\n", encoding="utf-8")
    name = name_of_dataset(manifest)
    made = {"configuration": manifest["config_digest"], "dataset": name}
    draw_page(folder / VALIDATION, results_of(inputs.validation), made, name)
    return manifest


def costed_samples(job: Job) -> pl.LazyFrame:
    samples = pl.scan_parquet(job.path("select"))
    names = samples.collect_schema().names()
    return samples.with_columns(cost=cost_of_rows(names, job.config).round(6))


def write_dataset(folder: Path, job: Job) -> str:
    """Write all files of the dataset but its report into an existing, empty folder; returns its
    digest."""
    manifest = write_files(folder, job, photographs(job))
    write_usage(folder, manifest, job.inputs)
    shortcuts = results_of(folder / VALIDATION)["shortcuts"]
    card = render_card(manifest, costed_samples(job), shortcuts)
    (folder / "README.md").write_text(card, encoding="utf-8")
    rights = reader_of(job.source.kind, job.source.own_licence).rights
    description = describe(manifest, pq.read_schema(sample_files(folder)[0]), rights)
    text = json.dumps(description, indent=2, ensure_ascii=False)
    (folder / "croissant.json").write_text(text + "\n", encoding="utf-8")
    digest: str = manifest["digest"]
    return digest


def photographs(job: Job) -> SourcePhotographs | None:
    """Those of the source; None where the dataset is to have none."""
    return open_photographs(job.source, job.root)[0] if job.config.images == "embed" else None


def publish(job: Job) -> Path:
    """Write the dataset to the folder that its content names, and the artifact that names it."""
    datasets = job.root / "datasets" / job.config.name
    with removed_at_last(datasets / job.artifact.digest) as partial:
        folder = datasets / write_dataset(partial, job)
        if folder.exists() and problem_of_files(folder, job.root):
            move_aside(folder, job.root)
        is_new = not folder.exists()
        shown, workers = partial if is_new else folder, job.config.runner.max_workers
        write_report(shown, job.root, photographs(job), workers)
        if is_new:
            move_folder(partial, folder)
    place = folder.relative_to(job.root).as_posix()
    with replacing(job.artifact.path) as written:
        written.write_text(json.dumps({"dataset": place}) + "\n", encoding="utf-8")
    seal_artifact(job.artifact)
    logger.info("publish: %s", folder)
    return job.artifact.path


def published_folder(path: Path) -> Path:
    """The dataset folder that an artifact of this stage names."""
    root = path.parents[2]
    place: str = json.loads(path.read_text(encoding="utf-8"))["dataset"]
    return root / place


def look(artifact: Artifact) -> tuple[State, str]:
    folder = published_folder(artifact.path)
    if not folder.exists():
        return "missing", ""
    problem = problem_of_files(folder, artifact.root)
    return ("damaged", problem) if problem else ("complete", "")


def problem_of_files(folder: Path, root: Path) -> str:
    """What differs from what was published; empty where nothing differs."""
    try:
        manifest = read_manifest(folder)
        refuse_changed(folder, manifest)
        refuse_strays(folder, manifest)
        files = manifest["files"]
        found = file_digests([folder / name for name in files], digest_store(root))
    except (ValueError, OSError) as error:
        return str(error)
    changed = [name for name, facts in files.items() if found[folder / name] != facts["sha256"]]
    return f"{folder / changed[0]} differs from what was published" if changed else ""


def settings(config: PipelineConfig) -> Settings:
    return {"config": config, **prices_of(config)}


def files(build: Build) -> Mapping[str, str]:
    """The manifest says which file took the place of a stage, which its rows alone do not show."""
    given = provenance_of(build.made["write"][0])
    return {"override": f"{given['file']} {given['sha256']}"} if given else {}


STAGE = Stage(
    name="publish",
    version=VERSION,
    unit="dataset",
    work=publish,
    reads=None,
    settings=settings,
    files=files,
    suffix=".json",
    look=look,
)
