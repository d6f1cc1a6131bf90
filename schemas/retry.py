"""Retry: which failures of a server may pass, and how long to wait before it is asked again.

The same rules hold for models, downloads and the images of benchmarks.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from math import isfinite
from time import time

from tenacity import RetryCallState, Retrying, retry_if_exception

MAX_ASKED = 900.0
"""Seconds. A server that asks for a longer wait is asked again after this one: a run that waits for
an hour looks dead."""
PASSING = (408, 409, 425, 429)
"""Statuses: timeout, conflict, too early, too many requests. Other errors below 500 never pass."""
MAX_DOUBLINGS = 30
"""Of a wait, which reaches its maximum long before; 2.0 to the power of 1,024 would overflow."""


class TransientError(Exception):
    """An attempt failed in a way that may pass. `retry_after` is how many seconds the server
    asks to wait, None where it does not say."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


def may_pass(status: int) -> bool:
    """Whether the same request may succeed later where it was answered with this status."""
    return status in PASSING or status >= 500


def asked_seconds(headers: Mapping[str, str], now: float | None = None) -> float | None:
    """How many seconds a server asks to wait, at most MAX_ASKED; None where it does not say, or
    the value is invalid. `headers` ignore case; `now` is in seconds since 1970.

    Retry-After is a number of seconds or a date (RFC 9110, 10.2.3); OpenAI adds retry-after-ms.
    """
    for name, per_second in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        try:
            seconds = float(headers.get(name, "")) / per_second
        except ValueError:
            continue
        return min(seconds, MAX_ASKED) if isfinite(seconds) and seconds >= 0.0 else None
    try:
        date = parsedate_to_datetime(headers.get("retry-after", "")).timestamp()
    except (TypeError, ValueError, OverflowError):
        return None
    return min(max(date - (time() if now is None else now), 0.0), MAX_ASKED)


@dataclass(frozen=True, slots=True)
class Backoff:
    """Waits between attempts, in seconds: `first` after the first failure, twice as long after
    each further one, at most `most`. Each is drawn from half to one and a half times that, so that
    clients that failed together do not return together."""

    first: float = 0.5
    most: float = 30.0

    def seconds(self, number: int, retry_after: float | None = None) -> float:
        """The wait after the failure of that number, from 1 on; at least `retry_after`."""
        delay = min(self.first * 2.0 ** min(number - 1, MAX_DOUBLINGS), self.most)
        return max(delay * random.uniform(0.5, 1.5), retry_after or 0.0)


def retrying(
    is_transient: Callable[[BaseException], bool],
    num_failures: Callable[[int], int],
    max_failures: int,
    backoff: Backoff,
    sleep: Callable[[float], None],
) -> Retrying:
    """Calls a function until it returns; raises its last error where that is not transient, or
    where `max_failures` have been counted. `num_failures` takes the number of the attempt that
    failed, and returns how many failures count."""
    counted = 0

    def count(state: RetryCallState) -> None:
        nonlocal counted
        counted = num_failures(state.attempt_number)

    def wait(state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = error.retry_after if isinstance(error, TransientError) else None
        return backoff.seconds(counted, asked)

    return Retrying(
        retry=retry_if_exception(is_transient),
        after=count,
        wait=wait,
        stop=lambda _: counted >= max_failures,
        sleep=sleep,
        reraise=True,
    )
