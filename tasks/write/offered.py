"""Offered: which alternatives of a planned question stand beside its answer."""

from collections.abc import Mapping, Sequence
from typing import Any

from schemas.claim import Category


def wrong_claims(row: Mapping[str, Any], num_options: Mapping[Category, int]) -> Sequence[str]:
    """The one that the question's pair offers, or those that it offers by itself, from a row of
    SUBGRAPH with the `alternative` of PLAN (which a question outside a plan lacks)."""
    alternatives: Sequence[str] = row["alternatives"]
    if row.get("alternative") is not None:
        return [alternatives[row["alternative"]]]
    return alternatives[: min(row["num_offered"], num_options[Category(row["category"])] - 1)]
