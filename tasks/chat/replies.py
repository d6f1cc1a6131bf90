"""Replies: what was paid for, kept under the digest of its request until it is asked for again.

One queue stands before the database (tasks/chat/sql.py): whatever waits in it is read, or written,
in one transaction. A reply is committed before anybody reads it, and the first that is committed
is what all read.
"""

import asyncio
import atexit
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Connection

from schemas.chat import Reply
from tasks.chat.databases import LOCKED_SECONDS, open_engine
from tasks.chat.sql import Kept, SqlReplies, UnderWay

GROUP = 500
"""Calls that share a transaction at most, so that none of them waits long."""
GATHER_SECONDS = 0.002
"""How long the first call of a group waits for others: at 1,100 finds and keeps per second it
makes groups of ten and takes the processor time of one reply from 450 to 170 us."""
FIND_SECONDS = 0.01
"""How long finds wait for replies to keep, to share their transaction. This delays nobody: while
more is asked for than a server is given at once, a request is found long before its turn."""
Item = TypeVar("Item")
Result = TypeVar("Result")
Work = Callable[[Connection, list[Item]], Sequence[Result]]


class _Call(NamedTuple):
    work: Work[Any, Any]
    item: Any
    future: asyncio.Future[Any]


_Outcome = tuple[asyncio.Future[Any], Any]


class ReplyStore:
    """Replies by the digest of their request, made by `open_replies`.

    The coroutines may be awaited on any event loop; a thread of the store's own does their work.
    They raise what SqlReplies.transact does.
    """

    def __init__(self, sql: SqlReplies) -> None:
        self.sql = sql
        self._calls: SimpleQueue[_Call | None] = SimpleQueue()
        self._is_closed = False
        self._written: SimpleQueue[list[_Outcome] | None] = SimpleQueue()
        # Daemons, or they would keep the interpreter from ending; at exit, `close` waits for them.
        self._threads = [
            Thread(target=target, name=name, daemon=True)
            for name, target in (
                ("replies", self._serve),
                ("replies-written", self._serve_written),
            )
        ]
        for thread in self._threads:
            thread.start()
        atexit.register(self.close)

    async def find(self, digest: str) -> Reply | None:
        return await self._call(self.sql.find_all, digest)

    async def keep(
        self, reply: Reply, payer: str, written: Callable[[], None] | None = None
    ) -> Reply:
        """The stored reply, once it is committed: this one, or the one that was first.

        Every reply that is kept was paid and counts as spent, unless exactly this delivery is
        stored already. A reply is written even where the caller is cancelled. `written` is called
        on the caller's loop some milliseconds before this returns: from then on the end of this
        process cannot lose the reply, though a power cut could.
        """
        return await self._call(self.sql.keep_all, Kept(reply, payer, written))

    async def set_aside(self, digests: Iterable[str]) -> None:
        """Have these requests asked again: what was replied to them stays under another name, and
        counts as spent."""
        await self._call(self.sql.set_aside_all, tuple(digests))

    async def spent(self, payer: str) -> float:
        """US dollars that all runs of this payer have paid; replies of unknown cost count 0."""
        return await self._call(self.sql.spent_all, payer)

    async def add_batch(
        self, batch_id: str, endpoint: str, digests: Iterable[str], model: str | None = None
    ) -> None:
        """Remember that a batch with these requests is under way, through a power cut, too: who
        forgets it pays for it again."""
        batch = UnderWay(batch_id, endpoint, tuple(digests), model)
        await self._call(self.sql.add_batches, batch)

    async def open_batches(self, endpoint: str) -> list[str]:
        """The ids of the batches that are under way, oldest first."""
        return await self._call(self.sql.open_batches, endpoint)

    async def close_batch(self, batch_id: str) -> None:
        """Forget that a batch is under way: all its replies are kept, or none will come."""
        await self._call(self.sql.close_batches, batch_id)

    async def batch_of(self, digests: Iterable[str]) -> dict[str, str]:
        """The batch under way for each of the requests that are in one."""
        return await self._call(self.sql.batches_of, tuple(digests))

    def read(self, digests: Iterable[str]) -> dict[str, Reply]:
        """The replies that are stored. Blocks; for reports, which have no event loop."""
        return self.sql.read(digests)

    def close(self) -> None:
        """Write what was handed over, then close the database; also done at exit."""
        if self._is_closed:
            return
        self._is_closed = True
        # In this order: the first thread passes work to the second.
        self._calls.put(None)
        self._threads[0].join(2 * LOCKED_SECONDS)
        self._written.put(None)
        self._threads[1].join(2 * LOCKED_SECONDS)
        self.sql.close()
        atexit.unregister(self.close)

    def _call(self, work: Work[Item, Result], item: Item) -> asyncio.Future[Result]:
        if self._is_closed:
            raise RuntimeError(f"the reply store {self.sql.place} is closed: open it again")
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._calls.put(_Call(work, item, future))
        return future

    def _serve(self) -> None:
        """What the first thread does: take all calls that wait, and work through them."""
        is_open = True
        while is_open:
            calls = self._waiting()
            is_open = None not in calls
            if known := [call for call in calls if call]:
                self._work(known)

    def _waiting(self) -> list[_Call | None]:
        """The calls that wait, at least one; None marks the end."""
        calls = [self._calls.get()]
        deadline = time.monotonic() + FIND_SECONDS
        time.sleep(GATHER_SECONDS)
        with suppress(Empty):
            while len(calls) < GROUP:
                calls.append(self._calls.get_nowait())
        is_find = all(call and call.work == self.sql.find_all for call in calls)
        with suppress(Empty):
            while is_find and len(calls) < GROUP:
                left = max(deadline - time.monotonic(), 0.0)
                calls.append(call := self._calls.get(timeout=left))
                is_find = call is not None and call.work == self.sql.find_all
        return calls

    def _work(self, calls: list[_Call]) -> None:
        """Do all calls in one transaction, those of a kind together."""
        kinds: dict[Work[Any, Any], list[_Call]] = defaultdict(list)
        for call in calls:
            kinds[call.work].append(call)

        def work(connection: Connection) -> list[Any]:
            return [kind(connection, [c.item for c in alike]) for kind, alike in kinds.items()]

        try:
            results = self.sql.transact(work)
        except Exception as error:
            if len(calls) > 1 and not isinstance(error, OSError):
                # A call that cannot be stored must not lose the others: they are paid.
                for call in calls:
                    self._work([call])
                return
            results = [[error] * len(alike) for alike in kinds.values()]
        for (kind, alike), ended in zip(kinds.items(), results, strict=True):
            outcomes = list(zip((call.future for call in alike), ended, strict=True))
            if kind == self.sql.keep_all:
                _tell(alike)
            if kind in (self.sql.keep_all, self.sql.add_batches):
                self._written.put(outcomes)
            else:
                _settle_all(outcomes)

    def _serve_written(self) -> None:
        """What the second thread does: give results once they survive a power cut, too; the next
        group is written meanwhile."""
        is_open = True
        while is_open:
            groups = [self._written.get()]
            with suppress(Empty):
                while True:
                    groups.append(self._written.get_nowait())
            is_open = None not in groups
            outcomes = [outcome for group in groups if group for outcome in group]
            try:
                self.sql.sync()
            except OSError as error:
                outcomes = [(future, error) for future, _ in outcomes]
            _settle_all(outcomes)


def _tell(calls: Sequence[_Call]) -> None:
    """Call `written` of the kept replies, each on its own loop."""
    loops = defaultdict(list)
    for call in calls:
        if call.item.written:
            loops[call.future.get_loop()].append(call.item.written)
    for loop, some in loops.items():
        with suppress(RuntimeError):  # the loop has been closed
            loop.call_soon_threadsafe(_call_all, some)


def _call_all(callbacks: Iterable[Callable[[], None]]) -> None:
    for callback in callbacks:
        callback()


def _settle_all(outcomes: Sequence[_Outcome]) -> None:
    """Give futures their results, each on its own loop."""
    loops = defaultdict(list)
    for future, result in outcomes:
        loops[future.get_loop()].append((future, result))
    for loop, some in loops.items():
        # Nobody waits on a loop that has been closed.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(_settle, some)


def _settle(outcomes: list[_Outcome]) -> None:
    for future, result in outcomes:
        if future.done():  # cancelled
            continue
        if isinstance(result, Exception):
            future.set_exception(result)
        else:
            future.set_result(result)


def open_replies(address: str) -> ReplyStore:
    """The store at `sqlite:////absolute/path` or `postgresql://user@host/database`, made where it
    does not exist. One per process and address is enough.

    Raises ValueError, in one line without the password, where it cannot be opened, and OSError
    where the disk is full.
    """
    return ReplyStore(SqlReplies(*open_engine(address)))
