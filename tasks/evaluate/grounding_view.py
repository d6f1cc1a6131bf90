"""What the report of an evaluation shows of grounding: figures by category, how often graph and
answer are both right, and where models look."""

from collections.abc import Sequence
from typing import Any

import polars as pl

from evaluation.grounding_tables import MEASURED, graph_against_answer, summarize
from tasks.evaluate.view import title_of

Row = dict[str, Any]
CASES = {
    (True, True): "graph right, answer right",
    (True, False): "graph right, answer wrong",
    (False, True): "graph wrong, answer right",
    (False, False): "graph wrong, answer wrong",
}


def grounding_view(grounding: pl.DataFrame, models: Sequence[str]) -> list[Row]:
    """One entry per benchmark and subset, models side by side: those that wrote any scene."""
    found = []
    for benchmark, subset in (
        grounding.select("benchmark", "subset").unique(maintain_order=True).rows()
    ):
        part = grounding.filter(
            pl.col("benchmark") == benchmark, pl.col("subset").eq_missing(subset)
        )
        entries = [_entry(model, part.filter(pl.col("model") == model)) for model in models]
        told = [entry for entry in entries if entry["total"]]
        broken = part.filter(pl.col("gold_problem").is_not_null()).unique(
            "item_id", maintain_order=True
        )
        found.append(
            {
                "title": f"{title_of(benchmark)}{f', {subset}' if subset else ''}",
                "models": told,
                "num_broken": broken.height,
                "broken": next(iter(broken.select("item_id", "gold_problem").rows()), None),
                "categories": _categories(told),
            }
        )
    return found


def _entry(model: str, part: pl.DataFrame) -> Row:
    rows = summarize(part).to_dicts()
    table = graph_against_answer(part)
    return {
        "model": model,
        "total": rows[0] if rows else None,
        "rows": rows[1:],
        "cases": [{"name": CASES[key], "key": key, "count": table[key]} for key in CASES],
        "right_given_graph": _share(table[True, True], table[True, False]),
        "right_without_graph": _share(table[False, True], table[False, False]),
        "num_items": part.filter(MEASURED).height,
    }


def _share(right: int, wrong: int) -> float | None:
    return right / (right + wrong) if right + wrong else None


def _categories(entries: Sequence[Row]) -> list[str]:
    return sorted({row["category"] or "" for entry in entries for row in entry["rows"]})
