"""Publish: the dataset folder, which appears complete or not at all.

Reads samples, their validation, ledgers and photographs; writes Parquet shards (photographs as
their original bytes, once per row group), the card, the Croissant description, the manifest, the
ledger, usage.json and report.html. Neither the card, the usage nor the report is part of what a
dataset is named by.
"""

import json
import logging
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import file_digest, sha256
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq

from schemas.code_version import code_version
from schemas.config.build import PipelineConfig
from schemas.config.section import config_digest
from schemas.dataset_folder import (
    DATA,
    VALIDATION,
    name_of_dataset,
    read_manifest,
    sample_files,
)
from schemas.file_digests import digest_store, file_digests
from schemas.ledger import LEDGER
from schemas.replacing import move_folder, removed_at_last, replacing
from tasks.artifact import (
    Artifact,
    State,
    digests_of,
    ledger_path_of,
    move_aside,
    seal_artifact,
    sealed_content,
)
from tasks.judge.summary import judge_summary
from tasks.photographs.stage import SourcePhotographs, open_photographs
from tasks.plan.quota import plan_quotas, shortfalls
from tasks.publish.card import render_card
from tasks.publish.costs import cost_of_rows, count_costs, count_unanswered, prices_of
from tasks.publish.croissant import describe
from tasks.publish.funnel import (
    count_photographs,
    count_questions,
    count_scenes,
    count_testimony,
    count_unselected,
)
from tasks.publish.shards import plain_table, write_split
from tasks.publish.usage import write_usage
from tasks.report.report import write_report
from tasks.sources.readers import reader_of
from tasks.stage import Build, Job, Settings, Stage
from tasks.validate.page import PAGE
from tasks.validate.results import results_of
from tasks.validate.stage import draw_page
from tasks.write.override import provenance_of

VERSION = 9
LIBRARIES = ("polars", "pyarrow", "pillow", "great-expectations", "numpy", "scipy")
"""Packages that the stages use: the manifest records their versions."""
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a build has made, stage by stage."""

    index: Path
    scenes: Sequence[Path]
    photographs: Sequence[Path]
    subgraphs: Sequence[Path]
    plan: Path
    questions: Sequence[Path]
    verified: Sequence[Path]
    judged: Sequence[Path]
    samples: Path
    validation: Path
    excluded: Sequence[Path] = ()
    testimony: Sequence[Path] = ()

    @classmethod
    def of(cls, job: Job) -> "Inputs":
        return cls(
            index=job.path("index"),
            scenes=job.paths("ingest"),
            photographs=job.paths("photographs"),
            subgraphs=job.paths("extract"),
            plan=job.path("plan"),
            questions=job.paths("write"),
            verified=job.paths("verify"),
            judged=job.paths("judge"),
            samples=job.path("select"),
            validation=job.path("validate"),
            excluded=job.paths("exclude"),
            testimony=job.paths("witness"),
        )

    @property
    def last(self) -> Sequence[Path]:
        """The questions that select reads: judged, or else verified."""
        return self.judged or self.verified


def write_ledger(config: PipelineConfig, inputs: Inputs, path: Path) -> None:
    """Write every row that any stage lost or repaired, one stage at a time, with what models cost
    for it in US dollars."""
    read = (inputs.index, *inputs.scenes, *inputs.testimony)
    scenes = [ledger_path_of(path) for path in read]
    parts = [pl.scan_parquet(scenes)]
    for stage, pictures in (("photographs", inputs.photographs), ("exclude", inputs.excluded)):
        if not pictures:
            continue
        parts.append(
            pl.scan_parquet(list(pictures))
            .filter(pl.col("reason").is_not_null())
            .select(
                stage=pl.lit(stage),
                image_id="image_id",
                item=pl.lit("image"),
                action=pl.lit("drop"),
                reason="reason",
                detail="detail",
            )
        )
    # What a file asks although plan did not choose it is not lost there.
    written = pl.scan_parquet(list(inputs.questions)).select("question_id")
    parts.append(
        pl.scan_parquet(inputs.plan)
        .filter(pl.col("reason").is_not_null())
        .join(written, on="question_id", how="anti", maintain_order="left")
        .select(
            stage=pl.lit("plan"),
            image_id="image_id",
            item="question_id",
            action=pl.lit("drop"),
            reason="reason",
            detail=pl.lit(None, pl.String),
        )
    )
    parts = [part.with_columns(cost=pl.lit(None, pl.Float64)) for part in parts]
    questions = pl.scan_parquet(list(inputs.last))
    paid = cost_of_rows(questions.collect_schema().names(), config)
    costs = questions.select(item="question_id", cost=paid.round(6))
    unselected = pl.scan_parquet(ledger_path_of(inputs.samples))
    spent = unselected.join(costs, on="item", how="left", maintain_order="left")
    parts.append(spent.with_columns(cost=pl.when(pl.col("action") == "drop").then("cost")))
    columns = {**LEDGER, "cost": pl.Float64()}
    schema = plain_table(pl.DataFrame(schema=columns).to_arrow()).schema
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for part in parts:
            writer.write_table(plain_table(part.select(*columns).collect().to_arrow()))


def build_funnel(inputs: Inputs) -> pl.DataFrame:
    return pl.concat(
        [
            count_scenes(inputs.index, inputs.scenes),
            count_testimony(inputs.testimony),
            count_photographs("photographs", inputs.photographs, "sound"),
            count_photographs("exclude", inputs.excluded, ""),
            count_questions("extract", inputs.subgraphs, "candidates"),
            count_questions("plan", [inputs.plan], "planned"),
            count_questions("write", inputs.questions, "written"),
            count_questions("verify", inputs.verified, "holding", before=inputs.questions),
            count_questions("judge", inputs.judged, "kept", before=inputs.verified),
            count_questions("select", [inputs.samples], "samples"),
            count_unselected(ledger_path_of(inputs.samples)),
        ]
    )


def build_manifest(
    config: PipelineConfig,
    inputs: Inputs,
    stages: Mapping[str, Mapping[str, str]],
    samples: pl.DataFrame,
    folder: Path,
) -> dict[str, Any]:
    """All facts about a dataset whose files are in a folder. `digest` covers all other entries but
    `code`, the contents of the files included: it names the dataset. Code that makes the same
    makes the same dataset."""
    quotas = plan_quotas(config.quota, config.quota.num_samples)
    paths = [folder / "ledger.parquet", *sample_files(folder), *(folder / VALIDATION).glob("*.*")]
    files = {
        path.relative_to(folder).as_posix(): {"bytes": path.stat().st_size, "sha256": _sha256(path)}
        for path in sorted(paths)
    }
    facts = {
        "name": config.name,
        "seed": config.seed,
        "config": config.model_dump(mode="json"),
        "config_digest": config_digest(config),
        "stages": stages,
        "versions": {
            "spatialthinker": version_of("spatialthinker"),
            **{name: version_of(name) for name in LIBRARIES},
        },
        "num_samples": samples.height,
        "num_images": samples["image_id"].n_unique(),
        "splits": dict(samples.group_by("split").len().sort("split").iter_rows()),
        "quotas": shortfalls(samples, quotas).to_dicts(),
        "models": {section: chat.model for section, chat in config.chats.items()},
        "costs": count_costs(inputs.last, samples, config).to_dicts(),
        "judging": judge_summary(inputs.judged, config.judge) if config.judge else None,
        "num_unanswered": count_unanswered(inputs.last),
        "funnel": build_funnel(inputs).to_dicts(),
        "files": files,
    }
    if given := provenance_of(inputs.questions[0]):
        facts["overrides"] = {"write": given}
    text = json.dumps(facts, sort_keys=True)
    digest = sha256(text.encode()).hexdigest()[:16]
    return {"name": config.name, "digest": digest, "code": code_version()._asdict(), **facts}


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return file_digest(stream, "sha256").hexdigest()


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
    manifest = build_manifest(config, inputs, stages, samples, folder)
    text = json.dumps(manifest, indent=2, ensure_ascii=False)
    (folder / "manifest.json").write_text(text + "\n", encoding="utf-8")
    name = name_of_dataset(manifest)
    made = {"configuration": manifest["config_digest"], "dataset": name}
    draw_page(folder / VALIDATION, results_of(inputs.validation), made, name)
    return manifest


def costed_samples(job: Job) -> pl.DataFrame:
    samples = pl.read_parquet(job.path("select"))
    return samples.with_columns(cost=cost_of_rows(samples.columns, job.config).round(6))


def write_dataset(folder: Path, job: Job) -> str:
    """Write all files of the dataset but its report into an existing, empty folder; returns its
    digest."""
    manifest = write_files(folder, job, photographs(job))
    write_usage(folder, manifest, job.inputs)
    shortcuts = results_of(folder / VALIDATION)["shortcuts"]
    card = render_card(manifest, costed_samples(job), shortcuts)
    (folder / "README.md").write_text(card, encoding="utf-8")
    rights = reader_of(job.config.source.kind).rights
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
    """What differs from the manifest; empty where nothing differs."""
    try:
        files = read_manifest(folder)["files"]
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
