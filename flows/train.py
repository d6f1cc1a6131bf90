"""Training: a published dataset in, an exported model out.

    readiness → train (a process of its own) → export → (event spatialthinker.model.trained)

The same call after a crash goes on from the last checkpoint; where the model exists it returns at
once.
"""

import json
import logging
from pathlib import Path
from typing import cast

from prefect import flow
from prefect.artifacts import create_markdown_artifact
from prefect.events import emit_event

from flows.keys import artifact_key
from flows.stopping import watch_again
from schemas.config.training import load_train_config
from schemas.dataset_folder import check_root
from tasks.train.stage import check_packages, check_readiness, train_model

TRAINED = "spatialthinker.model.trained"


@flow(name="train")
def train_flow(path: Path, overrides: tuple[str, ...], root: Path) -> Path:
    """The model folder of a configuration file."""
    watch_again()
    check_packages()
    config = load_train_config(path, overrides)
    dataset = check_readiness(config, root)
    state = train_model(path, overrides, dataset, root, return_state=True)
    folder = cast(Path, state.result())
    if state.name != "Cached":
        _announce(folder)
    return folder


def _announce(folder: Path) -> None:
    """The model's card as a Prefect artifact, and the event that evaluation awaits."""
    facts = json.loads((folder / "training.json").read_text(encoding="utf-8"))
    key = artifact_key("model", facts["name"], facts["digest"])
    card = (folder / "README.md").read_text(encoding="utf-8")
    create_markdown_artifact(key=key, markdown=card, description=str(folder.resolve()))
    emit_event(
        event=TRAINED,
        resource={"prefect.resource.id": f"spatialthinker.model.{facts['name']}"},
        payload={"path": str(folder.resolve()), "name": facts["name"]},
    )


@flow(name="train-from-file")
def train_from_file(
    config: str, settings: list[str] | None = None, root: str = "data", dataset: str | None = None
) -> str:
    """For deployments: the model folder of a configuration file, after settings of the form
    key=value; `dataset` is the folder of the dataset that was just published."""
    for name in ("flows", "tasks"):
        logging.getLogger(name).setLevel(logging.INFO)
    named = [f"data.dataset={json.dumps(dataset)}"] if dataset else []
    return str(train_flow(Path(config), (*(settings or ()), *named), check_root(Path(root))))
