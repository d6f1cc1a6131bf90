"""Bars: how far a command is that moves bytes."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from tasks.beating import HEARTBEAT_SECONDS, beating


@contextmanager
def shown_bytes(console: Console, seconds: float = HEARTBEAT_SECONDS) -> Iterator[Progress]:
    """Within the block, a bar of bytes for each of its tasks; where that is no terminal, a line
    every so many seconds for each that is under way."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TimeRemainingColumn(),
    )

    def tell(took: float) -> None:
        for task in progress.tasks:
            if not (task.finished or console.is_terminal):
                whole = f" of {task.total / 1e6:,.1f}" if task.total else ""
                told = f"{task.completed / 1e6:,.1f}{whole} MB"
                line = f"{task.description}: still running, {took:.0f} s: {told}"
                console.print(line, highlight=False, markup=False)

    with (
        Progress(*columns, console=console, disable=not console.is_terminal) as progress,
        beating(tell, seconds),
    ):
        yield progress
