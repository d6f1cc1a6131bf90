"""Evidence: whether a claim holds in a scene and by what margin.

PROVED    the boxes (or true depth and facing) show it, with the margin that they clear
ASSERTED  an annotation says so and nothing contradicts it
REFUTED   an annotation excludes it or the boxes fail a condition that it needs
UNKNOWN   otherwise
"""

from enum import StrEnum, auto
from typing import NamedTuple


class Standing(StrEnum):
    PROVED = auto()
    ASSERTED = auto()
    REFUTED = auto()
    UNKNOWN = auto()


class Evidence(NamedTuple):
    """`margin` says by how much the facts meet what the claim needs (1: just enough) or refute it
    (-1: just enough); None where an annotation decides. `detail` says it in words."""

    standing: Standing
    margin: float | None
    detail: str

    @property
    def supports(self) -> bool:
        return self.standing in (Standing.PROVED, Standing.ASSERTED)

    @property
    def refutes(self) -> bool:
        return self.standing is Standing.REFUTED


def unknown(detail: str) -> Evidence:
    return Evidence(Standing.UNKNOWN, None, detail)


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
