"""Precision: what share of a dataset's labels people found right, and how far they agree.

A question counts where it is in the dataset, or was left out of it because of its review: what is
left once the wrong ones are gone says nothing about the questions that nobody looked at.
"""

from collections.abc import Collection, Iterator, Sequence
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

import polars as pl
from scipy.stats import binomtest
from sklearn.metrics import cohen_kappa_score

from schemas.review import LEFT_OUT, VALID, ReviewVerdict, outcomes, reviews_of
from tasks.review.items import samples_of, with_keys

ALL = "all"
"""In place of a category."""


class Precision(NamedTuple):
    """Of the reviewed questions of a category: how many are valid, how many have a right label
    (which only valid ones can), and the bounds of the share of right ones at 95 % (Wilson)."""

    category: str
    reviewed: int
    valid: int
    right: int
    low: float
    high: float

    @property
    def share(self) -> float:
        return self.right / self.reviewed


class Agreement(NamedTuple):
    """Of two reviewers on the questions that both reviewed; `kappa` (Cohen 1960) is None where both
    gave one verdict only, which says nothing about chance."""

    one: str
    other: str
    both: int
    same: int
    kappa: float | None


def wilson(right: int, total: int) -> tuple[float, float]:
    """Bounds of a share at 95 %; 0 and 1 where there is nothing."""
    if not total:
        return 0.0, 1.0
    bounds = binomtest(right, total).proportion_ci(0.95, method="wilson")
    return float(bounds.low), float(bounds.high)


def precisions(reviewed: pl.DataFrame) -> list[Precision]:
    """ALL first, then by category; of rows with `category` and `outcome`, none where there are no
    rows."""
    return list(_precisions(reviewed)) if reviewed.height else []


def _precisions(reviewed: pl.DataFrame) -> Iterator[Precision]:
    parts = reviewed.partition_by("category", as_dict=True)
    for name, rows in [(ALL, reviewed), *((str(key[0]), parts[key]) for key in sorted(parts))]:
        right = rows.filter(outcome=ReviewVerdict.RIGHT.value).height
        valid = rows.filter(pl.col("outcome").is_in([one.value for one in VALID])).height
        yield Precision(name, rows.height, valid, right, *wilson(right, rows.height))


def reviewed_of(dataset: Path, root: Path, name: str) -> pl.DataFrame:
    """As `reviewed_among`, of the questions of a dataset, and of those that it lacks because of
    their reviews."""
    reviews = reviews_of(root, name)
    if reviews.is_empty():
        return reviewed_among(reviews, ())
    # Only those that say what somebody reviewed need be known by their photographs.
    alike = samples_of(dataset).join(reviews, on=["question", "label"], how="semi")
    keys = {*with_keys(alike, dataset)["key"], *left_out(dataset / "ledger.parquet")}
    return reviewed_among(reviews, keys)


def reviewed_among(reviews: pl.DataFrame, keys: Collection[str]) -> pl.DataFrame:
    """`key`, `category`, `evidence` and `outcome` of the questions with these keys that were
    reviewed."""
    about = reviews.unique("key", maintain_order=True).select("key", "category", "evidence")
    found = about.filter(pl.col("key").is_in(sorted(keys)))
    return found.join(outcomes(reviews), on="key", how="left", maintain_order="left")


def left_out(ledger_path: Path) -> list[str]:
    """The keys of the questions that were left out because of their reviews, from a ledger."""
    ledger = pl.read_parquet(ledger_path, columns=["reason", "detail"])
    rows = ledger.filter(pl.col("reason").str.starts_with(LEFT_OUT))
    return rows["detail"].str.extract(r"\b([0-9a-f]{32})\b").drop_nulls().to_list()


def agreements(reviews: pl.DataFrame) -> list[Agreement]:
    """Of each two reviewers that have questions in common."""
    found = []
    for one, other in combinations(sorted(set(reviews["reviewer"])), 2):
        both = reviews.filter(reviewer=one).join(
            reviews.filter(reviewer=other), on="key", maintain_order="left"
        )
        if both.height:
            first, second = both["verdict"].to_list(), both["verdict_right"].to_list()
            same = sum(a == b for a, b in zip(first, second, strict=True))
            found.append(Agreement(one, other, both.height, same, _kappa(first, second)))
    return found


def _kappa(first: Sequence[str], second: Sequence[str]) -> float | None:
    if len({*first, *second}) == 1:
        return None
    return float(cohen_kappa_score(first, second))


def told(found: Precision) -> str:
    """In one line, for people."""
    return (
        f"{found.category}: {found.right} of {found.reviewed} right "
        f"({100 * found.low:.0f} to {100 * found.high:.0f} % at 95 %), {found.valid} valid"
    )


def agreement_told(found: Agreement) -> str:
    kappa = "not defined" if found.kappa is None else f"{found.kappa:.2f}"
    return (
        f"{found.one} and {found.other}: {found.same} of {found.both} verdicts are the same "
        f"(Cohen's kappa {kappa})"
    )
