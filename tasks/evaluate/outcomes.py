"""Outcomes: what an evaluation came to, by model and benchmark."""

from pathlib import Path
from typing import NamedTuple


class Outcome(NamedTuple):
    """The artifacts of one model on one benchmark; `attention` where it was measured."""

    model: str
    benchmark: str
    items: Path
    replies: Path
    parsed: Path
    scores: Path
    attention: Path | None = None

    @property
    def paths(self) -> list[Path]:
        return [path for path in self[2:] if path is not None]


class VariantsOutcome(NamedTuple):
    """The artifacts of one model on the variants of one benchmark's items."""

    model: str
    benchmark: str
    variants: Path
    replies: Path
    parsed: Path

    @property
    def paths(self) -> list[Path]:
        return list(self[2:])


class Failed(NamedTuple):
    """An evaluation that failed, of one model or of EVERY_MODEL, and why in one line; `is_input`:
    for what it was given."""

    model: str
    benchmark: str
    message: str
    is_input: bool = False
