"""Chat: what models reply, each reply asked for and paid once.

`converse` runs one conversation per item. A conversation asks a `Chat`, which looks into the reply
store first, sends what is not there to an OpenAI-compatible endpoint, and hands a reply on only
after it is stored. All chats of a process live on one event loop in a thread of its own.
"""

import asyncio
import atexit
import gc
import threading
from collections.abc import Awaitable, Callable, Collection, Coroutine, Iterable
from functools import cache, partial
from typing import Any, TypeVar

from schemas.chat import Account, Reply, Request
from schemas.config.chat import ChatConfig
from tasks.chat.answers import Chat
from tasks.chat.batches import BatchQueue
from tasks.chat.budget import Budget, Purse
from tasks.chat.completion import is_upstream_error
from tasks.chat.dialects import Negotiation
from tasks.chat.dispatch import Dispatcher
from tasks.chat.endpoint import Endpoint
from tasks.chat.errors import ChatRefusedError, ChatStoppedError
from tasks.chat.limits import LIMITS, Limits
from tasks.chat.replies import ReplyStore, open_replies
from tasks.chat.run import Meter, Run

Item = TypeVar("Item")
Result = TypeVar("Result")


class _Asker:
    """Asks one model, each request once, for all that converse with it in this process."""

    def __init__(
        self, config: ChatConfig, account: Account, store: ReplyStore, purse: Purse, limits: Limits
    ) -> None:
        self._store = store
        self._endpoint = Endpoint(config, limits)
        self._timeout = config.timeout_seconds
        way = BatchQueue if config.batch else Dispatcher
        self._sender = way(config, account, store, self._endpoint, Budget(purse, config), limits)
        self._pending: dict[str, asyncio.Future[Reply]] = {}
        self._evidence = Negotiation(config).evidence

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
            if stored and is_upstream_error(stored.raw):
                await self._store.set_aside([digest])
                stored = None
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
            # Where this request was cancelled, the next one who wants the reply asks.
            pending.cancel()

    async def set_aside(self, digests: Collection[str]) -> None:
        """Have these requests asked again, and what the server takes found out again."""
        await self._store.set_aside([*digests, self._evidence])

    def stop(self, error: ChatRefusedError) -> None:
        self._sender.stop(error)

    async def close(self) -> None:
        """Wait for replies under way, store them, and ask no more."""
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

    def chat(self, config: ChatConfig, account: Account, run: Run, limits: Limits = LIMITS) -> Chat:
        """Shards share an asker, and models a purse; an asker that was stopped is not shared."""
        key = repr((config, account, limits))
        if key in self._askers and self._askers[key].is_stopped:
            # Others may still wait for its last replies.
            self._stopped.append(self._askers.pop(key))
        if key not in self._askers:
            store = self._store(account.store)
            purse = self._purses.setdefault(account, Purse(account, store))
            self._askers[key] = _Asker(config, account, store, purse, limits)
        return Chat(config, self._askers[key], run)

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
    run: Run | None = None,
    limits: Limits = LIMITS,
) -> list[Result]:
    """What a conversation with a model makes of each item, in the order of the items. An item is
    taken only when its conversation can start. `run` counts them, and may stop them.

    Raises the error of the first failed conversation, after those under way have ended;
    ChatStoppedError or ChatRefusedError where the run cannot go on.
    """
    run = run or Run()
    with run.under_way():
        return _home().run(_converse(config, account, items, conversation, run, limits))


async def _converse(
    config: ChatConfig,
    account: Account,
    items: Iterable[Item],
    conversation: Callable[[Chat, Item], Awaitable[Result]],
    run: Run,
    limits: Limits,
) -> list[Result]:
    stopped_error = ChatStoppedError("stopped; every reply is kept")
    if run.is_stopped:
        raise stopped_error
    loop = asyncio.get_running_loop()
    chat = _home().chat(config, account, run, limits)
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

    num_workers = limits.batch_window if config.batch else 2 * config.max_concurrent
    # Without return_exceptions a cancelled worker would end the wait for the others.
    workers = asyncio.gather(*(work() for _ in range(num_workers)), return_exceptions=True)
    stopped = asyncio.Event()
    watching = asyncio.create_task(stopped.wait())
    either: tuple[asyncio.Future[Any], ...] = (workers, watching)
    try:
        with run.when_stopped(partial(loop.call_soon_threadsafe, stopped.set)):
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if not workers.done():
            raise stopped_error
    finally:
        watching.cancel()
        # Waits for a turn, a batch or money end now; waits for a reply end when it is stored.
        # Cancelled once only: twice, and replies under way would be given up.
        workers.cancel()
        await asyncio.wait([workers])
        workers.exception()  # or asyncio would report that nobody has looked at it
    errors += filter(None, workers.result())
    if errors:
        raise errors[0]
    return [results[place] for place in range(len(results))]
