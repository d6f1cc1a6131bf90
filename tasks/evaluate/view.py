"""What the report of an evaluation shows of scores: models side by side, bars, what was read."""

from collections.abc import Mapping, Sequence
from math import sqrt
from typing import Any

import polars as pl

from evaluation.benchmarks.published import published_figure
from evaluation.benchmarks.registry import BENCHMARKS

EVERY_MODEL = "every model"
"""The model of a failure that happened before any model was asked."""
OFFICIAL, PAPER = "official", "paper_compatible"
NUM_COLORS = 8
"""Colours that the page has for models; further models repeat them."""
BAR, STEP, LABEL, PLOT = 12, 30, 130, 280
"""Sizes in a chart, in units of its SVG: heights of a bar and of a model's row, widths of the names
and of the bars."""

Row = dict[str, Any]


def title_of(benchmark: str) -> str:
    return BENCHMARKS[benchmark].title if benchmark in BENCHMARKS else benchmark


def is_own(benchmark: str) -> bool:
    """Whether the name is that of a dataset's validation split."""
    return benchmark in BENCHMARKS and BENCHMARKS[benchmark].is_own


def score_rows(scores: pl.DataFrame) -> list[Row]:
    """One row per benchmark and model: the main figure by both rules, what the paper reports for a
    model of that name, and their difference in standard errors."""
    rows = []
    main = scores.filter(pl.col("is_main"))
    for (benchmark, model), group in main.group_by("benchmark", "model", maintain_order=True):
        by_rule = {row["rule"]: row for row in group.iter_rows(named=True)}
        paper = with_published(by_rule[PAPER])
        rows.append(
            {
                "benchmark": str(benchmark),
                "title": title_of(str(benchmark)),
                "model": str(model),
                "official": by_rule[OFFICIAL],
                "paper": paper,
                "published": paper["published"],
                "apart": paper["apart"],
            }
        )
    return rows


def with_published(score: Row) -> Row:
    """A row of SCORE by the paper's rule, with what the paper reports for a model of that name and
    the difference in standard errors; these are None where there is nothing to compare."""
    published = None
    if score["category"] is None and score["benchmark"] in BENCHMARKS:
        figures = BENCHMARKS[score["benchmark"]].published
        published = published_figure(figures, score["subset"], score["model"])
    error = score["standard_error"]
    apart = (score["value"] - published) / error if published is not None and error else None
    return score | {"published": published, "apart": apart}


def benchmarks_of(scores: pl.DataFrame, failures: Sequence[Mapping[str, str]]) -> list[str]:
    """In the order of the registry, others after them by name."""
    found = {*scores["benchmark"], *(failure["benchmark"] for failure in failures)}
    known = list(BENCHMARKS)
    return sorted(found, key=lambda name: (known.index(name) if name in known else 99, name))


def comparison(
    scores: pl.DataFrame,
    rule: str,
    models: Sequence[str],
    failures: Sequence[Mapping[str, str]],
) -> list[Row]:
    """One row per benchmark and, where the rule has any, per subset below it; `cells` has one entry
    per model: a row of SCORE, or why there is none."""
    totals = scores.filter(pl.col("rule") == rule, pl.col("category").is_null())
    reasons = {(failure["model"], failure["benchmark"]): failure["message"] for failure in failures}
    rows = []
    for benchmark in benchmarks_of(scores, failures):
        of_benchmark = totals.filter(pl.col("benchmark") == benchmark)
        main = of_benchmark.filter(pl.col("is_main"))
        cells = [
            _cell(main, model)
            or {"failed": reasons.get((model, benchmark)) or reasons.get((EVERY_MODEL, benchmark))}
            for model in models
        ]
        rows.append(_line(benchmark, cells, is_main=True))
        others = of_benchmark.filter(~pl.col("is_main"))
        for metric, subset in others.select("metric", "subset").unique(maintain_order=True).rows():
            is_one = (pl.col("metric") == metric) & pl.col("subset").eq_missing(subset)
            part = others.filter(is_one)
            rows.append(_line(benchmark, [_cell(part, model) for model in models], is_main=False))
    return rows


def _cell(scores: pl.DataFrame, model: str) -> Row | None:
    found = scores.filter(pl.col("model") == model).to_dicts()
    return with_published(found[0]) if found else None


def _line(benchmark: str, cells: Sequence[Row | None], *, is_main: bool) -> Row:
    known = [cell for cell in cells if cell and "value" in cell]
    best = max((cell["value"] for cell in known), default=None)
    first = known[0] if known else None
    return {
        "benchmark": benchmark,
        "title": title_of(benchmark),
        "is_main": is_main,
        "metric": first and first["metric"],
        "subset": first and first["subset"],
        "constant_baseline": first and first["constant_baseline"],
        "num_items": first and first["num_items"],
        "cells": cells,
        "best": best if len(known) > 1 else None,
        "is_compared": any(cell["published"] is not None for cell in known),
    }


def mean_row(rows: Sequence[Row], num_models: int) -> Row | None:
    """The mean over the benchmarks on which every model was measured, without our own split; None
    where there are fewer than two."""
    complete = [
        row
        for row in rows
        if row["is_main"]
        and not is_own(row["benchmark"])
        and all(cell and "value" in cell for cell in row["cells"])
    ]
    if len(complete) < 2:
        return None
    cells = []
    for place in range(num_models):
        column = [row["cells"][place] for row in complete]
        errors = [cell["standard_error"] for cell in column]
        known = None if None in errors else sqrt(sum(error**2 for error in errors)) / len(errors)
        published = [cell["published"] for cell in column]
        cells.append(
            {
                "value": sum(cell["value"] for cell in column) / len(column),
                "standard_error": known,
                "published": None if None in published else sum(published) / len(published),
            }
        )
    best = max(cell["value"] for cell in cells) if num_models > 1 else None
    baseline = sum(row["constant_baseline"] for row in complete) / len(complete)
    return {"num": len(complete), "cells": cells, "best": best, "constant_baseline": baseline}


def charts(scores: pl.DataFrame, models: Sequence[str]) -> list[Row]:
    """Per benchmark one bar per model: its main figure by the official rule, a thinner bar below it
    by the paper's rule, and what the paper reports."""
    found = []
    rows = {(row["benchmark"], row["model"]): row for row in score_rows(scores)}
    for benchmark in benchmarks_of(scores, []):
        bars = [
            _bar(rows[benchmark, model], number * STEP, models.index(model))
            for number, model in enumerate(m for m in models if (benchmark, m) in rows)
        ]
        baseline = rows[benchmark, bars[0]["model"]]["official"]["constant_baseline"]
        found.append(
            {
                "title": title_of(benchmark),
                "metric": bars[0]["official"]["metric"],
                "bars": bars,
                "height": len(bars) * STEP,
                "baseline": _x(baseline),
                "constant": baseline,
            }
        )
    return found


def _bar(row: Row, y: int, color: int) -> Row:
    official, paper, published = row["official"], row["paper"], row["published"]
    error = official["standard_error"] or 0.0
    return {
        "model": row["model"],
        "color": color % NUM_COLORS,
        "y": y,
        "official": official,
        "paper": paper,
        "end": _x(official["value"]),
        "low": _x(max(official["value"] - error, 0.0)),
        "high": _x(min(official["value"] + error, 100.0)),
        "paper_end": _x(paper["value"]),
        "published": published,
        "published_x": None if published is None else _x(published),
    }


def _x(percent: float) -> float:
    return round(LABEL + percent * PLOT / 100, 1)


def category_tables(scores: pl.DataFrame, models: Sequence[str]) -> list[Row]:
    """Per benchmark its metrics by category, by the official rule, models side by side."""
    parts = scores.filter(pl.col("rule") == OFFICIAL, pl.col("category").is_not_null())
    tables = []
    for benchmark in benchmarks_of(parts, []):
        of_benchmark = parts.filter(pl.col("benchmark") == benchmark)
        keys = ["metric", "subset", "category"]
        names = of_benchmark.select(keys).unique(maintain_order=True).rows()
        lines = []
        for name in names:
            wanted = [pl.col(k).eq_missing(v) for k, v in zip(keys, name, strict=True)]
            part = of_benchmark.filter(*wanted)
            cells = [next(iter(part.filter(model=model).to_dicts()), None) for model in models]
            lines.append(
                {
                    **dict(zip(keys, name, strict=True)),
                    "cells": cells,
                    "constant_baseline": part["constant_baseline"][0],
                    "num_items": part["num_items"].max(),
                }
            )
        tables.append({"title": title_of(benchmark), "rows": lines})
    return tables


def reading_rows(scores: pl.DataFrame, answers: pl.DataFrame) -> list[Row]:
    """Per benchmark and model what could be read, and what replies took."""
    took = answers.group_by("model", "benchmark", maintain_order=True).agg(
        num_items=pl.len(),
        mean_tokens=pl.col("output_tokens").filter(pl.col("text").is_not_null()).mean(),
        cost=pl.when(pl.col("cost").count() > 0).then(pl.col("cost").sum()),
        unparsed_share=pl.col("is_unparsed").mean(),
        truncated_share=pl.col("is_truncated").mean(),
        error_share=pl.col("is_error").mean(),
        conflict_share=pl.col("conflict").mean(),
    )
    main = scores.filter(pl.col("is_main"), pl.col("rule") == OFFICIAL)
    left_out = {row[:2]: row[2] for row in main.select("model", "benchmark", "num_left_out").rows()}
    order = benchmarks_of(scores, [])
    rows = [
        row
        | {
            "title": title_of(row["benchmark"]),
            "num_left_out": left_out.get((row["model"], row["benchmark"]), 0),
        }
        for row in took.iter_rows(named=True)
    ]
    return sorted(rows, key=lambda row: order.index(row["benchmark"]))
