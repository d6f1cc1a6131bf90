"""Offered: which alternatives of a planned question stand beside its answer."""

from collections.abc import Mapping, Sequence
from typing import Any

from schemas.claim import Category, compared_with, decode_claim, encode_claim
from tasks.language.forms.table import FORMS


def offered_claims(row: Mapping[str, Any], num_options: Mapping[Category, int]) -> Sequence[str]:
    """What the options claim, the right one first: the two that the question's pair offers, or
    those that it offers by itself, from a row of SUBGRAPH with the `alternative` of PLAN (which a
    question outside a plan lacks). Two options compare with nothing but each other."""
    category, alternatives = Category(row["category"]), row["alternatives"]
    if row.get("alternative") is None:
        number = min(row["num_offered"], num_options[category] - 1)
        return [row["claim"], *alternatives[:number]]
    pair = [decode_claim(text) for text in (row["claim"], alternatives[row["alternative"]])]
    offered = FORMS[category].named_objects(pair, row["asks"])
    named = {key for key in offered if key is not None}
    return [encode_claim(compared_with(claim, named)) for claim in pair]
