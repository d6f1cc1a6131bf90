"""Which failures may pass, and asking again until they did."""

import random
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

import httpx

from tasks.download.headers import asked_wait

T = TypeVar("T")
Sleep = Callable[[float], None]
MAX_RETRIES = 5  # in a row without a new byte
MAX_WAIT = 600.0


class TransientError(Exception):
    """A failure that a later request may not meet; `wait` is what the server asked for, in s."""

    def __init__(self, message: str, wait: float = 0.0) -> None:
        super().__init__(message)
        self.wait = wait


def check_status(response: httpx.Response) -> None:
    """Raises TransientError where a retry may help, ConnectionError where it cannot."""
    status = f"{response.url} replied {response.status_code} {response.reason_phrase}"
    if response.status_code in {408, 429} or response.status_code >= 500:
        raise TransientError(
            status, asked_wait(response.headers.get("retry-after"), datetime.now(UTC))
        )
    if response.status_code not in {200, 206, 416}:
        raise ConnectionError(f"{status}: check the address or name a mirror")


def retried(request: Callable[[], T], url: str, reached: Callable[[], int], sleep: Sleep) -> T:
    """The value of `request`, repeated after transient failures.

    `reached` is how far the file is, in bytes. Only going further than ever resets the count, so
    that a long download survives many drops and a server that keeps failing is given up.
    """
    furthest, failures = -1, 0
    while True:
        try:
            return request()
        except (httpx.UnsupportedProtocol, httpx.TooManyRedirects) as error:
            raise ConnectionError(f"{url} cannot be followed ({error}): name a mirror") from error
        except (httpx.TransportError, TransientError) as error:
            failures = 1 if reached() > furthest else failures + 1
            furthest = max(furthest, reached())
            if failures > MAX_RETRIES:
                reason = str(error) or type(error).__name__
                raise ConnectionError(
                    f"{url} failed {failures} times in a row ({reason}):"
                    " run the same command later, it goes on from here"
                ) from error
            wait = error.wait if isinstance(error, TransientError) else 0.0
            sleep(min(MAX_WAIT, max(wait, 2.0 ** (failures - 1))) + random.uniform(0.0, 1.0))
