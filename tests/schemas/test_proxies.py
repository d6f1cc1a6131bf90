"""Proxies, as the environment names them: their passwords are in no message."""

import asyncio
import socket
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from schemas.config.chat import ChatConfig
from schemas.proxies import Proxy, proxy_of
from tasks.chat.endpoint import Endpoint
from tasks.chat.errors import ChatRefusedError, PassingError

NAMES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture(autouse=True)
def no_other_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.mark.parametrize(
    ("variables", "proxy"),
    [
        ({}, None),
        ({"http_proxy": "http://near:3128"}, None),
        ({"https_proxy": "http://near:3128/"}, Proxy("http://near:3128")),
        ({"HTTPS_PROXY": "near:3128"}, Proxy("http://near:3128")),
        ({"all_proxy": "http://[::1]:3128"}, Proxy("http://[::1]:3128")),
        ({"https_proxy": "http://near", "all_proxy": "socks5://far:1"}, Proxy("http://near")),
        ({"https_proxy": "http://near", "no_proxy": ".host.invalid"}, None),
        ({"https_proxy": "http://a:b%40c@near:3128"}, Proxy("http://near:3128", ("a", "b@c"))),
        ({"https_proxy": "a:b@near:3128"}, Proxy("http://near:3128", ("a", "b"))),
    ],
)
def test_the_proxy_of_an_address(
    variables: dict[str, str], proxy: Proxy | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert proxy_of("https://llm.host.invalid/v1") == proxy


@pytest.mark.parametrize(
    "host",
    ["localhost", "LOCALHOST", "localhost.", "a.localhost", "127.0.0.1", "127.0.0.2", "0.0.0.0",
     "[::1]", "[::]", "[::ffff:127.0.0.1]"],
)  # fmt: skip
def test_this_machine_is_asked_without_a_proxy_by_whatever_name(
    host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://near:3128")
    assert proxy_of(f"http://{host}:8000/v1") is None


@pytest.mark.parametrize("host", ["xlocalhost", "localhost.lan", "128.0.0.1", "[fd00::1]"])
def test_another_machine_is_asked_by_the_proxy(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://near:3128")
    assert proxy_of(f"http://{host}:8000/v1") == Proxy("http://near:3128")


@pytest.mark.parametrize(
    ("left_out", "host", "is_left_out"),
    [
        ("[fd00::1]", "[fd00::1]:8000", True),
        ("fd00::1", "[fd00::1]:8000", True),
        ("[fd00::1]:8000", "[fd00::1]:8000", True),
        ("[fd00::1]:9000", "[fd00::1]:8000", False),
        ("fd00::/8", "[fd00::1]:8000", True),
        ("10.0.0.0/8", "10.1.2.3", True),
        ("10.0.0.0/8", "11.1.2.3", False),
        ("10.0.0.0/99", "10.1.2.3", False),
        ("near.lan:8000", "near.lan:8000", True),
        ("near.lan:80", "near.lan", True),
        ("near.lan:9000", "near.lan:8000", False),
        ("near.lan:port", "near.lan:8000", False),
        ("*.lan", "near.lan", True),
        (".lan far", "near.lan", True),
        ("LAN.", "near.lan", True),
        ("an", "near.lan", False),
        (" * ", "near.lan", True),
        ("", "near.lan", False),
    ],
)
def test_no_proxy_is_read_as_curl_reads_it(
    left_out: str, host: str, is_left_out: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", " http://near:3128 ")
    monkeypatch.setenv("no_proxy", left_out)
    assert (proxy_of(f"http://{host}/v1") is None) is is_left_out


@pytest.mark.parametrize(
    "value",
    [
        "socks5://ann:s3cr3tpw@near:1080",
        "http://ann:s3cr3tpw#1@near:3128",
        "http://ann:s3cr3tpw@near:port",
        "http://ann:s3cr3tpw?@near",
        "http://",
    ],
)
def test_what_is_no_proxy_is_refused_without_its_password(
    value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("all_proxy", value)
    with pytest.raises(
        ValueError, match=r"^all_proxy .* name llm.host.invalid in no_proxy$"
    ) as told:
        proxy_of("https://llm.host.invalid/v1")
    assert "s3cr3t" not in str(told.value)


@contextmanager
def proxy_that_says(status: str) -> Iterator[tuple[str, list[bytes]]]:
    """The place of a proxy that answers a request so, and what it was asked."""
    asked: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                asked.append(connection.recv(1 << 16))
                connection.sendall(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode())

        thread = threading.Thread(target=answer)
        thread.start()
        yield f"127.0.0.1:{server.getsockname()[1]}", asked
        thread.join()


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize(
    ("status", "error", "words"),
    [
        ("407 Who", ChatRefusedError, "answers 407: .* or name llm.host.invalid in no_proxy"),
        ("502 No way", PassingError, "502"),
    ],
)
def test_a_chat_tells_what_its_proxy_answers(
    scheme: str,
    status: str,
    error: type[Exception],
    words: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    chat = ChatConfig(model="m", base_url=f"{scheme}://llm.host.invalid/v1", api_key_env="")

    async def ask() -> bytes:
        endpoint = Endpoint(chat)
        try:
            return await endpoint.complete(b"{}")
        finally:
            await endpoint.close()

    with proxy_that_says(status) as (place, asked):
        monkeypatch.setenv("all_proxy", f"http://ann:s3cr3tpw%40@{place}")
        with pytest.raises(error, match=words) as told:
            asyncio.run(ask())
    assert b"Proxy-Authorization: Basic " + b64encode(b"ann:s3cr3tpw@") in asked[0]
    assert "s3cr3t" not in str(told.value)
