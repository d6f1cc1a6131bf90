"""Checkpoints: the models that a training run stands for, one for each of its updates."""

from pathlib import Path
from typing import NamedTuple

from schemas.config.evaluation import EvaluateConfig, EvaluatedModel
from training.checkpoints import check_weights, checkpoints_in

CHECKPOINTS = "checkpoints"
"""The folder of a run's checkpoints."""


class Checkpoint(NamedTuple):
    """`model` is its name in the evaluation, `trajectory` the configured name of all of them."""

    trajectory: str
    update: int
    model: str


def with_checkpoints(
    config: EvaluateConfig, root: Path
) -> tuple[EvaluateConfig, tuple[Checkpoint, ...]]:
    """The configuration with a model for each checkpoint in place of those that name several, and
    which these are, the earliest of each first. ValueError where there are none, or one cannot be
    loaded."""
    models: list[EvaluatedModel] = []
    known: list[Checkpoint] = []
    for model in config.models:
        if not (model.local and model.local.checkpoints):
            models.append(model)
            continue
        for update, folder in _chosen(model, root):
            local = model.local.model_copy(update={"model": str(folder), "checkpoints": None})
            name = f"{model.name}-{update}"
            models.append(model.model_copy(update={"name": name, "local": local}))
            known.append(Checkpoint(model.name, update, name))
    names = [model.name for model in models]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise ValueError(
            f"{twice} is both a checkpoint and another model's name: name one of them otherwise"
        )
    return config.model_copy(update={"models": tuple(models)}), tuple(known)


def _chosen(model: EvaluatedModel, root: Path) -> list[tuple[int, Path]]:
    assert model.local
    folder = folder_of(model.local.model, root)
    found = dict(checkpoints_in(folder))
    wanted = model.local.checkpoints
    updates = sorted(found) if wanted == "all" else sorted({*wanted} if wanted else ())
    for update in updates:
        if update not in found:
            raise ValueError(
                f"{folder} has no checkpoint-{update}: its updates are "
                f"{', '.join(map(str, sorted(found)))}"
            )
        try:
            check_weights(found[update])
        except ValueError as error:
            raise ValueError(
                f"{error}; list the updates that {model.name} is to have in local.checkpoints, "
                "without this one"
            ) from None
    return [(update, found[update]) for update in updates]


def folder_of(run: str, root: Path) -> Path:
    """The folder with the checkpoints of a run: of its folder, of NAME/DIGEST below ROOT/runs, or
    of the newest run of that name. ValueError where there are no checkpoints."""
    place = Path(run).expanduser()
    runs = sorted((root / "runs" / run).glob(f"*/{CHECKPOINTS}"), key=_changed)
    below = root / "runs" / run / CHECKPOINTS
    for folder in (place / CHECKPOINTS, place, below, *reversed(runs)):
        if checkpoints_in(folder):
            return folder
    raise ValueError(
        f"no checkpoints of {run}: neither a folder with checkpoint-N, nor a run below "
        f"{root / 'runs'} that has kept any (log.keep_checkpoints of its training says how many)"
    )


def _changed(folder: Path) -> int:
    return folder.stat().st_mtime_ns
