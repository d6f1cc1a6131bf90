"""Balance: how far the words of a question give its answer away; others are asked first.

A question gives its answer away where an option comes with words (of the question, or of the other
options) with which it is right more often than other options are. `tellings` gives every
candidate the log odds by which it is to be chosen less often, so that of those chosen no option's
text, alone or with one other word of the question or one other option, is right more or less often
than chance.

Among all choices that meet the quotas and this balance, the one nearest to a random choice (in
entropy) takes candidate i with probability sigmoid(b - t_i) (Hainmueller 2012, for shares between 0
and 1). b belongs to the candidate's cell; t_i is the sum of the weights of the right option's
features, minus that of an average option. The weights are the minimum of a convex function.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from schemas.claim import Claim
from tasks.language.forms.table import form_of
from tasks.plan.option_words import OptionWords, option_words
from tasks.plan.quota import Cell

MAX_FITTED = 20_000  # candidates of a category; more of them change no accuracy
NUM_STEPS = 60  # accelerated steps: a fixed number, the same on every machine
RIDGE = 1.0  # in questions: a feature that fewer have gets hardly any weight
MAX_LOG_ODDS = 12.0  # of one feature: a chance of six in a million is practically none

Floats: TypeAlias = NDArray[np.float64]
Places: TypeAlias = NDArray[np.int64]
Mask: TypeAlias = NDArray[np.bool_]


class Fitted(NamedTuple):
    """Questions with the same number of options of those that weights are fitted to: their rows,
    per row the features of its options, and how much each of these counts, the same in all
    rows."""

    rows: Places
    features: Places
    counts: Floats


def offered_and_context(
    claims: Sequence[Claim], asks: str, names: Mapping[int, str]
) -> tuple[list[str], list[str]]:
    """The options, the right one first (as in `claims`), without the words that all share, and what
    the question says besides."""
    form = form_of(claims[0])
    offered = [form.distinct_option(claim, asks, names) for claim in claims]
    return offered, list(form.context(claims[0], asks, names))


def tellings(rows: pl.DataFrame, wanted: Mapping[Cell, int]) -> pl.Series:
    """Log odds per row, 0 where nothing is offered. Reads the columns question_id, category, level,
    facet, offered (the right option first), context, and tie, a random number: in large categories
    only the rows with the smallest are fitted."""
    result = np.zeros(rows.height)
    numbered = rows.with_row_index("row").filter(pl.col("offered").list.len() > 1)
    for category in numbered["category"].unique().sort():
        part = numbered.filter(category=category)
        quotas = {level: number for (name, level), number in wanted.items() if name == category}
        if any(quotas.values()):
            result[part["row"].to_numpy()] = _tellings(part, quotas)
    return pl.Series(result.round(3), dtype=pl.Float64)


def _tellings(part: pl.DataFrame, quotas: Mapping[str, int]) -> Floats:
    words = option_words(part)
    cells, _, numbers = cells_of(part, quotas)
    # Sorted, because a sum's last bits depend on its order.
    fitted = (
        part.select(pl.arg_sort_by("tie", "question_id")).to_series().head(MAX_FITTED).to_numpy()
    )
    place = np.full(part.height, -1)
    place[fitted] = np.arange(len(fitted))
    sample = []
    for some in words:
        chosen = np.flatnonzero(place[some.rows] >= 0)
        chosen = chosen[np.argsort(place[some.rows[chosen]])]
        sample.append(Fitted(place[some.rows[chosen]], some.features(chosen), some.counts))
    known = np.unique(np.concatenate([entry.features.ravel() for entry in sample]))
    numbered = [entry._replace(features=np.searchsorted(known, entry.features)) for entry in sample]
    scale = part.height / len(fitted)
    weights = _weights(numbered, len(known), cells[fitted], numbers, scale)
    return _told(words, known, weights, part.height)


def _told(words: Sequence[OptionWords], known: Places, weights: Floats, height: int) -> Floats:
    """The sum of each row's weights; a feature that is not known has none."""
    total = np.zeros(height)
    for some in words:
        for batch in some.batches():
            features = some.features(batch)
            places = np.searchsorted(known, features).clip(max=len(known) - 1)
            found = np.where(known[places] == features, weights[places], 0.0)
            for column, count in zip(found.T, some.counts, strict=True):
                total[some.rows[batch]] += count * column
    return total


def _summed(sample: Sequence[Fitted], weights: Floats, height: int) -> Floats:
    total = np.zeros(height)
    for rows, features, counts in sample:
        for column, count in enumerate(counts):
            total[rows] += count * weights[features[:, column]]
    return total


def family_of() -> pl.Expr:
    """The family of a facet: `support` of `support/on`; a facet without one is its own."""
    return pl.col("facet").str.split("/").list.first()


def cells_of(
    part: pl.DataFrame, quotas: Mapping[str, int], is_counted: Mask | None = None
) -> tuple[Places, Sequence[tuple[str, str]], Floats]:
    """The cell (level and facet) of every row, and of every cell its level and family, and how many
    will be chosen of it when the families of facets take turns, and the facets within a family.
    Rows that are not counted are no further questions; each has the cell of one that is."""
    counted = part if is_counted is None else part.filter(pl.Series(is_counted))
    sizes = counted.group_by("level", "facet").len().sort("level", "facet")
    sizes = sizes.with_columns(family=family_of()).with_row_index("cell")
    numbers = np.zeros(sizes.height)
    for level, quota in quotas.items():
        families = sizes.filter(level=level).partition_by("family", maintain_order=True)
        totals = [int(family["len"].sum()) for family in families]
        for family, number in zip(families, in_turns(quota, totals), strict=True):
            numbers[family["cell"].to_numpy()] = in_turns(number, family["len"].to_list())
    keys = sizes.select("cell", "level", "facet")
    cells = part.join(keys, on=["level", "facet"], how="left", maintain_order="left")["cell"]
    return cells.to_numpy().astype(np.int64), sizes.select("level", "family").rows(), numbers


def in_turns(total: float, sizes: Sequence[int]) -> list[float]:
    """How many each of several groups gives to a total when they take turns until they are used
    up."""
    numbers = [0.0] * len(sizes)
    left = total
    for turn, place in enumerate(sorted(range(len(sizes)), key=sizes.__getitem__)):
        numbers[place] = min(left / (len(sizes) - turn), sizes[place])
        left -= numbers[place]
    return numbers


def _weights(
    words: Sequence[Fitted], num_features: int, cells: Places, numbers: Floats, scale: float
) -> Floats:
    """The weight of every feature, by accelerated steps that are each bounded by the curvature."""
    flat = np.concatenate([part.features.ravel() for part in words])
    counts = [np.broadcast_to(part.counts, part.features.shape) for part in words]
    reach = max(np.abs(part.counts).sum() for part in words)
    available = np.bincount(cells, minlength=len(numbers)) * scale
    numbers = np.minimum(numbers, available)
    base = np.log(np.maximum(numbers, 1e-9) / np.maximum(available - numbers, 1e-9)).clip(-20, 20)
    weights = ahead = np.zeros(num_features)
    for step in range(NUM_STEPS):
        told = _summed(words, ahead, len(cells))
        chance = _sigmoid(base[cells] - told)
        for _ in range(2):
            total = np.bincount(cells, chance, len(numbers)) * scale
            slope = np.bincount(cells, chance * (1 - chance), len(numbers)) * scale
            base = (base + ((numbers - total) / np.maximum(slope, 1e-6)).clip(-2, 2)).clip(-30, 30)
            chance = _sigmoid(base[cells] - told)
        taken = scale * chance
        pulls = [taken[part.rows, None] * count for part, count in zip(words, counts, strict=True)]
        pull = np.concatenate([part.ravel() for part in pulls])
        excess = np.bincount(flat, pull, num_features) - RIDGE * ahead
        curvature = np.bincount(flat, np.abs(pull), num_features) * reach
        moved = (ahead + excess / (curvature + RIDGE)).clip(-MAX_LOG_ODDS, MAX_LOG_ODDS)
        ahead = moved + step / (step + 3) * (moved - weights)
        weights = moved
    return weights


def _sigmoid(values: Floats) -> Floats:
    result: Floats = 1.0 / (1.0 + np.exp(-values))
    return result
