"""Publish: the dataset folder, which appears complete or not at all.

Reads samples, their validation, ledgers and photographs; writes Parquet shards (photographs as
their original bytes, once per row group), the card, the manifest and the ledger.
"""

import json
import logging
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import file_digest, sha256
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from schemas.columns import plain_type
from schemas.config.build import PipelineConfig
from schemas.dataset_folder import VALIDATION, read_manifest
from schemas.ledger import LEDGER
from schemas.replacing import removed_at_last, replacing
from tasks.artifact import (
    Artifact,
    State,
    digests_of,
    move_aside,
    seal_artifact,
    sealed_content,
)
from tasks.file_digests import digest_store, file_digests
from tasks.judge.summary import judge_summary
from tasks.photographs.stage import PhotographStore, open_photographs
from tasks.plan.quota import plan_quotas, shortfalls
from tasks.publish.card import render_card
from tasks.publish.costs import cost_of_rows, count_costs, count_unanswered, prices_of
from tasks.publish.funnel import (
    count_pictures,
    count_questions,
    count_scenes,
    count_unselected,
)
from tasks.stage import Job, Settings, Stage

VERSION = 4
LIBRARIES = ("polars", "pyarrow", "pillow", "great-expectations", "numpy", "scipy")
"""Packages that the stages use: the manifest records their versions."""
IMAGE = pa.list_(pa.struct([("bytes", pa.binary()), ("path", pa.string())]))
MAX_DICTIONARY = 1 << 30
"""Bytes of photographs in a row group up to which Parquet stores each of them once: far above the
row groups of the default configuration (32 MB)."""
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
        )

    @property
    def last(self) -> Sequence[Path]:
        """The questions that select reads: judged, or else verified."""
        return self.judged or self.verified


def cut_row_groups(sizes: Sequence[tuple[str, int]], limit: int) -> list[list[str]]:
    """Groups of image ids, in order, whose photographs and rows stay within `limit` bytes; an image
    is never in two groups."""
    groups: list[list[str]] = [[]]
    filled = 0
    for image_id, size in sizes:
        if groups[-1] and filled + size > limit:
            groups.append([])
            filled = 0
        groups[-1].append(image_id)
        filled += size
    return groups if groups[0] else []


def arrow_features(schema: pa.Schema) -> dict[str, Any]:
    """The schema as Hugging Face features, so that `images` loads as images."""
    return {
        field.name: (
            {"feature": {"_type": "Image"}, "_type": "Sequence"}
            if field.name == "images"
            else _feature(field.type)
        )
        for field in schema
    }


def _feature(kind: pa.DataType) -> Any:
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        inner = kind.value_type
        if pa.types.is_struct(inner):
            return [_feature(inner)]
        return {"feature": _feature(inner), "_type": "Sequence"}
    if pa.types.is_struct(kind):
        return {field.name: _feature(field.type) for field in kind}
    return {"dtype": str(kind).replace("double", "float64"), "_type": "Value"}


def _plain(table: pa.Table) -> pa.Table:
    fields = [(field.name, plain_type(field.type)) for field in table.schema]
    return table.cast(pa.schema(fields))


def write_split(
    samples: pl.DataFrame,
    split: str,
    store: PhotographStore | None,
    sizes: dict[str, int],
    config: PipelineConfig,
    folder: Path,
) -> None:
    """`<split>-00000-of-0000N.parquet` files of the samples, sorted by image."""
    rows = samples.filter(pl.col("split") == split)
    per_image = rows.group_by("image_id", maintain_order=True).len().iter_rows()
    weights = [(image_id, sizes.get(image_id, 0) + 4096 * number) for image_id, number in per_image]
    groups = cut_row_groups(weights, config.publish.row_group_megabytes << 20)
    weight_of = dict(weights)
    group_sizes = [
        (str(place), sum(weight_of[key] for key in group)) for place, group in enumerate(groups)
    ]
    shards = cut_row_groups(group_sizes, config.publish.max_shard_megabytes << 20)
    for number, shard in enumerate(shards):
        path = folder / f"{split}-{number:05d}-of-{len(shards):05d}.parquet"
        tables = (_row_group(rows, groups[int(place)], store) for place in shard)
        _write_parquet(tables, path)


def _row_group(
    rows: pl.DataFrame, image_ids: Sequence[str], store: PhotographStore | None
) -> pa.Table:
    part = rows.filter(pl.col("image_id").is_in(image_ids))
    table = _plain(part.to_arrow())
    if store is None:
        return table
    names = part.select("image_id", "photograph").rows()
    embedded = store.read_all(part) if store.rows else {}
    cache = {
        image_id: embedded[image_id] if store.rows else store.read(name)
        for image_id, name in dict(names).items()
    }
    images = [[{"bytes": cache[image_id], "path": name}] for image_id, name in names]
    return table.add_column(1, "images", pa.array(images, IMAGE))


def _write_parquet(tables: Iterator[pa.Table], path: Path) -> None:
    first = next(tables)
    features = {"info": {"features": arrow_features(first.schema)}}
    schema = first.schema.with_metadata({"huggingface": json.dumps(features)})
    # One dictionary per row group holds every photograph once, however many rows show it.
    with pq.ParquetWriter(
        path, schema, compression="zstd", dictionary_pagesize_limit=MAX_DICTIONARY
    ) as writer:
        for table in (first, *tables):
            writer.write_table(
                table.replace_schema_metadata(schema.metadata), row_group_size=len(table)
            )


def write_ledger(config: PipelineConfig, inputs: Inputs, path: Path) -> None:
    """Write every row that any stage lost or repaired, one stage at a time, with what models cost
    for it in US dollars."""
    scenes = [path.with_suffix(".ledger.parquet") for path in (inputs.index, *inputs.scenes)]
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
    parts.append(
        pl.scan_parquet(inputs.plan)
        .filter(pl.col("reason").is_not_null())
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
    unselected = pl.scan_parquet(inputs.samples.with_suffix(".ledger.parquet"))
    parts.append(unselected.join(costs, on="item", how="left", maintain_order="left"))
    columns = {**LEDGER, "cost": pl.Float64()}
    schema = _plain(pl.DataFrame(schema=columns).to_arrow()).schema
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for part in parts:
            writer.write_table(_plain(part.select(*columns).collect().to_arrow()))


def build_funnel(inputs: Inputs) -> pl.DataFrame:
    return pl.concat(
        [
            count_scenes(inputs.index, inputs.scenes),
            count_pictures("photographs", inputs.photographs, "sound"),
            count_pictures("exclude", inputs.excluded, ""),
            count_questions("extract", inputs.subgraphs, "candidates"),
            count_questions("plan", [inputs.plan], "planned"),
            count_questions("write", inputs.questions, "written"),
            count_questions("verify", inputs.verified, "holding", before=inputs.questions),
            count_questions("judge", inputs.judged, "kept", before=inputs.verified),
            count_questions("select", [inputs.samples], "samples"),
            count_unselected(inputs.samples.with_suffix(".ledger.parquet")),
        ]
    )


def build_manifest(
    config: PipelineConfig,
    inputs: Inputs,
    stages: Mapping[str, Mapping[str, str]],
    samples: pl.DataFrame,
    folder: Path,
) -> dict[str, Any]:
    """All facts about a dataset whose files are in a folder. `digest` covers all other entries,
    the contents of the files included: it names the dataset."""
    quotas = plan_quotas(config.quota, config.quota.num_samples)
    paths = [*folder.glob("*.parquet"), *(path for path in (folder / VALIDATION).glob("*.*"))]
    files = {
        path.relative_to(folder).as_posix(): {"bytes": path.stat().st_size, "sha256": _sha256(path)}
        for path in sorted(paths)
    }
    facts = {
        "name": config.name,
        "seed": config.seed,
        "config": config.model_dump(mode="json"),
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
    text = json.dumps(facts, sort_keys=True)
    return {"name": config.name, "digest": sha256(text.encode()).hexdigest()[:16], **facts}


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return file_digest(stream, "sha256").hexdigest()


def write_dataset(folder: Path, job: Job) -> str:
    """Write all files of the dataset into an existing, empty folder; returns its digest."""
    config, inputs = job.config, Inputs.of(job)
    write_ledger(config, inputs, folder / "ledger.parquet")
    samples = pl.read_parquet(inputs.samples)
    samples = samples.with_columns(cost=cost_of_rows(samples.columns, config).round(6))
    store, sizes = None, {}
    if config.images == "embed":
        store, _ = open_photographs(job.source, job.root)
        known = pl.scan_parquet(list(inputs.photographs)).select("image_id", "num_bytes")
        sizes = dict(known.drop_nulls().collect().iter_rows())
    for split in ("train", "val"):
        write_split(samples, split, store, sizes, config, folder)
    shutil.copytree(inputs.validation, folder / VALIDATION)
    stages = {
        stage: {"recipe": digests_of(paths), "content": sealed_content(paths)}
        for stage, paths in job.inputs.items()
    }
    manifest = build_manifest(config, inputs, stages, samples, folder)
    text = json.dumps(manifest, indent=2, ensure_ascii=False)
    (folder / "manifest.json").write_text(text + "\n", encoding="utf-8")
    results = json.loads((inputs.validation / "results.json").read_text(encoding="utf-8"))
    card = render_card(manifest, samples, results["shortcuts"])
    (folder / "README.md").write_text(card, encoding="utf-8")
    digest: str = manifest["digest"]
    return digest


def publish(job: Job) -> Path:
    """Write the dataset to the folder that its content names, and the artifact that names it."""
    datasets = job.root / "datasets" / job.config.name
    with removed_at_last(datasets / job.artifact.digest) as partial:
        folder = datasets / write_dataset(partial, job)
        if folder.exists() and problem_of_files(folder, job.root):
            move_aside(folder, job.root)
        if not folder.exists():
            partial.rename(folder)
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


STAGE = Stage(
    name="publish",
    version=VERSION,
    unit="dataset",
    work=publish,
    reads=None,
    settings=settings,
    suffix=".json",
    look=look,
)
