"""What the command line shows of an evaluation."""

from pathlib import Path

import polars as pl
from rich.console import Console
from rich.table import Table
from rich.text import Text

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


def _value(score: dict[str, float | None]) -> str:
    error = score["standard_error"]
    return f"{score['value']:.1f}" + ("" if error is None else f" ± {error:.1f}")
