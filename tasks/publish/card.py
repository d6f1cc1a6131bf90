"""The dataset card: README.md with the YAML head that the Hugging Face Hub reads."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl

from schemas.code_version import CodeVersion
from schemas.config.source_kind import SourceKind
from schemas.dataset_folder import name_of_dataset, why_command
from schemas.proof.evidence import Standing
from tasks.pages.templates import Filter, text_template
from tasks.publish.costs import COSTS, TOKENS, total_costs
from tasks.publish.funnel import FUNNEL, by_category, by_reason, stages_counted
from tasks.sources.readers import reader_of
from tasks.validate.page import BLIND_RULES, RULES

SIZES = (
    (0, ""),
    *((10**power, f"{10 ** (power % 3)}{'KMBT'[power // 3 - 1]}") for power in range(3, 13)),
)
"""The bounds of the Hub's categories of size, and what it calls them."""


def size_category(num_samples: int) -> str:
    """The Hub's name for a dataset's size."""
    for (least, lower), (limit, upper) in pairwise(SIZES):
        if num_samples < limit:
            return f"{lower}<n<{upper}" if least else f"n<{upper}"
    return f"n>{SIZES[-1][1]}"


def cost_rows(manifest: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One row per stage that asks a model; where there are several, one more for all of them, whose
    `questions` and `model` are None."""
    costs = pl.DataFrame(manifest["costs"], schema=COSTS)
    rows = total_costs(costs, manifest["num_samples"]).to_dicts()
    if len(rows) < 2:
        return rows
    sums = {name: sum(row[name] for row in rows) for name in TOKENS}
    paid = [row["cost"] for row in rows]
    cost = None if None in paid else round(sum(paid), 6)
    per_sample = None if cost is None else round(cost / max(manifest["num_samples"], 1), 6)
    total = {"stage": "total", "model": None, "questions": None, "cost_per_sample": per_sample}
    return [*rows, total | sums | {"cost": cost}]


def dollars_told(dollars: float | None) -> str:
    if dollars is None:
        return "price not known"
    if dollars >= 1:
        return f"${dollars:,.2f}"
    return "$" + (f"{float(f'{dollars:.3g}'):f}".rstrip("0").rstrip(".") or "0")


FILTERS: Mapping[str, Filter] = {
    "dollars": dollars_told,
    "percent": lambda share: f"{100 * share:.1f} %",
    "number": lambda number: f"{number:,}",
}


def render_card(
    manifest: Mapping[str, Any],
    samples: pl.LazyFrame,
    shortcuts: Sequence[Mapping[str, Any]] = (),
) -> str:
    """The card, from a manifest, its samples and what tasks.validate.shortcuts found."""
    funnel = pl.DataFrame(manifest["funnel"], schema=FUNNEL)
    judging, name = manifest["judging"], name_of_dataset(manifest)
    source = manifest["config"]["source"]
    counted = samples.select("question_id", "rating", "category", "level", "evidence").collect()
    shown = counted.sort("rating", "question_id", descending=[True, False])["question_id"][0]
    example = samples.filter(question_id=shown).collect().row(0, named=True)
    return text_template(Path(__file__).parent / "card.md.jinja", FILTERS).render(
        manifest=manifest,
        name=name,
        code=CodeVersion(**manifest["code"]),
        why=why_command(example["question_id"], name),
        config=manifest["config"],
        rights=reader_of(SourceKind(source["kind"]), source.get("own_licence")).rights,
        size=size_category(manifest["num_samples"]),
        losses=by_reason(funnel).to_dicts(),
        categories=by_category(funnel).to_dicts(),
        stages=stages_counted(funnel),
        levels=counted.group_by("category", "level").len().sort("category", "level").to_dicts(),
        evidence=counted.group_by("evidence").len().sort("evidence").to_dicts(),
        num_unknown=counted.filter(evidence=Standing.UNKNOWN.value).height,
        short=[row for row in manifest["quotas"] if row["chosen"] < row["wanted"]],
        example=example,
        writer=manifest["models"].get("write.chat"),
        costs=cost_rows(manifest),
        judging=judging,
        rule=judging and RULES[judging["rule"]],
        blind_rule=judging and BLIND_RULES[judging["blind_rule"]],
        shortcuts=[row for row in shortcuts if row["is_shortcut"]],
    )
