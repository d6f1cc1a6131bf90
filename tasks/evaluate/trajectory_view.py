"""What the report of an evaluation shows of trajectories: a table and a plot for each training and
benchmark."""

from typing import Any

import polars as pl

from evaluation.trajectory import FIGURES
from tasks.evaluate.view import title_of

LEFT, RIGHT, TOP, BOTTOM = 36, 452, 10, 206
"""The area of the plot, in units of its SVG, which is 470 by 240."""
LEVELS = (0, 25, 50, 75, 100)
"""Percentages at which there is a line."""
APART = 3
"""How far the whiskers of one update stand apart, one for each figure."""
MOST_TICKS = 6
"""Numbers of updates below the plot for which there is room."""

Row = dict[str, Any]


def trajectory_view(trajectory: pl.DataFrame) -> list[Row]:
    """One entry per training and benchmark; `cells` has one entry per figure: a row of TRAJECTORY,
    or None."""
    found = []
    groups = trajectory.group_by("trajectory", "benchmark", maintain_order=True)
    for (name, benchmark), part in groups:
        known = {(row["update"], row["figure"]): row for row in part.iter_rows(named=True)}
        figures = [figure for figure in FIGURES if any(key[1] == figure for key in known)]
        updates = part["update"].unique().sort().to_list()
        found.append(
            {
                "trajectory": str(name),
                "title": title_of(str(benchmark)),
                "figures": figures,
                "rows": [
                    {"update": update, "cells": [known.get((update, one)) for one in figures]}
                    for update in updates
                ],
                "curves": [_curve(figure, updates, known) for figure in figures],
                "levels": [{"percent": level, "y": _y(level)} for level in LEVELS],
                "ticks": [{"update": one, "x": _x(one, updates)} for one in _ticks(updates)],
            }
        )
    return found


def _curve(figure: str, updates: list[int], known: dict[tuple[int, str], Row]) -> Row:
    """`place` is that of the figure among all, which decides its colour and its dashes."""
    place = FIGURES.index(figure)
    points = []
    for update in updates:
        row = known.get((update, figure))
        if row is None:
            continue
        x, has_interval = _x(update, updates), row["low"] is not None
        points.append(
            {
                "x": x,
                "y": _y(row["value"]),
                "whisker": round(x + APART * (place - (len(FIGURES) - 1) / 2), 1),
                "low": _y(row["low"]) if has_interval else None,
                "high": _y(row["high"]) if has_interval else None,
                "told": f"{figure} {row['value']:.1f} at update {update}",
            }
        )
    return {"figure": figure, "place": place, "points": points}


def _ticks(updates: list[int]) -> list[int]:
    """The first, the last, and others between them, evenly by their place."""
    if len(updates) <= MOST_TICKS:
        return updates
    last = len(updates) - 1
    places = sorted({round(number * last / (MOST_TICKS - 1)) for number in range(MOST_TICKS)})
    return [updates[place] for place in places]


def _x(update: int, updates: list[int]) -> float:
    first, last = updates[0], updates[-1]
    share = (update - first) / (last - first) if last > first else 0.5
    return round(LEFT + share * (RIGHT - LEFT), 1)


def _y(percent: float) -> float:
    return round(BOTTOM - min(max(percent, 0.0), 100.0) * (BOTTOM - TOP) / 100, 1)
