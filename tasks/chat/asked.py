"""Asked: a request of a batch that somebody waits for."""

import asyncio
import time
from dataclasses import dataclass, field

from schemas.chat import Reply, Request
from tasks.chat.dialects import Dialect
from tasks.chat.errors import RejectedError
from tasks.chat.run import Meter


@dataclass(slots=True, eq=False)
class Asked:
    """A request that somebody waits for. `batch` is the name, in the store, of the batch that it
    is in: its id, or an intent. `rejected` are the dialects in which it was."""

    request: Request
    meter: Meter
    dollars: float
    reply: asyncio.Future[Reply]
    batch: str | None = None
    dialect: Dialect | None = None
    num_failed: int = 0
    rejected: dict[Dialect, RejectedError] = field(default_factory=dict)


@dataclass(slots=True)
class Tally:
    """What a batch has brought since it was first polled, at `started` on the monotonic clock;
    `formless` replies show that the server ignores the form, unless others heed it: until then they
    are handed to nobody."""

    started: float
    num_ok: int = 0
    formless: list[tuple[Asked, Reply]] = field(default_factory=list)

    def told(self, num_requests: int) -> str:
        num_failed = max(num_requests - self.num_ok, 0)
        seconds = time.monotonic() - self.started
        return (
            f"{self.num_ok} requests ok, {num_failed} failed, {seconds:.0f} seconds, "
            f"${self.dollars:.2f}"
        )

    dollars: float = 0.0


def end(asked: Asked, outcome: Reply | Exception) -> None:
    """Give the reply or the error to whoever waits; a second outcome changes nothing."""
    if asked.reply.done():
        return
    if isinstance(outcome, Exception):
        asked.reply.set_exception(outcome)
    else:
        asked.reply.set_result(outcome)
