"""The dataset card: README.md with the YAML head that the Hugging Face Hub reads."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from tasks.funnel import FUNNEL, by_category, by_reason


def size_category(num_samples: int) -> str:
    """The Hub's name for a dataset's size."""
    for limit, name in ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K")):
        if num_samples < limit:
            return name
    return "100K<n<1M"


def render_card(manifest: Mapping[str, Any], samples: pl.DataFrame) -> str:
    """The card of a dataset, from its manifest and its samples."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    funnel = pl.DataFrame(manifest["funnel"], schema=FUNNEL)
    return environment.get_template("card.md.jinja").render(
        manifest=manifest,
        config=manifest["config"],
        size=size_category(manifest["num_samples"]),
        losses=by_reason(funnel).to_dicts(),
        categories=by_category(funnel).to_dicts(),
        levels=samples.group_by("category", "level").len().sort("category", "level").to_dicts(),
        evidence=samples.group_by("evidence").len().sort("evidence").to_dicts(),
        short=[row for row in manifest["quotas"] if row["chosen"] < row["wanted"]],
        example=samples.sort("rating", "question_id", descending=[True, False]).row(0, named=True),
    )
