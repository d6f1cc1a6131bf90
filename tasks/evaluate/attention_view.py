"""What the report of an evaluation shows of attention: the focus of each layer on the gold boxes,
as a plot and a table for each benchmark."""

from math import ceil
from typing import Any

import polars as pl

from tasks.evaluate.view import title_of

LEFT, RIGHT, TOP, BOTTOM = 36, 452, 10, 206
"""The area of the plot, in units of its SVG, which is 470 by 240."""
MOST_TICKS = 8
"""Numbers of layers below the plot for which there is room."""
NUM_DASHES = 4
"""Kinds of dashes that the page has for curves; further ones repeat them."""

Row = dict[str, Any]


def attention_view(focus: pl.DataFrame) -> list[Row]:
    """One entry per benchmark, of rows of evaluation.attention.FOCUS; `models` has one entry per
    model, with a cell per layer of the table: a row of FOCUS, or None."""
    found = []
    for (benchmark,), part in focus.group_by("benchmark", maintain_order=True):
        layers = part["layer"].unique().sort().to_list()
        top = max(2, *(ceil(focus) for focus in part["focus"]))
        models = [
            _entry(str(model), place, rows.to_dicts(), layers, top)
            for place, ((model,), rows) in enumerate(part.group_by("model", maintain_order=True))
        ]
        step = ceil(len(layers) / MOST_TICKS)
        found.append(
            {
                "title": title_of(str(benchmark)),
                "layers": layers,
                "models": models,
                "levels": [{"focus": level, "y": _y(level, top)} for level in _levels(top)],
                "ticks": [{"layer": one, "x": _x(one, layers)} for one in layers[::step]],
            }
        )
    return found


def _entry(model: str, place: int, rows: list[Row], layers: list[int], top: int) -> Row:
    known = {row["layer"]: row for row in rows}
    strongest = max(rows, key=lambda row: (row["focus"], -row["layer"]))
    return {
        "model": model,
        "dashes": place % NUM_DASHES,
        "cells": [known.get(layer) for layer in layers],
        "num_items": max(row["num_items"] for row in rows),
        "area_share": strongest["area_share"],
        "mean": sum(row["focus"] for row in rows) / len(rows),
        "strongest": strongest,
        "points": [
            {
                "x": _x(row["layer"], layers),
                "y": _y(row["focus"], top),
                "told": f"{model}: {row['focus']:.2f} in layer {row['layer']}",
            }
            for row in rows
        ],
    }


def _levels(top: int) -> list[int]:
    """Whole numbers with a line, at most six above 0, with 1 among them."""
    return sorted({0, 1, *range(0, top + 1, ceil(top / 5))})


def _x(layer: int, layers: list[int]) -> float:
    first, last = layers[0], layers[-1]
    share = (layer - first) / (last - first) if last > first else 0.5
    return round(LEFT + share * (RIGHT - LEFT), 1)


def _y(focus: float, top: int) -> float:
    return round(BOTTOM - focus * (BOTTOM - TOP) / top, 1)
