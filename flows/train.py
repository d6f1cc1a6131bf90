"""Training: a published dataset in, an exported model out.

    readiness → train (a process of its own) → export → (event spatialthinker.model.trained)

The same call after a crash goes on from the last checkpoint; where the model exists it returns at
once.
"""

import json
from pathlib import Path
from typing import Any, cast

from prefect import flow, tags
from prefect.task_runners import ThreadPoolTaskRunner

from flows.announcing import announce_model
from flows.lineage import Data, open_lineage
from flows.naming import deployed, name_of_deployed, run_name, tags_of
from flows.stopping import watch_again
from flows.telling import telling
from schemas.config.training import load_train_config
from tasks.addresses import local_name
from tasks.stored_root import in_step, open_root
from tasks.train.stage import check_packages, check_readiness, train_model
from tasks.turns import using_root
from tasks.writing import remove_partials


@flow(name="train")
@telling
def train_flow(path: Path, overrides: tuple[str, ...], root: Path, announce: bool = False) -> Path:
    """The model folder of a configuration file. With `announce` the event is emitted that
    evaluation awaits."""
    return make_model(path, overrides, root, announce)


def make_model(path: Path, overrides: tuple[str, ...], root: Path, announce: bool) -> Path:
    """As `train_flow`, in the flow run under way."""
    watch_again()
    check_packages()
    config = load_train_config(path, overrides)
    with using_root(root):
        remove_partials(root)
        dataset = check_readiness(config, root)
        read = [Data(str(dataset), dataset.name)]
        with open_lineage().job(f"{config.name}.train", read) as step:
            state = train_model(path, overrides, dataset, root, return_state=True)
            folder = cast(Path, state.result())
            step.outputs.append(Data(str(folder), folder.name))
    announce_model(folder, root, event=announce)
    return folder


@flow(name="train-from-file", flow_run_name=name_of_deployed)
@telling
def train_from_file(
    config: str,
    settings: list[str] | None = None,
    root: str = "data",
    dataset: str | None = None,
    announce: bool = True,
) -> str:
    """For deployments: the model folder of a configuration file, after settings of the form
    key=value; `dataset` is the folder, or the address, of the dataset that was just published. With
    `announce` the event is emitted that evaluation awaits."""
    place = open_root(root).absolute()  # as people know it who do not know where it runs
    named = [f"data.dataset={json.dumps(local_name(dataset, place))}"] if dataset else []
    overrides = (*(settings or ()), *named)
    loaded = load_train_config(Path(config), overrides)
    runner: Any = ThreadPoolTaskRunner(max_workers=1)
    with in_step(place), deployed(loaded, Path(config), runner):
        return str(make_model(Path(config), overrides, place, announce))


def run_training(
    path: Path, overrides: tuple[str, ...], root: Path, announce: bool = False
) -> Path:
    """Train by a flow run of the configuration's name."""
    config = load_train_config(path, overrides)
    with tags(*tags_of(config, path)):
        flow_ = train_flow.with_options(flow_run_name=run_name(config))
        folder: Path = flow_(path, overrides, root, announce)
    return folder
