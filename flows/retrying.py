"""Retrying: tasks of deployments, where nobody watches, are tried again after what may pass.

Requests to models, downloads and events are tried again within a task, by rules of their own, and
what a person has to mend would fail again. What is left: a store that does not answer, a connection
that breaks, and a worker that the system ends.
"""

from concurrent.futures import BrokenExecutor
from typing import Any

from prefect import Task
from prefect.client.schemas.objects import State, TaskRun
from prefect.runtime import deployment

from tasks.buckets import StoreFailedError

RETRY_SECONDS = [10.0, 60.0]
"""Waited before each further attempt."""
PASSING = (StoreFailedError, BrokenExecutor, ConnectionError, TimeoutError)


def may_pass(task: Task[..., Any], run: TaskRun, state: State[Any]) -> bool:
    """Whether a failed attempt may succeed when it is made again."""
    return isinstance(state.data, PASSING)


def retried(work: Task[..., Any]) -> Task[..., Any]:
    """The task with retries, in flow runs of deployments: who runs a command sees its error at
    once."""
    if not deployment.id:
        return work
    return work.with_options(
        retries=len(RETRY_SECONDS), retry_delay_seconds=RETRY_SECONDS, retry_condition_fn=may_pass
    )
