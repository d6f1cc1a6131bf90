"""Model card: what a trained model is, for people."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from schemas.code_version import CodeVersion
from schemas.config.training import TINY
from tasks.pages.templates import text_template

PARTS = ("format", "count", "accuracy", "spatial", "relationships")
SMOOTHED = 0.1
"""Share of the rollouts whose means the card compares: the first tenth and the last."""


def render_model_card(facts: dict[str, Any], log: Sequence[dict[str, float]]) -> str:
    # Markdown of our own facts: names are checked by the configuration.
    template = text_template(Path(__file__).parent / "card.md.jinja")
    return template.render(
        **facts,
        rewards=reward_rows(log),
        code_told=CodeVersion(**facts["code"]),
        is_tiny=facts["base"] == TINY,
    )


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
