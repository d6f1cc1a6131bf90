"""Waiting: the requests of a model that somebody waits for until a batch brings their replies."""

import asyncio
from collections.abc import Callable, Iterable
from itertools import islice

from tasks.chat.asked import Asked, end
from tasks.chat.errors import ChatRefusedError, ChatStoppedError


class Waiting:
    """Those in a batch, and the line of those that go into the next one; `add` is told of each
    that comes into the line. `stopped` is why no further batch is made. Belongs to one event
    loop."""

    def __init__(self, added: Callable[[], None]) -> None:
        self.stopped: ChatStoppedError | ChatRefusedError | None = None
        self.last_added = 0.0
        """When the last one came into the line, on the clock of the event loop, in seconds."""
        self._added = added
        self._asked: dict[str, Asked] = {}
        self._line: dict[str, Asked] = {}

    def __len__(self) -> int:
        """How many are in the line."""
        return len(self._line)

    def __contains__(self, digest: str) -> bool:
        """Whether a request is in the line."""
        return digest in self._line

    def check(self) -> None:
        if self.stopped:
            raise self.stopped

    def add(self, asked: Asked) -> None:
        self._asked[asked.request.digest] = asked

    def remove(self, asked: Asked) -> None:
        del self._asked[asked.request.digest]
        self._line.pop(asked.request.digest, None)

    def find(self, digest: str) -> Asked | None:
        return self._asked.get(digest)

    def of_batch(self, name: str) -> list[Asked]:
        waiting = (asked for asked in self._asked.values() if not asked.reply.done())
        return [asked for asked in waiting if asked.batch == name]

    def line_up(self, asked: Asked) -> None:
        if asked.reply.done():
            return
        asked.batch = None
        if self.stopped:
            end(asked, self.stopped)
            return
        self._line[asked.request.digest] = asked
        self.last_added = asyncio.get_running_loop().time()
        self._added()

    def first(self, number: int) -> list[Asked]:
        """The first ones of the line."""
        return list(islice(self._line.values(), number))

    def leave_line(self, digest: str) -> Asked | None:
        return self._line.pop(digest, None)

    def stop(self, error: ChatStoppedError | ChatRefusedError) -> None:
        """Make no further batch. Those under way are still awaited, unless the provider refuses
        access."""
        self.stopped = self.stopped or error
        is_refused = isinstance(error, ChatRefusedError)
        self.end(error, (one for one in self._asked.values() if is_refused or one.batch is None))

    def end(self, error: Exception, these: Iterable[Asked] | None = None) -> None:
        """Hand an error to these, or to everybody who waits."""
        for asked in self._asked.values() if these is None else these:
            end(asked, error)
