"""Pace: how much a server is asked in a minute, where a configuration limits it."""

import asyncio

from aiolimiter import AsyncLimiter


class Pace:
    """At most `per_minute` in a minute: a tenth of it at once, the rest evenly."""

    def __init__(self, per_minute: int) -> None:
        at_once = max(per_minute // 10, 1)
        evenly = per_minute - at_once + 1
        self._limiter = AsyncLimiter(at_once, 60.0 * at_once / evenly)
        self._turn = asyncio.Lock()

    async def acquire(self, amount: int) -> None:
        """Wait until this amount is allowed; in parts where it is more than is allowed at once."""
        async with self._turn:
            while amount > 0:
                part = min(amount, int(self._limiter.max_rate))
                await self._limiter.acquire(part)
                amount -= part
