"""Model card: what a trained model is, for people."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from schemas.code_version import CodeVersion
from schemas.config.frame import FrameConfig
from schemas.config.training import TINY
from tasks.pages.templates import text_template

PARTS = ("format", "count", "accuracy", "spatial", "relationships")
SMOOTHED = 0.1
"""Share of the rollouts whose means the card compares: the first tenth and the last."""


def render_model_card(
    facts: dict[str, Any], log: Sequence[dict[str, float]], frame: FrameConfig
) -> str:
    # Markdown of our own facts: names are checked by the configuration.
    template = text_template(Path(__file__).parent / "card.md.jinja")
    return template.render(
        **facts,
        frame_told=frame_told(frame),
        use_told=use_told(frame),
        rewards=reward_rows(log),
        code_told=CodeVersion(**facts["code"]),
        is_tiny=facts["base"] == TINY,
    )


def frame_told(frame: FrameConfig) -> str:
    """In which numbers the model states boxes."""
    if frame.frame == "paper_compatible":
        return "the pixels of the file (as published)"
    grid = frame.sight.grid
    return f"{grid} by {grid} parts of the picture" if grid else "the model's own resized picture"


def use_told(frame: FrameConfig) -> str:
    """What to do with a picture, and which size to state, so that boxes are read right."""
    if frame.frame == "paper_compatible":
        return "State the size of the file: boxes are in its pixels."
    sight = frame.sight
    if sight.side:
        resized = f"The processor resizes pictures to {sight.side} x {sight.side}."
    else:
        bounds = f"{frame.min_pixels:,} to {frame.max_pixels:,} pixels"
        resized = f"Resize pictures to multiples of {sight.factor} within {bounds}."
    if sight.grid:
        stated = f"State {sight.grid} x {sight.grid}, of whatever size the picture is"
        return f"{resized} {stated}: boxes are in these parts of its sides."
    return f"{resized} State the size that they then have: boxes are in these pixels."


def reward_rows(log: Sequence[dict[str, float]]) -> list[dict[str, Any]]:
    """Per part of the reward its mean over the first and the last rollouts."""
    rows = []
    for part, name in [("total", "reward"), *((part, f"rewards/{part}/mean") for part in PARTS)]:
        values = [line[name] for line in log if name in line]
        if values:
            few = max(round(SMOOTHED * len(values)), 1)
            first, last = (sum(some) / few for some in (values[:few], values[-few:]))
            rows.append({"part": part, "first": first, "last": last})
    return rows
