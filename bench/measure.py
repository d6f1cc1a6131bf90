"""Measure: run one command in a new process, and report how long it took and its memory.

Memory is that of the command and all processes below it, read from /proc four times a second.
Resident memory counts the pages of mapped files, which the system may drop at any time; anonymous
memory does not.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

INTERVAL = 0.25  # seconds between two readings of memory; a shorter peak may be missed
GIB = 1 << 20  # kilobytes, the unit of /proc


@dataclass(frozen=True, slots=True)
class Run:
    """`result` is what the command printed in its last line, as JSON. `seconds` and `cpu_seconds`
    are those of the whole process, start and imports included. `memory` holds moment (as by
    `time.time`), resident and anonymous GiB, one after the other."""

    result: dict[str, Any]
    seconds: float
    cpu_seconds: float
    memory: list[tuple[float, float, float]]

    @property
    def resident(self) -> float:
        return max(entry[1] for entry in self.memory)

    @property
    def anonymous(self) -> float:
        return max(entry[2] for entry in self.memory)

    def resident_between(self, start: float, stop: float) -> float:
        return max((gib for moment, gib, _ in self.memory if start <= moment <= stop), default=0.0)


def measured(
    arguments: Sequence[str], folder: Path, environment: Mapping[str, str] | None = None
) -> Run:
    """Run a Python script with its arguments in `folder`. CalledProcessError where it fails."""
    before, started = os.times(), time.perf_counter()
    command = [sys.executable, *arguments]
    with subprocess.Popen(
        command, cwd=folder, env={**os.environ, **(environment or {})}, stdout=subprocess.PIPE
    ) as process:
        memory = [(time.time(), 0.0, 0.0)]
        while True:
            try:
                output, _ = process.communicate(timeout=INTERVAL)
                break
            except subprocess.TimeoutExpired:
                held = [_memory(number) for number in _tree(process.pid)]
                resident, anonymous = (
                    sum(entry[key] for entry in held) / GIB for key in ("VmRSS", "RssAnon")
                )
                memory.append((time.time(), resident, anonymous))
    seconds, after = time.perf_counter() - started, os.times()
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return Run(
        result=json.loads(output.splitlines()[-1]),
        seconds=seconds,
        cpu_seconds=after.children_user
        + after.children_system
        - before.children_user
        - before.children_system,
        memory=memory,
    )


def _tree(number: int) -> Iterator[int]:
    """A process and all below it."""
    yield number
    for children in Path(f"/proc/{number}/task").glob("*/children"):
        try:
            below = children.read_text().split()
        except OSError:
            continue
        for child in below:
            yield from _tree(int(child))


def _memory(number: int) -> dict[str, int]:
    """Kilobytes that a process holds; 0 for one that has ended."""
    held = {"VmRSS": 0, "RssAnon": 0}
    try:
        lines = Path(f"/proc/{number}/status").read_text().splitlines()
    except OSError:
        return held
    for line in lines:
        key, _, value = line.partition(":")
        if key in held:
            held[key] = int(value.split()[0])
    return held


def show(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    table = Table(title=title, title_justify="left")
    for place, column in enumerate(columns):
        table.add_column(column, justify="right" if place else "left")
    for row in rows:
        table.add_row(*row)
    Console(width=110).print(table)
