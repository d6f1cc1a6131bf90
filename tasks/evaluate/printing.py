"""What the command line shows of an evaluation."""

from pathlib import Path

import polars as pl
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tasks.evaluate.difficulty import told_of
from tasks.evaluate.view import score_rows


def print_scores(folder: Path, console: Console) -> None:
    table = Table(title="Scores, in percent", title_justify="left")
    for name in ("benchmark", "model"):
        table.add_column(name, overflow="fold")
    for name in ("official", "constant", "paper rule", "published", "unread"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in score_rows(pl.read_parquet(folder / "scores.parquet")):
        published = row["published"]
        table.add_row(
            Text(row["title"]),
            Text(row["model"]),
            _value(row["official"]),
            f"{row['official']['constant_baseline']:.1f}",
            _value(row["paper"]),
            "" if published is None else f"{published:.1f}",
            f"{100 * row['official']['unparsed_share']:.0f}",
        )
    console.print(table)
    console.print(Text(f"report  {folder / 'report.html'}"), soft_wrap=True)


def print_rates(rates: pl.DataFrame, console: Console) -> None:
    model, draws = rates.row(0, named=True)["model"], rates["draws"][0]
    title = Text(f"How often {model} is right, of {draws} replies to each question")
    table = Table(title=title, title_justify="left")
    table.add_column("category", overflow="fold")
    for name in ("questions", "right, %", "never", "sometimes", "always"):
        table.add_column(name, justify="right", no_wrap=True)
    for category, number, mean, never, always in told_of(rates):
        sometimes = number - never - always
        counts = (f"{count:,}" for count in (never, sometimes, always))
        table.add_row(Text(category), f"{number:,}", f"{100 * mean:.1f}", *counts)
    console.print(table)


def _value(score: dict[str, float | None]) -> str:
    error = score["standard_error"]
    return f"{score['value']:.1f}" + ("" if error is None else f" ± {error:.1f}")
