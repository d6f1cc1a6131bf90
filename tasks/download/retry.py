"""Which failures of a download may pass, and repeated requests until they have."""

from collections.abc import Callable
from typing import TypeVar

import httpx

from schemas.retry import Backoff, TransientError, asked_seconds, may_pass, retrying

T = TypeVar("T")
Sleep = Callable[[float], None]
MAX_FAILURES = 6
"""Failures in succession without a new byte: with the waits below, a server has half a minute to
return."""
BACKOFF = Backoff(first=1.0, most=16.0)
"""Seconds between attempts: a server needs some to restart, and a download takes much longer."""
FINAL = (httpx.UnsupportedProtocol, httpx.TooManyRedirects)
"""Errors of the address itself: the next attempt would end in the same way."""


def check_status(response: httpx.Response) -> None:
    """Raises TransientError where a retry may help, ConnectionError where it cannot."""
    status = f"{response.url} replied {response.status_code} {response.reason_phrase}"
    if may_pass(response.status_code):
        raise TransientError(status, asked_seconds(response.headers))
    if response.status_code not in {200, 206, 416}:
        raise ConnectionError(f"{status}: check the address or name a mirror")


def is_transient(error: BaseException) -> bool:
    is_final = isinstance(error, FINAL)
    return isinstance(error, (httpx.TransportError, TransientError)) and not is_final


def retried(request: Callable[[], T], url: str, reached: Callable[[], int], sleep: Sleep) -> T:
    """The value of `request`, repeated after transient failures.

    `reached` is how far the file is, in bytes. Only going further than ever resets the count, so
    that a long download survives many drops and a server that keeps failing is given up.
    """
    furthest, failures = -1, 0

    def count(_: int) -> int:
        nonlocal furthest, failures
        failures = 1 if reached() > furthest else failures + 1
        furthest = max(furthest, reached())
        return failures

    try:
        return retrying(is_transient, count, MAX_FAILURES, BACKOFF, sleep)(request)
    except FINAL as error:
        raise ConnectionError(f"{url} cannot be followed ({error}): name a mirror") from error
    except (httpx.TransportError, TransientError) as error:
        reason = str(error) or type(error).__name__
        raise ConnectionError(
            f"{url} failed {failures} times in a row ({reason}):"
            " run the same command later, it goes on from here"
        ) from error
