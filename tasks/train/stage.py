"""Train: from a published dataset to an exported model.

Reads a training configuration and the dataset that it names; a trainer in a process of its own
(training.grpo, training.sft) keeps its run below ROOT/runs and goes on from its last checkpoint
whenever it was cut short. Writes ROOT/models/<name>/<digest>/: the model in Hugging Face layout,
its card, the rewards over time, and what it was made of.
"""

import json
import logging
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from importlib.metadata import version as version_of
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from prefect import State, task
from prefect.cache_policies import NO_CACHE
from prefect.states import Completed

from schemas.code_version import code_version
from schemas.config.section import config_digest
from schemas.config.training import TrainConfig, load_train_config
from schemas.dataset_folder import (
    check_dataset,
    name_of_dataset,
    read_manifest,
    resolve_dataset,
)
from schemas.model_folder import FACTS, read_training
from schemas.replacing import make_folder, replacing_folder
from tasks.artifact import move_aside
from tasks.leakage.leaks import find_leaks
from tasks.train.card import render_model_card
from tasks.train.last_error import last_error
from tasks.turns import in_turn, using_root
from training.estimate import Estimate, check_fit, estimate, shape_of
from training.log import read_log
from training.model import resolve_model, trained_model
from training.run_folder import FINAL, difficulty_of, is_finished, run_folder

ACCELERATE = Path(__file__).parents[2] / "configs" / "accelerate"
OUTPUT, ERRORS = "trainer.out", "trainer.err"
"""Files in a run's folder for what the trainer prints."""
LIBRARIES = ("torch", "transformers", "trl")
"""Packages whose versions the model's folder records."""
REFUSED = 2
"""The exit code of a trainer that refuses its input."""
logger = logging.getLogger(__name__)


def check_packages() -> None:
    """ValueError where what training needs is not installed."""
    missing = [name for name in ("torch", *LIBRARIES, "datasets") if not find_spec(name)]
    if missing:
        raise ValueError(
            f"training needs {missing[0]}, which is not installed: run `make .venv/train`, or pip "
            "install 'spatialthinker[train]'"
        )


def estimate_run(config: TrainConfig, root: Path, lengthening: float = 1.0) -> Estimate | None:
    """None where the model's shape is not known; `lengthening` as in training.estimate."""
    name = config.model.name
    shape = shape_of(str(trained_model(name, root) or name))
    return estimate(config, shape, lengthening) if shape else None


def check_readiness(config: TrainConfig, root: Path) -> Path:
    """The dataset's folder. ValueError where it must not be trained on: it failed its validation,
    was changed since or shows photographs of benchmarks; or where pass rates are missing by which
    samples are chosen, or the model does not fit."""
    dataset = resolve_dataset(config.data.dataset, root)
    check_dataset(dataset)
    difficulty_of(config.data, dataset, root)
    leaks = find_leaks(dataset, root)
    if leaks is None:
        logger.info("leakage is not checked: no benchmark is listed here (spatialthinker leakage)")
    elif not leaks.is_empty():
        benchmarks = ", ".join(leaks["benchmark"].unique().sort())
        raise ValueError(
            f"{dataset} shows {leaks['image_id'].n_unique()} pictures of {benchmarks}: build it "
            "with select.exclude, see `spatialthinker leakage`"
        )
    found = estimate_run(config, root)
    if found:
        check_fit(found)
    return dataset


def trainer_command(
    config: TrainConfig,
    path: Path,
    overrides: Sequence[str],
    root: Path,
    *,
    only_check: bool = False,
) -> list[str]:
    """The command of the trainer; on several devices accelerate starts it."""
    words = [
        "-m",
        f"training.{config.method}",
        str(path),
        "--root",
        str(root),
        "--check" if only_check else "--resume",
        "--attached",
    ]
    words += [word for override in overrides for word in ("--set", override)]
    hardware = config.hardware
    if hardware.num_devices == 1:
        return [sys.executable, *words]
    launcher = [sys.executable, "-m", "accelerate.commands.launch"]
    launcher += ["--num_processes", str(hardware.num_devices)]
    if hardware.strategy in ("zero3", "fsdp"):
        size = "8gpu" if hardware.num_devices > 4 else "4gpu"
        launcher += ["--config_file", str(ACCELERATE / f"{hardware.strategy}-{size}.yaml")]
    else:
        launcher += ["--multi_gpu"]
    return [*launcher, *words]


def run_trainer(
    command: Sequence[str],
    run: Path,
    hint: str = "run the same command to go on from the last checkpoint",
) -> None:
    """Run a trainer to its end; its lines are shown as they come, and kept with its errors in
    `run`.

    ValueError where it refuses its input, RuntimeError where it fails, each with its last line; the
    latter ends with the hint.
    """
    make_folder(run)
    earlier = (run / ERRORS).stat().st_size if (run / ERRORS).exists() else 0
    with (
        (run / OUTPUT).open("ab") as output,
        (run / ERRORS).open("ab") as errors,
        subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            # Of its own: a Ctrl-C in the terminal ends this process, which then ends the trainer.
            start_new_session=True,
        ) as process,
    ):
        try:
            assert process.stdout
            for line in process.stdout:
                output.write(line)
                output.flush()
                logger.info("%s", line.decode("utf-8", "replace").rstrip())
        except BaseException:
            process.terminate()
            raise
    if process.returncode == 0:
        return
    last = last_error(run / ERRORS, earlier)
    if process.returncode == REFUSED:
        raise ValueError(last)
    how = f"ended with exit code {process.returncode}:"
    if process.returncode < 0:  # what it said last is not why
        name = signal.Signals(-process.returncode).name
        cause = ", which the system sends where memory runs out" if name == "SIGKILL" else ""
        how = f"was ended by {name}{cause}; its last line:"
    raise RuntimeError(f"training {how} {last} (all of it: {run / ERRORS}); {hint}")


def check_flight(path: Path, overrides: tuple[str, ...], root: Path) -> None:
    """The flight check of a configuration alone: all that a training does before its first update,
    in a process of its own. ValueError for what would make it fail."""
    check_packages()
    config = load_train_config(path, overrides)
    with using_root(root):
        dataset = check_readiness(config, root)
        named = (*overrides, f"data.dataset={json.dumps(str(dataset))}")
        folder = Path(tempfile.mkdtemp(prefix="spatialthinker-check-"))
        command = trainer_command(config, path, named, root, only_check=True)
        with ExitStack() as left:
            left.callback(shutil.rmtree, folder, ignore_errors=True)
            try:
                run_trainer(command, folder, "the check could not be finished")
            except RuntimeError:  # names a file there
                left.pop_all()
                raise


def export_model(
    config: TrainConfig, run: Path, dataset: Path, base: str | Path, folder: Path
) -> None:
    """The model folder of a finished run."""
    from training.plot import draw_rewards  # with matplotlib

    log = read_log(run)
    facts = training_facts(config, run, dataset, base, log)
    with replacing_folder(folder) as partial:
        shutil.copytree(run / FINAL, partial, dirs_exist_ok=True)
        draw_rewards(log, partial / "rewards.png")
        text = json.dumps(facts, indent=2, sort_keys=True)
        (partial / FACTS).write_text(text + "\n", encoding="utf-8")
        card = render_model_card(facts, log, config.data)
        (partial / "README.md").write_text(card, encoding="utf-8")


def training_facts(
    config: TrainConfig, run: Path, dataset: Path, base: str | Path, log: list[dict[str, float]]
) -> dict[str, Any]:
    """The facts about how the model was made."""
    manifest = read_manifest(dataset)
    named = config.named(name_of_dataset(manifest))
    return {
        "name": config.name,
        "digest": run.name,
        "config_digest": config_digest(config),  # as Prefect calls the run
        "code": code_version()._asdict(),
        "base": config.model.name,
        "base_is_local": isinstance(base, Path),
        "config": named.model_dump(mode="json"),
        "dataset": {
            "name": manifest["name"],
            "digest": manifest["digest"],
            "samples": manifest["num_samples"],
            "files": manifest["files"],
        },
        "versions": {name: version_of(name) for name in (*LIBRARIES, "spatialthinker")},
        "num_updates": int(log[-1]["step"]) if log else 0,
    }


def is_exported(folder: Path, run: Path, root: Path) -> bool:
    """Whether the model of a run is there; one that does not say how it was trained is set aside.
    ValueError where only a new training could replace it."""
    if not folder.exists():
        return False
    try:
        read_training(folder)
    except ValueError as error:
        if not is_finished(run):
            raise
        logger.warning("%s is damaged (%s): set aside in %s", folder, error, root / "damaged")
        move_aside(folder, root)
        return False
    return True


@task(cache_policy=NO_CACHE, task_run_name="train")
def train_model(
    path: Path, overrides: tuple[str, ...], dataset: Path, root: Path
) -> Path | State[Path]:
    config = load_train_config(path, overrides)
    base = resolve_model(config.model.name, root, config.data.family)
    run = run_folder(config, dataset, base, root)
    folder = root / "models" / config.name / run.name
    if is_exported(folder, run, root):
        return Completed(name="Cached", data=folder)  # also where nothing can be written
    waits = f"{folder} is being made by another command: waiting for it"
    with in_turn(folder, told=waits):
        if is_exported(folder, run, root):
            return Completed(name="Cached", data=folder)
        if not is_finished(run):
            named = (*overrides, f"data.dataset={json.dumps(str(dataset))}")
            run_trainer(trainer_command(config, path, named, root), run)
        export_model(config, run, dataset, base, folder)
    logger.info("train: %s", folder)
    return folder
