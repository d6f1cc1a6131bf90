"""Figures of each build of a dataset, from what it and its reviewers have recorded."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from schemas.dataset_folder import VALIDATION, builds_below, name_of_dataset, read_manifest
from schemas.printable import first_line, shell_word
from tasks.catalogue.entries import DAMAGED, commit_told
from tasks.publish.card import cost_rows
from tasks.publish.funnel import FUNNEL
from tasks.review.precision import Precision, precisions, reviewed_of
from tasks.validate.results import results_of
from tasks.validate.shortcuts import ALL

Loss = tuple[str, str]
"""The stage, and the reason."""


class Figures(NamedTuple):
    """Of one build. Costs are in US dollars, None where a price is not known. `blind` is the share
    of questions that the strongest reader without the picture answers, `chance` that of guessing,
    None where there were too few. `precision` is None where nobody has reviewed. `problem` is why
    the record of the build cannot be read; nothing else is known of it then."""

    name: str
    folder: Path
    problem: str = ""
    commit: str = ""
    samples: int | None = None
    images: int | None = None
    cost: float | None = None
    cost_per_sample: float | None = None
    blind: float | None = None
    chance: float | None = None
    precision: Precision | None = None
    losses: Mapping[Loss, int] = {}


def figures_of_builds(name: str, root: Path) -> list[Figures]:
    """Of the builds of a dataset's name below a root, the oldest first. FileNotFoundError where
    there is none."""
    folders = builds_below(root, name)[::-1]
    if not folders:
        raise FileNotFoundError(
            f"no dataset {shell_word(name)} below {root / 'datasets'}: run spatialthinker build "
            "first"
        )
    return [_figures(folder, root) for folder in folders]


def _figures(folder: Path, root: Path) -> Figures:
    try:
        return _read(folder, root, read_manifest(folder))
    except DAMAGED as error:
        name = f"{folder.parent.name}/{folder.name}"
        return Figures(name, folder, problem=first_line(error))


def _read(folder: Path, root: Path, manifest: Mapping[str, Any]) -> Figures:
    costs = cost_rows(manifest)  # the last row is their sum
    paid = costs[-1] if costs else {"cost": 0.0, "cost_per_sample": 0.0}
    shortcuts = results_of(folder / VALIDATION)["shortcuts"]
    blind = next((row for row in shortcuts if row["category"] == ALL), None)
    found = precisions(reviewed_of(folder, root, manifest["name"]))
    return Figures(
        name_of_dataset(manifest),
        folder,
        commit=commit_told(manifest["code"]),
        samples=manifest["num_samples"],
        images=manifest["num_images"],
        cost=paid["cost"],
        cost_per_sample=paid["cost_per_sample"],
        blind=blind and blind["accuracy"],
        chance=blind and blind["chance"],
        precision=found[0] if found else None,
        losses=_losses(manifest),
    )


def _losses(manifest: Mapping[str, Any]) -> dict[Loss, int]:
    """Rows by stage and reason, in the order of the stages."""
    lost = pl.DataFrame(manifest["funnel"], schema=FUNNEL).filter(outcome="lost")
    counted = lost.group_by("stage", "reason", maintain_order=True).agg(pl.col("rows").sum())
    return {(stage, reason): rows for stage, reason, rows in counted.iter_rows()}
