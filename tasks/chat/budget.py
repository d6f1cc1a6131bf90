"""Budget: money is set aside before a request is sent, so that no run spends more than it may."""

import asyncio
import logging
from dataclasses import replace

import msgspec

from schemas.chat import Account, Request, Usage, schema_of
from schemas.config.chat import ChatConfig
from tasks.chat.completion import Completion
from tasks.chat.errors import ChatStoppedError
from tasks.chat.replies import ReplyStore

BYTES_PER_TOKEN = 2.5
"""English has about four: fewer, so that a request does not cost more than is set aside for it."""
PIXELS_PER_TOKEN = 400
"""Anthropic counts 750 and OpenAI more; fewer for the same reason."""
CREDIBLE, ANY_TOKENS = 50, 100_000
"""How many times the tokens that a request is likely to take a server may report, besides as many
as some put into every prompt. More would take the whole budget for one wrong number."""
REFRESH_SECONDS = 1.0
"""Seconds between two looks at what other processes have spent: one query a second is no load, and
a reply takes as long."""
DIGITS = 12
"""Decimal places of what is set aside: rounded, its sum comes back to exactly nothing."""
logger = logging.getLogger(__name__)


def most_input_tokens(request: Request) -> int:
    """More tokens than a request is likely to take as input."""
    num_bytes = sum(len(message.text.encode("utf-8", "replace")) for message in request.messages)
    if request.schema:
        num_bytes += len(msgspec.json.encode(schema_of(request.schema)))
    sides = [message.photograph.max_side for message in request.messages if message.photograph]
    return int(num_bytes / BYTES_PER_TOKEN) + sum(side * side for side in sides) // PIXELS_PER_TOKEN


class Purse:
    """What a payer may still spend, on whichever models. Belongs to one event loop.

    Several processes may share a budget: what they all have spent is in the reply store, and is
    seen within REFRESH_SECONDS. What another process has set aside is not seen: together
    they may overspend by the cost of the requests in flight when the budget is reached.
    """

    def __init__(self, account: Account, store: ReplyStore) -> None:
        self.limit = account.budget
        self._payer = account.payer
        self._store = store
        self._spent = self._noted = 0.0
        self._set_aside = 0.0
        self._refreshed = float("-inf")
        self._refreshing = asyncio.Lock()
        self._settled = asyncio.Event()

    async def set_aside(self, dollars: float) -> None:
        """Returns at once, or when others have given back enough; ChatStoppedError where the budget
        does not suffice."""
        if self.limit is None:
            return
        while True:
            await self._refresh()
            is_left = self._spent < self.limit or dollars <= 0.0
            if is_left and self._spent + self._set_aside + dollars <= self.limit:
                self.commit(dollars)
                return
            if self._set_aside <= 0.0:
                raise ChatStoppedError(
                    f"the budget of {dollars_told(self.limit)} US dollars does not suffice: "
                    f"{dollars_told(self._spent)} are spent, and the next reply may cost "
                    f"{dollars_told(dollars)}; every reply is kept, so raise budget and run "
                    "the same command"
                )
            self._settled.clear()
            await self._settled.wait()

    def commit(self, dollars: float) -> None:
        """Set aside, even beyond the budget."""
        self._set_aside = round(self._set_aside + dollars, DIGITS)

    def give_back(self, dollars: float) -> None:
        self._set_aside = max(round(self._set_aside - dollars, DIGITS), 0.0)
        self._settled.set()

    def spend(self, dollars: float) -> None:
        """Note what has been paid and stored."""
        self._spent += dollars
        self._noted += dollars

    async def _refresh(self) -> None:
        if self._is_fresh():
            return
        async with self._refreshing:
            if not self._is_fresh():
                self._noted = 0.0
                stored = await self._store.spent(self._payer)
                # What was noted meanwhile may be stored already; the next refresh sees it.
                self._spent = stored + self._noted
                self._refreshed = asyncio.get_running_loop().time()

    def _is_fresh(self) -> bool:
        return asyncio.get_running_loop().time() - self._refreshed <= REFRESH_SECONDS


def dollars_told(dollars: float) -> str:
    """With cents, or where that would hide a small sum with three digits."""
    return f"{dollars:.2f}" if dollars == 0.0 or dollars >= 1.0 else f"{dollars:.3g}"


class Budget:
    """What the requests to one model take from a purse."""

    def __init__(self, purse: Purse, chat: ChatConfig) -> None:
        self.is_limited = purse.limit is not None
        self._purse = purse
        self._price = chat.price
        self._share = chat.price.batch if chat.price and chat.batch else 1.0
        self._max_output = chat.max_tokens
        self._ratio = 1.0
        self._name = f"{chat.base_url} ({chat.model})"
        self._has_estimated = False

    async def set_aside(self, request: Request, is_under_way: bool = False) -> float:
        """The dollars set aside for a request, to be given back when it has ended; in any case
        where it is under way already.

        Raises ChatStoppedError where the budget does not suffice.
        """
        price = self._price
        if not self.is_limited or price is None:
            return 0.0
        tokens = most_input_tokens(request) * self._ratio
        dollars = (tokens * price.input + self._max_output * price.output) / 1e6 * self._share
        dollars = round(dollars, DIGITS)
        if is_under_way:
            self._purse.commit(dollars)
        else:
            await self._purse.set_aside(dollars)
        return dollars

    def give_back(self, dollars: float) -> None:
        self._purse.give_back(dollars)

    def usage(self, completion: Completion, request: Request) -> Usage:
        """What a reply took; where the server reports nothing, or what cannot be, more than it is
        likely to be."""
        told = self._credible(completion.usage, request)
        if told.input_tokens and (told.output_tokens or not completion.num_bytes):
            return told
        if not self._has_estimated:
            self._has_estimated = True
            logger.warning(
                "%s does not report the tokens of every reply, or reports what cannot be: they are "
                "then estimated by the lengths of prompt and reply, rather too high",
                self._name,
            )
        num_written = max(int(completion.num_bytes / BYTES_PER_TOKEN), 1)
        return replace(
            told,
            input_tokens=told.input_tokens or max(most_input_tokens(request), 1),
            output_tokens=told.output_tokens or num_written,
        )

    def _credible(self, told: Usage, request: Request) -> Usage:
        """Without the numbers that are too large to be true."""
        if max(told.input_tokens, told.output_tokens) <= ANY_TOKENS:
            return told
        if told.input_tokens > ANY_TOKENS + CREDIBLE * most_input_tokens(request):
            told = replace(told, input_tokens=0, cached_tokens=0)
        if told.output_tokens > ANY_TOKENS + CREDIBLE * self._max_output:
            told = replace(told, output_tokens=0)
        return told

    def spend(self, cost: float | None, input_tokens: int, request: Request) -> None:
        """Note what a request cost, which may be more than was set aside."""
        if not self.is_limited:
            return
        self._purse.spend(cost or 0.0)
        self._ratio = max(self._ratio, input_tokens / max(most_input_tokens(request), 1))
