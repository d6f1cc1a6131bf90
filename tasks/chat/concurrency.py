"""Concurrency: how many requests a server is given at once.

The limit grows while that pays: it doubles at first, then grows by a tenth, as long as half as many
requests again bring a tenth more replies per second. A server that reports that it is overloaded is
given fewer requests, is kept a little below the limit that was too much, and gets none for as long
as it asks to wait.
"""

import asyncio
import logging
from collections import deque

START = 64
"""Requests at once at first, where as many are allowed: the default of max_concurrent."""
GROWTH = 1.5
"""Factor on the last limit that paid, from which on the next one is judged: below it, chance
decides."""
GAIN = 1.1
"""Factor by which the next limit must raise the replies per second: a server that is not yet full
raises them by GROWTH, a full one not at all."""
SHRINK, SHRINK_AGAIN = 0.7, 0.5
"""Factors on a limit that was too much; the second while refusals go on, so that a few steps reach
whatever limit the server takes."""
BELOW = 0.9
"""Share of the limit that was too much, at which growth stops: at that limit itself requests would
be refused again and again."""
PROBE_AFTER = 20
"""Windows after which a limit that did not pay, or was too much, is tried again: a server may have
become less busy, and a trial costs one window."""
MIN_WINDOW = 4
"""Replies in a window at least; a larger limit sets more. Fewer do not show a rate."""
MIN_MEASURED = 16
"""Limit from which on the rate of replies shows whether it pays; smaller ones grow until a server
refuses."""
TOLERATED, MIN_TOLERATED = 0.1, 3
"""Requests of a window that may be refused, as a share of the limit and at least: some servers
refuse a few at any load."""
PAUSE = 1.0
"""Seconds without requests for a server that refuses even one request at a time."""
logger = logging.getLogger(__name__)


class AdaptiveLimit:
    """Requests in flight, at most `most`. Belongs to one event loop."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.limit = float(min(most, START))
        self.in_flight = 0
        self._is_starting, self._is_settling = True, False
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._paused_until = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._window_start: float | None = None
        self._window_size = self._num_in_window = self._num_refused = 0
        self._paid: tuple[float, float] | None = None
        self._ceiling = float(most)
        self._windows_held = 0
        self._shrunk_at = float("-inf")
        self._has_replied = True
        self._has_shrunk = False

    async def acquire(self) -> float:
        """Wait for a turn, first come, first served; returns the time at which it came."""
        loop = asyncio.get_running_loop()
        if self._window_start is None:
            self._open_window(loop.time())
        if not self._waiting and self._has_room(loop.time()):
            self.in_flight += 1
            return loop.time()
        turn: asyncio.Future[None] = loop.create_future()
        self._waiting.append(turn)
        self._wake()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.leave()
            raise
        return loop.time()

    def succeed(self, turn: float) -> None:
        """A reply came for the request, still in flight, that got its turn at that time."""
        self._has_replied |= turn > self._shrunk_at
        self._num_in_window += 1
        if self._num_in_window >= self._window_size:
            self._close_window(is_full=self.in_flight + 1 >= self.limit)

    def congest(self, turn: float, retry_after: float | None = None) -> None:
        """The server is too busy for a request that got its turn at that time.

        Refusals of requests that were in flight together count once. Where nothing sent since is
        answered, the server is out of order, which says nothing about the limit.
        """
        now = asyncio.get_running_loop().time()
        if turn > self._shrunk_at and self._has_replied:
            self._num_refused += 1
            if self._num_refused > max(TOLERATED * self.limit, MIN_TOLERATED):
                self._shrink(now)
        pause = PAUSE if retry_after is None and self.limit < 2.0 else retry_after
        self._paused_until = max(self._paused_until, now + (pause or 0.0))

    def leave(self) -> None:
        """A request is no longer in flight."""
        self.in_flight -= 1
        self._wake()

    def _shrink(self, now: float) -> None:
        self._shrunk_at, self._has_replied = now, False
        factor = SHRINK_AGAIN if self._has_shrunk else SHRINK
        self._ceiling = max(BELOW * self.limit, 1.0)
        self._shrink_to(max(factor * self.limit, 1.0))
        self._has_shrunk = True
        logger.info("the server is too busy: from now on %d requests at once", self.limit)

    def _close_window(self, is_full: bool) -> None:
        now, start = asyncio.get_running_loop().time(), self._window_start
        if self._is_settling:
            self._is_settling = False
        elif start is not None and is_full:
            self._grow(self._num_in_window / max(now - start, 1e-6))
        self._open_window(now)

    def _open_window(self, now: float) -> None:
        self._window_start, self._num_in_window, self._num_refused = now, 0, 0
        self._window_size = max(int(self.limit), MIN_WINDOW)

    def _grow(self, rate: float) -> None:
        self._has_shrunk = False
        if self._paid is None:
            self._paid = self.limit, rate
        elif self.limit >= max(self._paid[0] * GROWTH, MIN_MEASURED):
            if rate < self._paid[1] * GAIN:
                logger.info("more than %d requests at once do not pay", self._paid[0])
                self._shrink_to(self._paid[0])
                self._windows_held = PROBE_AFTER
                return
            self._paid = self.limit, rate
        if self._is_starting:
            self.limit = min(2.0 * self.limit, self.most)
        elif self._windows_held:
            self._windows_held -= 1
        elif self.limit < self._ceiling:
            self.limit = min(1.1 * self.limit + 1.0, self._ceiling)
            if self.limit == self._ceiling < self.most:
                self._windows_held = PROBE_AFTER
        else:
            self._ceiling = float(self.most)

    def _shrink_to(self, limit: float) -> None:
        self.limit, self._paid = limit, None
        self._is_starting, self._windows_held = False, 0
        # The next window has replies to what was sent under the larger limit.
        self._is_settling = True
        self._open_window(asyncio.get_running_loop().time())

    def _has_room(self, now: float) -> bool:
        return self.in_flight < int(self.limit) and now >= self._paused_until

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
