"""A fake OpenAI-compatible server on loopback, for tests and for bench/chat.py.

In a test: `with serve(lambda body: "a reply", latency=0.1) as endpoint: ...`, in a thread of its
own. As a process: `python -m tests.servers.endpoint --latency 0.2` prints its base URL and ends
when its stdin closes. Chat completions, the list of models, files and batches are served under
/v1, and counts and CPU seconds under /stats. HTTP is written by hand on an asyncio protocol: a
request costs about half of what aiohttp's low-level server takes.
"""

import argparse
import asyncio
import os
import re
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property, partial
from hashlib import sha256
from http import HTTPStatus
from importlib import import_module
from threading import Thread
from types import TracebackType
from typing import Any, cast
from urllib.parse import parse_qsl

import msgspec

from tests.servers.faults import (
    RATE_LIMIT,
    Answer,
    Completion,
    Faults,
    complete,
    draw,
    error,
    usage,
)

new_event_loop: Callable[[], asyncio.AbstractEventLoop] = asyncio.new_event_loop
with suppress(ImportError):
    import uvloop

    new_event_loop = uvloop.new_event_loop

CHAT = "/v1/chat/completions"
REASONS = {status.value: status.phrase for status in HTTPStatus} | {529: "Overloaded"}
LENGTH = re.compile(rb"\r\ncontent-length:\s*(\d+)", re.IGNORECASE)
CHUNKED = re.compile(rb"\r\ntransfer-encoding:\s*chunked", re.IGNORECASE)
BOUNDARY = re.compile(rb"\r\ncontent-type:\s*multipart/form-data;\s*boundary=\"?([^\"\r;]+)", re.I)
NEXT = {
    "validating": "in_progress",
    "in_progress": "finalizing",
    "finalizing": "completed",
    "cancelling": "cancelled",
}
"""The states of a batch that is not done, and what follows."""
CREATED = 1_700_000_000
DUPLICATE_AFTER = 0.002
"""Seconds: by then a client has read the reply and put the connection back, or used it again."""

Model = Callable[[dict[str, Any]], str | Completion]


@dataclass
class Record:
    """A request. `body` is decoded: JSON, or for an upload the list of its lines; `status` is None
    while, and where, no whole response has been sent; `number` is that of its x-request-id."""

    number: int
    method: str
    path: str
    head: bytes = field(repr=False)
    body: Any = field(repr=False)
    fault: str | None = None
    status: int | None = None

    @cached_property
    def headers(self) -> dict[str, str]:
        """By lower-case name."""
        lines = self.head.decode("latin-1").split("\r\n")[1:]
        pairs = (line.partition(":") for line in lines if line)
        return {name.lower(): value.strip() for name, _, value in pairs}


@dataclass(frozen=True)
class Batches:
    """How batches run: each state lasts `polls` polls or, where given, `seconds`. `expired` and
    `missing` are shares of lines: those that time runs out for (any makes the batch "expired"),
    and those that no file of a batch names. A batch whose prompts bring the tokens of unfinished
    batches above `max_enqueued_tokens` fails."""

    polls: int = 1
    seconds: float | None = None
    expired: float = 0.0
    missing: float = 0.0
    max_enqueued_tokens: int | None = None


@dataclass(kw_only=True, eq=False)
class Endpoint:
    """`model` says what to reply to the body of a chat completion; what it raises is raised again
    when the endpoint closes. Those above `concurrent`, `requests_per_minute` and `quota` (replies
    in all) get 429; above `capacity` every reply takes longer. `refuse` may answer the body of a
    chat completion in place of the model. `faults` befall chat completions
    and the lines of batches, `api_faults` all other requests."""

    model: Model = field(kw_only=False)
    latency: float = 0.0
    faults: Faults = field(default_factory=Faults)
    api_faults: Faults = field(default_factory=Faults)
    batches: Batches = field(default_factory=Batches)
    port: int = 0
    key: str | None = None
    models: Sequence[str] | None = None
    quota: int | None = None
    concurrent: int | None = None
    requests_per_minute: int | None = None
    capacity: int | None = None
    supports: Sequence[str] = ("json_schema", "json_object")
    max_tokens_field: str | None = None
    refuse: Callable[[dict[str, Any]], Answer | None] | None = None
    keep_requests: bool = True

    def __post_init__(self) -> None:
        self.requests: list[Record] = []
        self.num_requests = self.num_replies = self.num_connections = 0
        self.in_flight = self.max_in_flight = 0
        self.model_error: Exception | None = None
        self.connections: set[Connection] = set()
        self.storage = Storage(self)
        self._attempts: Counter[bytes] = Counter()
        self._allowance, self._refilled = 1.0, time.monotonic()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def answer(self, record: Record, raw: bytes) -> Answer:
        if self.key is not None and (refusal := wrong_key(self.key, record.headers)):
            return refusal
        if record.path == CHAT and record.method == "POST":
            return self._busy() or self.chat(raw, record.body)
        if record.path == "/stats":
            return Answer(200, msgspec.json.encode(self.stats()))
        faults = self.api_faults
        fault = self._draw(faults, f"{record.method} {record.path}".encode() + raw)
        return faults.failure(fault) or self.storage.answer(record, raw)._replace(fault=fault)

    def chat(self, raw: bytes, body: Any) -> Answer:
        """The answer to a chat completion, with its fault; raw is what attempts are counted by."""
        if not isinstance(body, dict) or not isinstance(body.get("messages"), list):
            return error(400, "Missing required parameter: 'messages'", param="messages")
        refusal = self.refuse(body) if self.refuse else None
        if refusal := refusal or self._unsupported(body):
            return refusal
        try:
            said = self.model(body)
        except Exception as raised:
            self.model_error = self.model_error or raised
            return error(500, f"the test's model raised {raised!r}", "server_error")
        completion = Completion(said) if isinstance(said, str) else said
        fault = completion.fault or self._draw(self.faults, raw)
        if failure := self.faults.failure(fault):
            return failure
        self.num_replies += 1
        return complete(body, completion, fault)

    def stats(self) -> dict[str, float]:
        return {
            "num_requests": self.num_requests,
            "max_in_flight": self.max_in_flight,
            "num_connections": self.num_connections,
            "cpu_seconds": time.process_time(),
        }

    def service_seconds(self) -> float:
        """How long a reply takes now: above its capacity the server slows down for everyone."""
        crowding = self.in_flight / self.capacity if self.capacity else 1.0
        return self.latency * max(crowding, 1.0)

    def _draw(self, faults: Faults, raw: bytes) -> str | None:
        if not faults.rates:
            return None
        digest = sha256(raw).digest()
        self._attempts[digest] += 1
        return faults.kind(digest, self._attempts[digest] - 1)

    def _busy(self) -> Answer | None:
        if self.quota is not None and self.num_replies >= self.quota:
            text = "You exceeded your current quota, please check your plan and billing details"
            return error(429, text, "insufficient_quota", code="insufficient_quota")
        if self.concurrent is not None and self.in_flight > self.concurrent:
            text = f"Too many concurrent requests: limit {self.concurrent}"
            return error(429, text, "requests", code=RATE_LIMIT)
        if self.requests_per_minute is None:
            return None
        rate, now = self.requests_per_minute / 60, time.monotonic()
        # A second's worth may come at once.
        allowance = self._allowance + (now - self._refilled) * rate
        self._allowance, self._refilled = min(allowance, max(rate, 1.0)), now
        if self._allowance < 1.0:
            wait = (1.0 - self._allowance) / rate
            headers = f"retry-after-ms: {wait * 1000:.0f}\r\nx-ratelimit-remaining-requests: 0\r\n"
            text = f"Rate limit reached: limit {self.requests_per_minute} requests per minute"
            return error(429, text, "requests", code=RATE_LIMIT)._replace(headers=headers)
        self._allowance -= 1.0
        return None

    def _unsupported(self, body: Mapping[str, Any]) -> Answer | None:
        if self.models is not None and body.get("model") not in self.models:
            text = f"The model `{body.get('model')}` does not exist or you do not have access to it"
            return error(404, text, code="model_not_found")
        form = (body.get("response_format") or {}).get("type", "text")
        if form not in (*self.supports, "text"):
            text = f"Invalid parameter: 'response_format' of type '{form}' is not supported"
            return error(400, f"{text} with this model", param="response_format")
        for name in {"max_tokens", "max_completion_tokens"} & body.keys():
            if self.max_tokens_field not in (None, name):
                text = f"Unsupported parameter: '{name}' is not supported with this model. "
                text += f"Use '{self.max_tokens_field}' instead."
                return error(400, text, param=name, code="unsupported_parameter")
        return None

    async def open(self) -> None:
        loop = asyncio.get_running_loop()
        make = partial(Connection, self, loop)
        self._server = await loop.create_server(make, "127.0.0.1", self.port, backlog=4096)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        self._server.close()
        for connection in list(self.connections):
            connection.transport.abort()
        while self.connections:
            await asyncio.sleep(0.001)

    def __enter__(self) -> "Endpoint":
        self._loop = new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name="endpoint", daemon=True)
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self.open(), self._loop).result(10)
        return self

    def __exit__(
        self, _: type[BaseException] | None, raised: BaseException | None, __: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self.close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        if self.model_error is not None and raised is None:
            raise self.model_error


serve = Endpoint


def wrong_key(key: str, headers: Mapping[str, str]) -> Answer | None:
    given = headers.get("authorization")
    if given == f"Bearer {key}":
        return None
    if given is None:
        return error(401, "You didn't provide an API key")
    word = given.removeprefix("Bearer ")
    text = f"Incorrect API key provided: {word[:8]}{'*' * max(len(word) - 12, 3)}{word[-4:]}"
    return error(401, text, code="invalid_api_key")


class Connection(asyncio.Protocol):
    """HTTP/1.1: requests are answered one by one in the order in which they arrived."""

    transport: asyncio.Transport

    def __init__(self, endpoint: Endpoint, loop: asyncio.AbstractEventLoop) -> None:
        self.endpoint, self.loop = endpoint, loop
        self.buffer = bytearray()
        self.num_needed = 0
        self.chat: bool | None = None
        self.timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.endpoint.connections.add(self)
        self.endpoint.num_connections += 1

    def connection_lost(self, _: Exception | None) -> None:
        self.endpoint.connections.discard(self)
        if self.timer is not None:
            self.timer.cancel()
        self._settle()

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if self.chat is None and len(self.buffer) >= self.num_needed:
            self._read()

    def _read(self) -> None:
        """Take a request from the buffer and see to its answer, if it is all there."""
        start = self.buffer.find(b"\r\n\r\n") + 4
        if start < 4:
            return
        head = bytes(self.buffer[: start - 2])
        if length := LENGTH.search(head):
            end = self.num_needed = start + int(length[1])
            if len(self.buffer) < end:
                return
            raw = bytes(self.buffer[start:end])
        elif CHUNKED.search(head):
            if (found := unchunked(self.buffer, start)) is None:
                return
            raw, end = found
        else:
            raw, end = b"", start
        del self.buffer[:end]
        self.num_needed = 0
        self._serve(head, raw)

    def _serve(self, head: bytes, raw: bytes) -> None:
        endpoint = self.endpoint
        method, path, _ = head[: head.index(b"\r\n")].decode("latin-1").split(" ")
        record = Record(endpoint.num_requests, method, path, head, decoded(head, raw))
        self.chat = path == CHAT
        endpoint.num_requests += 1
        if endpoint.keep_requests:
            endpoint.requests.append(record)
        if self.chat:
            endpoint.in_flight += 1
            endpoint.max_in_flight = max(endpoint.max_in_flight, endpoint.in_flight)
        answer = endpoint.answer(record, raw)
        record.fault = answer.fault
        delay: float | None = 0.0
        if self.chat and (answer.status == 200 or answer.fault):
            delay = endpoint.service_seconds()
        if answer.fault == "timeout":
            delay = (endpoint.faults if self.chat else endpoint.api_faults).hold
        if delay == 0.0:
            self._write(record, answer)
        elif delay is not None:
            self.timer = self.loop.call_later(delay, self._write, record, answer)

    def _write(self, record: Record, answer: Answer) -> None:
        status, body, fault, headers, content_type = answer
        if fault == "truncated-json":
            body = body[: len(body) // 2]
        head = (
            f"HTTP/1.1 {status} {REASONS[status]}\r\nContent-Type: {content_type}\r\n"
            f"Content-Length: {len(body)}\r\nx-request-id: req_{record.number}\r\n{headers}\r\n"
        )
        self.timer = None
        self._settle()
        if fault in ("drop", "drop-early"):
            if fault == "drop":
                self.transport.write(head.encode() + body[: len(body) // 2])
            self.transport.close()
            return
        record.status = status
        self.transport.write(head.encode() + body)
        if fault == "duplicate":
            self.loop.call_later(DUPLICATE_AFTER, self.transport.write, head.encode() + body)
        if self.buffer:
            self._read()

    def _settle(self) -> None:
        if self.chat:
            self.endpoint.in_flight -= 1
        self.chat = None


def unchunked(buffer: bytearray, start: int) -> tuple[bytes, int] | None:
    """The body and where it ends, None while it is incomplete."""
    pieces: list[bytes] = []
    while (line := buffer.find(b"\r\n", start)) >= 0:
        size = int(buffer[start:line].split(b";")[0], 16)
        start = line + 4 + size
        if len(buffer) < start:
            return None
        if size == 0:
            return b"".join(pieces), start
        pieces.append(bytes(buffer[line + 2 : start - 2]))
    return None


def form_fields(head: bytes, raw: bytes) -> dict[str, bytes]:
    """The fields of an upload by name; none where it is not one."""
    found = BOUNDARY.search(head)
    parts = raw.split(b"--" + found[1])[1:-1] if found else []
    pairs = (part.partition(b"\r\n\r\n") for part in parts)
    named = ((re.search(rb'\bname="?([^";\r]+)', about), content) for about, _, content in pairs)
    return {name[1].decode(): content[:-2] for name, content in named if name}


def decoded(head: bytes, raw: bytes) -> Any:
    """A body as JSON, an upload as its lines; what cannot be read as bytes, nothing as None."""
    try:
        if BOUNDARY.search(head):
            lines = form_fields(head, raw)["file"].splitlines()
            return [msgspec.json.decode(line) for line in lines]
        return msgspec.json.decode(raw) if raw else None
    except (KeyError, msgspec.DecodeError):
        return raw


@dataclass
class Batch:
    about: dict[str, Any]
    lines: list[dict[str, Any]]
    num_tokens: int
    num_polls: int = 0
    changed: float = field(default_factory=time.monotonic)


class Storage:
    """Files and batches, and the list of models: everything that is not a chat completion."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint, self.plan = endpoint, endpoint.batches
        self.files: dict[str, bytes] = {}
        self.batches: dict[str, Batch] = {}

    def answer(self, record: Record, raw: bytes) -> Answer:
        path, _, query = record.path.removeprefix("/v1/").partition("?")
        match (record.method, *path.split("/")):
            case ("GET", "models"):
                names = self.endpoint.models or ("fake",)
                found: Any = listed([{"id": name, "object": "model"} for name in names])
            case ("POST", "files"):
                fields = form_fields(record.head, raw)
                if fields.get("purpose") != b"batch" or "file" not in fields:
                    return error(400, "an upload needs a file and the purpose 'batch'")
                found = self._file(self._store(fields["file"]))
            case ("GET", "files", name) if name in self.files:
                found = self._file(name)
            case ("GET", "files", name, "content") if name in self.files:
                return Answer(200, self.files[name], content_type="application/octet-stream")
            case ("POST", "batches"):
                return self._create(record.body)
            case ("GET", "batches"):
                found = self._page(**dict(parse_qsl(query)))
            case ("GET", "batches", name) if name in self.batches:
                self.batches[name].num_polls += 1
                found = self._current(self.batches[name])
            case ("POST", "batches", name, "cancel") if name in self.batches:
                about = self._current(self.batches[name])
                if about["status"] not in NEXT:
                    return error(409, f"Cannot cancel a batch with status '{about['status']}'.")
                found = about | {"status": "cancelling"}
                self.batches[name].about = found
            case _:
                return error(404, f"no such thing: {record.method} {record.path}")
        return Answer(200, msgspec.json.encode(found))

    def _store(self, content: bytes) -> str:
        name = f"file-{len(self.files) + 1}"
        self.files[name] = content
        return name

    def _file(self, name: str) -> dict[str, Any]:
        fixed = {"object": "file", "purpose": "batch", "created_at": CREATED, "status": "processed"}
        return {"id": name, "filename": f"{name}.jsonl", "bytes": len(self.files[name]), **fixed}

    def _page(self, limit: str = "20", after: str = "") -> dict[str, Any]:
        """Newest first, from the one behind `after` on."""
        names = list(reversed(self.batches))
        start = names.index(after) + 1 if after in names else 0
        chosen = names[start : start + int(limit)]
        ends = {"first_id": chosen[0], "last_id": chosen[-1]} if chosen else {}
        page = listed([self._current(self.batches[name]) for name in chosen])
        return page | ends | {"has_more": start + len(chosen) < len(names)}

    def _create(self, wanted: Any) -> Answer:
        name = wanted.get("input_file_id") if isinstance(wanted, dict) else None
        if name not in self.files:
            return error(400, f"no such file: {name!r}", param="input_file_id")
        if wanted.get("endpoint") != CHAT or wanted.get("completion_window") != "24h":
            return error(400, f"a batch is for {CHAT} within 24h", param="endpoint")
        lines, errors = parsed_lines(self.files[name])
        num_tokens = sum(usage(line["body"], Completion(""))["prompt_tokens"] for line in lines)
        started = [one for one in self.batches.values() if self._current(one)["status"] in NEXT]
        limit = self.plan.max_enqueued_tokens
        if limit is not None and num_tokens + sum(one.num_tokens for one in started) > limit:
            text = f"Enqueued token limit reached. Limit: {limit} enqueued tokens. Please try again"
            text += " once some in_progress batches have been completed."
            errors.append({"code": "token_limit_exceeded", "message": text, "line": None})
        about = {
            "id": f"batch_{len(self.batches) + 1}",
            "object": "batch",
            "endpoint": CHAT,
            "input_file_id": name,
            "completion_window": "24h",
            "status": "validating",
            "errors": listed(errors) if errors else None,
            "output_file_id": None,
            "error_file_id": None,
            "created_at": CREATED + len(self.batches),
            "request_counts": {"total": len(lines), "completed": 0, "failed": 0},
            "metadata": wanted.get("metadata"),
        }
        self.batches[about["id"]] = Batch(about, lines, 0 if errors else num_tokens)
        return Answer(200, msgspec.json.encode(about))

    def _current(self, batch: Batch) -> dict[str, Any]:
        """What is known of the batch, after the steps for which it is time."""
        seconds = self.plan.seconds
        while batch.about["status"] in NEXT:
            if seconds is None and batch.num_polls < self.plan.polls:
                break
            if seconds is not None and time.monotonic() - batch.changed < seconds:
                break
            batch.num_polls = 0
            batch.changed += seconds or 0.0
            self._step(batch)
        return batch.about

    def _step(self, batch: Batch) -> None:
        status = NEXT[batch.about["status"]]
        if batch.about["errors"] and status == "in_progress":
            status = "failed"
        if self.plan.expired and status == "completed":
            status = "expired"
        batch.about["status"] = status
        if status in ("completed", "expired", "cancelled"):
            self._finish(batch, status)

    def _finish(self, batch: Batch, status: str) -> None:
        undone = {"completed": 0.0, "expired": self.plan.expired, "cancelled": 0.5}[status]
        results: dict[bool, list[bytes]] = {True: [], False: []}
        seeds = self.endpoint.faults.seed, batch.about["id"]
        order = {draw(*seeds, line["custom_id"]): line for line in batch.lines}
        for chance, line in sorted(order.items()):
            if chance < self.plan.missing:
                continue
            is_undone = chance < self.plan.missing + undone
            result = self._unfinished(f"batch_{status}") if is_undone else self._result(line)
            is_good = bool(result["response"]) and result["response"]["status_code"] == 200
            about = {"id": f"batch_req_{line['custom_id']}", "custom_id": line["custom_id"]}
            results[is_good].append(msgspec.json.encode(about | result) + b"\n")
        for is_good, name in ((True, "output_file_id"), (False, "error_file_id")):
            if results[is_good]:
                batch.about[name] = self._store(b"".join(results[is_good]))
        counts = {"completed": len(results[True]), "failed": len(results[False])}
        batch.about["request_counts"] |= counts

    def _result(self, line: Mapping[str, Any]) -> dict[str, Any]:
        """Faults of delivery befall no line of a batch, but for those of upstream servers."""
        answer = self.endpoint.chat(msgspec.json.encode(line["body"]), line["body"])
        if answer.fault in ("timeout", "garbage"):
            return self._unfinished("request_timeout")
        response = {
            "status_code": answer.status,
            "request_id": f"req-{line['custom_id']}",
            "body": msgspec.Raw(answer.body),
        }
        return {"response": response, "error": None}

    def _unfinished(self, code: str) -> dict[str, Any]:
        return {"response": None, "error": {"code": code, "message": "not executed in time"}}


def listed(things: Sequence[Any]) -> dict[str, Any]:
    return {"object": "list", "data": list(things)}


def parsed_lines(content: bytes) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The requests of a batch's input file, and what is wrong with it."""
    lines: dict[str, dict[str, Any]] = {}
    errors: list[dict[str, Any]] = []
    if not content.strip():
        errors.append({"code": "empty_file", "message": "the file is empty", "line": None})
    for number, text in enumerate(content.splitlines(), 1):
        try:
            line = msgspec.json.decode(text)
            _ = line["body"]["messages"]
            code = "duplicate_custom_id" if line["custom_id"] in lines else None
            code = code or (None if line["url"] == CHAT else "url_mismatch")
            lines[line["custom_id"]] = line
        except (msgspec.DecodeError, KeyError, TypeError):
            code = "invalid_json_line"
        if code is not None:
            errors.append({"code": code, "message": f"line {number}: {code}", "line": number})
    return list(lines.values()), errors


async def run_until_stdin_closes(endpoint: Endpoint) -> None:
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stop.set)

    def wait_for_end() -> None:
        # Not sys.stdin.read: its lock would be held when the interpreter ends on a signal.
        while os.read(0, 65536):
            pass
        loop.call_soon_threadsafe(stop.set)

    await endpoint.open()
    sys.stdout.write(f"{endpoint.url}\n")
    sys.stdout.flush()
    Thread(target=wait_for_end, daemon=True).start()
    await stop.wait()
    await endpoint.close()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.servers.endpoint", description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--latency", type=float, default=0.0, help="seconds")
    parser.add_argument("--capacity", type=int, help="calls in flight before replies slow down")
    parser.add_argument("--concurrent", type=int, help="calls in flight before 429")
    parser.add_argument("--requests-per-minute", type=int)
    parser.add_argument("--fault", action="append", default=[], metavar="KIND=RATE")
    parser.add_argument("--seed", type=int, default=0, help="of the faults")
    parser.add_argument("--content", default="A", help="every reply")
    parser.add_argument("--model", metavar="MODULE:NAME", help="a callable, in place of --content")
    options = vars(parser.parse_args())
    content, named, seed = (options.pop(name) for name in ("content", "model", "seed"))
    rates = {kind: float(rate) for kind, rate in (one.split("=") for one in options.pop("fault"))}
    module, _, name = (named or "").partition(":")
    model = getattr(import_module(module), name) if named else lambda _: content
    endpoint = Endpoint(model, faults=Faults(seed, rates), keep_requests=False, **options)
    loop = new_event_loop()
    loop.run_until_complete(run_until_stdin_closes(endpoint))


if __name__ == "__main__":
    main()
