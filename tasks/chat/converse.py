"""Chat: what models reply, each reply asked for and paid once.

`converse` runs one conversation per item. A conversation asks a `Chat`, which looks into the reply
store first, sends what is not there to an OpenAI-compatible endpoint, and hands a reply on only
after it is stored. All chats of a process live on one event loop in a thread of its own.
"""

import asyncio
import atexit
import gc
import os
import re
import threading
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Coroutine,
    Iterable,
    Iterator,
)
from email.utils import parsedate_to_datetime
from functools import cache
from time import time
from typing import IO, Any, TypeVar
from urllib.parse import urlsplit

import aiohttp
import httpx2
import openai

from schemas.chat import (
    Account,
    ChatConfig,
    Reply,
    Request,
)
from tasks.chat.answers import Chat
from tasks.chat.batches import BatchQueue
from tasks.chat.budget import Budget, Purse
from tasks.chat.dispatch import Dispatcher
from tasks.chat.errors import (
    ChatRefusedError,
    ChatStoppedError,
    PassingError,
    RejectedError,
    UnreachableError,
    error_of,
    is_unpaid,
)
from tasks.chat.meter import Meter, meter_of
from tasks.chat.replies import ReplyStore, open_replies
from tasks.chat.stop import STOPPED

BATCH_WINDOW = 50_000
"""Conversations at a time where a provider takes its time: no batch holds more requests."""
MAX_SEEN = 10_000
MAX_ANSWER_BYTES = 32 << 20
STOP_SECONDS = 0.2
"""Between two looks at the switch that ends the run."""
LOCAL = ("localhost", "127.0.0.1", "::1")
KEYS = re.compile(r"\b(?:sk|key)[-_][\w*.\-]{6,}|Bearer \S{6,}")
Item = TypeVar("Item")
Result = TypeVar("Result")


def key_of(chat: ChatConfig, section: str = "chat") -> str:
    """The key in the environment; ValueError where there is none and the server is not local."""
    key = os.environ.get(chat.api_key_env, "").strip() if chat.api_key_env else "none"
    if not key and urlsplit(chat.base_url).hostname in LOCAL:
        key = "none"
    if not key:
        raise ValueError(
            f"no key for {chat.model}: set the environment variable {chat.api_key_env}, or name "
            f"another one in {section}.api_key_env"
        )
    if not (key.isascii() and key.isprintable()):
        # The client would show it in the error.
        raise ValueError(f"{chat.api_key_env} holds characters that no key has: copy it again")
    return key


class _MissingError(ChatRefusedError):
    """The server knows of no such model, batch or file."""


class Endpoint:
    """The server of one model, over one pool of connections."""

    def __init__(self, chat: ChatConfig) -> None:
        self._key = key_of(chat)
        self._chat = chat
        self._client = self._open()
        self._left: list[openai.AsyncOpenAI] = []
        self._seen: dict[str, None] = {}

    def _open(self) -> openai.AsyncOpenAI:
        # Without a number aiohttp opens at most a hundred connections.
        limits = httpx2.Limits(max_connections=2 * self._chat.max_concurrent, keepalive_expiry=60.0)
        timeout = httpx2.Timeout(self._chat.timeout_seconds, connect=20.0, pool=None)
        http_client = openai.DefaultAioHttpClient(
            timeout=timeout, limits=limits, event_hooks={"response": [_limit_answer]}
        )
        return openai.AsyncOpenAI(
            base_url=self._chat.base_url,
            api_key=self._key,
            max_retries=0,
            http_client=http_client,
            default_headers={"Accept-Encoding": "identity"},
        )

    async def complete(self, body: bytes) -> bytes:
        # The typed methods would build objects of every request and reply: twice the time.
        call = self._client.post("/chat/completions", cast_to=httpx2.Response, content=body)
        return await self._content(call)

    async def upload(self, file: IO[bytes]) -> bytes:
        files = self._client.files.with_raw_response
        # An open file is sent piece by piece, each time from its start.
        named = ("requests.jsonl", file, "application/jsonl")
        try:
            return await self._content(files.create(file=named, purpose="batch"))
        except _MissingError:
            raise ChatRefusedError(
                f"{self._chat.base_url} has no Batch API: leave batch out"
            ) from None

    async def create_batch(self, wanted: dict[str, Any]) -> bytes:
        call = self._client.post("/batches", cast_to=httpx2.Response, body=wanted)
        return await self._content(call)

    async def batch(self, batch_id: str) -> bytes | None:
        call = self._client.get(f"/batches/{batch_id}", cast_to=httpx2.Response)
        try:
            return await self._content(call)
        except _MissingError:
            return None

    async def batches(self, after: str | None) -> bytes:
        page = f"/batches?limit=100{f'&after={after}' if after else ''}"
        return await self._content(self._client.get(page, cast_to=httpx2.Response))

    async def download(self, file_id: str, to: IO[bytes]) -> None:
        to.seek(0)
        to.truncate()
        files = self._client.files.with_streaming_response

        async def write() -> None:
            async with files.content(file_id) as response:
                async for piece in response.iter_bytes():
                    to.write(piece)

        try:
            await self._call(write())
        except _MissingError:
            return
        except httpx2.HTTPError as error:
            raise PassingError(self._redacted(str(error) or type(error).__name__)) from None

    async def _content(self, call: Awaitable[Any]) -> bytes:
        response = await self._call(call)
        self._refuse_repeated(response.headers.get("x-request-id"))
        content: bytes = response.content
        return content

    def _refuse_repeated(self, request_id: str | None) -> None:
        """A reply that is delivered twice is read as that of the next request on its connection:
        no connection of that pool is used again."""
        if request_id is None:
            return
        if request_id in self._seen:
            self._left.append(self._client)
            self._client = self._open()
            raise PassingError("a reply to another request was delivered again")
        self._seen[request_id] = None
        if len(self._seen) > MAX_SEEN:
            del self._seen[next(iter(self._seen))]

    async def close(self) -> None:
        for client in (self._client, *self._left):
            await client.close()

    async def _call(self, call: Awaitable[Result]) -> Result:
        """What the call returns, or the error that says what becomes of the request."""
        try:
            return await call
        except openai.APIStatusError as error:
            raise self._told(error) from None
        except openai.APIConnectionError as error:
            chain = list(_causes(error))
            message = self._redacted(str(chain[-1]) or type(chain[-1]).__name__)
            if any(isinstance(cause, aiohttp.ClientConnectorError) for cause in chain):
                raise UnreachableError(message) from None
            raise PassingError(message) from None
        except openai.OpenAIError as error:
            raise PassingError(self._redacted(str(error))) from None

    def _told(self, error: openai.APIStatusError) -> Exception:
        status, (code, message) = error.status_code, _words(error)
        message = self._redacted(message)
        where = f"{self._chat.base_url} ({self._chat.model})"
        told = error_of(status, code, message, _retry_after(error.response.headers))
        if is_unpaid(status, code, message):
            return ChatRefusedError(f"{where} wants to be paid first: {message}")
        if status == 403 and isinstance(told, RejectedError) and told.code:
            return told
        if status in (401, 403):
            return ChatRefusedError(
                f"{where} does not accept the key in {self._chat.api_key_env}: {message}"
            )
        if status == 404:
            return _MissingError(f"{where} is not there: {message}; correct model or base_url")
        return told

    def _redacted(self, message: str) -> str:
        """One line, without the key."""
        plain = message.replace(self._key, "[key]") if len(self._key) > 4 else message
        return " ".join(KEYS.sub("[key]", plain).split())[:300]


async def _limit_answer(response: httpx2.Response) -> None:
    """Prompts go where they were sent, and nowhere else; answers have an end. Files of batches may
    be elsewhere, and are as long as they are: they go to disk."""
    is_file = response.request.url.path.endswith("/content")
    if response.has_redirect_location and not is_file:
        raise ChatRefusedError(
            f"{response.request.url.host} sends requests elsewhere: correct base_url"
        )
    encoding = response.headers.get("content-encoding", "identity")
    if encoding != "identity":
        raise RejectedError(f"the answer is packed ({encoding[:20]}), which was not asked for")
    if not is_file:
        response.stream = _Limited(response.stream)


class _Limited(httpx2.AsyncByteStream):
    """The body of an answer; RejectedError where it goes on and on."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        num_bytes = 0
        async for piece in self._stream:
            num_bytes += len(piece)
            if num_bytes > MAX_ANSWER_BYTES:
                raise RejectedError(f"the answer has more than {MAX_ANSWER_BYTES >> 20} MiB")
            yield piece

    async def aclose(self) -> None:
        await self._stream.aclose()


def _words(error: openai.APIStatusError) -> tuple[str, str]:
    """The code and the message of an error; Google puts it into a list."""
    body = error.body[0] if isinstance(error.body, list) and error.body else error.body
    about = body.get("error", body) if isinstance(body, dict) else {}
    told = about if isinstance(about, dict) else {"message": about}
    return str(told.get("code") or ""), str(told.get("message") or error.message)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error:
        yield error
        error = error.__cause__ or error.__context__


def _retry_after(headers: httpx2.Headers) -> float | None:
    """Seconds that a server asks to be left alone."""
    milliseconds, stated = headers.get("retry-after-ms"), headers.get("retry-after")
    try:
        if milliseconds:
            return float(milliseconds) / 1000.0
        return float(stated) if stated else None
    except ValueError:
        pass
    try:
        return max(parsedate_to_datetime(str(stated)).timestamp() - time(), 0.0)
    except (TypeError, ValueError, OverflowError):
        return None


class _Asker:
    """Asks one model, each request once, for all that converse with it in this process."""

    def __init__(
        self, config: ChatConfig, account: Account, store: ReplyStore, purse: Purse
    ) -> None:
        self._store = store
        self._endpoint = Endpoint(config)
        self._timeout = config.timeout_seconds
        way = BatchQueue if config.batch else Dispatcher
        self._sender = way(config, account, store, self._endpoint, Budget(purse, config))
        self._pending: dict[str, asyncio.Future[Reply]] = {}

    @property
    def is_stopped(self) -> bool:
        return self._sender.stopped is not None

    async def reply(self, request: Request, meter: Meter) -> Reply:
        digest = request.digest
        meter.asked += 1
        while pending := self._pending.get(digest):
            await asyncio.wait([pending])
            if not pending.cancelled():
                return pending.result()
        pending = asyncio.get_running_loop().create_future()
        self._pending[digest] = pending
        try:
            stored = await self._store.find(digest)
            if stored:
                meter.served += 1
            reply = stored or await self._sender.send(request, meter)
            pending.set_result(reply)
            return reply
        except Exception as error:
            pending.set_exception(error)
            pending.exception()  # nobody else may be waiting for it
            raise
        finally:
            del self._pending[digest]
            # Where this asker was cancelled, the next one asks.
            pending.cancel()

    async def close(self) -> None:
        """Store what is under way, and ask no more."""
        await self._sender.close()
        if self._pending:
            await asyncio.wait(self._pending.values(), timeout=self._timeout)
        await self._endpoint.close()


class _Home:
    """The event loop on which all chats of this process live, in a thread of its own."""

    def __init__(self) -> None:
        # Modules and tables stay: looking through them for garbage takes a tenth of the time.
        gc.freeze()
        self.loop = asyncio.new_event_loop()
        self._askers: dict[str, _Asker] = {}
        self._stopped: list[_Asker] = []
        self._stores: dict[str, ReplyStore] = {}
        self._purses: dict[Account, Purse] = {}
        threading.Thread(target=self.loop.run_forever, name="chat", daemon=True).start()

    def chat(self, config: ChatConfig, account: Account, stage: str) -> Chat:
        """Shards share an asker, and models a purse; an asker that was stopped is not shared."""
        key = repr((config, account))
        if key in self._askers and self._askers[key].is_stopped:
            # Others may still wait for its last replies.
            self._stopped.append(self._askers.pop(key))
        if key not in self._askers:
            store = self._store(account.store)
            purse = self._purses.setdefault(account, Purse(account, store))
            self._askers[key] = _Asker(config, account, store, purse)
        return Chat(config, self._askers[key], meter_of(stage))

    def _store(self, address: str) -> ReplyStore:
        if address not in self._stores:
            self._stores[address] = open_replies(address)
            # What is registered last is called first: stores take replies until the end.
            atexit.unregister(self.close)
            atexit.register(self.close)
        return self._stores[address]

    def run(self, coroutine: Coroutine[Any, Any, Result]) -> Result:
        future = asyncio.run_coroutine_threadsafe(coroutine, self.loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def close(self) -> None:
        async def close() -> None:
            askers = (*self._askers.values(), *self._stopped)
            await asyncio.gather(*(asker.close() for asker in askers))

        self.run(close())


_only_home = cache(_Home)
_opening = threading.Lock()


def _home() -> _Home:
    # Shards start at the same moment: a cache alone would make two.
    with _opening:
        return _only_home()


def converse(
    config: ChatConfig,
    account: Account,
    items: Iterable[Item],
    conversation: Callable[[Chat, Item], Awaitable[Result]],
    *,
    stage: str,
) -> list[Result]:
    """What a conversation with a model makes of each item, in the order of the items, of which
    only as many are taken as the model is asked at once.

    Raises what the first failed conversation did, after those under way have ended;
    ChatStoppedError or ChatRefusedError where the run cannot go on.
    """
    return _home().run(_converse(config, account, items, conversation, stage))


async def _converse(
    config: ChatConfig,
    account: Account,
    items: Iterable[Item],
    conversation: Callable[[Chat, Item], Awaitable[Result]],
    stage: str,
) -> list[Result]:
    chat = _home().chat(config, account, stage)
    results: dict[int, Result] = {}
    errors: list[BaseException] = []
    rest = enumerate(items)

    async def work() -> None:
        try:
            while not errors:
                entry = next(rest, None)
                if entry is None:
                    return
                results[entry[0]] = await conversation(chat, entry[1])
        except Exception as error:
            errors.append(error)

    num_workers = BATCH_WINDOW if config.batch else 2 * config.max_concurrent
    # Without return_exceptions a cancelled worker would end the wait for the others.
    workers = asyncio.gather(*(work() for _ in range(num_workers)), return_exceptions=True)
    try:
        while not (await asyncio.wait([workers], timeout=STOP_SECONDS))[0]:
            if STOPPED.is_set():
                raise ChatStoppedError("stopped; every reply is kept")
    finally:
        # Who waits for a turn, a batch or money ends now; who waits for a reply, when it is stored.
        workers.cancel()
        await asyncio.gather(workers, return_exceptions=True)
    errors += filter(None, workers.result())
    if errors:
        raise errors[0]
    return [results[place] for place in range(len(results))]
