"""How long the answers of a server are waited for, of the Batch API, too."""

import asyncio
import socket
import tempfile
import time
from collections.abc import Awaitable, Callable
from typing import IO, Any

import pytest

from schemas.config.chat import ChatConfig
from schemas.retry import Backoff
from tasks.chat.batch_api import BatchApi
from tasks.chat.endpoint import PIECE, Endpoint
from tasks.chat.errors import ChatStoppedError, LateError, UnreachableError
from tasks.chat.limits import Limits
from tests.servers.web import dripping

CHUNKS = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
CALLS: dict[str, Callable[[Endpoint, IO[bytes]], Awaitable[Any]]] = {
    "chat": lambda server, file: server.complete(b"{}"),
    "batch": lambda server, file: server.batch("b"),
    "upload": lambda server, file: server.upload(file),
    "download": lambda server, file: server.download("f", file),
}


def asked(address: str, call: str, seconds: float) -> int:
    """How many bytes a call has written."""

    async def ask(file: IO[bytes]) -> None:
        config = ChatConfig(model="m", base_url=address, api_key_env="", timeout_seconds=seconds)
        server = Endpoint(config)
        try:
            await CALLS[call](server, file)
        finally:
            await server.close()

    with tempfile.TemporaryFile() as file:
        asyncio.run(ask(file))
        return file.seek(0, 2)


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    ("start", "piece"), [(CHUNKS, b"1\r\n \r\n"), (b"HTTP/1.1 200 OK\r\n", b"x: y\r\n")]
)
def test_an_answer_without_end_is_given_up(call: str, start: bytes, piece: bytes) -> None:
    with dripping(start, piece) as (address, _), pytest.raises(LateError, match=r"in 0\.3 seconds"):
        asked(address, call, 0.3)


def test_who_opens_no_connection_cannot_be_reached() -> None:
    """A port that awaits plain text says nothing to who begins with TLS."""

    async def ask(address: str) -> None:
        config = ChatConfig(model="m", base_url=address, api_key_env="")
        server = Endpoint(config, Limits(connect_seconds=0.2))
        try:
            await server.complete(b"{}")
        finally:
            await server.close()

    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"https://127.0.0.1:{silent.getsockname()[1]}/v1"
        with pytest.raises(UnreachableError, match=r"no connection in 0\.2 seconds"):
            asyncio.run(ask(address))


def test_a_large_file_may_take_longer() -> None:
    num_bytes = 4 * PIECE
    start = f"HTTP/1.1 200 OK\r\nContent-Length: {num_bytes}\r\n\r\n".encode()
    with dripping(start, b"x" * (PIECE // 4)) as (address, _):
        assert asked(address, "download", 0.5) == num_bytes


def test_the_output_of_a_batch_that_does_not_end_ends_the_run() -> None:
    async def fetch(address: str, file: IO[bytes]) -> None:
        config = ChatConfig(
            model="m", base_url=address, api_key_env="", timeout_seconds=0.3, max_attempts=2
        )
        server = Endpoint(config)
        limits = Limits(backoff=Backoff(first=0.01))
        try:
            await BatchApi(config, server, limits).download("file-7", file)
        finally:
            await server.close()

    with dripping(CHUNKS, b"3\r\n{}\n\r\n") as (address, calls), tempfile.TemporaryFile() as file:
        with pytest.raises(ChatStoppedError, match="cuts off file-7, the output of a batch"):
            asyncio.run(fetch(address, file))
        assert len(calls) == 2


@pytest.mark.parametrize("status", [404, 500])
def test_a_long_error_is_understood_soon(status: int) -> None:
    config = ChatConfig(model="m", base_url="http://127.0.0.1:1/v1", api_key_env="")
    started = time.monotonic()
    Endpoint(config).meaning(status, "", "system " * 10_000)
    assert time.monotonic() - started < 2
