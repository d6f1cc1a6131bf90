"""Blind readers: what answers a question from its words and options alone.

Each learns from some questions and scores every option of others. They learn different things: what
leans towards an answer (linear), which words do so together (trees), and how questions with nearly
the same words were answered (neighbours).
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tasks.validate.features import WORD, Pairs

TOLERANCE = 0.01  # 0.0001 takes twice the time; accuracies of 6,750 questions stay within 0.001
INVERSE_PENALTY = 1.0  # the best of 0.01, 0.1, 1 in eight of nine categories of drawn scenes
MAX_TREE_FEATURES = 48  # the commonest: trees need dense tables, and rare ones split nothing
NUM_TREES, LEARNING_RATE, MAX_LEAVES = 24, 0.25, 12  # more find nothing more that was planted
NUM_NEIGHBOURS = 15
"""Questions that vote: odd, more than two copies of one wording can decide, few beside the
hundreds of questions of a category."""
MAX_READ = 4_000
"""Questions that trees and neighbours read: their standard error is below one point, and time grows
with the square for neighbours."""

Vector = NDArray[np.float64]
Mask = NDArray[np.bool_]
Reader = Callable[[pl.DataFrame, Pairs, Mask, Mask], Vector]
"""From questions, their options, and which questions teach and which are tested, to the scores of
the options of the tested ones."""


def linear(questions: pl.DataFrame, pairs: Pairs, taught: Mask, tested: Mask) -> Vector:
    from sklearn.linear_model import LogisticRegression  # takes a second

    teaches, asks = taught[pairs.question], tested[pairs.question]
    model = LogisticRegression(solver="liblinear", C=INVERSE_PENALTY, tol=TOLERANCE)
    model.fit(pairs.has[teaches], pairs.is_right[teaches])
    scores: Vector = model.decision_function(pairs.has[asks])
    return scores


def trees(questions: pl.DataFrame, pairs: Pairs, taught: Mask, tested: Mask) -> Vector:
    from sklearn.ensemble import HistGradientBoostingClassifier
    from threadpoolctl import threadpool_limits

    teaches, asks = taught[pairs.question], tested[pairs.question]
    common = np.argsort(-pairs.counts, kind="stable")[:MAX_TREE_FEATURES]
    table = pairs.has[:, common].toarray().astype(np.float32)
    model = HistGradientBoostingClassifier(
        max_iter=NUM_TREES,
        learning_rate=LEARNING_RATE,
        max_leaf_nodes=MAX_LEAVES,
        early_stopping=False,
        random_state=0,
    )
    # Its threads wait for each other, which takes far longer where other work uses the cores.
    with threadpool_limits(1):
        model.fit(table[teaches], pairs.is_right[teaches])
        scores: Vector = model.decision_function(table[asks])
    return scores


def neighbours(questions: pl.DataFrame, pairs: Pairs, taught: Mask, tested: Mask) -> Vector:
    """The text of an option scores as often as it is right among the nearest questions, beyond how
    often chance would have it."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.neighbors import NearestNeighbors

    said = pl.concat_str(
        "question_only", pl.col("options").list.sort().list.join(" "), separator=" "
    )
    texts = questions.select(said).to_series().to_list()
    try:
        table = TfidfVectorizer(token_pattern=WORD.pattern).fit_transform(texts)
    except ValueError:  # no text has a word
        return np.zeros(int(tested[pairs.question].sum()))
    known, asked = np.flatnonzero(taught), np.flatnonzero(tested)
    number = min(NUM_NEIGHBOURS, len(known))
    index = NearestNeighbors(n_neighbors=number, metric="cosine", algorithm="brute")
    distances, places = index.fit(table[known]).kneighbors(table[asked])
    options, right = questions["options"].to_list(), questions["place"].to_list()
    scores = []
    for question, near, far in zip(asked.tolist(), known[places].tolist(), distances, strict=True):
        told: dict[str, float] = {}
        for other, distance in zip(near, far.tolist(), strict=True):
            for place, text in enumerate(options[other]):
                gain = (place == right[other]) - 1 / len(options[other])
                told[text] = told.get(text, 0.0) + (1.0 - distance) * gain
        scores += [told.get(text, 0.0) for text in options[question]]
    return np.array(scores)


Readers = Mapping[str, tuple[Reader, int | None]]
"""Each with the number of questions that it reads at most (None: all that are offered)."""
READERS: Readers = {
    "linear": (linear, None),
    "trees": (trees, MAX_READ),
    "neighbours": (neighbours, MAX_READ),
}


def points_of(
    read: Reader, questions: pl.DataFrame, pairs: Pairs, folds: NDArray[Any], mates: NDArray[Any]
) -> Vector:
    """Per question 1 where the reader, taught by the other folds, scores the right option best, 0
    where it does not, and a share where several options are best. `mates` holds the place of each
    question's counterpart, or -1: it has the same words, and teaches nothing where it is tested."""
    scores = np.zeros(len(pairs.question))
    for fold in range(folds.max() + 1):
        tested = folds == fold
        taught = ~(tested | np.append(tested, False)[mates])
        scores[tested[pairs.question]] = read(questions, pairs, taught, tested)
    scores = scores.round(6)  # another machine's last bits must not break a tie
    best = np.full(len(folds), -np.inf)
    np.maximum.at(best, pairs.question, scores)
    is_best = scores == best[pairs.question]
    points = np.bincount(pairs.question, is_best & pairs.is_right)
    found: Vector = points / np.bincount(pairs.question, is_best)
    return found
