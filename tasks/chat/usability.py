"""Usability: whether the answers of one run can be used, and whether the run must end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from schemas.chat import Failure

FEW = 5
"""Answers that are asked for until one can be used; as many without one that can end the run. A
model that fails at three of ten questions does so at the first five in 2 of 1,000 runs."""
PROBE = 16
"""Answers of a first batch, which is sent alone: small against a batch, and enough to tell a server
without usable replies from a weak model."""
FEW_FIRST = 1
"""Usable ones of the first PROBE replies with which a run in batches still ends, before anything is
followed up: each attempt would take another batch. A model that is right at once in a third of its
replies has no more in 1 of 70 runs."""
FIRST_IN_SUCCESSION = 32
"""Unusable first replies in succession that end a run in batches later on, for the same reason: of
8,000 questions, a model that is right at once in a third of its replies has so many in one of 160
runs."""
IN_SUCCESSION = 16
"""Unusable answers, all started after the last usable one, that end a run later on: at a server
whose every second answer is usable, chance makes so many once in 65,536 answers."""
MANY, LEAST_SHARE = 12, 0.25
"""From so many unusable answers on, a run ends where no larger share of its answers is usable:
three of four paid answers would be thrown away, and twelve in sixteen are no accident."""
UNUSABLE = frozenset(
    {Failure.INVALID, Failure.TRUNCATED, Failure.REFUSED, Failure.FILTERED, Failure.EMPTY}
)
"""Failures of what was replied; others are failures to get a reply."""


class Usability:
    """Counts the answers of one run, each after all of its attempts. Belongs to one event loop."""

    def __init__(self) -> None:
        self.num_usable = self.num_unusable = 0
        self.unusable: set[str] = set()
        self.is_over = False
        self.error: Exception | None = None
        self._num_started = 0
        self._num_first = 0
        self._unusable_first: set[str] = set()
        self._later_first: set[str] = set()
        self._last_usable = 0
        self._later: list[int] = []
        self._num_open = 0
        self._turns = asyncio.Condition()

    @asynccontextmanager
    async def turn(self, few: int = FEW) -> AsyncIterator[int]:
        """A turn to get an answer, by its number. At most `few` are given at a time until an answer
        can be used, so that a server without usable replies is paid for few. Raises `error` where
        the run is over."""
        if self._is_on_trial(few):
            async with self._turns:
                await self._turns.wait_for(lambda: not self._is_on_trial(few))
        if self.error:
            raise self.error
        self._num_open += 1
        self._num_started += 1
        try:
            yield self._num_started
        finally:
            self._num_open -= 1
            async with self._turns:
                self._turns.notify_all()

    def _is_on_trial(self, few: int) -> bool:
        """Whether the first few answers are under way, and what they bring must be seen first."""
        num_begun = self.num_unusable + self._num_open
        return not self.num_usable and self.num_unusable < few <= num_begun

    def add_first(self, failure: Failure | None, reply: str) -> bool:
        """Whether a run in batches must end with this first reply to a prompt, before anything is
        followed up; `reply` is its digest."""
        if failure and failure not in UNUSABLE:
            return False
        self._num_first += 1
        self._later_first = self._later_first | {reply} if failure else set()
        if self._num_first <= PROBE:
            self._unusable_first.update([reply] if failure else [])
        is_formless = (
            self._num_first == PROBE and len(self._unusable_first) >= PROBE - FEW_FIRST
        ) or len(self._later_first) >= FIRST_IN_SUCCESSION
        if is_formless:
            self.unusable |= self._unusable_first | self._later_first
            self.is_over = True
        return is_formless

    @property
    def has_begun(self) -> bool:
        """Whether a reply was counted; of the first ones of a batch no answer is complete yet."""
        return bool(self.num_usable or self.num_unusable or self._num_first)

    @property
    def told(self) -> str:
        """How many answers cannot be used, for the error that ends a run."""
        num_answers = self.num_usable + self.num_unusable
        if len(self._later_first) >= FIRST_IN_SUCCESSION:
            return f"{len(self._later_first)} replies in succession"
        if num_answers < self._num_first <= PROBE:
            return f"{len(self._unusable_first)} of the first {self._num_first} replies"
        return f"{self.num_unusable} of {num_answers} answers"

    def add(self, turn: int, failure: Failure | None, replies: tuple[str, ...]) -> bool:
        """Whether the run must end with this answer; `replies` are the digests of its replies."""
        if failure is None:
            self.num_usable += 1
            # Unusable answers take more attempts, so that many may end in succession which did not
            # start in succession.
            self._last_usable = max(self._last_usable, turn)
            self._later = [later for later in self._later if later > self._last_usable]
        elif failure in UNUSABLE:
            self.num_unusable += 1
            self._later += [turn] if turn > self._last_usable else []
            self.unusable.update(replies)
        is_last = failure in UNUSABLE and self._is_hopeless
        self.is_over = self.is_over or is_last
        return is_last

    @property
    def _is_hopeless(self) -> bool:
        num_answers = self.num_usable + self.num_unusable
        is_rare = self.num_usable <= LEAST_SHARE * num_answers
        return (
            (not self.num_usable and self.num_unusable >= FEW)
            or (self.num_unusable >= MANY and is_rare)
            or len(self._later) >= IN_SUCCESSION
        )
