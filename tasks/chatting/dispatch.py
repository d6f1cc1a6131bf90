"""Dispatch: one request to its stored reply, through the limits, the budget and the retries."""

import asyncio
import logging
import random
import time
from typing import NamedTuple, Protocol

from aiolimiter import AsyncLimiter

from schemas.chat import Account, ChatConfig, Reply, Request
from tasks.chatting.budget import Budget, most_input_tokens
from tasks.chatting.completion import Completion, read_completion
from tasks.chatting.concurrency import AdaptiveLimit
from tasks.chatting.errors import (
    ChatRefusedError,
    ChatStoppedError,
    NoReplyError,
    PassingError,
    RejectedError,
    UnreachableError,
)
from tasks.chatting.meter import Meter
from tasks.chatting.replies import ReplyStore
from tasks.chatting.requests import Dialect, dialect_of, request_body
from tasks.chatting.stop import STOPPED

FIRST_DELAY = 0.5
MAX_DELAY = 30.0
MAX_RETRY_AFTER = 900.0
UNREACHABLE_ATTEMPTS = 3
SILENT_REQUESTS = 16
"""So many requests without a reply, one after another, and the server is taken to be gone."""
REJECTED_REQUESTS = 3
BURST_SECONDS = 6.0
logger = logging.getLogger(__name__)


class Server(Protocol):
    """What speaks HTTP to the server of a model."""

    async def complete(self, body: bytes) -> bytes:
        """The body of the answer to a chat request."""


class Sound(NamedTuple):
    """The body of an answer, what it says, and the seconds that it took."""

    raw: bytes
    completion: Completion
    seconds: float


class Dispatcher:
    """Sends the requests of one model. Belongs to one event loop."""

    def __init__(
        self, chat: ChatConfig, account: Account, store: ReplyStore, server: Server
    ) -> None:
        self.chat = chat
        self.stopped: ChatStoppedError | ChatRefusedError | None = None
        self._account = account
        self._store = store
        self._server = server
        self._budget = Budget(account, chat, store)
        self._limit = AdaptiveLimit(chat.max_concurrent)
        self._requests = _per_minute(chat.requests_per_minute)
        self._tokens = _per_minute(chat.tokens_per_minute)
        self._dialect = dialect_of(chat)
        self._probing = asyncio.Lock() if chat.structured == "detect" else None
        self._num_replies = 0
        self._num_silent = 0
        self._num_rejected = 0

    async def send(self, request: Request, meter: Meter) -> Reply:
        """The reply, paid for and stored.

        Raises NoReplyError or RejectedError for this request, ChatStoppedError or ChatRefusedError
        for all of them.
        """
        self._check()
        try:
            dollars = await self._budget.set_aside(request)
        except ChatStoppedError as error:
            self.stopped = self.stopped or error
            raise
        try:
            raw, completion, seconds = await self._ask(request, meter)
            usage = completion.usage
            cost = usage.cost(self.chat.price) if usage.input_tokens else None
            reply = await self._store.keep(
                Reply(
                    digest=request.digest,
                    model=self.chat.model,
                    raw=raw,
                    usage=usage,
                    finish_reason=completion.finish_reason,
                    seconds=seconds,
                    created=time.time(),
                    cost=cost,
                ),
                self._account.payer,
            )
        except BaseException:
            self._budget.give_back(dollars)
            raise
        self._budget.settle(dollars, cost, usage.input_tokens, request)
        meter.pay(cost)
        if cost is None and self._account.budget is not None:
            self.stopped = ChatStoppedError(
                f"{self.chat.base_url} does not tell how many tokens a reply took, so no budget "
                "can be kept: leave budget out"
            )
        return reply

    async def _ask(self, request: Request, meter: Meter) -> Sound:
        if self._probing and request.schema and not self._num_replies:
            # The first request finds out what the server understands; the others wait for it.
            async with self._probing:
                if not self._num_replies:
                    return await self._attempts(request, meter)
        return await self._attempts(request, meter)

    async def _attempts(self, request: Request, meter: Meter) -> Sound:
        """A sound answer, after as many attempts as it takes."""
        number = 0
        while True:
            self._check()
            await self._wait_for_rate(request)
            dialect = self._dialect
            try:
                return await self._attempt(request, dialect)
            except RejectedError as error:
                if not self._adapt(dialect, error, request.schema is not None):
                    raise self._rejected(error) from None
            except PassingError as error:
                number += 1
                meter.again += 1
                self._give_up(number, error)
                await asyncio.sleep(backoff(number, error.retry_after))

    async def _attempt(self, request: Request, dialect: Dialect) -> Sound:
        await self._limit.acquire()
        loop = asyncio.get_running_loop()
        try:
            self._check()
            if any(message.photograph for message in request.messages):
                body = await asyncio.to_thread(request_body, request, dialect)
            else:
                body = request_body(request, dialect)
            started = loop.time()
            async with asyncio.timeout(self.chat.timeout_seconds):
                raw = await self._server.complete(body)
            seconds = loop.time() - started
            completion = read_sound(raw)
        except TimeoutError:
            self._limit.congest(None)
            raise PassingError(f"no reply in {self.chat.timeout_seconds:g} seconds") from None
        except PassingError as error:
            if error.is_congestion:
                self._limit.congest(min(error.retry_after or 0.0, MAX_RETRY_AFTER))
            else:
                self._limit.fail()
            raise
        except (ChatRefusedError, ChatStoppedError) as error:
            self.stopped = self.stopped or error
            self._limit.fail()
            raise
        except BaseException:
            self._limit.fail()
            raise
        self._limit.succeed()
        self._num_replies += 1
        self._num_silent = 0
        return Sound(raw, completion, seconds)

    async def _wait_for_rate(self, request: Request) -> None:
        if self._requests:
            await self._requests.acquire()
        if self._tokens:
            tokens = most_input_tokens(request) + self.chat.max_tokens
            await self._tokens.acquire(min(tokens, self._tokens.max_rate))

    def _check(self) -> None:
        if STOPPED.is_set():
            self.stopped = self.stopped or ChatStoppedError("stopped; every reply is kept")
        if self.stopped:
            raise self.stopped

    def _adapt(self, used: Dialect, error: RejectedError, has_schema: bool) -> bool:
        """Whether it is worth asking again: in a dialect that this or another request found."""
        if self._dialect != used:
            return True
        may_change_form = has_schema and self.chat.structured == "detect"
        following = used.after(error, may_change_form)
        if following is None:
            return False
        self._dialect = following
        logger.info(
            "%s at %s is asked with %s and %s",
            self.chat.model,
            self.chat.base_url,
            following.form,
            following.tokens_field,
        )
        return True

    def _rejected(self, error: RejectedError) -> Exception:
        """The error itself, or the end of the run where the server rejects everything."""
        self._num_rejected += 1
        if self._num_replies or self._num_rejected < REJECTED_REQUESTS or error.code:
            return error
        self.stopped = self.stopped or ChatRefusedError(
            f"{self.chat.base_url} rejects every request for {self.chat.model}: {error}"
        )
        return self.stopped

    def _give_up(self, number: int, error: PassingError) -> None:
        """End the request after its last attempt, and the run where the server is gone."""
        where = f"{self.chat.base_url} ({self.chat.model})"
        if isinstance(error, UnreachableError) and not self._num_replies:
            if number >= UNREACHABLE_ATTEMPTS:
                self.stopped = self.stopped or ChatStoppedError(
                    f"{where} cannot be reached: {error}; start the server or correct base_url"
                )
                raise self.stopped
        elif number >= self.chat.max_attempts:
            self._num_silent += 1
            if self._num_silent >= SILENT_REQUESTS:
                self.stopped = self.stopped or ChatStoppedError(
                    f"{where} no longer answers ({error}); every reply so far is kept, so run the "
                    "same command when it does"
                )
                raise self.stopped
            raise NoReplyError(str(error))


def _per_minute(rate: int | None) -> AsyncLimiter | None:
    """Spreads `rate` over a minute, a tenth of it at a time."""
    return AsyncLimiter(rate * BURST_SECONDS / 60.0, BURST_SECONDS) if rate else None


def backoff(number: int, retry_after: float | None) -> float:
    """Seconds before the next attempt: twice as many each time, so or so."""
    delay = min(FIRST_DELAY * 2.0 ** (number - 1), MAX_DELAY) * random.uniform(0.5, 1.5)
    return max(delay, min(retry_after or 0.0, MAX_RETRY_AFTER))


def read_sound(raw: bytes) -> Completion:
    try:
        return read_completion(raw)
    except ValueError as error:
        raise PassingError(str(error)) from None
