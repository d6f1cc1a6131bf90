"""Server: the page on which one person reviews, and the steps that it sends.

The label is not in the page before the answer is on disk: who wants to see it must have answered.
Another address than loopback is served only to those who know a token.
"""

import asyncio
import hmac
import os
import signal
from collections.abc import Awaitable, Callable
from functools import cached_property
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import polars as pl
from aiohttp import web
from polars.exceptions import PolarsError

from schemas.dataset_folder import sample_files, why_command
from schemas.photographs import media_type
from schemas.printable import first_line, visible
from schemas.review import VALID, ReviewVerdict
from tasks.pages.boxes import drawn_box, place_of_box
from tasks.publish.shown import photographs_of
from tasks.review.book import Book
from tasks.review.page import render_page

TOKEN = "SPATIALTHINKER_REVIEW_TOKEN"
"""The environment variable with what others must know."""
COOKIE = "spatialthinker_review"
MAX_COMMENT = 2_000
"""Characters of a comment."""
MAX_BYTES = 64 << 10
"""Of a request: a comment of four-byte characters, and what stands around it."""
CANNOT_TELL = ""
"""The answer of who sees no option that holds."""
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Review:
    """One reviewer's way through the items of a dataset; `root` as why_command takes it."""

    def __init__(
        self, dataset: Path, name: str, items: pl.DataFrame, book: Book, root: str = ""
    ) -> None:
        self.dataset = dataset
        self.name = name
        self.items = items.to_dicts()
        self.book = book
        self.root = root

    def state(self, place: int) -> str:
        """new, answered, or the verdict."""
        state = self.book.state(self.items[place]["key"])
        return state.verdict or ("new" if state.answered is None else "answered")

    def shown(self, place: int) -> dict[str, Any]:
        """What the page may know of an item at this point."""
        item = self.items[place]
        answered, verdict, comment = self.book.state(item["key"])
        said = {
            "place": place,
            "question": item["question"],
            "options": item["options"],
            "width": item["width"],
            "height": item["height"],
            "has_photograph": self.has_photographs,
            "state": self.state(place),
        }
        if answered is None:
            return said
        return said | {
            "answered": answered,
            "label": item["label"],
            "verdict": verdict.value if verdict else None,
            "comment": comment,
            "why": {
                "question_id": visible(item["question_id"]),
                "category": item["category"],
                "evidence": item["evidence"],
                "writer": item["writer"],
                "command": why_command(item["question_id"], self.name, self.root),
            },
            "boxes": [
                drawn_box(
                    thing["id"],
                    "context",
                    place_of_box(thing["bbox"], item["width"], item["height"]),
                )
                for thing in item["scene_objects"]
            ],
        }

    def answer(self, place: int, option: str) -> None:
        """ValueError where there is no such option, or an answer already."""
        item = self.items[place]
        if option != CANNOT_TELL and option not in item["options"]:
            raise ValueError("no such option")
        if self.book.state(item["key"]).answered is not None:
            raise ValueError("answered already: take it back first")
        self._add(place, option, None)

    def judge(self, place: int, verdict: ReviewVerdict, comment: str) -> None:
        """ValueError where it was not answered before."""
        answered, _, _ = self.book.state(self.items[place]["key"])
        if answered is None:
            raise ValueError("answer before you see the label")
        if len(comment) > MAX_COMMENT:
            raise ValueError(f"a comment has at most {MAX_COMMENT:,} characters")
        self._add(place, answered, verdict, comment)

    def undo(self, place: int) -> None:
        """Take back the verdict, or else the answer."""
        answered, verdict, comment = self.book.state(self.items[place]["key"])
        if verdict:
            self._add(place, answered, None, comment)
        elif answered is not None:
            self._add(place, None, None)

    def _add(
        self, place: int, answered: str | None, verdict: ReviewVerdict | None, comment: str = ""
    ) -> None:
        self.book.add(
            self.items[place] | {"dataset": self.name}, answered, verdict, comment.strip()
        )

    def photograph(self, place: int) -> bytes:
        """LookupError where the dataset has no photographs."""
        image_id = self.items[place]["image_id"]
        return next(photographs_of(self.dataset, {image_id}), {})[image_id]

    @cached_property
    def has_photographs(self) -> bool:
        return "images" in pl.read_parquet_schema(sample_files(self.dataset)[0])


def application(review: Review, token: str | None) -> web.Application:
    """The pages of a review. Without a token only requests for loopback names are served."""

    def place_of(request: web.Request) -> int:
        place = int(request.match_info["place"])
        if place >= len(review.items):
            raise web.HTTPNotFound(text="no such question")
        return place

    async def page(_: web.Request) -> web.Response:
        text = render_page(review.name, review.book.reviewer, len(review.items))
        return web.Response(text=text, content_type="text/html")

    async def no_icon(_: web.Request) -> web.Response:
        return web.Response(status=204)

    async def overview(_: web.Request) -> web.Response:
        return web.json_response([review.state(place) for place in range(len(review.items))])

    async def item(request: web.Request) -> web.Response:
        return web.json_response(review.shown(place_of(request)))

    async def photograph(request: web.Request) -> web.Response:
        try:
            data = review.photograph(place_of(request))
        except LookupError:
            raise web.HTTPNotFound(text="this dataset has no photographs") from None
        kept = {"Cache-Control": "private"}
        return web.Response(body=data, content_type=media_type(data), headers=kept)

    async def step(request: web.Request) -> web.Response:
        place, body = place_of(request), await _body(request)
        try:
            match request.match_info["step"]:
                case "answer":
                    review.answer(place, str(body["option"]))
                case "verdict":
                    review.judge(
                        place, ReviewVerdict(body["verdict"]), str(body.get("comment", ""))
                    )
                case "undo":
                    review.undo(place)
        except (KeyError, ValueError) as error:
            raise web.HTTPConflict(text=str(error)) from None
        except (OSError, PolarsError) as error:  # Polars reports a full disk in its own words
            told = f"this step is not kept ({first_line(error)}): mend that, and take it again"
            raise web.HTTPInternalServerError(text=told) from None
        return web.json_response(review.shown(place))

    app = web.Application(middlewares=[_guard(token)], client_max_size=MAX_BYTES)
    app.router.add_get("/", page)
    app.router.add_get("/favicon.ico", no_icon)
    app.router.add_get("/items", overview)
    app.router.add_get(r"/items/{place:\d{1,9}}", item)
    app.router.add_get(r"/items/{place:\d{1,9}}/photograph", photograph)
    app.router.add_post(r"/items/{place:\d{1,9}}/{step:answer|verdict|undo}", step)
    return app


async def _body(request: web.Request) -> dict[str, Any]:
    """Only scripts of this page can send JSON: others would have to ask first."""
    if request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType(text="send JSON")
    try:
        body = await request.json()
    except ValueError:
        raise web.HTTPBadRequest(text="send JSON") from None
    if not isinstance(body, dict):
        raise web.HTTPBadRequest(text="send an object")
    return body


def _guard(token: str | None) -> Any:
    """Refuses requests that come by another name than loopback's (a page elsewhere whose name leads
    here), or without the token where there is one. The token in the address becomes a cookie."""

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        if token is None:
            if not is_loopback(request.url.host or ""):
                raise web.HTTPForbidden(text="ask for 127.0.0.1")
            response = await handler(request)
        else:
            given = request.query.get("token")
            known = given if given is not None else request.cookies.get(COOKIE, "")
            if not hmac.compare_digest(known.encode(), token.encode()):
                raise web.HTTPForbidden(text="open the address with ?token=...")
            if given is not None:
                known_by_cookie = web.HTTPSeeOther("/")
                known_by_cookie.set_cookie(COOKIE, token, httponly=True, samesite="Strict")
                raise known_by_cookie
            response = await handler(request)
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("X-Frame-Options", "DENY")
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    return guard


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


async def serve_pages(
    app: web.Application, host: str, port: int, say: Callable[[str], None], *, is_open: bool
) -> int:
    """Serve until a signal comes, and return its number. `say` is given the address; `is_open`
    where others need the token for it. ValueError where the address cannot be had."""
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    came: list[int] = []

    def end(number: int) -> None:
        came.append(number)
        ended.set()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # as nohup starts it
            loop.add_signal_handler(number, end, number)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            reason = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror
            raise ValueError(
                f"{host}, port {port}, cannot be listened on ({reason}): name another --port, or "
                "none for a free one, or an address of this machine as --host"
            ) from error
        taken = runner.addresses[0][1]
        shown = f"[{host}]" if ":" in host else host
        say(f"http://{shown}:{taken}/" + ("?token=..." if is_open else ""))
        await ended.wait()
    finally:
        await runner.cleanup()
    return came[0]


def token_for(host: str) -> str | None:
    """The token that requests to this address need; ValueError where one is needed and none is
    set."""
    if is_loopback(host):
        return None
    token = os.environ.get(TOKEN, "").strip()
    if len(token) < 16:
        raise ValueError(
            f"{host} can be reached by others: set the environment variable {TOKEN} to at least 16 "
            "characters that reviewers must know, or leave --host out"
        )
    return token


def summary(review: Review) -> str:
    """How far the review is, in one line."""
    states = [review.state(place) for place in range(len(review.items))]
    judged = [state for state in states if state not in ("new", "answered")]
    right = judged.count(ReviewVerdict.RIGHT.value)
    valid = sum(judged.count(one.value) for one in VALID)
    return f"{len(judged)} of {len(states)} reviewed: {right} right, {valid} valid"
