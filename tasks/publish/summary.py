"""What the command line shows of a finished build."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl
from rich.console import Console
from rich.table import Table
from rich.text import Text

from schemas.dataset_folder import VALIDATION, name_of_dataset
from tasks.publish.card import cost_rows, dollars_told
from tasks.publish.funnel import FUNNEL, by_category, by_reason, stages_counted
from tasks.report.report import REPORT


def print_summary(dataset: Path, console: Console) -> None:
    """Print the funnel by reason and by category, the costs and verdicts of models, missed quotas,
    and the paths of report, validation page and card, as far as they are there."""
    manifest = json.loads((dataset / "manifest.json").read_text(encoding="utf-8"))
    funnel = pl.DataFrame(manifest["funnel"], schema=FUNNEL)
    console.print(_losses(funnel), _categories(funnel, manifest["quotas"]))
    if manifest["costs"]:
        console.print(_costs(manifest))
    for line in _model_lines(manifest):
        console.print(Text(line))
    short = [row for row in manifest["quotas"] if row["chosen"] < row["wanted"]]
    if short:
        cells = ", ".join(
            f"{row['category']}/{row['level']} {row['chosen']} of {row['wanted']}" for row in short
        )
        console.print(Text(f"Short of the quota: {cells}"))
    splits = ", ".join(f"{number:,} {split}" for split, number in manifest["splits"].items())
    console.print(
        Text(f"{manifest['num_samples']:,} samples ({splits}) in {manifest['num_images']:,} images")
    )
    for title, path in (
        ("report", dataset / REPORT),
        ("checks", dataset / VALIDATION / "validation.html"),
        ("card", dataset / "README.md"),
    ):
        if path.exists():
            console.print(Text(f"{title:<7} {path}"), soft_wrap=True)
    if not (dataset / REPORT).exists():
        name = name_of_dataset(manifest)
        console.print(Text(f"report  is gone: spatialthinker report {name} makes it again"))


def _losses(funnel: pl.DataFrame) -> Table:
    table = Table(
        "stage", "kept", "lost or repaired, by reason", title="Funnel", title_justify="left"
    )
    rows = by_reason(funnel)
    for (stage,), group in rows.group_by("stage", maintain_order=True):
        kept = group.filter(pl.col("outcome") == "kept")
        changed = group.filter(pl.col("outcome") != "kept").sort(
            "rows", "reason", descending=[True, False]
        )
        table.add_row(
            str(stage),
            "\n".join(f"{row['rows']:,} {row['reason']}" for row in kept.iter_rows(named=True)),
            ", ".join(f"{row['reason']} {row['rows']:,}" for row in changed.iter_rows(named=True)),
        )
    return table


def _categories(funnel: pl.DataFrame, quotas: Sequence[dict[str, object]]) -> Table:
    stages = stages_counted(funnel)
    wanted = (
        pl.DataFrame(quotas).group_by("category", maintain_order=True).agg(pl.col("wanted").sum())
    )
    kept = by_category(funnel)
    table = Table("category", title="Questions kept after each stage", title_justify="left")
    for name in (*stages, "wanted"):
        table.add_column(name, justify="right")
    for row in wanted.join(kept, on="category", how="left").iter_rows(named=True):
        numbers = [row.get(stage) or 0 for stage in stages]
        table.add_row(str(row["category"]), *(f"{n:,}" for n in (*numbers, row["wanted"])))
    return table


def _costs(manifest: Mapping[str, Any]) -> Table:
    table = Table("stage", title="What models took", title_justify="left")
    for name in ("calls", "tokens in", "cached", "out", "cost", "per sample"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in cost_rows(manifest):
        names = ("calls", "input_tokens", "cached_tokens", "output_tokens")
        table.add_row(
            row["stage"],
            *(f"{row[name]:,}" for name in names),
            dollars_told(row["cost"]),
            "" if row["cost"] is None else dollars_told(row["cost_per_sample"]),
        )
    return table


def _model_lines(manifest: Mapping[str, Any]) -> Iterator[str]:
    models = [f"{stage} by {model}" for stage, model in manifest["models"].items()]
    if models:
        yield ", ".join(models).replace(".chat", "")
    guessing = manifest["judging"]["guessing"] if manifest["judging"] else []
    number = sum(row["num_judged"] for row in guessing)
    if number:
        kept, guessed = (
            sum(row["num_judged"] * row[name] for row in guessing) / number
            for name in ("kept_share", "guess_odds")
        )
        yield (
            f"The judge agreed with {100 * kept:.1f} % of {number:,} answers; a guesser would "
            f"agree with {100 * guessed:.1f} %"
        )
    for doubt in manifest["judging"]["doubts"] if manifest["judging"] else ():
        yield f"Warning: the judge {doubt}"
    unanswered = manifest["num_unanswered"]
    if unanswered:
        yield (
            f"{unanswered:,} question{'s' * (unanswered > 1)} got no reply: run the same command "
            "to ask again"
        )
