"""Batches: requests asked through a provider's Batch API, for half the price and within a day.

Requests gather until nobody asks for another one; then they are written into one file, uploaded,
and run as one batch. Those of the first few conversations are a batch of their own, whose replies
show what the server takes, and whether its replies can be used. Batches are polled until they end;
tasks.chat.batch_outcomes says what then becomes of their requests.

No batch is lost and none is created twice, whenever the process is killed:

1. Before a batch is created, an intent is stored in the reply store: a unique name and the digests
   of the requests. The batch is created with that name in its metadata, within
   CREATE_SECONDS; where the answer to the call is lost, the provider's batches are searched for
   the name before the call is made again.
2. Once the batch has an id, the id is stored, and then the intent is removed.
3. A request that is under way according to the store is never put into another batch. Its batch is
   polled, by whichever process asks for the request. A batch is found by its id or, where only the
   intent was stored, by the name in its metadata. Where no batch has it after
   `Limits.batch_settling_seconds`, none was created, and the requests are asked anew.
4. The store forgets a batch after all of its replies are stored.

Two processes that ask for the same request before either has stored its intent both pay for it.
"""

import asyncio
import logging
import tempfile
import time
from collections.abc import Coroutine, Sequence
from typing import Any

from schemas.chat import Account, Reply, Request
from schemas.config.chat import ChatConfig
from tasks.chat.asked import Asked, Tally, end
from tasks.chat.batch_api import BatchApi, BatchServer, intent_name
from tasks.chat.batch_files import write_requests
from tasks.chat.batch_outcomes import BatchOutcomes
from tasks.chat.budget import Budget
from tasks.chat.dialects import Negotiation
from tasks.chat.errors import ChatRefusedError, ChatStoppedError
from tasks.chat.limits import LIMITS, Limits
from tasks.chat.replies import ReplyStore
from tasks.chat.room import Room
from tasks.chat.run import Meter
from tasks.chat.waiting import Waiting

logger = logging.getLogger(__name__)


class BatchQueue:
    """Asks for the replies of one model in batches. Belongs to one event loop."""

    def __init__(
        self,
        chat: ChatConfig,
        account: Account,
        store: ReplyStore,
        server: BatchServer,
        budget: Budget,
        limits: Limits = LIMITS,
    ) -> None:
        self.chat = chat
        self._limits = limits
        self._payer = account.payer
        self._store = store
        self._api = BatchApi(chat, server, limits)
        self._budget = budget
        # Another payer's key may not see these batches, and another model has other prices.
        self._scope = f"{chat.base_url} {chat.model} {account.payer}"
        self._negotiation = Negotiation(chat)
        self._waiting = Waiting(self._start_submitting)
        self._adopting = asyncio.Lock()
        self._has_adopted = False
        self._submitting: asyncio.Task[None] | None = None
        self._polling: dict[str, asyncio.Task[None]] = {}
        self._room = Room(limits.batch_requests)
        self._outcomes = BatchOutcomes(
            chat,
            account.payer,
            store,
            self._api,
            budget,
            self._negotiation,
            self._waiting,
            self._room,
        )

    @property
    def stopped(self) -> ChatStoppedError | ChatRefusedError | None:
        return self._waiting.stopped

    async def send(self, request: Request, meter: Meter) -> Reply:
        """The reply, paid for and stored.

        Raises NoReplyError or RejectedError for this request, ChatStoppedError or ChatRefusedError
        for all of them.
        """
        self._waiting.check()
        await self._adopt()
        digest = request.digest
        batch = (await self._under_way([digest])).get(digest) if self._polling else None
        try:
            dollars = await self._budget.set_aside(request, is_under_way=batch is not None)
        except ChatStoppedError as error:
            self.stop(error)
            raise
        loop = asyncio.get_running_loop()
        asked = Asked(request, meter, dollars, loop.create_future(), batch)
        self._waiting.add(asked)
        try:
            self._waiting.check()
            if batch not in self._polling:
                self._waiting.line_up(asked)
            return await asked.reply
        finally:
            self._waiting.remove(asked)
            self._budget.give_back(asked.dollars)

    async def close(self) -> None:
        """Stop waiting for the batches under way; the next run adopts them."""
        tasks = [*self._polling.values(), *filter(None, [self._submitting])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        ended = ChatStoppedError("batches under way are waited for by the next run")
        self._waiting.stop(ended)
        self._waiting.end(ended)

    async def _adopt(self) -> None:
        """Poll the batches that earlier runs have left under way."""
        async with self._adopting:
            if self._has_adopted:
                return
            if await self._store.find(self._negotiation.evidence):
                self._negotiation.ignore_form()
            for name in await self._store.open_batches(self._scope):
                logger.info("batch %s of an earlier run is waited for", name)
                self._poll(name)
            self._has_adopted = True

    async def _under_way(self, digests: Sequence[str]) -> dict[str, str]:
        """The batch of each request that is in one; these batches are polled from now on."""
        names = set(await self._store.open_batches(self._scope))
        found = await self._store.batch_of(digests) if names else {}
        ours = {digest: name for digest, name in found.items() if name in names}
        for name in set(ours.values()):
            self._poll(name)
        return ours

    def stop(self, error: ChatStoppedError | ChatRefusedError) -> None:
        """End the run. Batches under way are still awaited, unless the provider refuses access."""
        self._waiting.stop(error)

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        """Hand an error of background work to everybody who waits."""
        try:
            await work
        except (ChatStoppedError, ChatRefusedError) as error:
            self.stop(error)
        except Exception as error:  # who waits would wait for ever
            self._waiting.end(error)

    def _start_submitting(self) -> None:
        if self._submitting is None or self._submitting.done():
            self._submitting = asyncio.create_task(self._guarded(self._submit_all()))

    async def _submit_all(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            idle = loop.time() - self._waiting.last_added
            limits = self._limits
            if idle < limits.batch_idle_seconds and len(self._waiting) < limits.batch_requests:
                await asyncio.sleep(limits.batch_idle_seconds - idle)
                continue
            if self._room.is_crowded:
                while self._polling:
                    await asyncio.wait(self._polling.values())
                await asyncio.sleep(self._room.seconds(self.chat.batch_poll_seconds))
            await self._submit()

    async def _submit(self) -> None:
        """Create one batch of the waiting requests, or find that none is needed."""
        await self._leave_known(
            [one.request.digest for one in self._waiting.first(self._room.most)]
        )
        chosen = [asked.request for asked in self._waiting.first(self._room.most)]
        if not chosen:
            return
        dialect = self._negotiation.dialect
        with tempfile.TemporaryFile() as file:
            written, unreadable = await asyncio.to_thread(
                write_requests, chosen, dialect, file, self._limits.batch_bytes
            )
            for digest, error in unreadable.items():
                if asked := self._waiting.leave_line(digest):
                    end(asked, error)
            if not written:
                return
            file_id = await self._api.upload(file)
        self._waiting.check()
        if not any(digest in self._waiting for digest in written):
            return
        intent = intent_name()
        await self._store.add_batch(intent, self._scope, written, self.chat.model)
        for digest in written:
            if asked := self._waiting.leave_line(digest):
                asked.batch, asked.dialect = intent, dialect
        try:
            batch = await self._api.create(file_id, intent, self._payer)
        except Exception as error:  # who waits would wait for ever; raised again below
            if isinstance(error, ChatRefusedError):
                await self._store.close_batch(intent)
            self._waiting.end(error, self._waiting.of_batch(intent))
            raise
        await self._store.add_batch(batch.id, self._scope, written, self.chat.model)
        await self._store.close_batch(intent)
        for asked in self._waiting.of_batch(intent):
            asked.batch = batch.id
        logger.info("batch %s is submitted: %d requests", batch.id, len(written))
        self._poll(batch.id)

    async def _leave_known(self, digests: Sequence[str]) -> None:
        """Remove from the line those that are under way or stored by now: a batch that ended since
        they were looked up may have held them."""
        under_way = await self._under_way(digests)
        for digest, name in under_way.items():
            if asked := self._waiting.leave_line(digest):
                asked.batch = name
        stored = await asyncio.gather(
            *(self._store.find(digest) for digest in digests if digest not in under_way)
        )
        for reply in filter(None, stored):
            if asked := self._waiting.leave_line(reply.digest):
                end(asked, reply)

    def _poll(self, name: str) -> None:
        if name not in self._polling:
            task = asyncio.create_task(self._guarded(self._watch(name)))
            self._polling[name] = task
            task.add_done_callback(lambda _: self._polling.pop(name, None))

    async def _watch(self, name: str) -> None:
        """Wait for the end of a batch, store its replies, and deal with requests that got none."""
        tally = Tally(time.monotonic())
        try:
            batch = await self._api.ended(name)
            if batch is None:
                logger.warning("batch %s does not exist at %s: asking again", name, self._api.where)
                await self._store.close_batch(name)
                for asked in self._waiting.of_batch(name):
                    self._waiting.line_up(asked)
                return
            errors = await self._outcomes.keep(batch, tally)
            await self._store.close_batch(batch.id)
            await self._store.close_batch(name)
            await self._outcomes.settle_form(tally)
            total = max(batch.total, len(errors))
            logger.info("batch %s is %s: %s", batch.id, batch.status, tally.told(total))
            if batch.end == "failed":
                self._outcomes.fail_batch(batch, name, is_alone=len(self._polling) == 1)
            else:
                await self._outcomes.fail_lines(name, errors)
        except Exception as error:
            self._waiting.end(error, self._waiting.of_batch(name))
            raise
