"""Manifest: all facts about a dataset, and the digest that names it."""

import json
from collections.abc import Mapping
from hashlib import file_digest, sha256
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Any

import polars as pl

from schemas.code_version import code_version
from schemas.config.build import PipelineConfig
from schemas.config.section import config_digest
from schemas.dataset_folder import VALIDATION, sample_files
from tasks.artifact import ledger_path_of
from tasks.judge.summary import judge_summary
from tasks.plan.quota import plan_quotas, shortfalls
from tasks.publish.costs import count_costs, count_unanswered
from tasks.publish.funnel import (
    count_photographs,
    count_questions,
    count_scenes,
    count_testimony,
    count_unselected,
)
from tasks.publish.inputs import Inputs
from tasks.write.override import provenance_of

LIBRARIES = ("polars", "pyarrow", "pillow", "great-expectations", "numpy", "scipy")
"""Packages that the stages use: the manifest records their versions."""


def build_manifest(
    config: PipelineConfig,
    inputs: Inputs,
    stages: Mapping[str, Mapping[str, str]],
    samples: pl.DataFrame,
    folder: Path,
) -> dict[str, Any]:
    """All facts about a dataset whose files are in a folder, and whose samples have these image_id,
    split, category and level. `digest` covers all other entries but
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
