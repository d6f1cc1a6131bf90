"""Serve: deployments that a running Prefect server starts, in one process."""

import os
from pathlib import Path
from typing import Any

from prefect import serve
from prefect.events import DeploymentEventTrigger

from flows.build import PUBLISHED, build_from_file
from flows.evaluate import evaluate_from_file
from flows.train import TRAINED, train_from_file


def serve_deployments(
    build: Path, cron: str | None, training: Path | None, evaluation: Path | None, root: Path
) -> None:
    """Serve until stopped. ValueError where no server is named, or a configuration is missing."""
    if not os.environ.get("PREFECT_API_URL"):
        raise ValueError(
            "serve needs a Prefect server: run `prefect server start` and set PREFECT_API_URL, for "
            "example to http://127.0.0.1:4200/api"
        )
    for config in filter(None, (build, training, evaluation)):
        if not config.is_file():
            raise ValueError(f"no configuration at {config}: pass the path of a .toml file")
    deployments: list[Any] = [
        build_from_file.to_deployment(
            name=build.stem, parameters={"config": str(build), "root": str(root)}, cron=cron
        )
    ]
    if training:
        trigger = DeploymentEventTrigger(
            expect={PUBLISHED},
            match={"prefect.resource.id": "spatialthinker.dataset.*"},
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
        trigger = DeploymentEventTrigger(
            expect={TRAINED},
            match={"prefect.resource.id": "spatialthinker.model.*"},
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
    serve(*deployments, limit=2)
