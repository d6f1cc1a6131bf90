"""Batches: requests asked through a provider's Batch API, for half the price and within a day.

Requests gather until nobody asks for another one; then they are written into one file, uploaded,
and run as one batch. Those of the first few conversations are a batch of their own, whose replies
show what the server takes, and whether its replies can be used. Batches are polled until they end.
Every reply in their output is stored, whether or not anybody still waits for it; requests without a
reply go into the next batch.

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
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

from schemas.chat import Account, ChatConfig, Reply, Request, Usage
from tasks.chat.asked import Asked, Tally, end
from tasks.chat.batch_api import BatchApi, BatchServer, intent_name
from tasks.chat.batch_files import failed_batch, read_line, write_requests
from tasks.chat.budget import Budget
from tasks.chat.dialects import Negotiation, dialect_of
from tasks.chat.dispatch import REJECTED_REQUESTS, rejects_all
from tasks.chat.errors import (
    ChatRefusedError,
    ChatStoppedError,
    NoReplyError,
    PassingError,
    RejectedError,
    UnreadableError,
)
from tasks.chat.limits import LIMITS, Limits
from tasks.chat.replies import ReplyStore
from tasks.chat.room import Room
from tasks.chat.run import Meter
from tasks.chat.sound import Sound

GROUP = 500
"""Lines of an output in memory at a time: some megabytes, and one transaction of the store."""
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
        self.stopped: ChatStoppedError | ChatRefusedError | None = None
        self._payer = account.payer
        self._store = store
        self._api = BatchApi(chat, server, limits)
        self._budget = budget
        # Another payer's key may not see these batches, and another model has other prices.
        self._scope = f"{chat.base_url} {chat.model} {account.payer}"
        self._negotiation = Negotiation(chat)
        self._asked: dict[str, Asked] = {}
        self._fresh: dict[str, Asked] = {}
        self._last_asked = 0.0
        self._adopting = asyncio.Lock()
        self._has_adopted = False
        self._submitting: asyncio.Task[None] | None = None
        self._polling: dict[str, asyncio.Task[None]] = {}
        self._num_replies = 0
        self._room = Room(limits.batch_requests)

    async def send(self, request: Request, meter: Meter) -> Reply:
        """The reply, paid for and stored.

        Raises NoReplyError or RejectedError for this request, ChatStoppedError or ChatRefusedError
        for all of them.
        """
        self._check()
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
        self._asked[digest] = asked
        try:
            self._check()
            if batch not in self._polling:
                self._line_up(asked)
            return await asked.reply
        finally:
            del self._asked[digest]
            self._fresh.pop(digest, None)
            self._budget.give_back(asked.dollars)

    async def close(self) -> None:
        """Stop waiting for the batches under way; the next run adopts them."""
        tasks = [*self._polling.values(), *filter(None, [self._submitting])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        ended = ChatStoppedError("batches under way are waited for by the next run")
        self.stopped = self.stopped or ended
        for asked in self._asked.values():
            end(asked, ended)

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

    def _check(self) -> None:
        if self.stopped:
            raise self.stopped

    def stop(self, error: ChatStoppedError | ChatRefusedError) -> None:
        """End the run. Batches under way are still awaited, unless the provider refuses access."""
        self.stopped = self.stopped or error
        for asked in self._asked.values():
            if asked.batch is None or isinstance(error, ChatRefusedError):
                end(asked, error)

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        """Hand an error of background work to everybody who waits."""
        try:
            await work
        except (ChatStoppedError, ChatRefusedError) as error:
            self.stop(error)
        except Exception as error:  # who waits would wait for ever
            for asked in self._asked.values():
                end(asked, error)

    def _line_up(self, asked: Asked) -> None:
        if asked.reply.done():
            return
        asked.batch = None
        if self.stopped:
            end(asked, self.stopped)
            return
        self._fresh[asked.request.digest] = asked
        self._last_asked = asyncio.get_running_loop().time()
        if self._submitting is None or self._submitting.done():
            self._submitting = asyncio.create_task(self._guarded(self._submit_all()))

    async def _submit_all(self) -> None:
        loop = asyncio.get_running_loop()
        while self._fresh:
            idle = loop.time() - self._last_asked
            limits = self._limits
            if idle < limits.batch_idle_seconds and len(self._fresh) < limits.batch_requests:
                await asyncio.sleep(limits.batch_idle_seconds - idle)
                continue
            if self._room.is_crowded:
                while self._polling:
                    await asyncio.wait(self._polling.values())
                await asyncio.sleep(self._room.seconds(self.chat.batch_poll_seconds))
            await self._submit()

    async def _submit(self) -> None:
        """Create one batch of the waiting requests, or find that none is needed."""
        await self._leave_known(list(islice(self._fresh, self._room.most)))
        chosen = [asked.request for asked in islice(self._fresh.values(), self._room.most)]
        if not chosen:
            return
        dialect = self._negotiation.dialect
        with tempfile.TemporaryFile() as file:
            written, unreadable = await asyncio.to_thread(
                write_requests, chosen, dialect, file, self._limits.batch_bytes
            )
            for digest, error in unreadable.items():
                if asked := self._fresh.pop(digest, None):
                    end(asked, error)
            if not written:
                return
            file_id = await self._api.upload(file)
        self._check()
        if not any(digest in self._fresh for digest in written):
            return
        intent = intent_name()
        await self._store.add_batch(intent, self._scope, written, self.chat.model)
        for digest in written:
            if asked := self._fresh.pop(digest, None):
                asked.batch, asked.dialect = intent, dialect
        try:
            batch = await self._api.create(file_id, intent, self._payer)
        except Exception as error:  # who waits would wait for ever; raised again below
            if isinstance(error, ChatRefusedError):
                await self._store.close_batch(intent)
            for asked in self._in(intent):
                end(asked, error)
            raise
        await self._store.add_batch(batch.id, self._scope, written, self.chat.model)
        await self._store.close_batch(intent)
        for asked in self._in(intent):
            asked.batch = batch.id
        logger.info("batch %s is submitted: %d requests", batch.id, len(written))
        self._poll(batch.id)

    async def _leave_known(self, digests: Sequence[str]) -> None:
        """Remove from the line those that are under way or stored by now: a batch that ended since
        they were looked up may have held them."""
        under_way = await self._under_way(digests)
        for digest, name in under_way.items():
            if asked := self._fresh.pop(digest, None):
                asked.batch = name
        stored = await asyncio.gather(
            *(self._store.find(digest) for digest in digests if digest not in under_way)
        )
        for reply in filter(None, stored):
            if asked := self._fresh.pop(reply.digest, None):
                end(asked, reply)

    def _poll(self, name: str) -> None:
        if name not in self._polling:
            task = asyncio.create_task(self._guarded(self._watch(name)))
            self._polling[name] = task
            task.add_done_callback(lambda _: self._polling.pop(name, None))

    def _in(self, name: str) -> list[Asked]:
        waiting = (asked for asked in self._asked.values() if not asked.reply.done())
        return [asked for asked in waiting if asked.batch == name]

    async def _watch(self, name: str) -> None:
        """Wait for the end of a batch, store its replies, and deal with requests that got none."""
        tally = Tally(time.monotonic())
        try:
            batch = await self._api.ended(name)
            if batch is None:
                logger.warning("batch %s does not exist at %s: asking again", name, self._api.where)
                await self._store.close_batch(name)
                for asked in self._in(name):
                    self._line_up(asked)
                return
            errors: dict[str, Exception] = {}
            for file_id in filter(None, (batch.output_file_id, batch.error_file_id)):
                await self._keep_lines(file_id, errors, tally)
            self._check_readable(batch.id, errors)
            await self._store.close_batch(batch.id)
            await self._store.close_batch(name)
            await self._settle_form(tally)
            total = max(batch.total, len(errors))
            logger.info("batch %s is %s: %s", batch.id, batch.status, tally.told(total))
            if batch.end == "failed":
                self._fail_batch(name, failed_batch(batch, self._api.where))
            else:
                await self._fail_lines(name, errors)
        except Exception as error:
            for asked in self._in(name):
                end(asked, error)
            raise

    async def _keep_lines(self, file_id: str, errors: dict[str, Exception], tally: Tally) -> None:
        """Store the replies in a file, and note the errors by digest."""
        with tempfile.TemporaryFile() as file:
            await self._api.download(file_id, file)
            file.seek(0)
            while lines := list(islice(file, GROUP)):
                read = dict(read_line(line, self._api.where) for line in lines if line.strip())
                sound = {key: came for key, came in read.items() if isinstance(came, Sound)}
                await asyncio.gather(*(self._keep(*entry, tally) for entry in sound.items()))
                errors |= {key: told for key, told in read.items() if isinstance(told, Exception)}
                tally.num_ok += len(sound)

    def _check_readable(self, name: str, errors: Mapping[str, Exception]) -> None:
        """End the run where nobody can tell what a first batch was answered: asked again, it would
        be paid for again."""
        unreadable = [error for error in errors.values() if isinstance(error, UnreadableError)]
        if unreadable and len(unreadable) == len(errors) and not self._num_replies:
            raise ChatStoppedError(
                f"{self._api.where} answers nothing that can be read in batch {name} "
                f"({unreadable[0]}); the same command reads it again, and asks nothing: leave "
                "batch out to ask without it"
            )

    async def _keep(self, digest: str, came: Sound, tally: Tally) -> None:
        asked = self._asked.get(digest)
        completion = came.completion
        usage = self._budget.usage(completion, asked.request) if asked else completion.usage
        sound = came._replace(seconds=time.monotonic() - tally.started)
        reply = sound.reply(digest, usage, self.chat, is_batch=True)
        cost = reply.cost
        reply = await self._store.keep(reply, self._payer)
        tally.dollars += cost or 0.0
        self._num_replies += 1
        if asked and not asked.reply.done():
            self._fresh.pop(digest, None)
            self._budget.spend(cost, usage.input_tokens, asked.request)
            asked.meter.pay(cost)
            used = asked.dialect or dialect_of(self.chat)
            if self._negotiation.after_reply(used, asked.request, completion):
                tally.formless.append((asked, reply))
            else:
                end(asked, reply)

    async def _settle_form(self, tally: Tally) -> None:
        """Ask formless replies again where the server ignores the form: which requests were the
        first decides nothing. Where it heeds the form in others, they are what the model wrote."""
        if not (tally.formless and self._negotiation.is_open):
            for asked, reply in tally.formless:
                end(asked, reply)
            return
        self._negotiation.ignore_form()
        _, reply = tally.formless[0]
        await self._store.set_aside([asked.request.digest for asked, _ in tally.formless])
        evidence = replace(reply, digest=self._negotiation.evidence, usage=Usage(), cost=0.0)
        await self._store.keep(evidence, self._payer)
        for asked, _ in tally.formless:
            self._line_up(asked)

    def _fail_batch(self, name: str, error: Exception) -> None:
        waiting = self._in(name)
        if isinstance(error, ChatRefusedError):
            raise error
        is_congestion = isinstance(error, PassingError) and error.is_congestion
        is_alone = len(self._polling) == 1
        if is_congestion:
            self._room.is_crowded = True
            # Where other batches of this run are under way, this one may fit once they are done.
            if is_alone and waiting:
                self._room.halve(len(waiting))
        for asked in waiting:
            if is_congestion and not (is_alone and len(waiting) == 1):
                self._line_up(asked)
            else:
                self._fail(asked, error)

    async def _fail_lines(self, name: str, errors: Mapping[str, Exception]) -> None:
        self._room.double()
        waiting = self._in(name)
        lost = [asked.request.digest for asked in waiting if asked.request.digest not in errors]
        stored = await asyncio.gather(*map(self._store.find, lost))
        replies = {reply.digest: reply for reply in stored if reply}
        missing = PassingError(f"{name} has no line for the request")
        rejected: list[tuple[Asked, RejectedError]] = []
        for asked in waiting:
            digest = asked.request.digest
            if digest in replies:
                end(asked, replies[digest])
                continue
            error = errors.get(digest, missing)
            if isinstance(error, RejectedError) and not self._adapt(asked, error):
                rejected.append((asked, error))
            elif isinstance(error, ChatRefusedError):
                raise error
            else:
                self._fail(asked, error)
        self._reject(rejected)

    def _fail(self, asked: Asked, error: Exception) -> None:
        """Ask again, after an attempt that failed in passing or in another dialect."""
        if isinstance(error, PassingError):
            asked.meter.again += 1
            asked.num_failed += 1
        if asked.num_failed >= self.chat.max_attempts:
            end(asked, NoReplyError(str(error)))
        else:
            self._line_up(asked)

    def _adapt(self, asked: Asked, error: RejectedError) -> bool:
        """Whether to ask again: in a dialect that this or another request found. A batch of an
        earlier run counts as asked in the dialect that this run would use."""
        asked.rejected[asked.dialect or dialect_of(self.chat)] = error
        return self._negotiation.after_rejection(asked.request, asked.rejected)

    def _reject(self, rejected: Iterable[tuple[Asked, RejectedError]]) -> None:
        """End these requests; end the run where the server rejects everything."""
        plain = [error for _, error in rejected if not error.code]
        if len(plain) >= REJECTED_REQUESTS and not self._num_replies:
            self.stop(rejects_all(self.chat, plain[0]))
        for asked, error in rejected:
            end(asked, error)
