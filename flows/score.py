"""What the command line shows of scored completions."""

import polars as pl
from rich.console import Console
from rich.table import Table

from tasks.train.score import PARTS


def print_means(scores: pl.DataFrame, console: Console) -> None:
    console.print(f"Rewards of {scores.height:,} completion{'' if scores.height == 1 else 's'}")
    table = Table()
    table.add_column("part")
    table.add_column("mean", justify="right")
    means = scores.select(pl.col(PARTS).mean()).row(0, named=True)
    for part in PARTS:
        table.add_row(part, f"{means[part]:.4f}", style="bold" if part == "total" else None)
    console.print(table)
