"""Dispatch: one request to its stored reply, through the limits, the budget and the retries."""

import asyncio
import logging
import time
from collections.abc import Callable
from typing import NamedTuple, Protocol

from aiolimiter import AsyncLimiter

from schemas.chat import Account, ChatConfig, Reply, Request
from tasks.chat.budget import Budget, most_input_tokens
from tasks.chat.completion import Completion, read_completion
from tasks.chat.concurrency import AdaptiveLimit
from tasks.chat.errors import (
    ChatRefusedError,
    ChatStoppedError,
    NoReplyError,
    PassingError,
    RejectedError,
    UnreachableError,
)
from tasks.chat.limits import LIMITS, Limits
from tasks.chat.replies import ReplyStore
from tasks.chat.requests import Dialect, dialect_of, request_body
from tasks.chat.run import Meter

UNREACHABLE_ATTEMPTS = 3
"""Attempts at a server that has never answered: a wrong address stays wrong, but a server that is
just starting may answer a second later."""
SILENT_REQUESTS = 16
"""Requests in succession without a reply, each after all of its attempts, at which the server
counts as gone: a few may fail for reasons of their own."""
REJECTED_REQUESTS = 3
"""Requests rejected in succession before any was answered: the server takes none that is asked this
way, and would reject every further one."""
logger = logging.getLogger(__name__)


class Server(Protocol):
    """The HTTP calls of the server of a model."""

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
        self,
        chat: ChatConfig,
        account: Account,
        store: ReplyStore,
        server: Server,
        budget: Budget,
        limits: Limits = LIMITS,
    ) -> None:
        self.chat = chat
        self._backoff = limits.backoff
        self.stopped: ChatStoppedError | ChatRefusedError | None = None
        self._payer = account.payer
        self._store = store
        self._server = server
        self._budget = budget
        self._limit = AdaptiveLimit(chat.max_concurrent)
        self._requests = Pace(chat.requests_per_minute) if chat.requests_per_minute else None
        self._tokens = Pace(chat.tokens_per_minute) if chat.tokens_per_minute else None
        self._dialect = dialect_of(chat)
        self._probing = asyncio.Lock() if chat.structured == "detect" else None
        self._num_replies = 0
        self._num_silent = 0
        self._num_rejected = 0

    async def send(self, request: Request, meter: Meter) -> Reply:
        """The reply, paid for and stored. A request that is sent is not cancelled: its reply is
        waited for and stored.

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
            return await self._ask(request, meter)
        finally:
            self._budget.give_back(dollars)

    async def close(self) -> None:
        self.stopped = self.stopped or ChatStoppedError("the program ends; every reply is kept")

    async def _ask(self, request: Request, meter: Meter) -> Reply:
        if self._probing and request.schema and not self._num_replies:
            # The first request finds out what the server understands; the others wait for it.
            async with self._probing:
                if not self._num_replies and not self._num_silent:
                    return await self._attempts(request, meter)
        return await self._attempts(request, meter)

    async def _attempts(self, request: Request, meter: Meter) -> Reply:
        """The reply, after as many attempts as it takes."""
        number = 0
        while True:
            self._check()
            await self._wait_for_rate(request)
            dialect = self._dialect
            try:
                return await self._attempt(request, dialect, meter)
            except RejectedError as error:
                if not self._adapt(dialect, error, request.schema is not None):
                    raise self._rejected(error) from None
            except PassingError as error:
                number += 1
                meter.again += 1
                self._give_up(number, error)
                await asyncio.sleep(self._backoff.seconds(number, error.retry_after))

    async def _attempt(self, request: Request, dialect: Dialect, meter: Meter) -> Reply:
        turn = await self._limit.acquire()
        delivery = asyncio.create_task(self._deliver(request, dialect, meter, turn))
        try:
            return await asyncio.shield(delivery)
        except asyncio.CancelledError:
            # What is sent is paid: it is awaited and kept even if nobody wants it any more. Where
            # this wait is cancelled, the delivery goes on.
            await asyncio.wait([delivery])
            raise

    async def _deliver(
        self, request: Request, dialect: Dialect, meter: Meter, turn: float
    ) -> Reply:
        leave = _Once(self._limit.leave)
        try:
            sound = await self._sound(request, dialect, turn)
            self._limit.succeed(turn)
            self._num_replies += 1
            self._num_silent = self._num_rejected = 0
            # In flight until it is written, or a kill would lose more than was in flight; not until
            # it survives a power cut, which takes 10 ms, a twentieth of a quick reply.
            return await self._keep(request, sound, meter, leave)
        except (ChatRefusedError, ChatStoppedError) as error:
            self.stopped = self.stopped or error
            raise
        finally:
            leave()

    async def _sound(self, request: Request, dialect: Dialect, turn: float) -> Sound:
        self._check()
        if any(message.photograph for message in request.messages):
            body = await asyncio.to_thread(request_body, request, dialect)
        else:
            body = request_body(request, dialect)
        loop = asyncio.get_running_loop()
        started = loop.time()
        try:
            async with asyncio.timeout(self.chat.timeout_seconds):
                raw = await self._server.complete(body)
            return Sound(raw, read_sound(raw), loop.time() - started)
        except TimeoutError:
            self._limit.congest(turn)
            raise PassingError(f"no reply in {self.chat.timeout_seconds:g} seconds") from None
        except PassingError as error:
            if error.is_congestion:
                self._limit.congest(turn, error.retry_after)
            raise

    async def _keep(
        self, request: Request, sound: Sound, meter: Meter, written: Callable[[], None]
    ) -> Reply:
        usage = sound.completion.usage
        cost = usage.cost(self.chat.price) if usage.input_tokens else None
        reply = Reply(
            digest=request.digest,
            model=self.chat.model,
            raw=sound.raw,
            usage=usage,
            finish_reason=sound.completion.finish_reason,
            seconds=sound.seconds,
            created=time.time(),
            cost=cost,
        )
        try:
            reply = await self._store.keep(reply, self._payer, written)
        except Exception as error:
            # What is paid from now on would be lost.
            stopped = ChatStoppedError(f"replies cannot be kept: {error}")
            self.stopped = self.stopped or stopped
            raise
        self._budget.spend(cost, usage.input_tokens, request)
        meter.pay(cost)
        if cost is None and self._budget.is_limited:
            self.stopped = self.stopped or ChatStoppedError(
                f"{self.chat.base_url} does not report how many tokens a reply took, so no budget "
                "can be kept: leave budget out"
            )
        return reply

    async def _wait_for_rate(self, request: Request) -> None:
        if self._requests:
            await self._requests.acquire(1)
        if self._tokens:
            await self._tokens.acquire(most_input_tokens(request) + self.chat.max_tokens)

    def _check(self) -> None:
        if self.stopped:
            raise self.stopped

    def _adapt(self, used: Dialect, error: RejectedError, has_schema: bool) -> bool:
        """Whether to ask again: in a dialect that this or another request found."""
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
        if error.code:
            return error
        self._num_rejected += 1
        if self._num_rejected < (SILENT_REQUESTS if self._num_replies else REJECTED_REQUESTS):
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


class _Once:
    """Does something at the first call only."""

    def __init__(self, action: Callable[[], None]) -> None:
        self._action: Callable[[], None] | None = action

    def __call__(self) -> None:
        action, self._action = self._action, None
        if action:
            action()


class Pace:
    """At most `per_minute` in a minute: a tenth of it at once, the rest evenly."""

    def __init__(self, per_minute: int) -> None:
        at_once = max(per_minute // 10, 1)
        evenly = per_minute - at_once + 1
        self._limiter = AsyncLimiter(at_once, 60.0 * at_once / evenly)
        self._turn = asyncio.Lock()

    async def acquire(self, amount: int) -> None:
        """Wait until this amount is allowed; in parts where it is more than is allowed at once."""
        async with self._turn:
            while amount > 0:
                part = min(amount, int(self._limiter.max_rate))
                await self._limiter.acquire(part)
                amount -= part


def read_sound(raw: bytes) -> Completion:
    try:
        return read_completion(raw)
    except ValueError as error:
        raise PassingError(str(error)) from None
