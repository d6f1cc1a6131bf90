"""Overview: what a report says of the whole dataset, counted from its own files."""

import json
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import polars as pl

from schemas.claim import Category
from schemas.code_version import CodeVersion
from schemas.completion.publish import LETTERS
from schemas.dataset_folder import VALIDATION, name_of_dataset
from schemas.proof.evidence import Standing
from schemas.question import LEVELS
from schemas.review import reviews_of
from tasks.diff.record import Record
from tasks.judge.votes import Verdict
from tasks.publish.card import cost_rows, dollars_told
from tasks.publish.funnel import FUNNEL, by_reason, stages_counted
from tasks.review.calibration import calibrations
from tasks.review.precision import agreements, precisions, reviewed_of
from tasks.validate.page import judging_tables, shortcut_table, verdict

MARGINS = (1.0, 1.1, 1.25, 1.5, 2.0, 3.0, 5.0, 10.0)
"""Where one bar of the margins ends and the next begins; 1 is just enough."""
STANDINGS = [standing.value for standing in Standing if standing is not Standing.REFUTED]
"""The evidence that an answer may have, the surest first."""
Row = dict[str, Any]


def overview_of(record: Record, published: pl.DataFrame, num_shown: int | None = None) -> Row:
    """`published` are all samples: rows of tasks.report.questions.COUNTED; `num_shown` how many of
    them the report shows, None for all."""
    manifest = record.manifest
    text = (record.folder / VALIDATION / "results.json").read_text(encoding="utf-8")
    results = json.loads(text)
    reviewed = reviewed_of(record.folder, record.root, manifest["name"])
    reviews = reviews_of(record.root, manifest["name"])
    return {
        "name": manifest["name"],
        "dataset": name_of_dataset(manifest),
        "about": {
            "dataset": name_of_dataset(manifest),
            "source": f"{manifest['config']['source']['kind']}, seed {manifest['config']['seed']}",
            **_questions_file(manifest),
            "configuration": manifest["config_digest"],
            "code": str(CodeVersion(**manifest["code"])),
            **{
                section.removesuffix(".chat"): model
                for section, model in manifest["models"].items()
            },
        },
        "manifest": manifest,
        "num_shown": published.height if num_shown is None else num_shown,
        "verdict": verdict(results),
        "num_pairs": published["pair_id"].drop_nulls().n_unique(),
        "images": image_losses(manifest),
        "flow": question_flow(manifest),
        "quotas": quota_table(manifest["quotas"]),
        "levels": LEVELS,
        "letters": letter_table(published),
        "predicates": counted(published, "predicate"),
        "skeletons": results["numbers"]["skeletons"],
        "standings": STANDINGS,
        "evidence": evidence_table(published),
        "steps": MARGINS,
        "margins": margin_table(published),
        "shortcuts": shortcut_table(results["shortcuts"]),
        "judging": manifest["judging"] and judging_tables(manifest["judging"]),
        "verdicts": [entry.value for entry in Verdict],
        "reviews": precisions(reviewed),
        "calibrations": calibrations(reviewed, reviews, record.root),
        "agreements": agreements(reviews),
        "costs": cost_rows(manifest),
        "dollars": dollars_told,
    }


def _questions_file(manifest: Row) -> dict[str, str]:
    """The file whose rows are the questions; nothing where the build wrote them."""
    given = manifest.get("overrides", {}).get("write")
    return {"questions": f"of {given['file']} (SHA-256 {given['sha256']})"} if given else {}


def image_losses(manifest: Mapping[str, Any]) -> list[Row]:
    """Per stage before there are questions: what it kept, and what it lost or repaired."""
    funnel = pl.DataFrame(manifest["funnel"], schema=FUNNEL)
    rows = by_reason(funnel.filter(~pl.col("stage").is_in(stages_counted(funnel))))
    return [
        {
            "stage": str(stage),
            "kept": group.filter(outcome="kept").select("reason", "rows").rows(),
            "changed": _by_number(group.filter(pl.col("outcome") != "kept")),
        }
        for (stage,), group in rows.group_by("stage", maintain_order=True)
    ]


def question_flow(manifest: Mapping[str, Any]) -> list[Row]:
    """Per stage that handles questions: how many came, how many it kept, both also as shares, and
    how many it lost by reason. Shares are of all candidates as far as plan, which leaves most of
    them, and after it of the planned questions."""
    funnel = pl.DataFrame(manifest["funnel"], schema=FUNNEL)
    rows = by_reason(funnel)
    flow: list[Row] = []
    for stage in stages_counted(funnel):
        of_stage = rows.filter(stage=stage)
        kept = int(of_stage.filter(outcome="kept")["rows"].sum())
        came = flow[-1]["kept"] if flow else kept
        is_anew = bool(flow) and flow[-1]["stage"] == "plan"
        whole = came if is_anew or not flow else flow[-1]["whole"]
        flow.append(
            {
                "stage": stage,
                "came": came,
                "kept": kept,
                "lost": max(came - kept, 0),
                "whole": whole,
                "is_anew": is_anew,
                "came_share": came / max(whole, 1),
                "kept_share": kept / max(whole, 1),
                "reasons": _by_number(of_stage.filter(pl.col("outcome") != "kept")),
            }
        )
    return flow


def _by_number(rows: pl.DataFrame) -> list[Row]:
    """The most frequent first."""
    return rows.sort("rows", "reason", descending=[True, False]).to_dicts()


def quota_table(quotas: Sequence[Mapping[str, Any]]) -> list[Row]:
    """Per category what each level, and all together, wanted and got."""
    table = []
    for category in dict.fromkeys(str(row["category"]) for row in quotas):
        cells = {row["level"]: row for row in quotas if row["category"] == category}
        some = [cells.get(level, {"wanted": 0, "chosen": 0}) for level in LEVELS]
        total = {name: sum(cell[name] for cell in some) for name in ("wanted", "chosen")}
        table.append({"category": category, "cells": [*some, total]})
    return table


def letter_table(published: pl.DataFrame) -> list[Row]:
    """Per category, for each level, how many answers are each letter."""
    found = published.group_by("category", "level", "answer").len()
    counts = {row[:3]: row[3] for row in found.iter_rows()}
    return [
        {
            "category": category.value,
            "levels": [
                [counts.get((category.value, level, place), 0) for place in range(len(LETTERS))]
                for level in LEVELS
            ],
        }
        for category in Category
        if published.filter(category=category.value).height
    ]


def counted(published: pl.DataFrame, column: str) -> list[Row]:
    """The values of a column with their numbers, the most frequent first."""
    rows = published.group_by(value=column).agg(rows=pl.len()).drop_nulls()
    return rows.sort("rows", "value", descending=[True, False]).to_dicts()


def evidence_table(published: pl.DataFrame) -> list[Row]:
    """Per category, and in all, the number of answers of each of STANDINGS."""
    parts = [(category.value, published.filter(category=category.value)) for category in Category]
    return [
        {
            "category": name,
            "counts": [rows.filter(evidence=standing).height for standing in STANDINGS],
            "total": rows.height,
        }
        for name, rows in [*parts, ("all", published)]
        if rows.height
    ]


def margin_table(published: pl.DataFrame) -> list[Row]:
    """Per category how many answers have a margin in each step of MARGINS, the last one open;
    categories without margins are left out."""
    table = []
    for category in Category:
        margins = published.filter(category=category.value)["margin"].drop_nulls()
        if margins.len():
            steps = [*pairwise(MARGINS), (MARGINS[-1], float("inf"))]
            counts = [int(((margins >= low) & (margins < high)).sum()) for low, high in steps]
            table.append(
                {
                    "category": category.value,
                    "counts": counts,
                    "highest": max(counts),
                    "median": margins.median(),
                    "num": margins.len(),
                }
            )
    return table
