"""Log: what a run reports about its updates, for people and for programs.

`log.jsonl` has one object per update with the step, the loss, and the mean of every reward; no
times, so that the same run writes the same lines. A run that goes on from a checkpoint first
drops the lines after it.
"""

import json
from pathlib import Path

LOG = "log.jsonl"
COMPLETIONS = "completions"


def cut_log(run: Path, step: int) -> None:
    """Drop what was logged after a step."""
    path = run / LOG
    if path.exists():
        lines = path.read_text(encoding="utf-8").splitlines()
        kept = [line for line in lines if _step_of(line) <= step]
        path.write_text("".join(f"{line}\n" for line in kept), encoding="utf-8")
    for table in (run / COMPLETIONS).glob("*.parquet"):
        if int(table.stem.rpartition("-")[2]) > step:
            table.unlink()


def _step_of(line: str) -> float:
    try:
        return float(json.loads(line)["step"])
    except (ValueError, KeyError, TypeError):  # the end of a line that was being written
        return float("inf")


def read_log(run: Path) -> list[dict[str, float]]:
    """One entry per update, in order."""
    path = run / LOG
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
