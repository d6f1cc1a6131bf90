"""Telling: errors that people can mend are reported to Prefect in their one line.

Prefect logs whatever a flow or a task raises with its traceback. A run that returns a failed state
with the error in it fails alike, and whoever asks for its result gets the error; its log has the
line alone. A fault of the program keeps its traceback.

Prefect logs a failed state of a task with the exception under way, of which there is none by then:
Python would write "NoneType: None" below the line. Where a worker or `serve` has started the flow
run, Prefect asks for its result at last, and logs what that raises as an unexpected exception. What
raises in a task without this decorator, below a flow that has it, becomes one line, too.
"""

import logging
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, TypeVar, cast

from prefect.states import Failed

from flows.outcomes import BAD_CALL, outcome_of, reported
from tasks.addresses import with_addresses

FLOW_RUNS = logging.getLogger("prefect.flow_runs")
TASK_RUNS = logging.getLogger("prefect.task_runs")
TELLING = (ValueError, OSError, RuntimeError, MemoryError)
"""Errors whose message is for people; a RecursionError is none of them."""
F = TypeVar("F", bound=Callable[..., Any])


def telling(work: F) -> F:
    """For what stands below @flow or @task."""

    @wraps(work)
    def told(*args: Any, **keywords: Any) -> Any:
        # Here, since a task may run in a process that has started for it alone.
        TASK_RUNS.addFilter(_without_empty_traceback)
        for runs in (TASK_RUNS, FLOW_RUNS):
            runs.addFilter(_in_its_line)
        try:
            return work(*args, **keywords)
        except RecursionError:
            raise
        except TELLING as error:
            return Failed(message=reported(error), data=error)

    return cast(F, told)


@contextmanager
def telling_machine() -> Iterator[None]:
    """What fails in the block is reported elsewhere: in its one line, with this machine's name."""
    try:
        yield
    except RecursionError:
        raise
    except TELLING as error:
        told, code = outcome_of(error)
        kind = ValueError if code == BAD_CALL else RuntimeError
        raise kind(f"{socket.gethostname()}: {with_addresses(told)}") from None


def _without_empty_traceback(record: logging.LogRecord) -> bool:
    if record.exc_info and record.exc_info[0] is None:
        record.exc_info = None
    return True


def _in_its_line(record: logging.LogRecord) -> bool:
    error = record.exc_info and record.exc_info[1]
    if isinstance(error, TELLING) and not isinstance(error, RecursionError):
        record.msg, record.args, record.exc_info = outcome_of(error)[0], (), None
    return True
