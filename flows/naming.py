"""Naming: what flow runs are called in Prefect, and by which tags they are found."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from prefect import Flow, tags
from prefect.client.orchestration import get_client
from prefect.context import FlowRunContext
from prefect.runtime import flow_run

from flows.settings import OURS
from schemas.config.section import config_digest

P = ParamSpec("P")
R = TypeVar("R")
DIGEST = "digest:"
"""Begins the tag that has a configuration's digest."""


def run_name(config: Any) -> str:
    """`sample @ 3f2a`: a configuration's name and the beginning of its digest."""
    return f"{config.name} @ {config_digest(config)[:4]}"


def tags_of(config: Any, path: Path | None = None) -> list[str]:
    """The name, the file where one is known, and the digest of a configuration."""
    file = [f"config:{path.name}"] if path else []
    return [config.name, *file, f"{DIGEST}{config_digest(config)}"]


def name_of_deployed() -> str:
    """The file of the configuration that the flow run under way was given."""
    return Path(str(flow_run.parameters.get("config", "run"))).stem


@contextmanager
def called_after_build(work: Flow[P, R], manifest: Mapping[str, Any]) -> Iterator[Flow[P, R]]:
    """Within the block, the flow's runs have name and tags of the build of a dataset, wherever its
    folder lies."""
    name, digest = manifest["name"], manifest["config_digest"]
    with tags(name, f"{DIGEST}{digest}"):
        yield work.with_options(flow_run_name=f"{work.name} {name} @ {digest[:4]}")


@contextmanager
def deployed(config: Any, path: Path, task_runner: Any) -> Iterator[None]:
    """Within the block, the flow run under way, which a deployment started, has the name and the
    tags of the configuration, submits tasks to this runner, and shows what the program logs."""
    for name in OURS:
        logging.getLogger(name).setLevel(logging.INFO)
    context = FlowRunContext.get()
    assert context and context.flow_run, "no flow run is under way"
    found = tags_of(config, path)
    with get_client(sync_client=True) as client:
        # Of an earlier attempt of this run, whose configuration may have been another.
        kept = [tag for tag in context.flow_run.tags if not tag.startswith(DIGEST)]
        known = {*kept, *found}
        client.update_flow_run(context.flow_run.id, name=run_name(config), tags=sorted(known))
    with (
        tags(*found),
        task_runner.duplicate() as runner,
        context.model_copy(update={"task_runner": runner}),
    ):
        yield
