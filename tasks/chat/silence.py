"""Silence: how long a server has not replied, and when it counts as gone.

A few requests may fail for reasons of their own. With one request at once a server must not be
waited for longer than with many.
"""

from schemas.config.chat import ChatConfig
from tasks.chat.errors import LateError, PassingError, UnreachableError
from tasks.chat.limits import Limits

SILENT_REQUESTS = 16
"""Requests in succession without a reply, each after all of its attempts, at which the server
counts as gone: a few may fail for reasons of their own."""
FEW_SILENT = 4
"""The same, at least, where fewer requests are asked at once and no reply came for a while. Also
attempts that were answered too late: the first request is asked alone, however many may be."""
AWAY_ROUNDS = 2
"""How many times `silent_seconds` a server may be out of reach: it may be starting anew."""
LATE_ROUNDS = 3
"""How many times `timeout_seconds` a server may take requests and answer none. Each attempt takes
so long that to make all of them would take hours."""


class Silence:
    """Of one server, since its last reply."""

    def __init__(self, chat: ChatConfig, limits: Limits) -> None:
        self._chat = chat
        self._limits = limits
        self._few = min(max(chat.max_concurrent, FEW_SILENT), SILENT_REQUESTS)
        self._num_requests = self._num_late = 0
        self._since: float | None = None
        self._away_since: float | None = None

    def __bool__(self) -> bool:
        """Whether a request has ended without a reply."""
        return self._num_requests > 0

    def end(self) -> None:
        """A reply has come."""
        self._num_requests = self._num_late = 0
        self._since = self._away_since = None

    @property
    def num_attempts(self) -> int:
        """Attempts at a request. While the server is silent they are as few as requests at once
        are, so that to find it gone takes as long with one at once as with many."""
        if not self:
            return self._chat.max_attempts
        share = min(self._chat.max_concurrent / SILENT_REQUESTS, 1.0)
        return max(int(share * self._chat.max_attempts), 1)

    def hangs(self, error: PassingError, now: float) -> bool:
        """Whether a server whose attempt has failed now takes requests and answers none."""
        self._since = now if self._since is None else self._since
        if not isinstance(error, LateError):
            return False
        self._num_late += 1
        is_long = now - self._since >= (LATE_ROUNDS - 1) * self._chat.timeout_seconds
        return self._num_late >= FEW_SILENT and is_long

    def is_away(self, error: PassingError, now: float) -> bool:
        """Whether a server that an attempt has not reached now, and none has for a while, counts as
        gone. No request is at fault: until then each is tried again."""
        if not isinstance(error, UnreachableError):
            self._away_since = None
            return False
        self._away_since = now if self._away_since is None else self._away_since
        return now - self._away_since >= AWAY_ROUNDS * self._limits.silent_seconds

    def is_gone(self, now: float) -> bool:
        """Whether a server counts as gone that has not replied to one more request."""
        self._num_requests += 1
        seconds = 0.0 if self._since is None else now - self._since
        is_long = seconds >= self._limits.silent_seconds
        return self._num_requests >= (self._few if is_long else SILENT_REQUESTS)
