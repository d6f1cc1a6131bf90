"""Truths of three values: true, false, or unclear, where reasonable people would differ."""

from collections.abc import Sequence
from enum import StrEnum, auto


class Truth(StrEnum):
    TRUE = auto()
    FALSE = auto()
    UNCLEAR = auto()

    @property
    def reversed(self) -> "Truth":
        return {Truth.TRUE: Truth.FALSE, Truth.FALSE: Truth.TRUE}.get(self, self)


TRUE, FALSE, UNCLEAR = Truth.TRUE, Truth.FALSE, Truth.UNCLEAR


def between(value: float, false: float, true: float) -> Truth:
    """True from `true` on, false up to `false`, whichever of them is larger."""
    if true > false:
        return TRUE if value >= true else FALSE if value <= false else UNCLEAR
    return TRUE if value <= true else FALSE if value >= false else UNCLEAR


def least(truths: Sequence[Truth]) -> Truth:
    """Whether all hold."""
    if FALSE in truths:
        return FALSE
    return UNCLEAR if UNCLEAR in truths else TRUE


def most(truths: Sequence[Truth]) -> Truth:
    """Whether any holds."""
    return least([truth.reversed for truth in truths]).reversed
