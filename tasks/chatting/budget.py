"""Budget: money is set aside before a request is sent, so that no run spends more than it may."""

import asyncio

from schemas.chat import Account, ChatConfig, Request
from tasks.chatting.errors import ChatStoppedError
from tasks.chatting.replies import ReplyStore

BYTES_PER_TOKEN = 2.5
PIXELS_PER_TOKEN = 400
"""Both are few on purpose: what is set aside must not fall short of what a request costs."""
REFRESH_SECONDS = 1.0


def most_input_tokens(request: Request) -> int:
    """More tokens than a request is likely to take as input."""
    num_bytes = sum(len(message.text.encode("utf-8", "replace")) for message in request.messages)
    sides = [message.photograph.max_side for message in request.messages if message.photograph]
    return int(num_bytes / BYTES_PER_TOKEN) + sum(side * side for side in sides) // PIXELS_PER_TOKEN


class Budget:
    """What a payer may still spend. Several processes may share it: what they all have spent is
    in the reply store. Belongs to one event loop."""

    def __init__(self, account: Account, chat: ChatConfig, store: ReplyStore) -> None:
        self._account = account
        self._price = chat.price
        self._share = chat.price.batch if chat.price and chat.batch else 1.0
        self._max_output = chat.max_tokens
        self._store = store
        self._spent = 0.0
        self._set_aside = 0.0
        self._refreshed = float("-inf")
        self._refreshing = asyncio.Lock()
        self._settled = asyncio.Event()
        self._ratio = 1.0

    async def set_aside(self, request: Request, is_under_way: bool = False) -> float:
        """The dollars set aside for a request, at once or as soon as others are settled; in any
        case where it is under way already.

        Raises ChatStoppedError where the budget does not suffice.
        """
        limit = self._account.budget
        if limit is None or self._price is None:
            return 0.0
        price = self._price
        tokens = most_input_tokens(request) * self._ratio
        dollars = (tokens * price.input + self._max_output * price.output) / 1e6 * self._share
        if is_under_way:
            self._set_aside += dollars
            return dollars
        while True:
            await self._refresh()
            if self._spent + self._set_aside + dollars <= limit and self._spent < limit:
                self._set_aside += dollars
                return dollars
            if self._set_aside <= 1e-12:
                raise ChatStoppedError(
                    f"the budget of {limit:.2f} US dollars does not suffice: {self._spent:.2f} are "
                    "spent; every reply is kept, so raise budget and run the same command"
                )
            self._settled.clear()
            await self._settled.wait()

    def settle(self, dollars: float, cost: float | None, tokens: int, request: Request) -> None:
        """Give back what was set aside, and note what the request took."""
        self._set_aside = max(self._set_aside - dollars, 0.0)
        self._spent += cost or 0.0
        self._ratio = max(self._ratio, tokens / max(most_input_tokens(request), 1))
        self._settled.set()

    def give_back(self, dollars: float) -> None:
        self._set_aside = max(self._set_aside - dollars, 0.0)
        self._settled.set()

    async def _refresh(self) -> None:
        if self._is_fresh():
            return
        async with self._refreshing:
            if not self._is_fresh():
                self._spent = max(self._spent, await self._store.spent(self._account.payer))
                self._refreshed = asyncio.get_running_loop().time()

    def _is_fresh(self) -> bool:
        return asyncio.get_running_loop().time() - self._refreshed <= REFRESH_SECONDS
