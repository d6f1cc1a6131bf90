"""Difficulty: which samples are trained on, and how often, by how often a model answers them
(data.keep, data.weight).

A question that the model always or never answers teaches GRPO nothing: all completions of its group
earn the same.
"""

import logging
import random
from collections import defaultdict
from collections.abc import Mapping, Sequence

import polars as pl

from schemas.config.training import DataConfig
from schemas.difficulty import read_bounds

logger = logging.getLogger(__name__)


def chosen_places(
    question_ids: Sequence[str], rates: pl.DataFrame, config: DataConfig, seed: int
) -> list[int]:
    """Places of the samples to train on, in an order that the seed decides where categories are
    weighed; a place may occur several times. ValueError where none is left."""
    known = {
        question_id: (category, rate)
        for question_id, category, rate in rates.select(
            "question_id", "category", "pass_rate"
        ).iter_rows()
    }
    measured = [place for place, name in enumerate(question_ids) if name in known]
    places = measured
    if config.keep:
        bounds = read_bounds(config.keep)
        places = [place for place in measured if bounds.keeps(known[question_ids[place]][1])]
    if len(places) < len(question_ids):
        logger.info(
            "%d of %d samples are left out: %d whose pass rate is not within %r, %d without one",
            len(question_ids) - len(places),
            len(question_ids),
            len(measured) - len(places),
            config.keep or "0 <= pass <= 1",
            len(question_ids) - len(measured),
        )
    if not places:
        raise ValueError(
            f"data.keep = {config.keep!r} leaves none of {len(question_ids)} samples: choose other "
            "bounds"
            if measured
            else "no sample has a pass rate: run spatialthinker difficulty on this dataset"
        )
    if config.weight is None:
        return places
    weakness = {
        category: 1.0 - rate
        for category, rate in rates.group_by("category").agg(pl.col("pass_rate").mean()).iter_rows()
    }
    return weighed({place: known[question_ids[place]][0] for place in places}, weakness, seed)


def weighed(categories: Mapping[int, str], weakness: Mapping[str, float], seed: int) -> list[int]:
    """As many places as there are, in a seeded order, the share of each category multiplied by its
    `weakness`: 1 less the mean pass rate of all its measured questions. Within a category, how
    often two places occur differs by at most one. ValueError where nothing is weak."""
    groups: dict[str, list[int]] = defaultdict(list)
    for place, category in categories.items():
        groups[category].append(place)
    wanted = {name: len(groups[name]) * weakness[name] for name in sorted(groups)}
    whole = sum(wanted.values())
    if whole <= 0:
        raise ValueError(
            "the model always answers every category that is left: leave data.weight out"
        )
    numbers = shared_out({name: share / whole for name, share in wanted.items()}, len(categories))
    draw = random.Random(seed)
    drawn: list[int] = []
    for name, number in numbers.items():
        again, rest = divmod(number, len(groups[name]))
        drawn += groups[name] * again + draw.sample(groups[name], rest)
        logger.info(
            "%s: %d of %d samples, %.0f %% right", name, number, len(groups[name]),
            100 * (1 - weakness[name]),
        )  # fmt: skip
    draw.shuffle(drawn)
    return drawn


def shared_out(shares: Mapping[str, float], total: int) -> dict[str, int]:
    """Whole numbers that add up to `total`, as near to the shares as can be: by the largest
    remainders, the first name of equal ones."""
    exact = {name: share * total for name, share in shares.items()}
    numbers = {name: int(value) for name, value in exact.items()}
    rest = total - sum(numbers.values())
    for name in sorted(exact, key=lambda name: (numbers[name] - exact[name], name))[:rest]:
        numbers[name] += 1
    return numbers
