"""Replies: what was paid for, kept under the digest of its request until it is asked for again.

SQLite in one file, for any number of processes of one machine (never on a network file system:
its locks and its shared memory do not reach other machines), or PostgreSQL, for many machines.
A reply is committed before anybody reads it, and the first that is committed is what all read.
"""

import asyncio
import atexit
import os
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Connection, Engine, bindparam, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError

from schemas.chat import Reply, Usage
from tasks.chat.databases import LOCKED_SECONDS, is_lost, open_engine, told_of
from tasks.chat.tables import BATCH_REQUESTS, BATCHES, REPLIES, SPENDING

GROUP = 500
"""At most so many calls share a transaction, so that none waits long for the others."""
GATHER_SECONDS = 0.002
"""How long the first call of a group waits for others: at 1,100 finds and keeps per second it
makes groups of ten and takes the processor time of one reply from 450 to 170 us."""
LOST_SECONDS = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
"""Waits before each new attempt where the connection to the server is lost."""
Item = TypeVar("Item")
Result = TypeVar("Result")
Work = Callable[[Connection, list[Item]], Sequence[Result]]
FIND = select(REPLIES).where(REPLIES.c.digest.in_(bindparam("digests", expanding=True)))
SPENT = select(SPENDING).where(SPENDING.c.payer.in_(bindparam("payers", expanding=True)))
UNDER_WAY = (
    select(BATCH_REQUESTS)
    .where(BATCH_REQUESTS.c.digest.in_(bindparam("digests", expanding=True)))
    .order_by(BATCH_REQUESTS.c.batch_id.desc())
)


class _Call(NamedTuple):
    work: Work[Any, Any]
    item: Any
    future: asyncio.Future[Any]


_Outcome = tuple[asyncio.Future[Any], Any]


class _Kept(NamedTuple):
    reply: Reply
    payer: str
    written: Callable[[], None] | None = None


class _Batch(NamedTuple):
    batch_id: str
    endpoint: str
    digests: tuple[str, ...]
    model: str | None


class ReplyStore:
    """Replies by the digest of their request, made by `open_replies`.

    The coroutines may be awaited on any event loop. A thread of the store's own does their work in
    groups: whatever waits is read, or written, in one transaction. They raise OSError where the
    disk is full or cannot be written and where the database is locked or not to be reached, and
    ValueError where it is damaged.
    """

    def __init__(self, engine: Engine, place: str) -> None:
        self._engine = engine
        self._place = place
        insert = postgresql.insert if engine.name == "postgresql" else sqlite.insert
        self._insert_replies = insert(REPLIES).on_conflict_do_nothing().returning(REPLIES.c.digest)
        add = insert(SPENDING)
        self._add_spending = add.on_conflict_do_update(
            index_elements=[SPENDING.c.payer],
            set_={"dollars": SPENDING.c.dollars + add.excluded.dollars},
        )
        self._insert_batches = insert(BATCHES).on_conflict_do_nothing()
        self._insert_requests = insert(BATCH_REQUESTS).on_conflict_do_nothing()
        self._calls: SimpleQueue[_Call | None] = SimpleQueue()
        self._is_closed = False
        self._written: SimpleQueue[list[_Outcome] | None] = SimpleQueue()
        # Daemons, or they would keep the interpreter from ending; the exit waits for their work.
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
        return await self._call(self._find_all, digest)

    async def keep(
        self, reply: Reply, payer: str, written: Callable[[], None] | None = None
    ) -> Reply:
        """The stored reply, once it is committed: this one, or the one that was first.

        Every reply that is kept was paid and counts as spent, unless it is the very delivery that
        is stored already. What is handed over is written even where the caller is cancelled.
        `written` is called on the caller's loop some milliseconds before: from then on the end of
        this process cannot lose the reply, though a power cut could.
        """
        return await self._call(self._keep_all, _Kept(reply, payer, written))

    async def spent(self, payer: str) -> float:
        """US dollars that all runs of this payer have paid; replies of unknown cost count 0."""
        return await self._call(self._spent_all, payer)

    async def add_batch(
        self, batch_id: str, endpoint: str, digests: Iterable[str], model: str | None = None
    ) -> None:
        """Remember that a batch with these requests is under way."""
        await self._call(self._add_batches, _Batch(batch_id, endpoint, tuple(digests), model))

    async def open_batches(self, endpoint: str) -> list[str]:
        """The ids of the batches that are under way, oldest first."""
        return await self._call(self._open_batches, endpoint)

    async def close_batch(self, batch_id: str) -> None:
        """Forget that a batch is under way: all its replies are kept, or none will come."""
        await self._call(self._close_batches, batch_id)

    async def batch_of(self, digests: Iterable[str]) -> dict[str, str]:
        """The batch under way for each of the requests that are in one."""
        return await self._call(self._batches_of, tuple(digests))

    def read(self, digests: Iterable[str]) -> dict[str, Reply]:
        """The replies that are stored. Blocks; for reports, which have no event loop."""
        asked = list(dict.fromkeys(digests))
        return self._transact(lambda connection: self._stored(connection, asked))

    def close(self) -> None:
        """Write what was handed over, then let go of the database; also done at exit."""
        if self._is_closed:
            return
        self._is_closed = True
        # One after the other: the first hands on to the second.
        self._calls.put(None)
        self._threads[0].join(2 * LOCKED_SECONDS)
        self._written.put(None)
        self._threads[1].join(2 * LOCKED_SECONDS)
        self._engine.dispose()
        atexit.unregister(self.close)

    def _call(self, work: Work[Item, Result], item: Item) -> asyncio.Future[Result]:
        if self._is_closed:
            raise RuntimeError(f"the reply store {self._place} is closed: open it again")
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._calls.put(_Call(work, item, future))
        return future

    def _serve(self) -> None:
        """What the thread does: take all calls that wait, and work through them kind by kind."""
        is_open = True
        while is_open:
            calls = [self._calls.get()]
            time.sleep(GATHER_SECONDS)
            with suppress(Empty):
                while len(calls) < GROUP:
                    calls.append(self._calls.get_nowait())
            is_open = None not in calls
            kinds: dict[Work[Any, Any], list[_Call]] = defaultdict(list)
            for call in filter(None, calls):
                kinds[call.work].append(call)
            for work, alike in kinds.items():
                self._work(work, alike)

    def _work(self, work: Work[Any, Any], calls: list[_Call]) -> None:
        items = [call.item for call in calls]
        try:
            results = self._transact(lambda connection: work(connection, items))
        except Exception as error:
            if len(calls) > 1 and not isinstance(error, OSError):
                # One that cannot be stored must not take the others with it: they are paid.
                for call in calls:
                    self._work(work, [call])
                return
            results = [error] * len(calls)
        outcomes = list(zip((call.future for call in calls), results, strict=True))
        if work == self._keep_all:
            _tell(calls)
            self._written.put(outcomes)
        else:
            _settle_all(outcomes)

    def _serve_written(self) -> None:
        """What the second thread does: hand on what is written, once it outlives a power cut, too;
        the next group is written meanwhile."""
        is_open = True
        while is_open:
            groups = [self._written.get()]
            with suppress(Empty):
                while True:
                    groups.append(self._written.get_nowait())
            is_open = None not in groups
            outcomes = [outcome for group in groups if group for outcome in group]
            try:
                self._sync()
            except OSError as error:
                outcomes = [(future, error) for future, _ in outcomes]
            _settle_all(outcomes)

    def _sync(self) -> None:
        """Make what SQLite has committed outlive a power cut. PostgreSQL does so itself."""
        if self._engine.name != "sqlite":
            return
        # Its log is one file for all connections. Where a checkpoint has just emptied it, the
        # database itself was synchronised.
        with suppress(FileNotFoundError), open(f"{self._place}-wal", "rb") as log:  # noqa: PTH123
            os.fsync(log.fileno())

    def _transact(self, work: Callable[[Connection], Result]) -> Result:
        """What `work` returns, once it is committed."""
        for wait in (*LOST_SECONDS, None):
            try:
                with self._engine.begin() as connection:
                    return work(connection)
            except DBAPIError as error:
                if wait is None or not is_lost(error):
                    raise told_of(error, self._place) from error
                time.sleep(wait)
        raise AssertionError("the last attempt returns or raises")

    def _stored(self, connection: Connection, digests: Sequence[str]) -> dict[str, Reply]:
        found = {}
        for start in range(0, len(digests), GROUP):
            some = digests[start : start + GROUP]
            for row in connection.execute(FIND, {"digests": some}):
                found[row[0]] = _reply(row)
        return found

    def _find_all(self, connection: Connection, digests: list[str]) -> list[Reply | None]:
        found = self._stored(connection, digests)
        return [found.get(digest) for digest in digests]

    def _keep_all(self, connection: Connection, kept: list[_Kept]) -> list[Reply]:
        first = {one.reply.digest: one for one in reversed(kept)}
        # In one order everywhere, or two processes could wait for each other's rows for ever.
        rows = [_row(first[digest]) for digest in sorted(first)]
        inserted = set(connection.execute(self._insert_replies, rows).scalars())
        stored = {digest: first[digest].reply for digest in inserted}
        if len(stored) < len(first):
            stored |= self._stored(connection, [d for d in first if d not in inserted])
        dollars: dict[str, float] = defaultdict(float)
        for one in kept:
            reply = stored[one.reply.digest]
            is_first = one is first[reply.digest] and reply.digest in inserted
            if one.reply.cost is not None and (is_first or not _is_same(one.reply, reply)):
                dollars[one.payer] += one.reply.cost
        if dollars:
            spending = [{"payer": payer, "dollars": dollars[payer]} for payer in sorted(dollars)]
            connection.execute(self._add_spending, spending)
        return [stored[one.reply.digest] for one in kept]

    def _spent_all(self, connection: Connection, payers: list[str]) -> list[float]:
        rows = connection.execute(SPENT, {"payers": sorted(set(payers))})
        dollars = {row.payer: row.dollars for row in rows}
        return [dollars.get(payer, 0.0) for payer in payers]

    def _add_batches(self, connection: Connection, batches: list[_Batch]) -> list[None]:
        for batch in batches:
            about = {"batch_id": batch.batch_id, "endpoint": batch.endpoint, "model": batch.model}
            row = about | {"created": time.time(), "status": "open"}
            connection.execute(self._insert_batches, row)
            requests = [
                {"digest": digest, "batch_id": batch.batch_id}
                for digest in sorted(set(batch.digests))
            ]
            if requests:
                connection.execute(self._insert_requests, requests)
        return [None] * len(batches)

    def _open_batches(self, connection: Connection, endpoints: list[str]) -> list[list[str]]:
        ours = select(BATCHES.c.batch_id).where(BATCHES.c.status == "open")
        oldest = ours.order_by(BATCHES.c.created, BATCHES.c.batch_id)
        return [
            list(connection.scalars(oldest.where(BATCHES.c.endpoint == endpoint)))
            for endpoint in endpoints
        ]

    def _close_batches(self, connection: Connection, batch_ids: list[str]) -> list[None]:
        for batch_id in sorted(batch_ids):
            which = BATCHES.c.batch_id == batch_id
            connection.execute(update(BATCHES).where(which).values(status="closed"))
            connection.execute(delete(BATCH_REQUESTS).where(BATCH_REQUESTS.c.batch_id == batch_id))
        return [None] * len(batch_ids)

    def _batches_of(
        self, connection: Connection, asked: list[tuple[str, ...]]
    ) -> list[dict[str, str]]:
        return [self._batch_of(connection, digests) for digests in asked]

    def _batch_of(self, connection: Connection, digests: tuple[str, ...]) -> dict[str, str]:
        found: dict[str, str] = {}
        for start in range(0, len(digests), GROUP):
            rows = connection.execute(UNDER_WAY, {"digests": digests[start : start + GROUP]})
            found |= {row.digest: row.batch_id for row in rows}
        return found


def _tell(calls: Sequence[_Call]) -> None:
    for call in calls:
        if call.item.written:
            with suppress(RuntimeError):  # the loop has been closed
                call.future.get_loop().call_soon_threadsafe(call.item.written)


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


def _row(kept: _Kept) -> dict[str, Any]:
    reply, usage = kept.reply, kept.reply.usage
    return {
        "digest": reply.digest,
        "model": reply.model,
        "raw": reply.raw,
        "input_tokens": usage.input_tokens,
        "cached_tokens": usage.cached_tokens,
        "output_tokens": usage.output_tokens,
        "finish_reason": reply.finish_reason,
        "seconds": reply.seconds,
        "created": reply.created,
        "cost": reply.cost,
        "is_batch": reply.is_batch,
        "payer": kept.payer,
    }


def _reply(row: Sequence[Any]) -> Reply:
    digest, model, raw, fresh, cached, written, finish_reason, *rest, _payer = row
    usage = Usage(1, fresh, cached, written)
    return Reply(digest, model, raw, usage, finish_reason, *rest)


def _is_same(reply: Reply, stored: Reply) -> bool:
    """Whether this is the stored delivery once more: written again because the connection broke
    before the commit was confirmed, or fetched again from the output of its batch."""
    is_again = reply.created == stored.created or (reply.is_batch and stored.is_batch)
    return is_again and reply.raw == stored.raw


def open_replies(address: str) -> ReplyStore:
    """The store at `sqlite:////absolute/path` or `postgresql://user@host/database`, made where it
    does not exist. One per process and address is enough.

    Raises ValueError, in one line without the password, where it cannot be opened, and OSError
    where the disk is full.
    """
    return ReplyStore(*open_engine(address))
