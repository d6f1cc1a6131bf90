"""Runners: on which threads, processes or machines the jobs of a build run.

A cluster that runs already takes the stages that work on shards; the others have one job each, and
run where the build does.
"""

import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from prefect.context import FlowRunContext
from prefect.task_runners import ProcessPoolTaskRunner, ThreadPoolTaskRunner

from flows.server import HOW_TO_START, has_own_server, server_url
from schemas.code_version import code_version
from schemas.config.build import PipelineConfig
from schemas.config.runner import RunnerConfig, RunnerKind
from schemas.printable import first_line, printable
from schemas.proxies import is_own
from tasks.away import Away, away

CONNECT_SECONDS = 10
"""Longest wait for a cluster to answer."""
OF_THIS_MACHINE = ("auto", "local")
"""Addresses of Ray that name no host."""

TALKING = ("distributed", "distributed.client", "distributed.worker", "distributed.scheduler")
"""Loggers of Dask, whose tracebacks become one line here."""
QUIET = {"log_to_driver": False}
"""Ray would write what its workers log between our lines, and below the last one."""
logger = logging.getLogger(__name__)


class Cluster(NamedTuple):
    """A Prefect task runner for machines elsewhere, and what their jobs must know."""

    runner: Any
    away: Away


def runner_of(config: RunnerConfig) -> Any:
    """A Prefect task runner for the jobs that run on this machine; those that leave the process
    need a server to report to. ValueError where there is none, or a package is missing."""
    if config.kind is RunnerKind.THREADS:
        return ThreadPoolTaskRunner(max_workers=config.max_workers)
    if not server_url():
        raise ValueError(f"runner.kind = {config.kind} needs a Prefect server: {HOW_TO_START}")
    if is_elsewhere(config.address) and has_own_server():
        raise ValueError(
            "runner.address needs a Prefect server that its machines reach: run `prefect server "
            "start --host 0.0.0.0` and `export PREFECT_API_URL=http://HOST:4200/api`"
        )
    if config.kind is RunnerKind.PROCESSES:
        return ProcessPoolTaskRunner(max_workers=config.max_workers)
    cluster = _cluster_runner(config)
    return ThreadPoolTaskRunner(max_workers=config.max_workers) if config.address else cluster


def is_elsewhere(address: str | None) -> bool:
    """Whether the cluster at an address, which may come without a scheme, is of other machines."""
    if address is None or address in OF_THIS_MACHINE:
        return False
    host = urlsplit(address if "//" in address else f"//{address}").hostname
    return host is not None and not is_own(host)


def _cluster_runner(config: RunnerConfig) -> Any:
    """Of Dask or Ray: for the cluster at the address, or one of this machine."""
    try:
        if config.kind is RunnerKind.DASK:
            from prefect_dask.task_runners import DaskTaskRunner

            for name in TALKING:  # when it was imported it has set levels of its own
                logging.getLogger(name).setLevel(logging.CRITICAL)
            if config.address:
                patience = {"timeout": CONNECT_SECONDS}
                return DaskTaskRunner(address=config.address, client_kwargs=patience)
            workers = {"n_workers": config.max_workers, "threads_per_worker": 1}
            return DaskTaskRunner(cluster_kwargs={**workers, "dashboard_address": None})
        from prefect_ray.task_runners import RayTaskRunner
    except ImportError:
        raise ValueError(
            f"runner.kind = {config.kind} needs one more package: pip install prefect-{config.kind}"
        ) from None
    if config.address:
        return RayTaskRunner(address=config.address, init_kwargs=QUIET)
    return RayTaskRunner(init_kwargs={"num_cpus": config.max_workers, **QUIET})


@contextmanager
def connected(config: PipelineConfig, root: Path) -> Iterator[Cluster | None]:
    """Within the block the cluster at the configured address takes jobs of a build; None without
    an address. RuntimeError where nothing answers there."""
    address = config.runner.address
    if address is None:
        yield None
        return
    with ExitStack() as stack:
        try:
            runner = stack.enter_context(_cluster_runner(config.runner).duplicate())
            getattr(runner, "client", None)  # Dask's connects when it is first asked for
        except Exception as error:  # of many kinds, by the cluster's client
            raise RuntimeError(
                f"runner.address {printable(address)} does not answer ({type(error).__name__}): "
                "correct it, or run the same command when it does"
            ) from None
        check_machines(getattr(runner, "client", None), address)
        yield Cluster(runner, away(config, root))


def check_machines(client: Any, address: str) -> None:
    """RuntimeError where a machine of Dask's cluster has other code, which could not even read what
    a job is. Later ones, and Ray's, find out with their first job."""
    if client is None:
        return
    try:
        found = {"its scheduler": client.run_on_scheduler(code_version), **client.run(code_version)}
    except Exception as error:  # of many kinds: the code is missing there, or cannot be imported
        raise RuntimeError(
            f"runner.address {printable(address)} has a machine that cannot run this code "
            f"({type(error).__name__}: {first_line(error)}): install {code_version()} there"
        ) from None
    for name, code in found.items():
        if code != code_version():
            raise RuntimeError(
                f"runner.address {printable(address)} has {code} on {name}, and this build is by "
                f"{code_version()}: install the same on all machines, and start them again"
            )
    if len(found) == 1:
        logger.warning("%s has no worker yet: some are awaited", address)


@contextmanager
def on(runner: Any) -> Iterator[None]:
    """Within the block the flow run under way submits its tasks to this runner."""
    context = FlowRunContext.get()
    assert context, "no flow run is under way"
    with context.model_copy(update={"task_runner": runner}):
        yield
