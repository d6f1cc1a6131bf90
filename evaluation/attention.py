"""Attention: how much of an answer's attention over the image falls on the gold boxes.

Of each layer, over all heads and all tokens of the answer together. A model that looks at random
gives the boxes their share of the picture: the focus of a layer is the one share over the other.
"""

from collections.abc import Sequence
from math import sqrt
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from schemas.box import Corners
from schemas.columns import columns

Cells = NDArray[np.float64]
"""Of an image's tokens, of shape (rows, columns)."""

OPENING, CLOSING = "<answer>", "</answer>"
ATTENTION = columns(
    benchmark=pl.String,
    item_id=pl.String,
    group=pl.String,
    layer=pl.Int64,
    num_tokens=pl.Int64,
    image_share=pl.Float64,
    gold_share=pl.Float64,
    area_share=pl.Float64,
)
"""One row per item and layer, the first layer 0; `num_tokens` are those of the answer,
`image_share` is the share of its attention that falls on the image, `gold_share` the part of that
on the gold boxes, `area_share` their share of the picture."""
FOCUS = columns(
    benchmark=pl.String,
    model=pl.String,
    layer=pl.Int64,
    num_items=pl.Int64,
    image_share=pl.Float64,
    gold_share=pl.Float64,
    area_share=pl.Float64,
    standard_error=pl.Float64,
    focus=pl.Float64,
)
"""One row per layer: means over items. `focus` is the mean `gold_share` over the mean `area_share`;
`standard_error` is that of this ratio, by groups (Cochran 1977, Sampling Techniques, section 6.4),
null for a single group."""


class Looked(NamedTuple):
    """Of one layer, over all heads and the tokens of the answer together: the share of the
    attention that falls on the image, and how that is spread over it; `spread` adds up to 1."""

    layer: int
    num_tokens: int
    image_share: float
    spread: Cells


def answer_place(text: str) -> tuple[int, int] | None:
    """Begin and end of what stands in the last <answer> tag of a reply, without white space around
    it; None where there is none, or nothing in it."""
    start = text.rfind(OPENING) + len(OPENING)
    end = text.find(CLOSING, start)
    said = text[start:end] if start >= len(OPENING) and end >= 0 else ""
    if not said.strip():
        return None
    start += len(said) - len(said.lstrip())
    return start, start + len(said.strip())


def covered(boxes: Sequence[Corners], shape: tuple[int, int]) -> Cells:
    """The share of each cell that lies in at least one of the boxes, in shares of the image, for
    cells of equal size in `shape` rows and columns."""
    rows, columns_ = shape
    xs, ys = (
        np.unique(np.clip([*np.linspace(0, 1, number + 1), *edges], 0, 1))
        for number, edges in (
            (columns_, [edge for box in boxes for edge in box[::2]]),
            (rows, [edge for box in boxes for edge in box[1::2]]),
        )
    )
    middle_x, middle_y = (xs[1:] + xs[:-1]) / 2, (ys[1:] + ys[:-1]) / 2
    inside = np.zeros((len(middle_y), len(middle_x)), bool)
    for x1, y1, x2, y2 in boxes:
        in_x, in_y = (middle_x > x1) & (middle_x < x2), (middle_y > y1) & (middle_y < y2)
        inside |= in_y[:, None] & in_x[None]
    found = np.zeros(shape)
    # An edge one rounding below 1 has a middle of 1.
    row = np.minimum((middle_y * rows).astype(int), rows - 1)
    column = np.minimum((middle_x * columns_).astype(int), columns_ - 1)
    parts = inside * np.diff(ys)[:, None] * np.diff(xs)[None]
    np.add.at(found, (row[:, None], column[None]), parts)
    return found * rows * columns_


def summarize(attention: pl.DataFrame) -> pl.DataFrame:
    """FOCUS of rows of ATTENTION with their `model`, in the order of benchmarks and models."""
    keys = ["benchmark", "model", "layer"]
    found: list[dict[str, Any]] = []
    for key, part in attention.group_by(keys, maintain_order=True):
        gold, area = part.select(pl.col("gold_share", "area_share").mean()).row(0)
        found.append(
            dict(zip(keys, key, strict=True))
            | {
                "num_items": part.height,
                "image_share": part["image_share"].mean(),
                "gold_share": gold,
                "area_share": area,
                "standard_error": _standard_error(part, gold / area),
                "focus": gold / area,
            }
        )
    table = pl.DataFrame(found, FOCUS)
    order = table.select("benchmark", "model").unique(maintain_order=True).with_row_index("place")
    placed = table.join(order, on=["benchmark", "model"], maintain_order="left")
    return placed.sort("place", "layer").select(*FOCUS)


def _standard_error(part: pl.DataFrame, focus: float) -> float | None:
    """Of a ratio of means. Items of one group are not independent of each other: each group counts
    once, with what it has more than the ratio would give it."""
    apart = pl.col("gold_share") - focus * pl.col("area_share")
    group = pl.coalesce("group", "item_id")
    sums = part.group_by(group).agg(apart.sum())["gold_share"].to_numpy()
    if len(sums) < 2:
        return None
    spread = sqrt(len(sums) / (len(sums) - 1) * float((sums**2).sum()))
    return spread / float(part["area_share"].sum())
