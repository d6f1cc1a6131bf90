"""Evidence: whether a claim holds in a scene and by what margin.

PROVED    the boxes (or true depth and facing) show it, with the margin that they clear
WITNESSED two independent sources say so
ASSERTED  one source, an annotation or a witness, says so and nothing contradicts it
REFUTED   an annotation excludes it or the boxes fail a condition that it needs
UNKNOWN   otherwise
"""

from enum import StrEnum, auto
from typing import NamedTuple


class Standing(StrEnum):
    PROVED = auto()
    WITNESSED = auto()
    ASSERTED = auto()
    REFUTED = auto()
    UNKNOWN = auto()


SUPPORTING = (Standing.PROVED, Standing.WITNESSED, Standing.ASSERTED)
"""The surest first."""


class Evidence(NamedTuple):
    """`margin` says by how much the facts meet what the claim needs (1: just enough) or refute it
    (-1: just enough); None where an annotation decides. `detail` says it in words, and which source
    says what where there is a witness."""

    standing: Standing
    margin: float | None
    detail: str

    @property
    def supports(self) -> bool:
        return self.standing in SUPPORTING

    @property
    def refutes(self) -> bool:
        return self.standing is Standing.REFUTED


def unknown(detail: str) -> Evidence:
    return Evidence(Standing.UNKNOWN, None, detail)


def negated(evidence: Evidence) -> Evidence:
    """What the same facts say to the opposite of a claim."""
    margin = None if evidence.margin is None else -evidence.margin
    if evidence.supports:
        return evidence._replace(standing=Standing.REFUTED, margin=margin)
    if evidence.refutes:
        standing = Standing.ASSERTED if margin is None else Standing.PROVED
        return evidence._replace(standing=standing, margin=margin)
    return evidence._replace(margin=margin)


def by_degree(degree: float, detail: str) -> Evidence:
    """Proved at a degree of at least 1, refuted at -1 or less."""
    if degree >= 1.0:
        return Evidence(Standing.PROVED, degree, detail)
    if degree <= -1.0:
        return Evidence(Standing.REFUTED, degree, detail)
    return Evidence(Standing.UNKNOWN, degree, f"{detail}: too close to call")


def by_ratio(ratio: float, needed: float, detail: str) -> Evidence:
    """Proved where the ratio is at least `needed`, refuted where its inverse is."""
    if ratio >= needed:
        return Evidence(Standing.PROVED, ratio / needed, detail)
    if ratio <= 1.0 / needed:
        return Evidence(Standing.REFUTED, -1.0 / (ratio * needed), detail)
    return Evidence(Standing.UNKNOWN, None, f"{detail}: too close to call")


def together(one: Evidence, other: Evidence, *, is_second: bool = True) -> Evidence:
    """What two sources say: both support it, one does and the other is silent, or they contradict
    each other. A witness (`other`) that doubts leaves nothing decided; one that is not
    independent (`is_second`) adds nothing where it agrees."""
    both = f"{one.detail}; {other.detail}"
    if other.standing is Standing.UNKNOWN:
        return unknown(both)
    if one.standing is Standing.UNKNOWN:
        return other._replace(detail=both)
    if one.supports is not other.supports:
        return unknown(f"in conflict: {both}")
    if one.supports and Standing.PROVED in (one.standing, other.standing):
        surest = one if one.standing is Standing.PROVED else other
        return surest._replace(detail=both)
    agreed = is_second and one.standing is Standing.ASSERTED
    standing = Standing.WITNESSED if agreed else one.standing
    return Evidence(standing, one.margin, both)
