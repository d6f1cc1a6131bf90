"""Deadline: an end to answers that come without end, however slowly.

httpx limits the seconds between two bytes: one of them every now and then, in a header or in the
name of a packed file, would be waited for as long as they come.
"""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Timer
from typing import Any

import httpx


class Deadline:
    """Cuts the connections of requests that are traced by it when it is over."""

    def __init__(self) -> None:
        self.is_over = False
        self._stream: Any = None

    def trace(self, event: str, info: dict[str, Any]) -> None:
        """What httpx calls at each step of a request (its extension `trace`)."""
        if event.endswith(("connect_tcp.complete", "start_tls.complete")):
            self._stream = info["return_value"]
            if self.is_over:
                self._cut()

    def end(self) -> None:
        self.is_over = True
        self._cut()

    def _cut(self) -> None:
        """Have whoever reads find the end of the connection."""
        if self._stream:
            with suppress(OSError):  # it is closed already
                # Not the method of a TLS socket, which its reader is using.
                socket.socket.shutdown(self._stream.get_extra_info("socket"), socket.SHUT_RDWR)


@contextmanager
def deadline(seconds: float) -> Iterator[Deadline]:
    """What is still read within the block after so many seconds raises ReadTimeout."""
    limit = Deadline()
    timer = Timer(seconds, limit.end)
    timer.daemon = True
    timer.start()
    try:
        yield limit
    except httpx.HTTPError:
        if not limit.is_over:
            raise
    finally:
        timer.cancel()
    if limit.is_over:
        raise httpx.ReadTimeout(f"it takes more than {seconds:g} seconds")
