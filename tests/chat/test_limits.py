"""What holds requests back: concurrency, rates and money, in a loop whose time costs nothing."""

import asyncio
import random
from dataclasses import dataclass, field
from itertools import pairwise
from typing import cast

import pytest

from schemas.chat import Account, Message, Request, Role
from schemas.config.chat import ChatConfig, PriceConfig
from schemas.retry import Backoff
from tasks.chat.budget import Budget, Purse
from tasks.chat.concurrency import AdaptiveLimit
from tasks.chat.errors import ChatStoppedError
from tasks.chat.pace import Pace
from tasks.chat.replies import ReplyStore
from tests.clock import run_in_no_time


@dataclass
class Crowd:
    """Twice as many workers as may be in flight, and a server. Above `capacity` replies take
    longer; above `concurrent`, in the seconds of `outage` and for a share `refused` of requests
    there is none."""

    latency: float
    most: int = 256
    capacity: int | None = None
    concurrent: int | None = None
    refused: float = 0.0
    outage: tuple[float, float] = (0.0, 0.0)
    replies: list[float] = field(default_factory=list)
    limits: list[float] = field(default_factory=list)

    async def run(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        self.limit, self.inside = AdaptiveLimit(self.most), 0
        self.start, self.draw = loop.time(), random.Random(0)
        await asyncio.gather(*(self.work(seconds) for _ in range(2 * self.most)))

    @property
    def now(self) -> float:
        return asyncio.get_running_loop().time() - self.start

    async def work(self, seconds: float) -> None:
        number = 0
        while self.now < seconds:
            turn = await self.limit.acquire()
            is_served = await self.serve()
            if is_served:
                self.limit.succeed(turn)
                self.replies.append(self.now)
            else:
                self.limit.congest(turn)
            self.limits.append(self.limit.limit)
            self.limit.leave()
            number = 0 if is_served else number + 1
            if number:
                await asyncio.sleep(Backoff().seconds(number))

    async def serve(self) -> bool:
        first, last = self.outage
        is_full = self.concurrent is not None and self.inside >= self.concurrent
        if is_full or first <= self.now < last or self.draw.random() < self.refused:
            await asyncio.sleep(0.005)
            return False
        self.inside += 1
        crowding = max(self.inside / self.capacity, 1.0) if self.capacity else 1.0
        await asyncio.sleep(self.latency * crowding * self.draw.uniform(0.8, 1.2))
        self.inside -= 1
        return True

    def share(self, first: float, last: float) -> float:
        """Of the replies that the server could have given between these seconds."""
        most = min(filter(None, (self.most, self.capacity, self.concurrent)))
        num_replies = sum(first <= when < last for when in self.replies)
        return num_replies / (last - first) * self.latency / most


@pytest.mark.parametrize("latency", [0.1, 0.5])
@pytest.mark.parametrize("most", [16, 64, pytest.param(200, marks=pytest.mark.long)])
@pytest.mark.parametrize("kind", ["capacity", "concurrent"])
def test_a_server_is_used_up_to_what_it_can_do(kind: str, most: int, latency: float) -> None:
    crowd = Crowd(latency, **{kind: most})
    run_in_no_time(crowd.run(20.0))
    assert crowd.share(4.0, 20.0) > 0.85
    assert max(crowd.limits[-2000:]) < 4 * max(most, 64)


@pytest.mark.parametrize("latency", [0.1, 0.5])
def test_a_server_that_was_out_of_order_is_soon_asked_as_much_as_before(latency: float) -> None:
    crowd = Crowd(latency, concurrent=64, outage=(5.0, 10.0))
    run_in_no_time(crowd.run(20.0))
    assert crowd.share(12.0, 20.0) > 0.7


def test_some_refusals_do_not_starve_the_rest() -> None:
    crowd = Crowd(0.2, refused=0.03)
    run_in_no_time(crowd.run(20.0))
    assert crowd.share(4.0, 20.0) > 0.8


def test_a_server_that_asks_for_it_is_left_alone_by_everybody() -> None:
    async def run() -> list[float]:
        limit, loop = AdaptiveLimit(4), asyncio.get_running_loop()
        turn = await limit.acquire()
        limit.congest(turn, 30.0)
        limit.leave()
        turns = await asyncio.gather(*(limit.acquire() for _ in range(3)))
        return [when - turn for when in turns] + [loop.time() - turn]

    assert run_in_no_time(run()) == pytest.approx([30.0] * 4)


def test_who_gives_up_waiting_takes_no_turn() -> None:
    async def run() -> int:
        limit = AdaptiveLimit(1)
        await limit.acquire()
        waiting = [asyncio.create_task(limit.acquire()) for _ in range(3)]
        await asyncio.sleep(0)
        waiting[0].cancel()
        limit.leave()
        waiting[1].cancel()
        await waiting[2]
        return limit.in_flight

    assert run_in_no_time(run()) == 1


@pytest.mark.parametrize(
    ("per_minute", "amount"),
    [(1, 1), (7, 1), (60, 1), (600, 1), (30_000, 700), (30_000, 7_000), (1_000, 4_000)],
)
def test_no_minute_has_more_than_its_rate(per_minute: int, amount: int) -> None:
    async def run() -> list[float]:
        pace, loop = Pace(per_minute), asyncio.get_running_loop()
        times: list[float] = []

        async def go() -> None:
            await pace.acquire(amount)
            times.append(loop.time())

        num_minutes = 5 * max(amount / per_minute, 1.0)
        await asyncio.gather(*(go() for _ in range(int(num_minutes * per_minute / amount))))
        return times

    times = run_in_no_time(run())
    assert times == sorted(times)
    for start in times:
        # What is paid for in parts was begun to be paid before.
        num_others = sum(start < when < start + 60.0 - 1e-6 for when in times)
        assert num_others * amount <= per_minute
    assert all(later - earlier < 70.0 * max(amount / per_minute, 1.0)
               for earlier, later in pairwise(times))  # fmt: skip


class Ledger:
    """What a reply store says of spending, and when."""

    def __init__(self) -> None:
        self.dollars = 0.0

    async def spent(self, payer: str) -> float:
        await asyncio.sleep(0.01)
        return self.dollars


CHAT = ChatConfig(model="m", max_tokens=100, price=PriceConfig(input=0.0, output=1000.0))
REQUEST = Request(CHAT, (Message(Role.USER, "hello"),))


def purse_of(ledger: Ledger, budget: float) -> Purse:
    return Purse(Account("payer", "sqlite:////nowhere", budget), cast(ReplyStore, ledger))


@pytest.mark.parametrize("num_models", [1, 3])
def test_no_more_is_ever_set_aside_than_there_is(num_models: int) -> None:
    async def run() -> None:
        ledger = Ledger()
        purse = purse_of(ledger, 1.0)
        draw = random.Random(0)

        async def ask(budget: Budget) -> None:
            while True:
                dollars = await budget.set_aside(REQUEST)
                await asyncio.sleep(draw.random())
                ledger.dollars += (cost := dollars * draw.random())
                await asyncio.sleep(0.01)
                budget.spend(cost, 2, REQUEST)
                budget.give_back(dollars)
                assert ledger.dollars <= 1.0

        budgets = [Budget(purse, CHAT) for _ in range(num_models)]
        asking = [asyncio.create_task(ask(budget)) for budget in budgets for _ in range(20)]
        ended = await asyncio.gather(*asking, return_exceptions=True)
        assert {type(error) for error in ended} == {ChatStoppedError}
        assert 0.8 < ledger.dollars <= 1.0

    run_in_no_time(run())


def test_what_others_spend_is_seen_and_nothing_is_counted_twice() -> None:
    async def run() -> None:
        ledger = Ledger()
        budget = Budget(purse_of(ledger, 1.0), CHAT)
        for _ in range(8):
            dollars = await budget.set_aside(REQUEST)
            ledger.dollars += 0.1
            # Long enough for the store to be asked before the reply is noted.
            await asyncio.sleep(2.0)
            other = asyncio.create_task(budget.set_aside(REQUEST))
            await asyncio.sleep(0.005)
            budget.spend(0.1, 2, REQUEST)
            budget.give_back(dollars)
            budget.give_back(await other)
        await asyncio.sleep(2.0)
        budget.give_back(await budget.set_aside(REQUEST))
        ledger.dollars += 0.15
        await asyncio.sleep(2.0)
        with pytest.raises(ChatStoppedError, match=r"0\.95 are spent"):
            await budget.set_aside(REQUEST)

    run_in_no_time(run())


def test_money_set_aside_and_given_back_leaves_nothing() -> None:
    async def run() -> None:
        purse = purse_of(Ledger(), 1.0)
        amounts = [1e-6 * number / 7 for number in range(100_000)]
        for dollars in amounts:
            purse.commit(round(dollars, 12))
        for dollars in reversed(amounts):
            purse.give_back(round(dollars, 12))
        with pytest.raises(ChatStoppedError):
            await purse.set_aside(1.5)

    run_in_no_time(run())
