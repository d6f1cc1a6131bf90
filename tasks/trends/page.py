"""The page of trends: one file that opens from disk, loads nothing and sends nothing.

A figure is a line over the builds, the oldest at the left; a build without it is a gap.
"""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from schemas.replacing import replacing
from tasks.pages.templates import page_template
from tasks.publish.card import dollars_told
from tasks.report.report import REPORT
from tasks.trends.figures import Figures

SHOWN = 50
"""Builds on a page, the newest ones: further columns cannot be read."""
WIDTH, HEIGHT, EDGE = 320.0, 90.0, 8.0
"""Of a chart, and the room around its points."""


LEAST_SPAN = 0.1
"""Of the largest value, that a chart is high at least: a hundredth more or less is no cliff."""


class Point(NamedTuple):
    x: float
    y: float
    told: str


class Chart(NamedTuple):
    """`lines` are runs of points without a gap; `low` and `high` bound the values."""

    title: str
    lines: list[list[Point]]
    low: str
    high: str


def charts_of(builds: Sequence[Figures]) -> list[Chart]:
    """Those of which any build has a value."""
    figures: tuple[tuple[str, list[float | None], Callable[[float], str]], ...] = (
        ("samples", [one.samples for one in builds], _number),
        ("photographs", [one.images for one in builds], _number),
        ("rows lost", [None if one.problem else sum(one.losses.values()) for one in builds],
         _number),
        ("cost", [one.cost for one in builds], dollars_told),
        ("cost per sample", [one.cost_per_sample for one in builds], dollars_told),
        ("answered without the picture", [one.blind for one in builds], _percent),
        ("labels found right", [one.precision and one.precision.share for one in builds],
         _percent),
    )  # fmt: skip
    return [
        _chart(title, values, [one.name for one in builds], told)
        for title, values, told in figures
        if any(value is not None for value in values)
    ]


def _chart(
    title: str, values: Sequence[float | None], names: Sequence[str], told: Callable[[float], str]
) -> Chart:
    known = [value for value in values if value is not None]
    low, high = min(known), max(known)
    span = max(high - low, LEAST_SPAN * abs(high)) or 1.0
    bottom = (low + high - span) / 2
    step = (WIDTH - 2 * EDGE) / max(len(values) - 1, 1)
    lines: list[list[Point]] = [[]]
    for place, (value, name) in enumerate(zip(values, names, strict=True)):
        if value is None:
            lines.append([])
            continue
        y = HEIGHT - EDGE - (HEIGHT - 2 * EDGE) * (value - bottom) / span
        x = EDGE + step * place
        lines[-1].append(Point(round(x, 2), round(y, 2), f"{name}: {told(value)}"))
    return Chart(title, [line for line in lines if line], told(low), told(high))


def render_trends(name: str, builds: Sequence[Figures], place: Path) -> str:
    """The page, whose links lead from the folder `place` to the reports of the builds."""
    shown = builds[-SHOWN:]
    reasons = dict.fromkeys(loss for one in shown for loss in one.losses)
    return page_template(Path(__file__).with_name("page.html.jinja")).render(
        name=name,
        builds=[_row(one, place) for one in shown],
        number=len(builds),
        charts=charts_of(shown),
        losses=[
            (stage, reason, [one.losses.get((stage, reason)) for one in shown])
            for stage, reason in reasons
        ],
        size=(WIDTH, HEIGHT),
    )


def _row(one: Figures, place: Path) -> dict[str, Any]:
    precision = one.precision
    report = one.folder / REPORT
    return {
        "name": one.name,
        "digest": one.folder.name,
        "report": os.path.relpath(report, place) if report.exists() else None,
        "problem": one.problem,
        "commit": one.commit,
        "samples": _number(one.samples),
        "images": _number(one.images),
        "cost": dollars_told(one.cost),
        "blind": "too few" if one.blind is None else _percent(one.blind),
        "chance": "" if one.chance is None else _percent(one.chance),
        "precision": f"{_percent(precision.share)} of {precision.reviewed}" if precision else "",
        "bounds": f"{_percent(precision.low)} to {_percent(precision.high)}" if precision else "",
    }


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def write_trends(name: str, builds: Sequence[Figures], path: Path) -> Path:
    with replacing(path) as partial:
        text = render_trends(name, builds, path.parent)
        partial.write_bytes(text.encode("utf-8", "replace"))
    return path
