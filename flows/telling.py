"""Telling: errors that people can mend are told to Prefect in their one line.

Prefect logs whatever a flow or a task raises with its traceback. A run that returns a failed state
with the error in it fails alike, and whoever asks for its result gets the error; its log has the
line alone. A fault of the program keeps its traceback.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from prefect.states import Failed

from flows.outcomes import outcome_of

F = TypeVar("F", bound=Callable[..., Any])


def telling(work: F) -> F:
    """For what stands below @flow or @task."""

    @wraps(work)
    def told(*args: Any, **keywords: Any) -> Any:
        try:
            return work(*args, **keywords)
        except RecursionError:
            raise
        except (ValueError, OSError, RuntimeError) as error:
            return Failed(message=outcome_of(error)[0], data=error)

    return cast(F, told)
