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
from tasks.plan.quota import Cell

MAX_FITTED = 20_000  # candidates of a category; more of them change no accuracy
NUM_STEPS = 60  # accelerated steps: a fixed number, the same on every machine
RIDGE = 1.0  # in questions: a feature that fewer have gets hardly any weight
MAX_LOG_ODDS = 12.0  # of one feature: a chance of six in a million is practically none

Floats: TypeAlias = NDArray[np.float64]
Places: TypeAlias = NDArray[np.int64]
Mask: TypeAlias = NDArray[np.bool_]


def offered_and_context(
    claims: Sequence[Claim], asks: str, names: Mapping[int, str]
) -> tuple[list[str], list[str]]:
    """The options, the right one first (as in `claims`), without the words that all share, and what
    the question says besides."""
    form = form_of(claims[0])
    offered = [form.distinct_option(claim, asks, names) for claim in claims]
    return offered, list(form.context(claims[0], asks, names))


class Words(NamedTuple):
    """Questions with the same number of options, as numbers: per row the features that its options
    have, and how much each counts, which is the same in all rows."""

    rows: Places
    features: Places
    counts: Floats


def option_words(part: pl.DataFrame) -> tuple[list[Words], int]:
    """The questions by their number of options, and the number of features."""
    most = int(part["context"].list.len().max() or 0)  # type: ignore[arg-type]
    texts = pl.concat([part["offered"].explode(), part["context"].explode(), pl.Series([""])])
    vocabulary = pl.Enum(texts.drop_nulls().unique().sort())
    size = len(vocabulary.categories)
    asked = [
        _codes(part["context"].list.get(place, null_on_oob=True).fill_null(""), vocabulary)
        for place in range(most)
    ]
    words = []
    numbers = part["offered"].list.len()
    for number in numbers.unique().sort():
        rows = np.flatnonzero((numbers == number).to_numpy())
        codes = _codes(part["offered"].gather(rows).explode(), vocabulary).reshape(-1, number)
        features, counts = [], []
        for place in range(number):
            option = codes[:, place]
            beside = [codes[:, other] for other in range(number) if other != place]
            own = [option, *(size * (1 + said[rows]) + option for said in asked)]
            own += [size * (1 + size + other) + option for other in beside]
            features += own
            counts += [float(place == 0) - 1.0 / number] * len(own)
        words.append(Words(rows, np.stack(features, axis=1), np.array(counts)))
    return words, size * (1 + 2 * size)


def _codes(texts: pl.Series, vocabulary: pl.Enum) -> Places:
    return texts.cast(vocabulary).to_physical().to_numpy().astype(np.int64)


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
    words, num_features = option_words(part)
    cells, _, numbers = cells_of(part, quotas)
    # Sorted, because a sum's last bits depend on its order.
    fitted = (
        part.select(pl.arg_sort_by("tie", "question_id")).to_series().head(MAX_FITTED).to_numpy()
    )
    place = np.full(part.height, -1)
    place[fitted] = np.arange(len(fitted))
    sample = []
    for rows, features, counts in words:
        known = np.flatnonzero(place[rows] >= 0)
        known = known[np.argsort(place[rows[known]])]
        sample.append(Words(place[rows[known]], features[known], counts))
    scale = part.height / len(fitted)
    weights = _weights(sample, num_features, cells[fitted], numbers, scale)
    return _summed(words, weights, part.height)


def _summed(words: Sequence[Words], weights: Floats, height: int) -> Floats:
    total = np.zeros(height)
    for rows, features, counts in words:
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
    words: Sequence[Words], num_features: int, cells: Places, numbers: Floats, scale: float
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
