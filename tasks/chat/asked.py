"""Asked: a request of a batch that somebody waits for."""

import asyncio
from dataclasses import dataclass

from schemas.chat import Reply, Request
from tasks.chat.requests import Dialect
from tasks.chat.run import Meter


@dataclass(slots=True, eq=False)
class Asked:
    """A request that somebody waits for. `batch` is the name, in the store, of the batch that it
    is in: its id, or an intent."""

    request: Request
    meter: Meter
    dollars: float
    reply: asyncio.Future[Reply]
    batch: str | None = None
    dialect: Dialect | None = None
    num_failed: int = 0


@dataclass(slots=True)
class Tally:
    """What a batch has brought since it was first polled, at `started` on the monotonic clock."""

    started: float
    num_ok: int = 0
    dollars: float = 0.0


def end(asked: Asked, outcome: Reply | Exception) -> None:
    """Give the reply or the error to whoever waits; a second outcome changes nothing."""
    if asked.reply.done():
        return
    if isinstance(outcome, Exception):
        asked.reply.set_exception(outcome)
    else:
        asked.reply.set_result(outcome)
