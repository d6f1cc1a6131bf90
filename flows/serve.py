"""Serve: deployments that a running Prefect server starts, in one process."""

import asyncio
import logging
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from prefect.client.schemas.schedules import CronSchedule
from prefect.deployments.runner import RunnerDeployment
from prefect.events import DeploymentEventTrigger
from prefect.runner import Runner
from pydantic import ValidationError

from flows.announcing import PUBLISHED, TRAINED
from flows.build import build_from_file
from flows.evaluate import evaluate_from_file
from flows.server import HOW_TO_START, check_server, server_url
from flows.settings import check_proxies
from flows.stopping import SIGNALS, ended_by, exit_code
from flows.train import train_from_file
from schemas.config.build import load_config
from schemas.config.evaluation import load_evaluate_config
from schemas.config.training import load_train_config
from schemas.dataset_folder import read_manifest
from tasks.addresses import store_of

MAX_RUNS = 2
"""At once: more would compete for the processors of one machine."""
STOP_SECONDS = 8.0
"""For the runs under way to end and Prefect to hear of it, and again for the schedules to be
paused: it takes three or four, on two busy cores."""
logger = logging.getLogger(__name__)


def serve_deployments(
    builds: Sequence[Path],
    cron: str | None,
    trainings: Sequence[Path],
    evaluations: Sequence[Path],
    root: Path,
) -> None:
    """Serve until stopped. ValueError where no server is named, a configuration cannot be read, or
    the schedule is none."""
    url = server_url()
    if not url:
        raise ValueError(f"serve needs a Prefect server: {HOW_TO_START}")
    for build in builds:
        load_config(build)
    models = [load_train_config(training).name for training in trainings]
    for evaluation in evaluations:
        load_evaluate_config(evaluation)
    for files in (builds, trainings, evaluations):
        _check_names(files)
    check_schedule(cron)
    check_proxies()
    check_server(url)
    named = store_of(root) or str(root)
    deployments: list[Any] = [
        build_from_file.to_deployment(build.stem, parameters=_given(build, named), cron=cron)
        for build in builds
    ]
    for training in trainings:
        awaited = f"spatialthinker.dataset.{dataset_of(training)}"
        deployments.append(
            train_from_file.to_deployment(
                training.stem,
                parameters=_given(training, named),
                triggers=[_trigger(PUBLISHED, [awaited], "dataset")],
                concurrency_limit=1,
            )
        )
    trained = [f"spatialthinker.model.{name}" for name in models or ["*"]]
    for evaluation in evaluations:
        deployments.append(
            evaluate_from_file.to_deployment(
                evaluation.stem,
                parameters=_given(evaluation, named),
                triggers=[_trigger(TRAINED, trained, "model")],
                concurrency_limit=1,
            )
        )
    serve_until_stopped(deployments)


def _given(file: Path, root: str) -> dict[str, Any]:
    return {"config": str(file), "root": root}


def _trigger(event: str, resources: list[str], parameter: str) -> DeploymentEventTrigger:
    """An event about one of the resources, whose path a deployment is given."""
    return DeploymentEventTrigger(
        expect={event},
        match={"prefect.resource.id": resources},
        parameters={parameter: "{{ event.payload.path }}"},
    )


def _check_names(files: Sequence[Path]) -> None:
    """ValueError where two files would be one deployment, which is named by its file."""
    for number, file in enumerate(files):
        if file.stem in {other.stem for other in files[:number]}:
            raise ValueError(
                f"two files are called {file.stem}, and so would their deployments be: rename one"
            )


def check_schedule(cron: str | None) -> None:
    """ValueError where this is given and no schedule that Prefect takes."""
    try:
        if cron is not None:
            CronSchedule(cron=cron)
    except ValidationError as error:
        reason = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise ValueError(
            f"--cron {cron!r} is no schedule ({reason}): write minute, hour, day, month and day of "
            'the week, for example "0 2 * * 0" for Sundays at two'
        ) from None


def serve_until_stopped(deployments: Sequence[RunnerDeployment]) -> None:
    """Run what the server starts until a signal comes; then the schedules are paused and the runs
    under way are cancelled, as Prefect's own `serve` does, but without its lines."""
    runner = Runner(limit=MAX_RUNS)
    for deployment in deployments:
        runner.add_deployment(deployment)
    names = ", ".join(f"{one.flow_name}/{one.name}" for one in deployments)
    logger.info("serving %s: start one by `prefect deployment run NAME`, or in the UI", names)
    with silenced_at_the_end() as silence:
        asyncio.run(_serve(runner, silence))


@contextmanager
def silenced_at_the_end() -> Iterator[Callable[[], None]]:
    """What silences this process and what it shows of others, until the block is left."""
    kept = [(os.dup(number), number) for number in (1, 2)]

    def silence() -> None:
        logging.disable(logging.CRITICAL)
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for _, number in kept:
            os.dup2(nowhere, number)

    try:
        yield silence
    finally:
        for copy, number in kept:
            os.dup2(copy, number)


async def _serve(runner: Runner, silence: Callable[[], None]) -> None:
    serving = asyncio.ensure_future(runner.start())
    await asyncio.sleep(0)  # Prefect sets a handler of its own when it starts
    stopped = asyncio.Event()

    def stop(number: int) -> None:
        if not exit_code():
            ended_by(number)
            silence()
            stopped.set()

    loop = asyncio.get_running_loop()
    for number in SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            loop.add_signal_handler(number, stop, number)
    stopping = asyncio.ensure_future(stopped.wait())
    await asyncio.wait((serving, stopping), return_when=asyncio.FIRST_COMPLETED)
    if stopped.is_set():
        with suppress(Exception):  # the command ends in any case, and says so itself
            async with asyncio.timeout(STOP_SECONDS):
                await runner.cancel_all()
        serving.cancel()
        await asyncio.wait((serving,), timeout=STOP_SECONDS)
    else:
        await serving  # raises what ended it


def dataset_of(training: Path) -> str:
    """The name of the dataset that a training configuration asks for, whose publication starts it.
    ValueError where it asks for one build, which is published already."""
    dataset = load_train_config(training).data.dataset
    named = Path(dataset)
    if "@" in named.name:
        raise ValueError(
            f"{training} trains on {dataset}, and would be started by the publication of a build "
            f"that nobody has tagged: set data.dataset to {dataset.partition('@')[0]}, or start "
            "the training by hand"
        )
    is_folder = (named / "manifest.json").is_file()
    if is_folder or len(named.parts) > 1:
        name = read_manifest(named)["name"] if is_folder else named.parts[-2]
        raise ValueError(
            f"{training} trains on {dataset}, one build, which no other that is published is: set "
            f"data.dataset to {name}, or start the training by hand"
        )
    return named.name
