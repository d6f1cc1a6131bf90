"""Concurrency: how many requests a server is given at once.

The limit grows while that pays: with every reply at first, and on as long as half as many requests
again bring a tenth more replies per second. A server that says that it has too much to do is given
fewer, and is left alone for as long as it asks.
"""

import asyncio
import logging
from collections import deque

START = 64
GROWTH = 1.5
GAIN = 1.1
SHRINK = 0.7
PROBE_AFTER = 20
"""Windows after which a limit that did not pay is tried again."""
logger = logging.getLogger(__name__)


class AdaptiveLimit:
    """Requests in flight, at most `most`. Belongs to one event loop."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.limit = float(min(most, START))
        self.in_flight = 0
        self._is_starting = True
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._paused_until = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._window_start = 0.0
        self._num_in_window = 0
        self._paid: tuple[float, float] | None = None
        self._windows_held = 0
        self._shrunk_at = 0.0

    async def acquire(self) -> None:
        """Wait for a turn; turns come in the order in which they were asked for."""
        loop = asyncio.get_running_loop()
        if not self._waiting and self._has_room(loop.time()):
            self.in_flight += 1
            return
        turn: asyncio.Future[None] = loop.create_future()
        self._waiting.append(turn)
        self._wake()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._leave()
            raise

    def succeed(self) -> None:
        """A reply came."""
        is_full = self.in_flight + 1 >= self.limit
        if is_full and self._is_starting:
            self.limit = min(self.limit + 1.0, self.most)
        self._num_in_window += 1
        if self._num_in_window >= max(self.limit, 16):
            self._close_window(is_full)
        self._leave()

    def congest(self, retry_after: float | None) -> None:
        """The server has too much to do. One burst of such answers counts once."""
        now = asyncio.get_running_loop().time()
        if now - self._shrunk_at > 1.0:
            self._shrunk_at = now
            self._is_starting = False
            self._paid = None
            self.limit = max(self.limit * SHRINK, 1.0)
            logger.info("the server has too much to do: %d requests at once", self.limit)
        if retry_after:
            self._paused_until = max(self._paused_until, now + retry_after)
        self._leave()

    def fail(self) -> None:
        """The attempt failed for another reason, which says nothing of the limit."""
        self._leave()

    def _close_window(self, is_full: bool) -> None:
        now = asyncio.get_running_loop().time()
        rate = self._num_in_window / max(now - self._window_start, 1e-6)
        is_measured = self._window_start > 0.0
        self._window_start, self._num_in_window = now, 0
        if not (is_measured and is_full):
            return
        if self._paid is None:
            self._paid = self.limit, rate
        elif self.limit >= self._paid[0] * GROWTH:
            if rate < self._paid[1] * GAIN:
                self._hold(self._paid[0])
                return
            self._paid = self.limit, rate
        if self._windows_held:
            self._windows_held -= 1
        elif not self._is_starting:
            self.limit = min(self.limit * 1.1 + 1.0, self.most)

    def _hold(self, limit: float) -> None:
        logger.info("more than %d requests at once do not pay", limit)
        self.limit, self._paid = limit, None
        self._is_starting, self._windows_held = False, PROBE_AFTER

    def _has_room(self, now: float) -> bool:
        return self.in_flight < int(self.limit) and now >= self._paused_until

    def _leave(self) -> None:
        self.in_flight -= 1
        self._wake()

    def _wake(self) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        while self._waiting and self._has_room(now):
            turn = self._waiting.popleft()
            if not turn.done():
                self.in_flight += 1
                turn.set_result(None)
        if self._waiting and now < self._paused_until and self._timer is None:
            self._timer = loop.call_at(self._paused_until, self._resume)

    def _resume(self) -> None:
        self._timer = None
        self._wake()
