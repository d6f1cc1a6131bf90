"""The Batch API of a provider; a call that fails in passing is made again."""

import asyncio
import logging
import time
import uuid
from collections.abc import Awaitable, Callable
from functools import partial
from typing import IO, Any, Protocol, TypeVar

from schemas.config.chat import ChatConfig
from tasks.chat.batch_files import URL, Batch, Page, Uploaded, decoded, is_whole
from tasks.chat.dispatch import UNREACHABLE_ATTEMPTS
from tasks.chat.errors import (
    ChatRefusedError,
    ChatStoppedError,
    LateError,
    PassingError,
    RejectedError,
    UnreachableError,
)
from tasks.chat.limits import LIMITS, Limits

CREATE_SECONDS = 300.0
"""For all attempts to create a batch together: the waits between eight of them take one minute.
Half of Limits.batch_settling_seconds, because clocks and providers may lag."""
INTENT = "intent-"
"""Prefix of the name of a batch that has no id yet; no provider's id starts with it."""
RUNNING = ("validating", "in_progress", "finalizing", "cancelling")
"""The other states that OpenAI documents; any other one is waited for, and told."""
logger = logging.getLogger(__name__)
Result = TypeVar("Result")


class BatchServer(Protocol):
    """The HTTP calls of a provider's Batch API. Answers are JSON as it came; None where the batch
    does not exist."""

    async def upload(self, file: IO[bytes]) -> bytes: ...

    async def create_batch(self, wanted: dict[str, Any]) -> bytes: ...

    async def batch(self, batch_id: str) -> bytes | None: ...

    async def batches(self, after: str | None) -> bytes:
        """A page of the batches, the newest first; it starts behind the batch `after`."""

    async def download(self, file_id: str, to: IO[bytes]) -> None:
        """Writes nothing where the file does not exist."""


def intent_name() -> str:
    """A name that no other batch has; it holds the time at which it was made."""
    return f"{INTENT}{time.time():.0f}-{uuid.uuid4().hex}"


class BatchApi:
    """Raises ChatStoppedError where the server is gone, ChatRefusedError where it refuses."""

    def __init__(self, chat: ChatConfig, server: BatchServer, limits: Limits = LIMITS) -> None:
        self.where = f"{chat.base_url} ({chat.model})"
        self._chat = chat
        self._limits = limits
        self._server = server
        self._has_heard = False

    async def upload(self, file: IO[bytes]) -> str:
        async def upload() -> str:
            return decoded(await self._server.upload(file), Uploaded).id

        return await self._call(upload)

    async def create(self, file_id: str, intent: str, payer: str) -> Batch:
        """Raises ChatRefusedError where no batch was created, ChatStoppedError where one may
        exist."""
        wanted = {
            "input_file_id": file_id,
            "endpoint": URL,
            "completion_window": "24h",
            "metadata": {"payer": payer[:500], "name": intent},
        }
        num_attempts = 0

        async def create() -> Batch:
            nonlocal num_attempts
            num_attempts += 1
            found = await self._named(intent) if num_attempts > 1 else None
            return found or decoded(await self._server.create_batch(wanted), Batch)

        try:
            async with asyncio.timeout(CREATE_SECONDS):
                return await self._call(create)
        except TimeoutError:
            raise ChatStoppedError(
                f"{self.where} created no batch in {CREATE_SECONDS:g} seconds; run the same "
                "command later"
            ) from None
        except ChatRefusedError as error:
            if num_attempts > 1:
                raise ChatStoppedError(str(error)) from None
            raise

    async def _named(self, intent: str) -> Batch | None:
        """The batch that was created for an intent, or None."""
        after = None
        while True:
            page = decoded(await self._server.batches(after), Page)
            for batch in page.data:
                if batch.name == intent:
                    return batch
            # A server may know no `after`, and send the same page again.
            if not page.has_more or not page.data or page.data[-1].id == after:
                return None
            after = page.data[-1].id

    async def ended(self, name: str) -> Batch | None:
        """Wait for the end of a batch, by its id or its intent; None where no such batch exists."""
        batch_id = await self._created(name) if name.startswith(INTENT) else name

        async def retrieve() -> Batch | None:
            raw = await self._server.batch(batch_id) if batch_id else None
            return None if raw is None else decoded(raw, Batch)

        told = {*RUNNING}
        while True:
            batch = await self._call(retrieve, is_patient=True)
            if batch is None or batch.end:
                return batch
            if batch.status not in told:
                told.add(batch.status)
                logger.warning("batch %s is %r: waiting for its end", batch.id, batch.status)
            await asyncio.sleep(self._chat.batch_poll_seconds)

    async def _created(self, intent: str) -> str | None:
        """The id of the batch that an earlier or another process set out to create."""
        settled = float(intent.split("-")[1]) + self._limits.batch_settling_seconds
        while True:
            # In this order: a batch that is not listed after that time was never created.
            is_settled = time.time() > settled
            batch = await self._call(partial(self._named, intent), is_patient=True)
            if batch or is_settled:
                return batch.id if batch else None
            await asyncio.sleep(self._chat.batch_poll_seconds)

    async def download(self, file_id: str, file: IO[bytes]) -> None:
        async def come() -> bool:
            """Whether all of it came. What does not end in time is an outage only where nothing
            came."""
            try:
                await self._server.download(file_id, file)
            except LateError:
                if not file.tell():
                    raise
                return False
            return await asyncio.to_thread(is_whole, file)

        for number in range(self._chat.max_attempts):
            if await self._call(come, is_patient=True):
                return
            await asyncio.sleep(self._limits.backoff.seconds(number + 1))
        raise ChatStoppedError(
            f"{self.where} cuts off {file_id}, the output of a batch, or does not end it; its "
            "replies are paid for, so run the same command later"
        )

    async def _call(
        self, call: Callable[[], Awaitable[Result]], *, is_patient: bool = False
    ) -> Result:
        """What the call returns; it is repeated while it fails in passing, for ever where
        patient."""
        number = 0
        while True:
            try:
                result = await call()
            except RejectedError as error:
                raise ChatRefusedError(f"{self.where} does not take batches: {error}") from None
            except PassingError as error:
                number += 1
                is_late = number >= UNREACHABLE_ATTEMPTS and not self._has_heard
                if isinstance(error, UnreachableError) and is_late:
                    raise ChatStoppedError(
                        f"{self.where} cannot be reached: {error}; {error.advice}"
                    ) from None
                if number == self._chat.max_attempts:
                    if not is_patient:
                        raise ChatStoppedError(
                            f"{self.where} no longer takes batches ({error}); every reply so far "
                            "is kept, so run the same command when it does"
                        ) from None
                    logger.warning("%s does not answer (%s): asking on", self.where, error)
                await asyncio.sleep(self._limits.backoff.seconds(number, error.retry_after))
            else:
                self._has_heard = True
                return result
