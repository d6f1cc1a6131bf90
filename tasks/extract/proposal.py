"""Proposal: a claim that may be worth asking about, not yet proved."""

from collections.abc import Iterable
from dataclasses import dataclass

from schemas.claim import Claim


@dataclass(frozen=True, slots=True)
class Proposal:
    """`asks` names the part of the claim that is asked for; the alternatives differ in that part,
    the most plausible first; `facet` is what else the plan keeps balanced within a category:
    `family/facet` where families take turns, and facets within a family."""

    asks: str
    claim: Claim
    alternatives: Iterable[Claim]
    facet: str = ""
    hardness: int = 0
