"""Shortcuts: how many questions can be answered without the picture, and by which words.

Reads samples (schemas.sample.SAMPLE); returns SHORTCUTS, one row per category and one for all.
Several readers (tasks.validate.readers) score every option by its words, its letter, the words of
the question and the other options; their answer is the option with the best score, and the
strongest reader counts. They answer only questions about photographs on which they were not
trained, and are not trained on the counterparts of these questions.
"""

from collections.abc import Sequence
from hashlib import blake2b
from math import sqrt
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from schemas.columns import columns, frame_of
from schemas.completion.publish import LETTERS
from tasks.plan.pairs import whole_pairs
from tasks.validate.features import DESCRIPTIONS, Feature, Pairs, Vector, pairs_of
from tasks.validate.readers import READERS, Readers, points_of

SHORTCUTS = columns(
    category=pl.String,
    num_questions=pl.Int64,
    num_scored=pl.Int64,
    chance=pl.Float64,
    constant=pl.Float64,
    accuracy=pl.Float64,
    standard_error=pl.Float64,
    is_shortcut=pl.Boolean,
    reader=pl.String,
    num_pairs=pl.Int64,
    pair_accuracy=pl.Float64,
    telling=pl.List(pl.String),
)
"""`chance` is the accuracy of guessing, `constant` that of always giving the best letter; null
where no question can be answered. The `reader`, the strongest of all (null in the row ALL, which
takes that of each category), answers `num_scored` questions, a random sample:
at most MAX_QUESTIONS of a category, and only as many as have MAX_WORD_PAIRS pairs of a question's
and an option's word. A category with fewer than MIN_QUESTIONS questions or only one photograph is
not scored: `accuracy`, `standard_error` and `is_shortcut` are null. In the row ALL the categories
below MIN_QUESTIONS are scored together, and every other category has the weight of all its
questions. `is_shortcut`: the accuracy exceeds chance by more than NUM_ERRORS standard errors and
MIN_EXCESS. `telling` lists how right options differ from wrong ones, the clearest first; for ALL,
in the categories that are scored together. Of `num_pairs` whole pairs the reader answers both
questions in the share `pair_accuracy`."""

ALL = "all"
"""In place of a category, in the row for all of them."""
MIN_QUESTIONS = 50  # with fewer, the standard error is above 6 points
MAX_QUESTIONS = 10_000  # their standard error is half a point
MAX_WORD_PAIRS = 800_000  # limits time and memory where texts are long
NUM_FOLDS = 5  # four fifths of the photographs teach, one is tested
NUM_ERRORS = 3.0  # standard errors: luck exceeds them once in 700 categories
MIN_EXCESS = 0.03  # share of questions: a smaller shortcut hardly helps a model in training
MAX_TELLING = 8  # lines: readers do not take in more
MIN_TELLING_PAIRS = 10  # options with a feature: with fewer, a z-score is not normal
NUM_STEPS = 12  # each step of Newton's method doubles the exact digits
MAX_LOG_ODDS = 20.0  # keeps exp finite; larger odds make no difference
MIN_TELLING_Z = 4.5  # standard deviations: by chance, one feature in 150,000 has it

SCORED = columns(
    part=pl.String,
    group_id=pl.String,
    pair_id=pl.String,
    num_options=pl.UInt32,
    points=pl.Float64,
    weight=pl.Float64,
)


def find_shortcuts(samples: pl.DataFrame, readers: Readers = READERS) -> pl.DataFrame:
    """SHORTCUTS of samples, categories sorted by name, then ALL. Reads these columns of SAMPLE:
    question_id, group_id, pair_id, category, question_only, options, answer_only."""
    questions = _in_fixed_order(samples)
    is_small = pl.len().over("category") < MIN_QUESTIONS
    parts = (
        questions.filter("is_answerable")
        .with_columns(part=pl.when(is_small).then(pl.lit(ALL)).otherwise("category"))
        .partition_by("part", as_dict=True)
    )
    scored, telling, strongest = [pl.DataFrame(schema=SCORED)], {}, {}
    for (part,), rows in parts.items():
        if rows.height >= MIN_QUESTIONS and rows["group_id"].n_unique() > 1:
            first = rows.head(affordable(rows))
            strongest[part], answers = strongest_reader(first, readers)
            weight = pl.lit(rows.height / answers.height)
            scored.append(answers.with_columns(weight=weight).select(SCORED.names()))
            telling[part] = telling_features(pairs_of(first))
    answers = pl.concat(scored)
    named = sorted(questions.partition_by("category", as_dict=True).items())
    summaries = [
        summary(rows, answers.filter(part=category)) | {"category": category}
        for (category,), rows in named
    ]
    summaries.append(summary(questions, answers) | {"category": ALL})
    told = [
        row | {"telling": telling.get(name, []), "reader": strongest.get(name)}
        for row in summaries
        for name in [row["category"]]
    ]
    return frame_of(told, SHORTCUTS)


def strongest_reader(questions: pl.DataFrame, readers: Readers) -> tuple[str, pl.DataFrame]:
    """The name of the reader that is right most often, compared with chance, and the questions that
    it read with its `points`."""
    found: list[tuple[float, str, pl.DataFrame]] = []
    for name, (read, most) in readers.items():
        asked = questions.head(most) if most else questions
        if asked["group_id"].n_unique() < 2:
            continue
        folds, mates = folds_of(asked["group_id"].to_list()), whole_pairs(asked["pair_id"])
        points = points_of(read, asked, pairs_of(asked), folds, mates)
        excess = float((points - 1 / asked["num_options"].to_numpy()).mean())
        answers = asked.with_columns(points=pl.Series(points, dtype=pl.Float64))
        found.append((excess, name, answers))
    _, name, answers = max(found, key=lambda entry: round(entry[0], 6))
    return name, answers


def affordable(questions: pl.DataFrame) -> int:
    """How many of the questions, from the first, the limits above let the classifier score."""
    texts = pl.col("question_only"), pl.col("options").list.join(" ")
    word_pairs = pl.Expr.mul(*(text.str.count_matches(r"\w+").cast(pl.Int64) for text in texts))
    num_cheap = questions.select(word_pairs.cum_sum() <= MAX_WORD_PAIRS).to_series().sum()
    return max(MIN_QUESTIONS, min(int(num_cheap), MAX_QUESTIONS))


def summary(questions: pl.DataFrame, answers: pl.DataFrame) -> dict[str, Any]:
    """The numbers of SHORTCUTS for questions; `answers` (SCORED) are the results on some of them.

    The standard error is that of sums over photographs, whose questions resemble each other, but at
    least that of guessing.
    """
    possible = questions.filter("is_answerable")
    letters = possible["answer_only"].value_counts()["count"]
    row = {
        **pair_summary(answers),
        "num_questions": questions.height,
        "num_scored": answers.height,
        "chance": _rounded((1 / possible["num_options"]).mean()),
        "constant": _rounded((letters / possible.height).max()),
    }
    if answers.is_empty():
        return row | {"accuracy": None, "standard_error": None, "is_shortcut": None}
    share = (answers["weight"] / answers["weight"].sum()).to_numpy()
    points, chance = answers["points"].to_numpy(), 1 / answers["num_options"].to_numpy()
    excess = float(share @ (points - chance))
    groups = np.unique(answers["group_id"].to_numpy(), return_inverse=True)[1]
    sums = np.bincount(groups, share * (points - chance - excess))
    error = sqrt(max(sums @ sums, share**2 @ (chance * (1 - chance))))
    return row | {
        "accuracy": _rounded(share @ points),
        "standard_error": _rounded(error),
        "is_shortcut": excess > max(NUM_ERRORS * error, MIN_EXCESS),
    }


def pair_summary(answers: pl.DataFrame) -> dict[str, Any]:
    """How many whole pairs were read, and in what share of them both questions were answered."""
    both = answers.filter(pl.col("pair_id").is_not_null(), pl.len().over("pair_id") == 2)
    right = both.group_by("pair_id").agg(pl.col("points").product())["points"]
    return {"num_pairs": len(right), "pair_accuracy": _rounded(right.sort().mean())}


def _rounded(value: Any) -> float | None:
    return None if value is None else round(float(value), 4)


def _in_fixed_order(samples: pl.DataFrame) -> pl.DataFrame:
    """Questions in an order that depends only on their ids, so that the first of them are a random
    sample; `place` is that of the right option."""
    texts = ("question_id", "group_id", "category", "question_only", "answer_only")
    rows = samples.select(
        "pair_id",
        *(pl.col(name).fill_null("") for name in texts),
        options=pl.col("options").fill_null([]).list.eval(pl.element().fill_null("")),
    )
    number, letters = pl.col("options").list.len(), list(LETTERS)
    place = pl.col("answer_only").replace_strict(letters, range(len(letters)), default=None)
    rows = rows.with_columns(
        place=place,
        num_options=number,
        tie=pl.Series([_digest(text) for text in rows["question_id"]], dtype=pl.UInt64),
    )
    return rows.with_columns(
        is_answerable=number.is_between(2, len(LETTERS)) & (place < number).fill_null(False)
    ).sort("tie", *texts, pl.col("options").list.join("\n"))


def _digest(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest())


def folds_of(groups: Sequence[str]) -> NDArray[np.intp]:
    """The fold of every row: whole groups, the largest first, each into the emptiest fold. A digest
    orders equally large groups, so that neighbouring names are not dealt to the folds in turn."""
    from sklearn.model_selection import GroupKFold  # takes a second

    digests = np.array([_digest(group) for group in groups], np.uint64)
    folds = np.zeros(len(groups), np.intp)
    splitter = GroupKFold(min(NUM_FOLDS, len(np.unique(digests))))
    for fold, (_, rows) in enumerate(splitter.split(digests, groups=digests)):
        folds[rows] = fold
    return folds


def telling_features(pairs: Pairs) -> list[str]:
    """What right options have more often, or less often, than by chance, in words.

    Forward selection: the next feature is the most surprising one after those before it have been
    learned, so that one cause is reported once.
    """
    chosen: list[int] = []
    number = _totals(pairs, np.ones(len(pairs.question)))
    right = _totals(pairs, pairs.is_right).tolist()
    usual = _totals(pairs, pairs.chance)
    marginal = _surprise(pairs, pairs.chance)
    is_known = (number < MIN_TELLING_PAIRS) | (np.abs(marginal) < MIN_TELLING_Z)
    expected = pairs.chance
    while len(chosen) < MAX_TELLING:
        surprise = np.where(is_known, 0.0, np.abs(_surprise(pairs, expected))).round(6)
        most = surprise.max(initial=0.0)
        if most < MIN_TELLING_Z:
            break
        ties = np.flatnonzero(surprise == most).tolist()
        chosen.append(min(ties, key=lambda place: _plainness(pairs.features[place], right[place])))
        is_known[chosen[-1]] = True
        expected = _explained(pairs, chosen)
    return [
        f"{DESCRIPTIONS[kind].format(text=text, other=other)}: "
        f"right {right[place]:.0f} of {number[place]:.0f}, {usual[place]:.0f} by chance"
        for place in chosen
        for kind, text, other in [pairs.features[place]]
    ]


def _totals(pairs: Pairs, values: Vector | NDArray[np.bool_]) -> Vector:
    """The sum of the values of the options that have a feature, per feature."""
    totals: Vector = pairs.has.T @ values.astype(np.float64)
    return totals


def _surprise(pairs: Pairs, expected: Vector) -> Vector:
    """Standard deviations by which each feature's right options exceed the expected number."""
    spread = np.sqrt(_totals(pairs, expected * (1 - expected)))
    return _totals(pairs, pairs.is_right - expected) / np.maximum(spread, 1e-9)


def _explained(pairs: Pairs, chosen: Sequence[int]) -> Vector:
    """The chance of each option to be the right one of its question, given the chosen features: a
    conditional logit (McFadden 1974), by Newton's method."""
    has = pairs.has[:, chosen].toarray()
    starts = np.flatnonzero(np.diff(pairs.question, prepend=-1))
    weights, chances = np.zeros(len(chosen)), pairs.chance
    for _ in range(NUM_STEPS):
        mean = np.add.reduceat(chances[:, None] * has, starts)
        gradient = has.T @ (pairs.is_right - chances) - weights
        curvature = has.T @ (chances[:, None] * has) - mean.T @ mean + np.eye(len(chosen))
        weights = weights + np.linalg.solve(curvature, gradient)
        odds = np.exp(np.clip(has @ weights, -MAX_LOG_ODDS, MAX_LOG_ODDS))
        chances = odds / np.add.reduceat(odds, starts)[pairs.question]
    return chances


def _plainness(feature: Feature, right: float) -> tuple[int, float, Feature]:
    """Sort key among equal features: the plainest kind first, then those of right options."""
    return list(DESCRIPTIONS).index(feature.kind), -right, feature
