"""Letters: in which order the options of a sample stand, and so which letter is right."""

from collections.abc import Mapping, Sequence

import polars as pl

from tasks.plan.groups import stable_hash
from tasks.plan.pairs import whole_pairs


def assign_letters(samples: pl.DataFrame, seed: int) -> list[int]:
    """The place of the right option per row, another one for each sample of a pair. Within a split,
    category and number of options, the letters are used equally often, or differ by one; the seed
    decides which get one more."""
    used: dict[tuple[str, str, int], list[int]] = {}
    ties = [stable_hash(seed, key) for key in samples["question_id"]]
    order = sorted(range(samples.height), key=lambda row: (ties[row], row))
    found: dict[int, int] = {}
    mates = whole_pairs(samples["pair_id"]).tolist()
    columns = samples.select("split", "category", "num_options").rows()
    for row in order:
        if row in found:
            continue
        split, category, number = columns[row]
        counts = used.setdefault(columns[row], [0] * number)
        start = stable_hash(seed, f"{split}:{category}:{number}") % number
        letters = sorted(range(number), key=lambda k: (counts[k], (k - start) % number))
        for one, letter in zip([row, mates[row]], letters, strict=False):
            if one >= 0:
                found[one] = letter
                counts[letter] += 1
    return [found[row] for row in range(samples.height)]


def assign_orders(samples: pl.DataFrame, places: Sequence[int]) -> list[list[int]]:
    """Per row the numbers of its options in the order in which they are to stand: the right one in
    its place, the same order for both samples of a pair, and the rest as they were written."""
    mates = whole_pairs(samples["pair_id"]).tolist()
    answers = samples["answer"].to_list()
    orders = []
    for row, number in enumerate(samples["num_options"].to_list()):
        fixed = {places[one]: answers[one] for one in (row, mates[row]) if one >= 0}
        orders.append(ordered(number, fixed))
    return orders


def ordered(number: int, fixed: Mapping[int, int]) -> list[int]:
    """The numbers below `number` with some of them at fixed places, the others in their order."""
    rest = (entry for entry in range(number) if entry not in fixed.values())
    return [fixed[place] if place in fixed else next(rest) for place in range(number)]
