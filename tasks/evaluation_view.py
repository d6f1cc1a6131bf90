"""What the report of an evaluation shows: scores side by side, bars, and a choice of items."""

import io
from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl
from PIL import Image

from evaluation.benchmarks.registry import BENCHMARKS
from evaluation.images import ImageStore
from evaluation.paper_results import paper_result
from evaluation.prompting import question_of
from tasks.grounding import by_category, contingency

MAX_ITEMS = 200
PICTURE_SIDE = 360
BAR, GAP, LEFT, WIDTH = 16, 5, 150, 480
MAX_TEXT = 6_000


def title_of(label: str) -> str:
    return BENCHMARKS[label].title if label in BENCHMARKS else label


def score_rows(scores: pl.DataFrame) -> list[dict[str, Any]]:
    """One row per benchmark and model: the main figure by either rule, what the paper reports of a
    model of that name, and how many standard errors lie between."""
    main = scores.filter(pl.col("is_main"))
    rows = []
    for (benchmark, model), group in main.group_by("benchmark", "model", maintain_order=True):
        by_rule = {row["rule"]: row for row in group.iter_rows(named=True)}
        official, paper = by_rule["official"], by_rule["paper_compatible"]
        published = paper_result(str(benchmark), None, str(model))
        error = paper["standard_error"]
        apart = (paper["value"] - published) / error if published is not None and error else None
        rows.append(
            {
                "benchmark": str(benchmark),
                "title": title_of(str(benchmark)),
                "model": str(model),
                "official": official,
                "paper": paper,
                "published": published,
                "apart": apart,
            }
        )
    return rows


def charts(scores: pl.DataFrame) -> list[dict[str, Any]]:
    """Bars of the official main figure, one group per benchmark; lengths are in the units of an
    SVG that is WIDTH wide."""
    main = scores.filter(pl.col("is_main"), pl.col("rule") == "official")
    found, scale = [], (WIDTH - LEFT - 60) / 100
    for (benchmark,), group in main.group_by("benchmark", maintain_order=True):
        bars = []
        for number, row in enumerate(group.iter_rows(named=True)):
            error = (row["standard_error"] or 0.0) * scale
            end = LEFT + row["value"] * scale
            bars.append(
                {
                    "model": row["model"],
                    "value": row["value"],
                    "y": number * (BAR + GAP),
                    "length": row["value"] * scale,
                    "low": max(end - error, LEFT),
                    "high": end + error,
                }
            )
        baseline = group["constant_baseline"][0]
        found.append(
            {
                "title": title_of(str(benchmark)),
                "metric": group["metric"][0],
                "bars": bars,
                "height": len(bars) * (BAR + GAP),
                "baseline": LEFT + baseline * scale,
            }
        )
    return found


def grounding_tables(grounding: pl.DataFrame) -> list[dict[str, Any]]:
    """Per model and validation split: means by category, and how graphs and answers go together."""
    return [
        {
            "model": f"{model} on {title_of(str(benchmark))}",
            "rows": by_category(group).to_dicts(),
            "table": contingency(group),
            "num_items": group.height,
        }
        for (model, benchmark), group in grounding.group_by(
            "model", "benchmark", maintain_order=True
        )
    ]


def browser_items(
    answers: pl.DataFrame, grounding: pl.DataFrame, root: Path
) -> list[dict[str, Any]]:
    """At most MAX_ITEMS answers, the wrong ones first, evenly over models and benchmarks."""
    if answers.is_empty():
        return []
    turn = pl.int_range(pl.len()).over("model", "benchmark")
    chosen = (
        answers.sort("is_right", "benchmark", "model", "item_id", nulls_last=False)
        .with_columns(turn=turn)
        .sort("turn", "benchmark", "model")
        .head(MAX_ITEMS)
    )
    boxes = {
        (model, benchmark, item_id): found
        for model, benchmark, item_id, found in grounding.select(
            "model", "benchmark", "item_id", "boxes"
        ).iter_rows()
    }
    store, pictures = ImageStore(root), dict[str, str]()
    return [
        _shown(row, boxes.get((row["model"], row["benchmark"], row["item_id"])), store, pictures)
        for row in chosen.iter_rows(named=True)
    ]


def _shown(
    row: Mapping[str, Any],
    boxes: list[dict[str, Any]] | None,
    store: ImageStore,
    pictures: dict[str, str],
) -> dict[str, Any]:
    outcome = "error" if row["is_error"] else "unread" if row["is_unparsed"] else "wrong"
    for digest in row["images"]:
        if digest not in pictures:
            pictures[digest] = small_picture(store.read(digest))
    return {
        "model": row["model"],
        "benchmark": row["benchmark"],
        "title": title_of(row["benchmark"]),
        "item_id": row["item_id"],
        "category": row["category"] or "",
        "outcome": "right" if row["is_right"] else outcome,
        "question": question_of(row),
        "answer": row["answer"],
        "parsed": row["parsed"],
        "method": row["method"],
        "conflict": row["conflict"],
        "prompt": (row["prompt"] or "")[:MAX_TEXT],
        "reply": row["text"][:MAX_TEXT] if row["text"] is not None else None,
        "error": row["error"],
        "is_truncated": row["is_truncated"],
        "pictures": [pictures[digest] for digest in row["images"]],
        "width": row["width"],
        "height": row["height"],
        "boxes": [entry | {"box": entry["box"]} for entry in boxes or []],
        "why": row["item_id"] if boxes is not None else None,
    }


def small_picture(data: bytes) -> str:
    """A data URL of the picture, small enough for a page."""
    with Image.open(io.BytesIO(data)) as image:
        image.draft("RGB", (PICTURE_SIDE, PICTURE_SIDE))
        picture = image.convert("RGB")
    picture.thumbnail((PICTURE_SIDE, PICTURE_SIDE))
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=80)
    return f"data:image/jpeg;base64,{b64encode(buffer.getvalue()).decode()}"
