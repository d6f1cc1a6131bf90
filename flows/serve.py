"""Serve: deployments that a running Prefect server starts, in one process."""

import os
import signal
import warnings
from pathlib import Path
from typing import Any

from prefect import serve
from prefect.events import DeploymentEventTrigger

from flows.announcing import PUBLISHED, TRAINED
from flows.build import build_from_file
from flows.evaluate import evaluate_from_file
from flows.server import check_server
from flows.stopping import ended_by
from flows.train import train_from_file
from schemas.config.training import load_train_config
from schemas.dataset_folder import read_manifest


def serve_deployments(
    build: Path, cron: str | None, training: Path | None, evaluation: Path | None, root: Path
) -> None:
    """Serve until stopped. ValueError where no server is named, or a configuration is missing."""
    url = os.environ.get("PREFECT_API_URL")
    if not url:
        raise ValueError(
            "serve needs a Prefect server: run `prefect server start` and set PREFECT_API_URL, for "
            "example to http://127.0.0.1:4200/api"
        )
    for config in filter(None, (build, training, evaluation)):
        if not config.is_file():
            raise ValueError(f"no configuration at {config}: pass the path of a .toml file")
    check_server(url)
    deployments: list[Any] = [
        build_from_file.to_deployment(
            name=build.stem, parameters={"config": str(build), "root": str(root)}, cron=cron
        )
    ]
    if training:
        trigger = DeploymentEventTrigger(
            expect={PUBLISHED},
            match={"prefect.resource.id": f"spatialthinker.dataset.{dataset_of(training)}"},
            parameters={"dataset": "{{ event.payload.path }}"},
        )
        deployments.append(
            train_from_file.to_deployment(
                name=training.stem,
                parameters={"config": str(training), "root": str(root)},
                triggers=[trigger],
                concurrency_limit=1,
            )
        )
    if evaluation:
        model = load_train_config(training).name if training else "*"
        trigger = DeploymentEventTrigger(
            expect={TRAINED},
            match={"prefect.resource.id": f"spatialthinker.model.{model}"},
            parameters={"model": "{{ event.payload.path }}"},
        )
        deployments.append(
            evaluate_from_file.to_deployment(
                name=evaluation.stem,
                parameters={"config": str(evaluation), "root": str(root)},
                triggers=[trigger],
                concurrency_limit=1,
            )
        )
    warnings.filterwarnings("ignore", "coroutine 'Runner.astop'")  # Prefect's own, at its end
    is_stopped = True
    try:
        serve(*deployments, limit=2)
    except Exception:  # no stop, but an error that the command tells
        is_stopped = False
        raise
    finally:
        if is_stopped:
            ended_by(signal.SIGTERM)  # Prefect takes it over; after another signal this is nothing


def dataset_of(training: Path) -> str:
    """The name of the dataset that a training configuration asks for: that of the folder where it
    names a folder."""
    named = Path(load_train_config(training).data.dataset)
    if (named / "manifest.json").is_file():
        name: str = read_manifest(named)["name"]
        return name
    return named.name
