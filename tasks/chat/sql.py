"""SQL: the reply store as it is in a database, called by one thread at a time.

SQLite in one file, for any number of processes of one machine (never on a network file system:
its locks and its shared memory do not reach other machines), or PostgreSQL, for many machines.
"""

import os
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Connection, Engine, bindparam, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError

from schemas.chat import Reply, Usage
from tasks.chat.databases import is_lost, told_of
from tasks.chat.tables import BATCH_REQUESTS, BATCHES, REPLIES, SPENDING

MAX_DIGESTS = 500
"""Digests in one statement: SQLite takes 32,766 parameters, older versions 999."""
LOST_SECONDS = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
"""Seconds before each new attempt where the connection to the server is lost: half a minute in all,
enough for a database server to restart."""
ASIDE = "~"
"""In the name of a reply that was set aside, between the digest and when it was stored."""
Result = TypeVar("Result")
FIND = select(REPLIES).where(REPLIES.c.digest.in_(bindparam("digests", expanding=True)))
SPENT = select(SPENDING).where(SPENDING.c.payer.in_(bindparam("payers", expanding=True)))
UNDER_WAY = (
    select(BATCH_REQUESTS)
    .where(BATCH_REQUESTS.c.digest.in_(bindparam("digests", expanding=True)))
    .order_by(BATCH_REQUESTS.c.batch_id.desc())
)


class Kept(NamedTuple):
    """A reply to store, and who paid for it. `written` is called once it is committed."""

    reply: Reply
    payer: str
    written: Callable[[], None] | None = None


class UnderWay(NamedTuple):
    """A batch at a provider, and the requests in it."""

    batch_id: str
    endpoint: str
    digests: tuple[str, ...]
    model: str | None


class SqlReplies:
    """Each method with a connection does the work of a list of calls, within the transaction of
    `transact`, and returns their results in the same order."""

    def __init__(self, engine: Engine, place: str) -> None:
        """`place` is how messages name the database."""
        self.engine = engine
        self.place = place
        insert = postgresql.insert if engine.name == "postgresql" else sqlite.insert
        self._insert_replies = insert(REPLIES).on_conflict_do_nothing().returning(REPLIES.c.digest)
        add = insert(SPENDING)
        self._add_spending = add.on_conflict_do_update(
            index_elements=[SPENDING.c.payer],
            set_={"dollars": SPENDING.c.dollars + add.excluded.dollars},
        )
        self._insert_batches = insert(BATCHES).on_conflict_do_nothing()
        self._insert_requests = insert(BATCH_REQUESTS).on_conflict_do_nothing()

    def read(self, digests: Iterable[str]) -> dict[str, Reply]:
        """The replies that are stored."""
        asked = list(dict.fromkeys(digests))
        return self.transact(lambda connection: self._stored(connection, asked))

    def close(self) -> None:
        self.engine.dispose()

    def sync(self) -> None:
        """Make what SQLite has committed survive a power cut. PostgreSQL does so itself. May run at
        the same time as the other methods."""
        if self.engine.name != "sqlite":
            return
        # The log is one file for all connections. Where a checkpoint has just removed it, the
        # database itself was synchronised.
        with suppress(FileNotFoundError), Path(f"{self.place}-wal").open("rb") as log:
            os.fsync(log.fileno())

    def transact(self, work: Callable[[Connection], Result]) -> Result:
        """What `work` returns, once it is committed.

        Raises OSError where the disk is full or cannot be written and where the database is locked
        or cannot be reached, and ValueError where it is damaged.
        """
        for wait in (*LOST_SECONDS, None):
            try:
                with self.engine.begin() as connection:
                    return work(connection)
            except DBAPIError as error:
                if wait is None or not is_lost(error):
                    raise told_of(error, self.place) from error
                time.sleep(wait)
        raise AssertionError("the last attempt returns or raises")

    def _stored(self, connection: Connection, digests: Sequence[str]) -> dict[str, Reply]:
        found = {}
        for start in range(0, len(digests), MAX_DIGESTS):
            some = digests[start : start + MAX_DIGESTS]
            for row in connection.execute(FIND, {"digests": some}):
                found[row[0]] = _reply(row)
        return found

    def find_all(self, connection: Connection, digests: list[str]) -> list[Reply | None]:
        found = self._stored(connection, digests)
        return [found.get(digest) for digest in digests]

    def keep_all(self, connection: Connection, kept: list[Kept]) -> list[Reply]:
        first = {one.reply.digest: one for one in reversed(kept)}
        # In one order in all processes, or two could wait for each other's rows for ever.
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

    def set_aside_all(self, connection: Connection, asked: list[tuple[str, ...]]) -> list[None]:
        found = self._stored(connection, sorted({digest for one in asked for digest in one}))
        for digest, reply in sorted(found.items()):
            name = f"{digest}{ASIDE}{reply.created}"
            which = REPLIES.c.digest == digest
            connection.execute(update(REPLIES).where(which).values(digest=name))
        return [None] * len(asked)

    def spent_all(self, connection: Connection, payers: list[str]) -> list[float]:
        rows = connection.execute(SPENT, {"payers": sorted(set(payers))})
        dollars = {row.payer: row.dollars for row in rows}
        return [dollars.get(payer, 0.0) for payer in payers]

    def add_batches(self, connection: Connection, batches: list[UnderWay]) -> list[None]:
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

    def open_batches(self, connection: Connection, endpoints: list[str]) -> list[list[str]]:
        ours = select(BATCHES.c.batch_id).where(BATCHES.c.status == "open")
        oldest = ours.order_by(BATCHES.c.created, BATCHES.c.batch_id)
        return [
            list(connection.scalars(oldest.where(BATCHES.c.endpoint == endpoint)))
            for endpoint in endpoints
        ]

    def close_batches(self, connection: Connection, batch_ids: list[str]) -> list[None]:
        for batch_id in sorted(batch_ids):
            which = BATCHES.c.batch_id == batch_id
            connection.execute(update(BATCHES).where(which).values(status="closed"))
            connection.execute(delete(BATCH_REQUESTS).where(BATCH_REQUESTS.c.batch_id == batch_id))
        return [None] * len(batch_ids)

    def batches_of(
        self, connection: Connection, asked: list[tuple[str, ...]]
    ) -> list[dict[str, str]]:
        return [self._batch_of(connection, digests) for digests in asked]

    def _batch_of(self, connection: Connection, digests: tuple[str, ...]) -> dict[str, str]:
        found: dict[str, str] = {}
        for start in range(0, len(digests), MAX_DIGESTS):
            rows = connection.execute(UNDER_WAY, {"digests": digests[start : start + MAX_DIGESTS]})
            found |= {row.digest: row.batch_id for row in rows}
        return found


def _row(kept: Kept) -> dict[str, Any]:
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
    """Whether this is the stored delivery again: written twice because the connection broke before
    the commit was confirmed, or fetched again from the output of its batch."""
    is_again = reply.created == stored.created or (reply.is_batch and stored.is_batch)
    return is_again and reply.raw == stored.raw
