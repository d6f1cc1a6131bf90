"""Dispatch: one request to its stored reply, through the limits, the budget and the retries."""

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Protocol

from schemas.chat import Account, Reply, Request
from schemas.config.chat import ChatConfig
from tasks.chat.budget import Budget, most_input_tokens
from tasks.chat.concurrency import AdaptiveLimit
from tasks.chat.dialects import Dialect, Negotiation
from tasks.chat.errors import (
    ChatRefusedError,
    ChatStoppedError,
    NoReplyError,
    PassingError,
    RejectedError,
    UnreachableError,
    UpstreamError,
)
from tasks.chat.limits import LIMITS, Limits
from tasks.chat.pace import Pace
from tasks.chat.replies import ReplyStore
from tasks.chat.requests import request_body
from tasks.chat.run import Meter, reply_under_way
from tasks.chat.silence import SILENT_REQUESTS, Silence
from tasks.chat.sound import Sound, read_sound

UNREACHABLE_ATTEMPTS = 3
"""Attempts at a server that has never answered: a wrong address stays wrong, but a server that is
just starting may answer a second later."""
REJECTED_REQUESTS = 3
"""Requests rejected in succession before any was answered: the server takes none that is asked this
way, and would reject every further one."""


class Server(Protocol):
    """The HTTP calls of the server of a model."""

    async def complete(self, body: bytes) -> bytes:
        """The body of the answer to a chat request. Raises LateError where it takes too long."""

    def meaning(self, status: int, code: str, words: str) -> Exception:
        """What an error means that has this status."""


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
        self._negotiation = Negotiation(chat)
        self._probing = asyncio.Lock()
        self._has_recalled = False
        self._num_replies = 0
        self._silence = Silence(chat, limits)
        self._num_rejected = 0

    async def send(self, request: Request, meter: Meter) -> Reply:
        """The reply, paid for and stored. A request that is sent is not cancelled: its reply is
        waited for and stored.

        Raises NoReplyError or RejectedError for this request, ChatStoppedError or ChatRefusedError
        for all of them.
        """
        while True:
            self._check()
            try:
                dollars = await self._budget.set_aside(request)
            except ChatStoppedError as error:
                self.stopped = self.stopped or error
                raise
            try:
                reply = await self._ask(request, meter)
            finally:
                self._budget.give_back(dollars)
            # The reply that shows that the server ignores the form is kept as that, and its
            # request is asked like all others: which one was the first decides nothing.
            if reply.digest == request.digest:
                return reply

    def stop(self, error: ChatRefusedError) -> None:
        self.stopped = self.stopped or error

    async def close(self) -> None:
        self.stopped = self.stopped or ChatStoppedError("the program ends; every reply is kept")

    async def _ask(self, request: Request, meter: Meter) -> Reply:
        if self._is_probe(request):
            # The first request finds out what the server understands; the others wait for it.
            async with self._probing:
                await self._recall()
                if self._is_probe(request):
                    return await self._attempts(request, meter)
        return await self._attempts(request, meter)

    def _is_probe(self, request: Request) -> bool:
        is_asked = request.schema is not None and not self._silence
        return is_asked and self._negotiation.is_open

    async def _recall(self) -> None:
        """What an earlier run found out at its own cost."""
        if not self._has_recalled and await self._store.find(self._negotiation.evidence):
            self._negotiation.ignore_form()
        self._has_recalled = True

    async def _attempts(self, request: Request, meter: Meter) -> Reply:
        """The reply, after as many attempts as it takes."""
        failed: Counter[bool] = Counter()  # whether no server could be reached
        rejected: dict[Dialect, RejectedError] = {}
        while True:
            self._check()
            await self._wait_for_rate(request)
            dialect = self._negotiation.dialect
            try:
                return await self._attempt(request, dialect, meter)
            except RejectedError as error:
                rejected[dialect] = error
                if not self._negotiation.after_rejection(request, rejected):
                    raise self._rejected(error) from None
            except PassingError as error:
                is_away = isinstance(error, UnreachableError)
                failed[is_away] += 1
                number = failed[is_away]
                meter.again += 1
                meter.wait(error.retry_after or 0.0)
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
            delivery.add_done_callback(_seen)
            await asyncio.wait([delivery])
            raise

    async def _deliver(
        self, request: Request, dialect: Dialect, meter: Meter, turn: float
    ) -> Reply:
        with reply_under_way():
            return await self._stored(request, dialect, meter, turn)

    async def _stored(self, request: Request, dialect: Dialect, meter: Meter, turn: float) -> Reply:
        leave = _Once(self._limit.leave)
        try:
            sound = await self._sound(request, dialect, turn)
            self._limit.succeed(turn)
            self._num_replies += 1
            self._num_rejected = 0
            self._silence.end()
            is_evidence = self._negotiation.after_reply(dialect, request, sound.completion)
            if is_evidence:
                self._negotiation.ignore_form()
            digest = self._negotiation.evidence if is_evidence else request.digest
            # In flight until it is written, or a kill would lose more than was in flight; not until
            # it survives a power cut, which takes 10 ms, a twentieth of a quick reply.
            return await self._keep(request, digest, sound, meter, leave)
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
            raw = await self._server.complete(body)
            return self._read(raw, loop.time() - started)
        except PassingError as error:
            if error.is_congestion:
                self._limit.congest(turn, error.retry_after)
            raise

    def _read(self, raw: bytes, seconds: float) -> Sound:
        try:
            return read_sound(raw, seconds)
        except UpstreamError as error:
            raise self._server.meaning(error.status, error.code, str(error)) from None
        except PassingError as error:
            raise self._server.meaning(200, "", str(error)) from None

    async def _keep(
        self,
        request: Request,
        digest: str,
        sound: Sound,
        meter: Meter,
        written: Callable[[], None],
    ) -> Reply:
        usage = self._budget.usage(sound.completion, request)
        reply = sound.reply(digest, usage, self.chat, is_batch=False)
        cost = reply.cost
        try:
            reply = await self._store.keep(reply, self._payer, written)
        except Exception as error:
            # What is paid from now on would be lost.
            stopped = ChatStoppedError(f"replies cannot be kept: {error}")
            self.stopped = self.stopped or stopped
            raise
        self._budget.spend(cost, usage.input_tokens, request)
        meter.pay(cost)
        return reply

    async def _wait_for_rate(self, request: Request) -> None:
        if self._requests:
            await self._requests.acquire(1)
        if self._tokens:
            await self._tokens.acquire(most_input_tokens(request) + self.chat.max_tokens)

    def _check(self) -> None:
        if self.stopped:
            raise self.stopped

    def _rejected(self, error: RejectedError) -> Exception:
        """The error itself, or the end of the run where the server rejects everything."""
        if error.code:
            return error
        self._num_rejected += 1
        if self._num_rejected < (SILENT_REQUESTS if self._num_replies else REJECTED_REQUESTS):
            return error
        self.stopped = self.stopped or rejects_all(self.chat, error)
        return self.stopped

    def _give_up(self, number: int, error: PassingError) -> None:
        """End the request after its last attempt, and the run where the server is gone."""
        now = asyncio.get_running_loop().time()
        where = f"{self.chat.base_url} ({self.chat.model})"
        gone = (
            f"{where} no longer answers ({error}); every reply so far is kept, so run the same "
            "command when it does"
        )
        if self._silence.hangs(error, now):
            raise self._end(
                f"{where} takes requests and does not answer ({error}); every reply so far is "
                "kept, so run the same command when it does, or raise timeout_seconds"
            )
        is_away = self._silence.is_away(error, now)
        if isinstance(error, UnreachableError):
            if self._num_replies and is_away:
                raise self._end(gone)
            if not self._num_replies and number >= UNREACHABLE_ATTEMPTS:
                raise self._end(f"{where} cannot be reached: {error}; {error.advice}")
        elif number >= self._silence.num_attempts:
            if self._silence.is_gone(now):
                raise self._end(gone)
            raise NoReplyError(str(error))

    def _end(self, told: str) -> Exception:
        """What ends the run, where nothing has yet."""
        self.stopped = self.stopped or ChatStoppedError(told)
        return self.stopped


def _seen(delivery: asyncio.Task[Reply]) -> None:
    """Its error is nobody's any more, and asyncio need not report it."""
    if not delivery.cancelled():
        delivery.exception()


def rejects_all(chat: ChatConfig, error: RejectedError) -> ChatRefusedError:
    """The end of a run whose server rejects everything."""
    told = f"{chat.base_url} rejects every request for {chat.model}: {error}"
    return ChatRefusedError("; ".join(filter(None, (told, error.advice))))


class _Once:
    """Does something at the first call only."""

    def __init__(self, action: Callable[[], None]) -> None:
        self._action: Callable[[], None] | None = action

    def __call__(self) -> None:
        action, self._action = self._action, None
        if action:
            action()
