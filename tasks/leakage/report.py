"""Leakage, as the command line computes and shows it."""

import logging
from pathlib import Path

import polars as pl
from rich.console import Console
from rich.table import Table
from rich.text import Text

from schemas.config.evaluation import load_evaluate_config
from schemas.dataset_folder import check_dataset, resolve_dataset
from schemas.printable import printable
from tasks.evaluate.benchmark import write_items
from tasks.leakage.leaks import MATCHES, find_leaks, is_listed, known_lists, list_photographs

SHOWN = 20
"""Shared photographs that are printed one by one; of the others only the number is."""
logger = logging.getLogger(__name__)


def list_benchmarks(config: Path, root: Path) -> None:
    """Make the lists of the photographs of a configuration's benchmarks."""
    for entry in load_evaluate_config(config).benchmarks:
        if is_listed(entry.name):
            logger.info("listed: %s", list_photographs(write_items(entry, root), root))


def print_leaks(dataset: str, root: Path, console: Console) -> None:
    """How many photographs and samples each benchmark shares with a dataset, and some of them."""
    folder = resolve_dataset(dataset, root)
    check_dataset(folder)
    leaks = find_leaks(folder, root)
    if leaks is None:
        raise ValueError(
            f"no benchmark is listed below {root}: name an evaluation's configuration with "
            "--benchmarks"
        )
    names = ", ".join(path.stem for path in known_lists(root))
    console.print(Text(f"{folder} against {names}"), soft_wrap=True)
    if leaks.is_empty():
        console.print("no picture of them is in the dataset")
        return
    table = Table("benchmark", "photographs", "samples", "by source", "by bytes", "by looks")
    for (benchmark,), group in leaks.group_by("benchmark", maintain_order=True):
        found = [group.filter(pl.col("match") == match).height for match in MATCHES]
        numbers = [group.height, group["samples"].sum(), *found]
        table.add_row(str(benchmark), *map(str, numbers))
    console.print(table)
    for row in leaks.head(SHOWN).iter_rows(named=True):
        told = f"{row['image_id']}  {row['benchmark']}: same {row['match']} as {row['listed']}"
        console.print(Text(printable(told)))
    if leaks.height > SHOWN:
        console.print(f"... and {leaks.height - SHOWN} more")
