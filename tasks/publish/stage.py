"""Publish: the dataset folder, which appears whole or not at all.

Reads samples, their validation, ledgers and photographs; writes Parquet shards (photographs as
their original bytes, once per row group), the card, the manifest and the ledger.
"""

import json
import logging
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import file_digest
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from prefect import State, task
from prefect.cache_policies import NO_CACHE
from prefect.states import Completed

from schemas.columns import plain_type
from schemas.config.build import PipelineConfig, SourceConfig
from schemas.dataset_folder import VALIDATION
from tasks.artifact import (
    digest_of,
    digest_of_all,
    inputs_of,
    plan_artifact,
    replacing_folder,
)
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
from tasks.sources.tables import LEDGER

VERSION = 3
LIBRARIES = ("polars", "pyarrow", "pillow", "great-expectations", "inflect", "numpy", "scipy")
IMAGE = pa.list_(pa.struct([("bytes", pa.binary()), ("path", pa.string())]))
MAX_DICTIONARY = 1 << 30
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

    @property
    def last(self) -> Sequence[Path]:
        """The questions as select sees them."""
        return self.judged or self.verified


def dataset_folder(root: Path, config: PipelineConfig, inputs: Inputs) -> Path:
    """Where the dataset of these inputs belongs."""
    paths = inputs_of(
        index=inputs.index,
        plan=inputs.plan,
        samples=inputs.samples,
        validation=inputs.validation,
    )
    settings = config.publish
    digest = plan_artifact(
        root,
        "publish",
        version=VERSION,
        config={
            "publish": settings,
            "name": config.name,
            "images": config.images,
            **prices_of(config),
        },
        inputs=paths,
    ).digest
    return root / "datasets" / config.name / digest


def cut_row_groups(sizes: Sequence[tuple[str, int]], limit: int) -> list[list[str]]:
    """Image ids, in order, in groups whose photographs and rows stay within `limit` bytes; an
    image is never in two groups."""
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
    """Every row that any stage lost or repaired, one stage at a time, and what models took for it
    in US dollars."""
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
    config: PipelineConfig, inputs: Inputs, samples: pl.DataFrame, folder: Path
) -> dict[str, Any]:
    quotas = plan_quotas(config.quota, config.quota.num_samples)
    digests = {
        "index": digest_of(inputs.index),
        "scenes": digest_of(inputs.scenes[0]),
        "photographs": digest_of(inputs.photographs[0]) if inputs.photographs else None,
        "excluded": digest_of(inputs.excluded[0]) if inputs.excluded else None,
        "subgraphs": digest_of(inputs.subgraphs[0]),
        "plan": digest_of(inputs.plan),
        "questions": digest_of_all(inputs.questions),
        "verified": digest_of_all(inputs.verified),
        "judged": digest_of_all(inputs.judged) or None,
        "samples": digest_of(inputs.samples),
        "validation": digest_of(inputs.validation),
    }
    files = {}
    for path in sorted(folder.glob("*.parquet")):
        with path.open("rb") as stream:
            digest = file_digest(stream, "sha256").hexdigest()
        files[path.name] = {"bytes": path.stat().st_size, "sha256": digest}
    return {
        "name": config.name,
        "digest": digest_of(folder),
        "seed": config.seed,
        "config": config.model_dump(mode="json"),
        "artifacts": digests,
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


def write_dataset(
    folder: Path, config: PipelineConfig, source: SourceConfig, inputs: Inputs, root: Path
) -> None:
    """All files of the dataset into an existing, empty folder."""
    write_ledger(config, inputs, folder / "ledger.parquet")
    samples = pl.read_parquet(inputs.samples)
    samples = samples.with_columns(cost=cost_of_rows(samples.columns, config).round(6))
    store, sizes = None, {}
    if config.images == "embed":
        store, _ = open_photographs(source, root)
        known = pl.scan_parquet(list(inputs.photographs)).select("image_id", "num_bytes")
        sizes = dict(known.drop_nulls().collect().iter_rows())
    for split in ("train", "val"):
        write_split(samples, split, store, sizes, config, folder)
    shutil.copytree(inputs.validation, folder / VALIDATION)
    manifest = build_manifest(config, inputs, samples, folder)
    text = json.dumps(manifest, indent=2, ensure_ascii=False)
    (folder / "manifest.json").write_text(text + "\n", encoding="utf-8")
    results = json.loads((inputs.validation / "results.json").read_text(encoding="utf-8"))
    card = render_card(manifest, samples, results["shortcuts"])
    (folder / "README.md").write_text(card, encoding="utf-8")


@task(cache_policy=NO_CACHE)
def publish_dataset(
    config: PipelineConfig, source: SourceConfig, inputs: Inputs, root: Path
) -> Path | State[Path]:
    folder = dataset_folder(root, config, inputs)
    if folder.exists():
        return Completed(name="Cached", data=folder)
    with replacing_folder(folder) as partial:
        write_dataset(partial, config, source, inputs, root)
    logger.info("publish: %s", folder)
    return folder
