"""Batch outcomes: what becomes of the requests of a batch that has ended.

Every reply in its output is stored, whether or not anybody still waits for it. What failed in
passing, or in a form that the server does not take, is asked again in the next batch.
"""

import asyncio
import tempfile
import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import islice

from schemas.chat import Usage
from schemas.config.chat import ChatConfig
from tasks.chat.asked import Asked, Tally, end
from tasks.chat.batch_api import BatchApi
from tasks.chat.batch_files import Batch, failed_batch, read_line
from tasks.chat.budget import Budget
from tasks.chat.dialects import Negotiation, dialect_of, fields_of
from tasks.chat.dispatch import REJECTED_REQUESTS, rejects_all
from tasks.chat.errors import (
    ChatRefusedError,
    ChatStoppedError,
    NoReplyError,
    PassingError,
    RejectedError,
    UnreadableError,
)
from tasks.chat.replies import ReplyStore
from tasks.chat.room import Room
from tasks.chat.sound import Sound
from tasks.chat.waiting import Waiting

GROUP = 500
"""Lines of an output in memory at a time: some megabytes, and one transaction of the store."""


class BatchOutcomes:
    """Of one model and payer. Belongs to one event loop."""

    def __init__(
        self,
        chat: ChatConfig,
        payer: str,
        store: ReplyStore,
        api: BatchApi,
        budget: Budget,
        negotiation: Negotiation,
        waiting: Waiting,
        room: Room,
    ) -> None:
        self._chat = chat
        self._payer = payer
        self._store = store
        self._api = api
        self._budget = budget
        self._negotiation = negotiation
        self._waiting = waiting
        self._room = room
        self._num_replies = 0

    async def keep(self, batch: Batch, tally: Tally) -> dict[str, Exception]:
        """Store the replies of a batch; the errors in it, by digest. ChatStoppedError where nobody
        can tell what it was answered."""
        errors: dict[str, Exception] = {}
        for file_id in filter(None, (batch.output_file_id, batch.error_file_id)):
            await self._keep_lines(file_id, errors, tally)
        self._check_readable(batch.id, errors)
        return errors

    async def _keep_lines(self, file_id: str, errors: dict[str, Exception], tally: Tally) -> None:
        """Store the replies in a file, and note the errors by digest."""
        where, fields = self._api.where, fields_of(self._chat)
        with tempfile.TemporaryFile() as file:
            await self._api.download(file_id, file)
            file.seek(0)
            while lines := list(islice(file, GROUP)):
                read = dict(read_line(line, where, fields) for line in lines if line.strip())
                sound = {key: came for key, came in read.items() if isinstance(came, Sound)}
                await asyncio.gather(*(self._keep_reply(*entry, tally) for entry in sound.items()))
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

    async def _keep_reply(self, digest: str, came: Sound, tally: Tally) -> None:
        asked = self._waiting.find(digest)
        completion = came.completion
        usage = self._budget.usage(completion, asked.request) if asked else completion.usage
        sound = came._replace(seconds=time.monotonic() - tally.started)
        reply = sound.reply(digest, usage, self._chat, is_batch=True)
        cost = reply.cost
        reply = await self._store.keep(reply, self._payer)
        tally.dollars += cost or 0.0
        self._num_replies += 1
        if asked and not asked.reply.done():
            self._waiting.leave_line(digest)
            self._budget.spend(cost, usage.input_tokens, asked.request)
            asked.meter.pay(cost)
            used = asked.dialect or dialect_of(self._chat)
            if self._negotiation.after_reply(used, asked.request, completion):
                tally.formless.append((asked, reply))
            else:
                end(asked, reply)

    async def settle_form(self, tally: Tally) -> None:
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
            self._waiting.line_up(asked)

    def fail_batch(self, batch: Batch, name: str, *, is_alone: bool) -> None:
        """A batch that failed as a whole; `is_alone`: no other one of this run is under way."""
        error = failed_batch(batch, self._api.where)
        waiting = self._waiting.of_batch(name)
        if isinstance(error, ChatRefusedError):
            raise error
        is_congestion = isinstance(error, PassingError) and error.is_congestion
        if is_congestion:
            self._room.is_crowded = True
            # Where other batches of this run are under way, this one may fit once they are done.
            if is_alone and waiting:
                self._room.halve(len(waiting))
        for asked in waiting:
            if is_congestion and not (is_alone and len(waiting) == 1):
                self._waiting.line_up(asked)
            else:
                self._fail(asked, error)

    async def fail_lines(self, name: str, errors: Mapping[str, Exception]) -> None:
        """Requests of a batch that got no reply from it, by the errors in it."""
        self._room.double()
        waiting = self._waiting.of_batch(name)
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
        if asked.num_failed >= self._chat.max_attempts:
            end(asked, NoReplyError(str(error)))
        else:
            self._waiting.line_up(asked)

    def _adapt(self, asked: Asked, error: RejectedError) -> bool:
        """Whether to ask again: in a dialect that this or another request found. A batch of an
        earlier run counts as asked in the dialect that this run would use."""
        asked.rejected[asked.dialect or dialect_of(self._chat)] = error
        return self._negotiation.after_rejection(asked.request, asked.rejected)

    def _reject(self, rejected: Iterable[tuple[Asked, RejectedError]]) -> None:
        """End these requests; end the run where the server rejects everything."""
        plain = [error for _, error in rejected if not error.code]
        if len(plain) >= REJECTED_REQUESTS and not self._num_replies:
            self._waiting.stop(rejects_all(self._chat, plain[0]))
        for asked, error in rejected:
            end(asked, error)
