"""Outcomes: what an evaluation came to, by model and benchmark."""

from pathlib import Path
from typing import NamedTuple


class Outcome(NamedTuple):
    """The artifacts of one model on one benchmark."""

    model: str
    benchmark: str
    items: Path
    replies: Path
    parsed: Path
    scores: Path


class VariantsOutcome(NamedTuple):
    """The artifacts of one model on the variants of one benchmark's items."""

    model: str
    benchmark: str
    variants: Path
    replies: Path
    parsed: Path


class Failed(NamedTuple):
    """An evaluation that failed, of one model or of EVERY_MODEL, and why in one line; `is_input`:
    for what it was given."""

    model: str
    benchmark: str
    message: str
    is_input: bool = False
