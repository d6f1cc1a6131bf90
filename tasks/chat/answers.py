"""Answers: the objects that a model replies with, invalid replies followed up and drawn again."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from pydantic import BaseModel

from schemas.chat import ChatConfig, Failure, Message, Reply, Request, Role, Usage
from tasks.chat.completion import read_completion, read_object
from tasks.chat.errors import NoReplyError, RejectedError
from tasks.chat.run import Meter

REPAIR = (
    "That reply cannot be used: {problem}. Reply once more with the whole JSON object, put right, "
    "and with nothing else."
)
NOTHING = Usage()
"""Of an attempt without a reply."""
WORTH_A_DRAW = (Failure.INVALID, Failure.TRUNCATED, Failure.EMPTY)
"""What another draw of the same prompt may correct; a model that refuses refuses again."""
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


class Chat:
    """A model that is asked for one stage. Belongs to the event loop of `converse`."""

    def __init__(self, config: ChatConfig, asker: Asker, meter: Meter) -> None:
        self.config = config
        self._asker = asker
        self._meter = meter

    async def reply(self, request: Request) -> Reply:
        """The stored reply to a request; the model is asked where none is stored.

        Raises NoReplyError or RejectedError for this request, ChatStoppedError or ChatRefusedError
        where the run cannot go on.
        """
        return await self._asker.reply(request, self._meter)

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
        """
        request = Request(self.config, tuple(messages), schema, 2 * draw)
        attempts = [await self._attempt(request, schema, check)]
        if attempts[-1].failure is Failure.INVALID:
            followed = _followed_up(request, attempts[-1])
            attempts.append(await self._attempt(followed, schema, check))
        if attempts[-1].failure in WORTH_A_DRAW:
            request = Request(self.config, tuple(messages), schema, 2 * draw + 1)
            attempts.append(await self._attempt(request, schema, check))
        last = attempts[-1]
        return Answer(
            value=last.value,
            failure=last.failure,
            detail=last.detail,
            usage=sum((attempt.usage for attempt in attempts), NOTHING),
            replies=tuple(attempt.digest for attempt in attempts if attempt.digest),
        )

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
        text = completion.text
        if completion.failure:
            return _Attempt(reply.digest, reply.usage, text, None, completion.failure, text[-200:])
        try:
            value = read_object(text, schema)
            problem = check(value) if check else None
        except ValueError as error:
            problem = str(error)
        if problem is not None:
            return _Attempt(reply.digest, reply.usage, text, None, Failure.INVALID, problem)
        return _Attempt(reply.digest, reply.usage, text, value)


@dataclass(frozen=True, slots=True)
class _Attempt(Generic[T]):
    """One request of an answer; no `digest` where nothing was replied."""

    digest: str = ""
    usage: Usage = NOTHING
    text: str = ""
    value: T | None = None
    failure: Failure | None = None
    detail: str = ""


def _followed_up(request: Request, attempt: _Attempt[T]) -> Request:
    """The request that names what is wrong with the reply to another."""
    told = (
        Message(Role.ASSISTANT, attempt.text),
        Message(Role.USER, REPAIR.format(problem=attempt.detail)),
    )
    return Request(request.chat, (*request.messages, *told), request.schema, request.draw)
