"""Quotas: how many samples each category and level gets, and the choice that meets them."""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import maximum_flow

from schemas.claim import Category
from schemas.config.dataset import QuotaConfig
from schemas.question import Level

Cell = tuple[str, str]
Mask: TypeAlias = NDArray[np.bool_]


def apportion(total: int, shares: Sequence[float]) -> list[int]:
    """`total` in whole parts by the largest remainder; ties go to the earlier part."""
    exact = [total * share / sum(shares) for share in shares]
    parts = [int(part) for part in exact]
    by_remainder = sorted(range(len(parts)), key=lambda place: (parts[place] - exact[place], place))
    for place in by_remainder[: total - sum(parts)]:
        parts[place] += 1
    return parts


def plan_quotas(config: QuotaConfig, total: int) -> dict[Cell, int]:
    """Samples wanted of each (category, level)."""
    others = [category for category in Category if category is not Category.RELATION]
    rest = (1.0 - config.relation_share) / len(others)
    shares = [config.relation_share, *(rest for _ in others)]
    hard_share = max(1.0 - config.easy_share - config.medium_share, 0.0)
    levels = [config.easy_share, config.medium_share, hard_share]
    return {
        (category.value, level.value): part
        for category, number in zip(
            [Category.RELATION, *others], apportion(total, shares), strict=True
        )
        for level, part in zip(Level, apportion(number, levels), strict=True)
    }


def num_that_fit(categories: pl.Series, config: QuotaConfig) -> int:
    """How many of these questions can become samples at most: of each category those wanted."""
    have = dict(categories.value_counts().iter_rows())
    wanted: dict[str, int] = {}
    for (category, _), number in plan_quotas(config, config.num_samples).items():
        wanted[category] = wanted.get(category, 0) + number
    return sum(min(number, have.get(category, 0)) for category, number in wanted.items())


def told_to_fit(number: int, fitting: int) -> str:
    """So many questions, and how many of them fit into their quotas, where not all do."""
    return f"{number:,} questions{f', of which {fitting:,} fit the quota' * (fitting < number)}"


def choose(
    rows: pl.DataFrame,
    wanted: Mapping[Cell, int],
    max_per_image: int,
    taken: Mask | None = None,
) -> pl.Series:
    """Which rows to choose, as a mask: at most `wanted` of each (category, level) and
    `max_per_image` of an image; those that are `taken` already, within these limits, among them.

    Rows come in order of preference, with columns image_id, category and level. No other
    choice takes more rows in all; where a level has too few candidates, the other levels of the
    category fill its quota.
    """
    frame = rows.select(
        cell=pl.concat_str("category", "level", separator="\t"),
        category="category",
        image=pl.col("image_id").rank("dense").cast(pl.Int64) - 1,
    ).with_row_index("row")
    if taken is None:
        taken = np.zeros(frame.height, dtype=bool)
    have = dict(frame.filter(pl.Series(taken)).group_by("cell").len().iter_rows())
    limits = {"\t".join(cell): number for cell, number in wanted.items()}
    limits = {cell: number - have.get(cell, 0) for cell, number in limits.items()}
    taken = _fill(frame, "cell", limits, max_per_image, taken)
    chosen = frame.filter(pl.Series(taken)).group_by("category").len()
    have = dict(chosen.iter_rows())
    short: dict[str, int] = {}
    for (category, _), number in wanted.items():
        short[category] = short.get(category, -have.get(category, 0)) + number
    return pl.Series(_fill(frame, "category", short, max_per_image, taken))


def _fill(
    frame: pl.DataFrame, by: str, limits: Mapping[str, int], max_per_image: int, taken: Mask
) -> Mask:
    """`taken` with more rows, up to the limits: by preference where that fills them all, else by
    the maximum flow from limits over candidates to images."""
    used = np.bincount(
        frame.filter(pl.Series(taken))["image"].to_numpy(), minlength=frame["image"].n_unique()
    )
    room = max_per_image - used
    free = frame.filter(~pl.Series(taken))
    groups = {str(cell): group for (cell,), group in free.group_by(by, maintain_order=True)}
    # The scarcest cells first, so that cells with many candidates do not use up their images.
    cells = sorted(
        (cell for cell in groups if limits.get(cell, 0) > 0),
        key=lambda cell: (groups[cell].height / limits[cell], cell),
    )
    most = {cell: min(limits[cell], groups[cell].height) for cell in cells}
    filled, left = taken.copy(), room.copy()
    for cell in cells:
        missing = most[cell]
        for row, image in groups[cell].select("row", "image").iter_rows():
            if missing == 0:
                break
            if left[image] > 0:
                filled[row] = True
                left[image] -= 1
                missing -= 1
        if missing:
            return _flow(groups, most, room, taken)
    return filled


def _flow(
    groups: Mapping[str, pl.DataFrame],
    limits: Mapping[str, int],
    room: "np.ndarray[tuple[int], np.dtype[np.int64]]",
    taken: Mask,
) -> Mask:
    """A largest choice: source → cells (limits) → images (candidates) → sink (room)."""
    num_cells, num_images = len(limits), len(room)
    source, sink = 0, 1 + num_cells + num_images
    starts, stops, capacities = [], [], []
    for place, cell in enumerate(limits, start=1):
        pairs = groups[cell].group_by("image").len().sort("image")
        starts += [source] + [place] * pairs.height
        stops += [place, *(pairs["image"] + 1 + num_cells).to_list()]
        capacities += [limits[cell], *pairs["len"].to_list()]
    images = np.flatnonzero(room > 0)
    starts += (images + 1 + num_cells).tolist()
    stops += [sink] * len(images)
    capacities += room[images].tolist()
    graph = coo_array((capacities, (starts, stops)), shape=(sink + 1, sink + 1), dtype=np.int32)
    flow = maximum_flow(graph.tocsr(), source, sink).flow.tocsr()
    result = taken.copy()
    for place, cell in enumerate(limits, start=1):
        row = flow[[place], :].toarray()[0]
        ranked = groups[cell].with_columns(
            rank=pl.int_range(pl.len()).over("image"),
            flow=pl.Series(row[groups[cell]["image"].to_numpy() + 1 + num_cells], dtype=pl.Int64),
        )
        result[ranked.filter(pl.col("rank") < pl.col("flow"))["row"].to_numpy()] = True
    return result


def shortfalls(chosen: pl.DataFrame, wanted: Mapping[Cell, int]) -> pl.DataFrame:
    """Category, level, wanted and chosen of every cell, in the order of the quotas."""
    have = {
        (category, level): number
        for category, level, number in chosen.group_by("category", "level").len().iter_rows()
    }
    rows = [(*cell, number, have.get(cell, 0)) for cell, number in wanted.items()]
    return pl.DataFrame(rows, schema=["category", "level", "wanted", "chosen"], orient="row")
