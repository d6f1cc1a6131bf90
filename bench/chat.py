"""How much of a server's time the chat module uses, and how much memory it takes.

    python -m bench.chat [--calls 2000] [--latency 0.2] [--concurrent 64 256] [--directory /tmp]

Efficiency is calls x latency / concurrency, divided by the seconds from the first request to the
last reply, each reply committed to an SQLite store of its own; the fake server runs beside it as a
process of its own. Memory is the peak of the asking process, for the calls and for ten times as
many.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from schemas.chat import Account, ChatConfig, Message, Request, Role
from tasks.chat.answers import Chat
from tasks.chat.converse import converse

SYSTEM = "You write questions about pictures. " * 60
SCENE = '{"id": "man.1", "box": [10, 20, 300, 400]}, ' * 40


def ask(url: str, num_calls: int, concurrent: int, folder: str) -> dict[str, float]:
    """Efficiency's seconds, CPU seconds and peak memory of this process."""
    chat = ChatConfig(model="fake", base_url=url, api_key_env=None, max_concurrent=concurrent)
    account = Account("bench", f"sqlite:///{folder}/replies.sqlite")

    async def conversation(chat: Chat, number: int) -> float:
        messages = (Message(Role.SYSTEM, SYSTEM), Message(Role.USER, f"{SCENE} {number}"))
        started = time.perf_counter()
        await chat.reply(Request(chat.config, messages))
        return started

    cpu = time.process_time()
    starts = converse(chat, account, range(num_calls), conversation, stage="bench")
    return {
        "seconds": time.perf_counter() - min(starts),
        "cpu": time.process_time() - cpu,
        "mebibytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def measure(url: str, num_calls: int, concurrent: int, directory: Path | None) -> dict[str, float]:
    """`ask` in a process of its own."""
    with TemporaryDirectory(dir=directory) as folder:
        arguments = ["--ask", url, "--calls", str(num_calls), "--concurrent", str(concurrent)]
        command = [sys.executable, "-m", "bench.chat", *arguments, "--directory", folder]
        printed = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    found: dict[str, float] = json.loads(printed)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--calls", type=int, default=2000)
    parser.add_argument("--latency", type=float, default=0.2)
    parser.add_argument("--concurrent", type=int, nargs="+", default=[64, 256])
    parser.add_argument("--directory", type=Path)
    parser.add_argument("--ask", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.ask:
        concurrent = options.concurrent[0]
        print(json.dumps(ask(options.ask, options.calls, concurrent, str(options.directory))))
        return
    command = [sys.executable, "-m", "tests.servers.endpoint", "--latency", str(options.latency)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdin and server.stdout
        url = server.stdout.readline().strip()
        for concurrent in options.concurrent:
            found = measure(url, options.calls, concurrent, options.directory)
            ideal = options.calls * options.latency / concurrent
            print(
                f"{options.calls:,} calls, {concurrent} at once: efficiency "
                f"{ideal / found['seconds']:.2f} ({found['seconds']:.2f} s), "
                f"{found['cpu'] / options.calls * 1000:.2f} ms of CPU a call, "
                f"peak {found['mebibytes']:.0f} MiB"
            )
        many = measure(url, 10 * options.calls, max(options.concurrent), options.directory)
        print(f"{10 * options.calls:,} calls: peak {many['mebibytes']:.0f} MiB")
        server.stdin.close()


if __name__ == "__main__":
    main()
