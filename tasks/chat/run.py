"""Run: one stage's use of models, which can be watched and stopped."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import Any
from weakref import WeakSet

from schemas.chat import Message
from tasks.chat.usability import Usability


@dataclass(slots=True)
class Meter:
    """Counts of one run in this process: requests `asked` for, `served` from the reply store,
    `paid`, and sent `again` after a failure. `cost` is what was paid now, in US dollars; None
    where a price is not known. `resumes` is when the wait ends that a server asked for, by the
    clock of time.monotonic."""

    asked: int = 0
    served: int = 0
    paid: int = 0
    again: int = 0
    cost: float | None = 0.0
    resumes: float = 0.0

    def wait(self, seconds: float) -> None:
        self.resumes = max(self.resumes, time.monotonic() + seconds)

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
        if (seconds := self.resumes - time.monotonic()) >= 1.0:
            parts.append(f"the server asks to wait {seconds:,.0f} s")
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
        self._usability = {shows: Usability() for shows in (True, False)}
        self.num_under_way = self.num_waiting = 0
        self._callbacks: list[Callable[[], object]] = []
        self._lock = Lock()
        with _all.lock:
            _all.runs.add(self)
            self._is_stopped = _all.is_stopped

    def __reduce__(self) -> tuple[Any, ...]:
        return Run, (self.renews, self.started)

    @property
    def is_stopped(self) -> bool:
        return self._is_stopped

    def usability_of(self, messages: Iterable[Message]) -> Usability:
        """That of the answers to such messages: a model may know what to say to a photograph, and
        not without one."""
        return self._usability[any(message.photograph for message in messages)]

    def end(self, error: Exception) -> None:
        """Have whoever waits for a turn raise the error."""
        for usability in self._usability.values():
            usability.error = error

    def kind_of(self, usability: Usability) -> str:
        """Which answers these are, in words; nothing where all are of one kind."""
        if not all(one.has_begun for one in self._usability.values()):
            return ""
        return (
            " with a photograph" if usability is self._usability[True] else " without a photograph"
        )

    def stop(self) -> None:
        """Send no further request; replies under way are awaited and kept."""
        with self._lock:
            self._is_stopped = True
            callbacks = tuple(self._callbacks)
        for callback in callbacks:
            callback()

    @contextmanager
    def under_way(self) -> Iterator[None]:
        """Within the block, requests of this run may be under way."""
        with self._lock:
            self.num_under_way += 1
        try:
            yield
        finally:
            with self._lock:
                self.num_under_way -= 1

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Within the block, a job of this run waits for another command that makes the same."""
        with self._lock:
            self.num_waiting += 1
        try:
            yield
        finally:
            with self._lock:
                self.num_waiting -= 1

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


@dataclass(slots=True)
class _All:
    """The runs of this process, and how many replies are under way."""

    runs: WeakSet[Run] = field(default_factory=WeakSet)
    is_stopped: bool = False
    num_replies: int = 0
    lock: Lock = field(default_factory=Lock)


_all = _All()


def stop_all() -> None:
    """Stop all runs of this process, those that begin later too: the process is about to end."""
    with _all.lock:
        _all.is_stopped = True
        runs = list(_all.runs)
    for run in runs:
        run.stop()


@contextmanager
def reply_under_way() -> Iterator[None]:
    """Within the block, a reply is awaited and stored, whether or not its conversation still waits
    for it: one that is interrupted, or that asks for several at once, may have ended before."""
    with _all.lock:
        _all.num_replies += 1
    try:
        yield
    finally:
        with _all.lock:
            _all.num_replies -= 1


def num_under_way() -> int:
    """How many conversations of this process may still ask, and replies are still under way; 0
    where nothing that is paid would be lost if the process ended."""
    with _all.lock:
        return _all.num_replies + sum(run.num_under_way for run in _all.runs)
