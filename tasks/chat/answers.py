"""Answers: the objects that a model replies with, invalid replies followed up and drawn again."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, Generic, NoReturn, Protocol, TypeVar

from pydantic import BaseModel

from schemas.chat import Failure, Message, Reply, Request, Role, Usage
from schemas.config.chat import ChatConfig
from tasks.chat.completion import Completion, read_completion
from tasks.chat.errors import ChatRefusedError, NoReplyError, RejectedError
from tasks.chat.model_text import read_object
from tasks.chat.run import Meter, Run
from tasks.chat.usability import FEW, PROBE, UNUSABLE, Usability

REPAIR = (
    "That reply cannot be used: {problem}. Reply once more with the whole JSON object, put right, "
    "and with nothing else."
)
NOTHING = Usage()
"""Of an attempt without a reply."""
WORTH_A_DRAW = (Failure.INVALID, Failure.TRUNCATED, Failure.EMPTY)
"""What another draw of the same prompt may correct; a model that refuses refuses again."""
MAX_QUOTED = 160
"""Characters of a reply that an error quotes."""
T = TypeVar("T", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """What a model answered: a `value`, or the `failure` and its `detail`. `usage` is what all
    requests took, whoever paid for them; `replies` are their digests."""

    value: T | None
    failure: Failure | None
    detail: str
    usage: Usage
    replies: tuple[str, ...]


class Asker(Protocol):
    """What asks a model, each request once."""

    async def reply(self, request: Request, meter: Meter) -> Reply: ...

    async def set_aside(self, digests: Collection[str]) -> None:
        """Have these requests asked again."""

    def stop(self, error: ChatRefusedError) -> None:
        """Ask nothing more."""


class Chat:
    """A model that is asked for one stage. Belongs to the event loop of `converse`."""

    def __init__(self, config: ChatConfig, asker: Asker, run: Run) -> None:
        self.config = config
        self._asker = asker
        self._run = run

    async def reply(self, request: Request) -> Reply:
        """The stored reply to a request; the model is asked where none is stored.

        Raises NoReplyError or RejectedError for this request, ChatStoppedError or ChatRefusedError
        where the run cannot go on.
        """
        return await self._asker.reply(request, self._run.meter)

    async def answer(
        self,
        messages: Sequence[Message],
        schema: type[T],
        *,
        draw: int = 0,
        check: Callable[[T], str | None] | None = None,
    ) -> Answer[T]:
        """The object that the model replies with, after one follow-up that names what is wrong
        with the first, and after one fresh draw. `check` names a further problem, if there is one.

        Raises ChatRefusedError where too few answers of the run can be used.
        """
        request = Request(self.config, tuple(messages), schema, 2 * draw)
        usability = self._run.usability_of(messages)
        async with usability.turn(PROBE if self.config.batch else FEW) as turn:
            attempts = await self._attempts(request, schema, check)
            if self._run.renews and self._is_old(attempts):
                await self._asker.set_aside([attempt.digest for attempt in attempts])
                attempts = await self._attempts(request, schema, check)
            last = attempts[-1]
            replies = tuple(attempt.digest for attempt in attempts if attempt.digest)
            if usability.add(turn, last.failure, replies):
                await self._end(usability, last)
        return Answer(
            value=last.value,
            failure=last.failure,
            detail=last.detail,
            usage=sum((attempt.usage for attempt in attempts), NOTHING),
            replies=replies,
        )

    async def said(self, messages: Sequence[Message], draw: int = 0) -> "tuple[Reply, Completion]":
        """The stored reply of that draw, and what it says, right or wrong and in whatever form.
        Raises as `reply` does; also ChatRefusedError where too few replies of the run say
        anything."""
        request = Request(self.config, tuple(messages), draw=draw)
        usability = self._run.usability_of(messages)
        async with usability.turn(PROBE if self.config.batch else FEW) as turn:
            reply = await self.reply(request)
            said = read_completion(reply.raw)
            # A refusal is what the model says, whichever field it stands in.
            is_usable = bool(said.text.strip()) or said.failure is Failure.REFUSED
            failure = None if is_usable else said.failure
            if usability.add(turn, failure, (reply.digest,)):
                # Other runs of the same model go on: their prompts may be others.
                last: _Attempt[Any] = _Attempt(text=said.text, failure=failure, detail=said.detail)
                raise await self._over(usability, last)
        return reply, said

    async def _attempts(
        self, request: Request, schema: type[T], check: Callable[[T], str | None] | None
    ) -> "list[_Attempt[T]]":
        """One to three, of which the last decides."""
        usability = self._run.usability_of(request.messages)
        attempts = [await self._attempt(request, schema, check)]
        first = attempts[0]
        is_new = self.config.batch and first.created >= self._run.started
        if is_new and usability.add_first(first.failure, first.digest):
            await self._end(usability, first)
        try:
            if attempts[-1].failure is Failure.INVALID:
                followed = _followed_up(request, attempts[-1])
                attempts.append(await self._attempt(followed, schema, check))
            if attempts[-1].failure in WORTH_A_DRAW:
                fresh = Request(request.chat, request.messages, schema, request.draw + 1)
                attempts.append(await self._attempt(fresh, schema, check))
        except ChatRefusedError:
            if usability.is_over:
                await self._asker.set_aside([attempt.digest for attempt in attempts])
            raise
        return attempts

    def _is_old(self, attempts: "Sequence[_Attempt[T]]") -> bool:
        """Whether these were stored before the run, and brought nothing that can be used."""
        are_stored = all(0.0 < attempt.created < self._run.started for attempt in attempts)
        return are_stored and attempts[-1].failure in UNUSABLE

    async def _end(self, usability: Usability, last: "_Attempt[T]") -> NoReturn:
        """End a run whose answers cannot be used, and all that asks this model."""
        error = await self._over(usability, last)
        self._asker.stop(error)
        raise error

    async def _over(self, usability: Usability, last: "_Attempt[Any]") -> ChatRefusedError:
        """The end of a run; the next one asks again what brought nothing that can be used."""
        where = f"{self.config.base_url} ({self.config.model})"
        about = self._run.kind_of(usability)
        error = ChatRefusedError(
            f"{where}: {usability.told}{about} cannot be used, the last one as {last.failure}: "
            f"{_line(last.detail)}; it reads {_line(last.text)!r}; correct the server, the model "
            "or its limit of tokens and run the same command: it asks these again"
        )
        self._run.end(error)
        await self._asker.set_aside(usability.unusable)
        return error

    async def _attempt(
        self, request: Request, schema: type[T], check: Callable[[T], str | None] | None
    ) -> "_Attempt[T]":
        try:
            reply = await self.reply(request)
        except NoReplyError as error:
            return _Attempt(failure=Failure.NO_REPLY, detail=str(error))
        except RejectedError as error:
            failure = Failure(error.code) if error.code else Failure.REJECTED
            return _Attempt(failure=failure, detail=str(error))
        completion = read_completion(reply.raw)
        text, about = completion.text, (reply.digest, reply.usage, reply.created)
        if completion.failure:
            return _Attempt(*about, text=text, failure=completion.failure, detail=completion.detail)
        try:
            value = read_object(text, schema)
            problem = check(value) if check else None
        except ValueError as error:
            problem = str(error)
        if problem is not None:
            return _Attempt(*about, text=text, failure=Failure.INVALID, detail=problem)
        return _Attempt(*about, text=text, value=value)


@dataclass(frozen=True, slots=True)
class _Attempt(Generic[T]):
    """One request of an answer; no `digest` where nothing was replied, else stored at `created`
    (seconds since 1970)."""

    digest: str = ""
    usage: Usage = NOTHING
    created: float = 0.0
    text: str = ""
    value: T | None = None
    failure: Failure | None = None
    detail: str = ""


def _line(text: str) -> str:
    """What can be quoted in one line."""
    return " ".join(text[:MAX_QUOTED].split())


def _followed_up(request: Request, attempt: _Attempt[T]) -> Request:
    """The request that names what is wrong with the reply to another."""
    told = (
        Message(Role.ASSISTANT, attempt.text),
        Message(Role.USER, REPAIR.format(problem=attempt.detail)),
    )
    return Request(request.chat, (*request.messages, *told), request.schema, request.draw)
