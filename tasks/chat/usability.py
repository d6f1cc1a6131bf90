"""Usability: whether the answers of one run can be used, or the run had better end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from schemas.chat import Failure

FEW = 5
"""Answers that are waited for at a time until one can be used; as many without one that can end the
run. A model that fails at three of ten questions does so at the first five in 2 of 1,000 runs."""
IN_SUCCESSION = 16
"""Unusable answers in succession that end a run later on."""
MANY, LEAST_SHARE = 12, 0.25
"""From so many unusable answers on, a run ends where no larger share of its answers is usable."""
UNUSABLE = frozenset(
    {Failure.INVALID, Failure.TRUNCATED, Failure.REFUSED, Failure.FILTERED, Failure.EMPTY}
)
"""Failures of what was replied; others are failures to get a reply."""


class Usability:
    """Counts the answers of one run, each after all of its attempts. Belongs to one event loop."""

    def __init__(self) -> None:
        self.num_usable = self.num_unusable = 0
        self.unusable: set[str] = set()
        self._in_succession = 0
        self._num_open = 0
        self._turns = asyncio.Condition()

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """A turn to get an answer: few at a time until one can be used, so that a server without
        usable replies is paid for few."""
        if self.num_usable:
            yield
            return
        async with self._turns:
            await self._turns.wait_for(lambda: self.num_usable or self._num_open < FEW)
            self._num_open += 1
        try:
            yield
        finally:
            self._num_open -= 1
            async with self._turns:
                self._turns.notify_all()

    def add(self, failure: Failure | None, replies: tuple[str, ...]) -> bool:
        """Whether the run must end with this answer; `replies` are the digests of its replies."""
        if failure is None:
            self.num_usable += 1
            self._in_succession = 0
        elif failure in UNUSABLE:
            self.num_unusable += 1
            self._in_succession += 1
            self.unusable.update(replies)
        else:
            return False
        return failure is not None and self.is_hopeless

    @property
    def is_hopeless(self) -> bool:
        num_answers = self.num_usable + self.num_unusable
        is_rare = self.num_usable <= LEAST_SHARE * num_answers
        return (
            (not self.num_usable and self.num_unusable >= FEW)
            or (self.num_unusable >= MANY and is_rare)
            or self._in_succession >= IN_SUCCESSION
        )
