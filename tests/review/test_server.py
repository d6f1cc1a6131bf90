"""The server of a review, asked as browsers and others ask."""

import asyncio
import os
import signal
import socket
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from tasks.review.book import Book
from tasks.review.items import reviewable
from tasks.review.server import Review, application, serve_pages
from tests.commands import own_signals
from tests.rights import as_nobody, open_folder

TOKEN = "a token that reviewers know"
JSON = {"Content-Type": "application/json"}
Asking = Callable[[TestClient], Coroutine[Any, Any, Any]]


@pytest.fixture
def review(drawn_dataset: Path, tmp_path: Path) -> Review:
    items = reviewable(drawn_dataset).head(3)
    return Review(drawn_dataset, "drawn/1", items, Book(tmp_path / "ada.parquet", "ada"))


def asked(review: Review, ask: Asking, token: str | None = None) -> Any:
    async def run() -> Any:
        async with TestClient(TestServer(application(review, token))) as client:
            return await ask(client)

    return asyncio.run(run())


def status_of(review: Review, path: str, token: str | None = None, **more: Any) -> int:
    async def ask(client: TestClient) -> int:
        async with client.request(more.pop("method", "GET"), path, **more) as reply:
            return reply.status

    status: int = asked(review, ask, token)
    return status


@pytest.mark.parametrize(
    ("path", "more", "status"),
    [
        ("/", {}, 200),
        ("/items", {}, 200),
        ("/items/0", {}, 200),
        ("/items/0/photograph", {}, 200),
        ("/items/3", {}, 404),
        ("/items/-1", {}, 404),
        ("/items/99999999999999999999", {}, 404),
        ("/../etc/passwd", {}, 404),
        ("/", {"headers": {"Host": "evil.example"}}, 403),
        ("/items/0", {"headers": {"Host": "192.168.1.7:80"}}, 403),
        ("/items/0/answer", {"method": "POST", "data": b'{"option": ""}'}, 415),
        ("/items/0/answer", {"method": "POST", "data": b"{", "headers": JSON}, 400),
        ("/items/0/answer", {"method": "POST", "data": b"[]", "headers": JSON}, 400),
        ("/items/0/answer", {"method": "POST", "data": b"{}", "headers": JSON}, 409),
        ("/items/0/answer", {"method": "POST", "data": b'{"option": 7}', "headers": JSON}, 409),
        ("/items/0/verdict", {"method": "POST", "data": b'{"verdict": 1}', "headers": JSON}, 409),
        ("/items/0/delete", {"method": "POST", "data": b"{}", "headers": JSON}, 404),
        ("/items/0/undo", {"method": "POST", "data": b" " * 70_000, "headers": JSON}, 413),
        ("/items/0/undo", {}, 405),
    ],
)
def test_only_what_the_page_asks_is_answered(path, more, status, review):
    assert status_of(review, path, **more) == status
    assert not review.book.path.exists()


@pytest.mark.parametrize(
    ("path", "more", "status"),
    [
        ("/", {}, 403),
        ("/items/0", {"headers": {"Host": "127.0.0.1"}}, 403),
        ("/?token=wrong", {}, 403),
        (f"/?token={TOKEN}", {"allow_redirects": False}, 303),
        ("/", {"cookies": {"spatialthinker_review": TOKEN}}, 200),
        ("/", {"cookies": {"spatialthinker_review": "wrong"}}, 403),
        ("/", {"cookies": {"spatialthinker_review": TOKEN}, "headers": {"Host": "lab:80"}}, 200),
    ],
)
def test_others_need_the_token(path, more, status, review):
    assert status_of(review, path, TOKEN, **more) == status


def test_a_step_is_on_disk_when_it_is_answered(review):
    async def ask(client: TestClient) -> tuple[dict[str, Any], list[str], int]:
        option = review.items[0]["options"][1]
        await client.post("/items/0/answer", json={"option": option})
        height = Book(review.book.path, "ada").rows.height
        said = {"verdict": "wrong", "comment": "<b>no</b>"}
        async with client.post("/items/0/verdict", json=said) as reply:
            shown = await reply.json()
        async with client.get("/items") as reply:
            return shown, await reply.json(), height

    shown, states, height = asked(review, ask)
    assert height == 1
    assert (shown["verdict"], shown["comment"]) == ("wrong", "<b>no</b>")
    assert states == ["wrong", "new", "new"]
    (row,) = Book(review.book.path, "ada").rows.tail(1).iter_rows(named=True)
    assert (row["answered"], row["verdict"]) == (review.items[0]["options"][1], "wrong")
    assert row["dataset"] == "drawn/1"


def test_a_step_that_cannot_be_kept_says_why_and_is_not_shown_as_done(drawn_dataset):
    items = reviewable(drawn_dataset).head(1)
    with open_folder() as folder:
        review = Review(drawn_dataset, "drawn/1", items, Book(folder / "ada.parquet", "ada"))

        async def ask(client: TestClient) -> tuple[int, str, list[str]]:
            with as_nobody():
                said = {"option": review.items[0]["options"][0]}
                async with client.post("/items/0/answer", json=said) as reply:
                    status, told = reply.status, await reply.text()
            async with client.get("/items") as reply:
                return status, told, await reply.json()

        status, told, states = asked(review, ask)
    assert (status, states) == (500, ["new"])
    assert told.startswith("this step is not kept (") and "Permission denied" in told
    assert told.endswith("): mend that, and take it again")


def test_pages_may_not_be_framed_or_kept(review):
    async def ask(client: TestClient) -> dict[str, str]:
        async with client.get("/") as reply:
            return dict(reply.headers)

    headers = asked(review, ask)
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Cache-Control"] == "no-store"


def test_a_port_that_is_taken_is_told_with_what_helps(review):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(ValueError, match=f"port {port}, .*name another --port"):
            asyncio.run(
                serve_pages(application(review, None), "127.0.0.1", port, print, is_open=False)
            )


@pytest.mark.parametrize(("is_ignored", "number"), [(True, signal.SIGTERM), (False, signal.SIGHUP)])
def test_a_review_that_was_started_to_ignore_a_hang_up_ends_by_other_signals(
    is_ignored, number, review
):
    def close_terminal(_: str) -> None:
        for sent in (signal.SIGHUP, signal.SIGTERM):
            os.kill(os.getpid(), sent)

    with own_signals():
        signal.signal(signal.SIGHUP, signal.SIG_IGN if is_ignored else signal.SIG_DFL)
        app = application(review, None)
        assert (
            asyncio.run(serve_pages(app, "127.0.0.1", 0, close_terminal, is_open=False)) == number
        )
