"""What the chat module costs, compared with a bare HTTP client: throughput, CPU time and memory.

    python -m bench.chat [--calls 2000] [--latency 0.2] [--concurrent 64 256] [--rounds 3]
                         [--directory /tmp]

Two clients ask the same server, which is a separate process, for the same replies: ours, which
commits every reply to an SQLite store, and a raw one, which only encodes the request and reads the
answer with aiohttp. Each round runs both, one directly after the other, each in its own process.
The ratio is the raw client's seconds divided by ours, the median over the rounds. A slower machine
slows both, so the ratio can be compared between days. The efficiency cannot: it is calls x latency
/ concurrency, divided by the seconds from the first request to the last reply. The number of calls
grows with the number of requests at once, so that the start, where our client doubles that number
step by step, has the same weight. Memory is the peak of the asking process, for the calls and for
ten times as many.
"""

import argparse
import asyncio
import json
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import aiohttp
import msgspec

from schemas.chat import Account, Message, Request, Role
from schemas.config.chat import ChatConfig
from tasks.chat.answers import Chat
from tasks.chat.converse import converse

SYSTEM = "You write questions about pictures. " * 60
SCENE = '{"id": "man.1", "box": [10, 20, 300, 400]}, ' * 40
"""About 2,000 characters each, as in a prompt of write."""


def ask(url: str, num_calls: int, concurrent: int, folder: str) -> float:
    """Seconds from the first request to the last stored reply, by the chat module."""
    chat = ChatConfig(model="fake", base_url=url, api_key_env=None, max_concurrent=concurrent)
    account = Account("bench", f"sqlite:///{folder}/replies.sqlite")

    async def conversation(chat: Chat, number: int) -> float:
        messages = (Message(Role.SYSTEM, SYSTEM), Message(Role.USER, f"{SCENE} {number}"))
        started = time.perf_counter()
        await chat.reply(Request(chat.config, messages))
        return started

    starts = converse(chat, account, range(num_calls), conversation)
    return time.perf_counter() - min(starts)


def ask_raw(url: str, num_calls: int, concurrent: int) -> float:
    """Seconds from the first request to the last reply, by aiohttp alone."""
    return asyncio.run(_ask_raw(url, num_calls, concurrent))


async def _ask_raw(url: str, num_calls: int, concurrent: int) -> float:
    numbers = iter(range(num_calls))
    connector = aiohttp.TCPConnector(limit=concurrent)

    async def work(session: aiohttp.ClientSession) -> None:
        for number in numbers:
            messages = [
                {"role": "system", "content": SYSTEM},
                {"role": "user", "content": f"{SCENE} {number}"},
            ]
            body = {"model": "fake", "messages": messages, "max_tokens": 2048}
            async with session.post(f"{url}/chat/completions", data=msgspec.json.encode(body)) as r:
                assert r.status == 200
                await r.read()

    async with aiohttp.ClientSession(connector=connector) as session:
        started = time.perf_counter()
        await asyncio.gather(*(work(session) for _ in range(concurrent)))
        return time.perf_counter() - started


def measure(
    client: str, url: str, num_calls: int, concurrent: int, directory: Path | None
) -> dict[str, float]:
    """Seconds of asking, CPU seconds and peak memory of a process that asks."""
    with TemporaryDirectory(dir=directory) as folder:
        arguments = ["--client", client, "--url", url, "--directory", folder]
        arguments += ["--calls", str(num_calls), "--concurrent", str(concurrent)]
        command = [sys.executable, "-m", "bench.chat", *arguments]
        printed = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    found: dict[str, float] = json.loads(printed)
    return found


def measured(client: str, url: str, num_calls: int, concurrent: int, folder: str) -> None:
    """What `measure` runs."""
    cpu = time.process_time()
    if client == "raw":
        seconds = ask_raw(url, num_calls, concurrent)
    else:
        seconds = ask(url, num_calls, concurrent, folder)
    found = {
        "seconds": seconds,
        "cpu": time.process_time() - cpu,
        "mebibytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    print(json.dumps(found))


def compare(
    url: str, num_calls: int, concurrent: int, num_rounds: int, directory: Path | None
) -> tuple[dict[str, dict[str, float]], list[float]]:
    """The median of each figure by client, and raw seconds / our seconds of each round."""
    rounds: dict[str, list[dict[str, float]]] = {"ours": [], "raw": []}
    for number in range(num_rounds):
        # Each client is first in turn: other work on the machine must not always slow the same one.
        for client in sorted(rounds, reverse=number % 2 == 0):
            rounds[client].append(measure(client, url, num_calls, concurrent, directory))
    figures = {
        client: {key: median(run[key] for run in runs) for key in runs[0]}
        for client, runs in rounds.items()
    }
    pairs = zip(rounds["raw"], rounds["ours"], strict=True)
    return figures, [raw["seconds"] / ours["seconds"] for raw, ours in pairs]


def show(num_calls: int, ideal: float, figures: dict[str, dict[str, float]]) -> None:
    for client, found in figures.items():
        print(
            f"  {client:<5} efficiency {ideal / found['seconds']:.2f} "
            f"({found['seconds']:.2f} s), {found['cpu'] / num_calls * 1000:.2f} ms of CPU a call, "
            f"peak {found['mebibytes']:.0f} MiB"
        )


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--calls", type=int, default=2000, help="with 64 requests at once")
    parser.add_argument("--latency", type=float, default=0.2)
    parser.add_argument("--concurrent", type=int, nargs="+", default=[64, 256])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--directory", type=Path)
    parser.add_argument("--client", help=argparse.SUPPRESS)
    parser.add_argument("--url", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.client:
        concurrent, folder = options.concurrent[0], str(options.directory)
        measured(options.client, options.url, options.calls, concurrent, folder)
        return
    command = [sys.executable, "-m", "tests.servers.endpoint", "--latency", str(options.latency)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdin and server.stdout
        url = server.stdout.readline().strip()
        for concurrent in options.concurrent:
            num_calls = options.calls * concurrent // 64
            figures, ratios = compare(url, num_calls, concurrent, options.rounds, options.directory)
            between = f"{min(ratios):.2f} to {max(ratios):.2f}"
            print(
                f"{num_calls:,} calls, {concurrent} at once: ours/raw {median(ratios):.2f} "
                f"(rounds: {between})"
            )
            show(num_calls, num_calls * options.latency / concurrent, figures)
        many, most = 10 * options.calls, max(options.concurrent)
        found = measure("ours", url, many, most, options.directory)
        print(f"{many:,} calls: peak {found['mebibytes']:.0f} MiB")
        server.stdin.close()


if __name__ == "__main__":
    main()
