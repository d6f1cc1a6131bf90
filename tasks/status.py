"""Status: which stages of a build are done, and why the others are not.

An artifact's name follows from the configuration and the contents of what the stage reads, so
nothing has to run. A stage waits for those of its inputs that are not complete.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from tasks.artifact import SEAL, Artifact, read_seal
from tasks.publish.stage import published_folder
from tasks.stage import Build, BuildFailedError, Stage

MAX_TOLD = 3
"""Differences of a stage's recipe that are told."""
COLORS = {"complete": "green", "partial": "yellow", "stale": "yellow", "waiting": "dim"}


@dataclass(frozen=True, slots=True)
class StageStatus:
    """`state` is complete, partial, stale (made with other inputs or settings), damaged, failed,
    missing, or waiting (for a stage that it reads); `made` is what it made, where that is known."""

    stage: str
    state: str
    why: str
    made: tuple[Path, ...] = ()


def build_status(stages: Sequence[Stage], build: Build) -> list[StageStatus]:
    """One entry per stage that the build's configuration runs, in their order."""
    found: list[StageStatus] = []
    open_stages: set[str] = set()
    damaged: set[str] = set()
    for stage in stages:
        if not stage.applies(build.config):
            continue
        if waits := _among(open_stages, stage):
            first = next(entry.stage for entry in found if entry.stage in waits)
            status = StageStatus(stage.name, "waiting", f"for {first}")
            open_stages.add(stage.name)
        else:
            artifacts = stage.plan(build)
            status = _status(stage, artifacts)
            if is_known := status.state == "complete" or _are_sealed(status, artifacts):
                build = build.after(stage.name, [artifact.path for artifact in artifacts])
                status = replace(status, made=tuple(build.made[stage.name]))
            if status.state == "complete" and not _among(damaged, stage):
                status = _checked(stage, build, status)
            if not is_known or status.state == "failed":
                open_stages.add(stage.name)
        if status.state == "damaged":
            damaged.add(stage.name)
        found.append(status)
    return found


def _among(names: set[str], stage: Stage) -> set[str]:
    """Which of these stages the stage reads."""
    return names if stage.reads is None else names & set(stage.reads)


def _are_sealed(status: StageStatus, artifacts: Sequence[Artifact]) -> bool:
    """Whether seals say what damaged artifacts held: made again, they hold the same."""
    try:
        return status.state == "damaged" and all(read_seal(entry.path) for entry in artifacts)
    except ValueError:
        return False


def _checked(stage: Stage, build: Build, status: StageStatus) -> StageStatus:
    try:
        if stage.check:
            stage.check(build)
    except (BuildFailedError, ValueError) as error:
        return replace(status, state="failed", why=str(error))
    return status


def _status(stage: Stage, wanted: Sequence[Artifact]) -> StageStatus:
    states = [stage.state(artifact) for artifact in wanted]
    damaged = [problem for state, problem in states if state == "damaged"]
    done = sum(state == "complete" for state, _ in states)
    if damaged:
        return StageStatus(stage.name, "damaged", f"{damaged[0]}: the next build makes it again")
    if done == len(wanted):
        path = wanted[0].path
        is_dataset = stage.name == "publish"
        told = str(published_folder(path)) if is_dataset else f"artifact {wanted[0].digest}"
        return StageStatus(stage.name, "complete", told)
    if done:
        return StageStatus(stage.name, "partial", f"{done} of {len(wanted)} shards are done")
    others = list(wanted[0].path.parent.glob(f"*{SEAL}"))
    if not others:
        return StageStatus(stage.name, "missing", "never run here")
    latest = max(others, key=lambda path: path.stat().st_mtime_ns)
    recipe = read_seal(latest.with_name(latest.name.removesuffix(SEAL)))["recipe"]
    differences = recipe_differences(recipe, json.loads(wanted[0].recipe))
    if not differences and latest != wanted[0].seal_path:  # an incomplete artifact
        return StageStatus(stage.name, "partial", "models have not replied to all that was asked")
    if not differences:
        return StageStatus(stage.name, "missing", "its files are gone")
    more = len(differences) - MAX_TOLD
    shown = differences[:MAX_TOLD] + ([f"and {more} more"] if more > 0 else [])
    return StageStatus(stage.name, "stale", "; ".join(shown))


def recipe_differences(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """What changed from one recipe of a stage to another, in words."""
    found = []
    if old["version"] != new["version"]:
        found.append(f"the stage's code is version {new['version']}, was {old['version']}")
    before, after = flat(old["config"]), flat(new["config"])
    if ("override" in before) != ("override" in after):  # nothing else can be compared
        given = after.get("override")
        return [f"{given} takes its place" if given else f"{before['override']} took its place"]
    for key in sorted(before.keys() | after.keys()):
        if before.get(key) != after.get(key):
            found.append(f"{key} is {after.get(key)}, was {before.get(key)}")
    for name in sorted(old["inputs"].keys() | new["inputs"].keys()):
        if old["inputs"].get(name) != new["inputs"].get(name):
            found.append(f"its input {name} changed")
    return found


def flat(tree: Any, prefix: str = "") -> dict[str, Any]:
    """The leaves of nested objects by the path of their keys, joined by dots."""
    if not isinstance(tree, dict):
        return {prefix: tree}
    leaves: dict[str, Any] = {}
    for key, value in tree.items():
        leaves |= flat(value, f"{prefix}.{key}" if prefix else key)
    return leaves


def print_status(stages: Sequence[StageStatus], console: Console) -> None:
    table = Table("stage", "state", Column("why", overflow="fold"))
    for entry in stages:
        color = COLORS.get(entry.state, "red")
        table.add_row(entry.stage, Text(entry.state, style=color), Text(entry.why))
    console.print(table)
