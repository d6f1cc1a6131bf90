"""Run: one stage's use of models, which can be watched and stopped."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import Any

from tasks.chat.usability import Usability


@dataclass(slots=True)
class Meter:
    """Counts of one run in this process: requests `asked` for, `served` from the reply store,
    `paid`, and sent `again` after a failure. `cost` is what was paid now, in US dollars; None
    where a price is not known."""

    asked: int = 0
    served: int = 0
    paid: int = 0
    again: int = 0
    cost: float | None = 0.0

    def pay(self, cost: float | None) -> None:
        self.paid += 1
        self.cost = None if cost is None or self.cost is None else self.cost + cost

    def __str__(self) -> str:
        parts = [f"{self.paid:,} replies"]
        if self.served:
            parts.append(f"{self.served:,} stored")
        if self.again:
            parts.append(f"{self.again:,} asked again")
        if self.cost:
            parts.append(f"${self.cost:,.2f}")
        return ", ".join(parts)


class Run:
    """The conversations that are counted together and stopped together. Thread-safe. Sent to
    another process it is a new one there: only conversations of this process can be counted and
    stopped here. `renews`: what was stored before the run, and cannot be used, is asked again."""

    def __init__(self, renews: bool = False, started: float | None = None) -> None:
        """`started` is in seconds since 1970, None for now."""
        self.renews = renews
        self.started = time.time() if started is None else started
        self.meter = Meter()
        self.usability = Usability()
        self._is_stopped = False
        self._callbacks: list[Callable[[], object]] = []
        self._lock = Lock()

    def __reduce__(self) -> tuple[Any, ...]:
        return Run, (self.renews, self.started)

    @property
    def is_stopped(self) -> bool:
        return self._is_stopped

    def stop(self) -> None:
        """Send no further request; replies under way are awaited and kept."""
        with self._lock:
            self._is_stopped = True
            callbacks = tuple(self._callbacks)
        for callback in callbacks:
            callback()

    @contextmanager
    def when_stopped(self, callback: Callable[[], object]) -> Iterator[None]:
        """Within the block, `callback` is called when the run is stopped, on the thread that stops
        it; at once where it is stopped already."""
        with self._lock:
            self._callbacks.append(callback)
            is_stopped = self._is_stopped
        if is_stopped:
            callback()
        try:
            yield
        finally:
            with self._lock:
                self._callbacks.remove(callback)
