"""What the fake endpoint puts on the wire, so that tests of clients can rely on it."""

import http.client
import json
import re
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from email.utils import parsedate_to_datetime
from hashlib import sha256
from typing import Any

import pytest

from tests.servers.endpoint import Batches, Endpoint, serve
from tests.servers.faults import KINDS, Completion, Faults

CONTENT = '{"answer": "B", "reason": "it is left of the dog"}'
QUIET = 0.15
"""Seconds without a byte after which nothing more is expected."""


def body(text: str = "Where is it?", **fields: Any) -> dict[str, Any]:
    return {"model": "fake", "messages": [{"role": "user", "content": text}], **fields}


def call(
    endpoint: Endpoint, method: str, path: str, sent: Any = None, **headers: str
) -> tuple[int, Any]:
    """The status, and the body as JSON."""
    connection = http.client.HTTPConnection("127.0.0.1", endpoint.port, timeout=5)
    raw = sent if isinstance(sent, bytes) else json.dumps(sent).encode() if sent else None
    connection.request(method, f"/v1/{path}", raw, headers)
    response = connection.getresponse()
    content = response.read()
    connection.close()
    return response.status, json.loads(content)


def ask(endpoint: Endpoint, text: str = "Where is it?", **fields: Any) -> tuple[int, Any]:
    return call(endpoint, "POST", "chat/completions", body(text, **fields))


def on_the_wire(endpoint: Endpoint, raw: bytes, patience: float = 5.0) -> tuple[bytes, bool]:
    """All that comes back, and whether the server closes the connection; patience is in seconds
    until the first byte."""
    received = b""
    with socket.create_connection(("127.0.0.1", endpoint.port), timeout=patience) as connection:
        connection.sendall(raw)
        try:
            while piece := connection.recv(65536):
                received += piece
                connection.settimeout(QUIET)
        except TimeoutError:
            return received, False
    return received, True


def post(sent: dict[str, Any]) -> bytes:
    raw = json.dumps(sent).encode()
    head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: {len(raw)}\r\n\r\n"
    return head.encode() + raw


def split(received: bytes) -> tuple[int, str, bytes, int]:
    """Status, headers, body and the length that was announced."""
    head, _, content = received.partition(b"\r\n\r\n")
    text = head.decode()
    found = re.search(r"Content-Length: (\d+)", text)
    assert found
    return int(text.split()[1]), text, content, int(found[1])


ONE_OR_TWO = re.compile(rb'"content": ?"(one|two)"')
Choice = Callable[[dict[str, Any]], bool]
SPOILED: dict[str, Choice] = {
    "invalid": lambda choice: choice["message"]["content"] == f"Sure! Here it is: {CONTENT[:25]}",
    "schema": lambda choice: json.loads(choice["message"]["content"]).keys() == {"unexpected"},
    "length": lambda choice: (
        choice["finish_reason"] == "length" and choice["message"]["content"] == CONTENT[:25]
    ),
    "refusal": lambda choice: (
        choice["message"]["content"] is None and "sorry" in choice["message"]["refusal"]
    ),
    "filter": lambda choice: choice["finish_reason"] == "content_filter",
    "null": lambda choice: choice["message"]["content"] is None,
}
ERRORS = {
    "429": (429, "rate_limit_exceeded", r"^((?!retry-after).)*$"),
    "429-after": (429, "rate_limit_exceeded", r"retry-after: 2\r\n"),
    "429-date": (429, "rate_limit_exceeded", r"retry-after: \w{3}, \d\d "),
    "429-ms": (429, "rate_limit_exceeded", r"retry-after-ms: 1500\r\n"),
    "500": (500, None, ""),
    "503": (503, None, ""),
    "filter-400": (400, "content_filter", ""),
    "error-200": (200, 502, ""),
}
BROKEN = {"timeout", "drop", "drop-early", "truncated-json", "garbage", "empty", "duplicate"}


def faulty(kind: str) -> tuple[bytes, bool]:
    faults = Faults(rates={kind: 1.0}, retry_after=1.5)
    with serve(lambda _: CONTENT, faults=faults) as endpoint:
        patience = QUIET if kind == "timeout" else 5.0
        found = on_the_wire(endpoint, post(body()), patience)
        assert [record.fault for record in endpoint.requests] == [kind]
    return found


def test_each_fault_has_a_test():
    assert SPOILED.keys() | ERRORS.keys() | BROKEN == KINDS


@pytest.mark.parametrize("kind", SPOILED)
def test_spoiled_completions_are_whole_responses(kind):
    status, _, content, length = split(faulty(kind)[0])
    assert (status, length) == (200, len(content))
    assert SPOILED[kind](json.loads(content)["choices"][0])


@pytest.mark.parametrize("kind", ERRORS)
def test_errors_are_openai_s(kind):
    expected, code, header = ERRORS[kind]
    received, is_closed = faulty(kind)
    status, head, content, _ = split(received)
    assert (status, is_closed) == (expected, False)
    assert json.loads(content)["error"]["code"] == code
    assert re.search(header, f"{head}\r\n".lower(), re.DOTALL)


def test_retry_after_as_a_date_is_in_the_future():
    _, head, _, _ = split(faulty("429-date")[0])
    date = re.search("Retry-After: (.*)", head)
    assert date
    assert 0.5 < parsedate_to_datetime(date[1].strip()).timestamp() - time.time() <= 2.5


def test_dropped_connections():
    received, is_closed = faulty("drop")
    status, _, content, length = split(received)
    assert (status, is_closed) == (200, True)
    assert 0 < len(content) < length
    assert faulty("drop-early") == (b"", True)


def test_timeouts_are_silent_until_they_are_over():
    assert faulty("timeout") == (b"", False)
    faults = Faults(rates={"timeout": 1.0}, hold=0.05)
    with serve(lambda _: CONTENT, faults=faults) as endpoint:
        assert ask(endpoint)[0] == 200


def test_bodies_that_are_no_completion():
    _, _, content, length = split(faulty("truncated-json")[0])
    assert length == len(content)
    with pytest.raises(json.JSONDecodeError):
        json.loads(content)
    status, head, content, _ = split(faulty("garbage")[0])
    assert (status, content[:6]) == (200, b"<html>")
    assert "Content-Type: text/html" in head
    assert json.loads(split(faulty("empty")[0])[2])["choices"] == []


def test_a_duplicate_comes_before_the_next_reply():
    with (
        serve(
            lambda asked: Completion(
                text := asked["messages"][0]["content"],
                fault="duplicate" if text == "one" else None,
            )
        ) as endpoint,
        socket.create_connection(("127.0.0.1", endpoint.port), timeout=5) as connection,
    ):
        connection.sendall(post(body("one")))
        received = b""
        while len(ONE_OR_TWO.findall(received)) < 2:
            received += connection.recv(65536)
        connection.sendall(post(body("two")))
        while len(replies := ONE_OR_TWO.findall(received)) < 3:
            received += connection.recv(65536)
    assert replies == [b"one", b"one", b"two"]
    assert received.count(received.partition(b"HTTP/1.1")[2].partition(b"HTTP/1.1")[0]) == 2


def test_draws_follow_the_rates_whatever_the_order():
    faults = Faults(seed=3, rates={"429": 0.2, "drop": 0.1})
    attempts = [(bytes([number % 256, number // 256]), 0) for number in range(4000)]
    kinds = {attempt: faults.kind(*attempt) for attempt in attempts}
    assert kinds == {attempt: faults.kind(*attempt) for attempt in reversed(attempts)}
    counts = Counter(kinds.values())
    assert counts["429"] / 4000 == pytest.approx(0.2, abs=0.03)
    assert counts["drop"] / 4000 == pytest.approx(0.1, abs=0.03)


def test_a_retry_is_drawn_afresh_until_its_faults_are_used_up():
    rates = {"500": 0.5}
    digest = sha256(json.dumps(body()).encode()).digest()
    drawn = [Faults(1, rates).kind(digest, attempt) for attempt in range(12)]
    assert set(drawn) == {None, "500"}
    assert [Faults(1, {"500": 1.0}, 2).kind(b"x", attempt) for attempt in range(4)] == [
        "500", "500", None, None,
    ]  # fmt: skip
    with serve(lambda _: CONTENT, faults=Faults(1, rates)) as endpoint:
        statuses = [ask(endpoint)[0] for _ in range(12)]
    assert statuses == [500 if kind else 200 for kind in drawn]


def test_faults_that_do_not_exist_are_rejected():
    with pytest.raises(ValueError, match="no such faults"):
        Faults(rates={"418": 0.1})
    with pytest.raises(ValueError, match="above 1"):
        Faults(rates={"429": 0.7, "500": 0.4})


def test_a_completion_counts_its_tokens():
    picture = {"type": "image_url", "image_url": {"url": "data:image/jpeg;base64,AAAA"}}
    messages = [
        {"role": "system", "content": "s" * 40},
        {"role": "user", "content": [{"type": "text", "text": "u" * 20}, picture, picture]},
    ]
    with serve(lambda _: "0123456789") as endpoint:
        status, reply = call(
            endpoint, "POST", "chat/completions", {"model": "m", "messages": messages}
        )
        assert endpoint.requests[0].body["messages"] == messages
    assert (status, reply["model"], reply["object"]) == (200, "m", "chat.completion")
    assert reply["choices"][0]["message"]["content"] == "0123456789"
    assert reply["usage"]["prompt_tokens"] == 15 + 170
    assert reply["usage"]["completion_tokens"] == 3
    assert reply["usage"]["prompt_tokens_details"]["cached_tokens"] == 10


def test_requests_in_pieces_chunks_and_one_packet():
    chunked = json.dumps(body("chunked")).encode()
    head = b"POST /v1/chat/completions HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
    middle = b"".join(
        b"%x\r\n%s\r\n" % (len(part), part) for part in (chunked[:7], chunked[7:]) if part
    )
    with serve(lambda _: CONTENT) as endpoint:
        with socket.create_connection(("127.0.0.1", endpoint.port), timeout=2) as connection:
            for piece in (head[:20], head[20:] + middle[:9], middle[9:], b"0\r\n\r\n"):
                connection.sendall(piece)
                time.sleep(0.02)
            assert connection.recv(65536).startswith(b"HTTP/1.1 200 OK\r\n")
            connection.sendall(post(body("first")) + post(body("second")))
            received = b""
            while received.count(b"HTTP/1.1 200") < 2:
                received += connection.recv(65536)
        asked = [record.body["messages"][0]["content"] for record in endpoint.requests]
        assert asked == ["chunked", "first", "second"]
        assert endpoint.num_connections == 1


def test_concurrency_is_counted_and_limited():
    with serve(lambda _: CONTENT, latency=0.4) as endpoint, ThreadPoolExecutor(8) as pool:
        assert {status for status, _ in pool.map(ask, [endpoint] * 8)} == {200}
        assert (endpoint.max_in_flight, endpoint.num_connections) == (8, 8)
    with serve(lambda _: CONTENT, latency=0.4, concurrent=5) as endpoint:
        with ThreadPoolExecutor(8) as pool:
            statuses = Counter(status for status, _ in pool.map(ask, [endpoint] * 8))
        assert statuses == {200: 5, 429: 3}
        assert endpoint.in_flight == 0


def test_above_its_capacity_the_server_slows_down():
    with serve(lambda _: CONTENT, latency=0.1, capacity=1) as endpoint:
        start = time.monotonic()
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(ask, [endpoint] * 4))
    assert time.monotonic() - start >= 0.2


def test_a_client_that_gives_up_is_no_longer_in_flight():
    with serve(lambda _: CONTENT, latency=5.0) as endpoint:
        assert on_the_wire(endpoint, post(body()), QUIET) == (b"", False)
        deadline = time.monotonic() + 2
        while endpoint.in_flight and time.monotonic() < deadline:
            time.sleep(0.01)
        assert (endpoint.in_flight, endpoint.requests[0].status) == (0, None)


@pytest.mark.parametrize(
    ("settings", "fields", "status", "code", "says"),
    [
        ({"key": "sk-right-key"}, {}, 401, None, "didn't provide"),
        ({"models": ["other"]}, {}, 404, "model_not_found", "`fake` does not exist"),
        ({"quota": 0}, {}, 429, "insufficient_quota", "quota"),
        ({"requests_per_minute": 0.001}, {}, 200, None, ""),
        (
            {"supports": ["json_object"]},
            {"response_format": {"type": "json_schema"}},
            400,
            None,
            "response_format",
        ),
        (
            {"max_tokens_field": "max_completion_tokens"},
            {"max_tokens": 9},
            400,
            "unsupported_parameter",
            "Use 'max_completion_tokens'",
        ),
    ],
)
def test_rules_of_servers(settings, fields, status, code, says):
    with serve(lambda _: CONTENT, **settings) as endpoint:
        found, reply = ask(endpoint, **fields)
        assert found == status
        if status != 200:
            assert reply["error"]["code"] == code
            assert says in reply["error"]["message"]
        assert endpoint.requests[0].status == status


def test_a_wrong_key_is_quoted_in_part():
    with serve(lambda _: CONTENT, key="sk-right") as endpoint:
        wrong = {"Authorization": "Bearer sk-wrong-0123456789"}
        status, reply = call(endpoint, "POST", "chat/completions", body(), **wrong)
        right = {"Authorization": "Bearer sk-right"}
        assert call(endpoint, "GET", "models", **right)[0] == 200
    assert (status, reply["error"]["code"]) == (401, "invalid_api_key")
    assert "sk-wrong" in reply["error"]["message"]
    assert "012345" not in reply["error"]["message"]


def test_requests_per_minute_say_when_to_come_back():
    with serve(lambda _: CONTENT, requests_per_minute=600) as endpoint:
        statuses = Counter(ask(endpoint)[0] for _ in range(60))
        received, _ = on_the_wire(endpoint, post(body()) * 20)
    assert statuses[429] > 0
    assert b"retry-after-ms: " in received


def test_what_the_model_raises_is_raised_again():
    with (
        pytest.raises(KeyError, match="nothing"),
        serve(lambda asked: asked["nothing"]) as endpoint,
    ):
        assert ask(endpoint)[0] == 500


def upload(endpoint: Endpoint, texts: list[str]) -> str:
    lines = [
        {"custom_id": text, "method": "POST", "url": "/v1/chat/completions", "body": body(text)}
        for text in texts
    ]
    content = "\n".join(json.dumps(line) for line in lines).encode()
    return upload_raw(endpoint, content)


def upload_raw(endpoint: Endpoint, content: bytes) -> str:
    form = (
        b'--b0\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nbatch\r\n'
        b'--b0\r\nContent-Disposition: form-data; name="file"; filename="in.jsonl"\r\n\r\n'
        b"%s\r\n--b0--\r\n" % content
    )
    kind = {"Content-Type": "multipart/form-data; boundary=b0"}
    status, stored = call(endpoint, "POST", "files", form, **kind)
    assert (status, stored["bytes"], stored["purpose"]) == (200, len(content), "batch")
    assert call(endpoint, "GET", f"files/{stored['id']}") == (200, stored)
    return str(stored["id"])


def start(endpoint: Endpoint, file: str) -> str:
    wanted = {
        "input_file_id": file,
        "endpoint": "/v1/chat/completions",
        "completion_window": "24h",
        "metadata": {"run": "7"},
    }
    status, batch = call(endpoint, "POST", "batches", wanted)
    assert (status, batch["status"], batch["metadata"]) == (200, "validating", {"run": "7"})
    return str(batch["id"])


def polled(endpoint: Endpoint, name: str) -> tuple[list[str], dict[str, Any]]:
    """The states up to the last, and the batch at its end."""
    states = []
    while True:
        _, batch = call(endpoint, "GET", f"batches/{name}")
        states.append(batch["status"])
        if batch["status"] in ("completed", "failed", "expired", "cancelled"):
            return states, batch
        time.sleep(0.01)


def lines_of(endpoint: Endpoint, file: str | None) -> list[dict[str, Any]]:
    if file is None:
        return []
    connection = http.client.HTTPConnection("127.0.0.1", endpoint.port, timeout=5)
    connection.request("GET", f"/v1/files/{file}/content")
    with connection.getresponse() as response:
        content = response.read()
    connection.close()
    return [json.loads(line) for line in content.splitlines()]


def echo(asked: dict[str, Any]) -> Completion:
    text = asked["messages"][0]["content"]
    return Completion(f"said {text}", fault=text if text in KINDS else None)


NAMES = [f"line {number}" for number in range(20)]


def test_a_batch_runs_by_its_polls():
    with serve(echo, batches=Batches(polls=2)) as endpoint:
        name = start(endpoint, upload(endpoint, [*NAMES, "429", "500", "refusal", "timeout"]))
        states, batch = polled(endpoint, name)
        good = lines_of(endpoint, batch["output_file_id"])
        bad = {
            line["custom_id"]: line["response"] and line["response"]["status_code"]
            for line in lines_of(endpoint, batch["error_file_id"])
        }
    assert states == ["validating", "in_progress", "in_progress", "finalizing", "finalizing",
                      "completed"]  # fmt: skip
    assert batch["request_counts"] == {"total": 24, "completed": 21, "failed": 3}
    assert bad == {"429": 429, "500": 500, "timeout": None}
    order = [line["custom_id"] for line in good]
    assert sorted(order) == sorted([*NAMES, "refusal"])
    assert order != sorted(order, key=[*NAMES, "refusal"].index)
    for line in good:
        message = line["response"]["body"]["choices"][0]["message"]
        assert message["content"] in (f"said {line['custom_id']}", None)


def test_batches_by_the_clock_run_out_of_time():
    plan = Batches(seconds=0.05, expired=0.3, missing=0.2)
    with serve(echo, batches=plan) as endpoint:
        states, batch = polled(endpoint, start(endpoint, upload(endpoint, NAMES)))
        good = lines_of(endpoint, batch["output_file_id"])
        bad = lines_of(endpoint, batch["error_file_id"])
    order = ["validating", "in_progress", "finalizing", "expired"]
    assert states == sorted(states, key=order.index)
    assert states[-1] == "expired"
    assert 0 < len(good) < len(good) + len(bad) < len(NAMES)
    assert {line["error"]["code"] for line in bad} == {"batch_expired"}


def test_a_batch_above_the_token_limit_fails_until_others_are_done():
    with serve(echo, batches=Batches(max_enqueued_tokens=30)) as endpoint:
        file = upload(endpoint, NAMES)
        first, second = start(endpoint, file), start(endpoint, file)
        states, batch = polled(endpoint, second)
        assert states[-1] == "failed"
        assert batch["errors"]["data"][0]["code"] == "token_limit_exceeded"
        assert polled(endpoint, first)[0][-1] == "completed"
        assert polled(endpoint, start(endpoint, file))[0][-1] == "completed"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"\n", "empty_file"),
        (b"{not JSON}", "invalid_json_line"),
        (
            b'{"custom_id": "a", "url": "/v1/chat/completions", "body": {"messages": []}}\n' * 2,
            "duplicate_custom_id",
        ),
    ],
)
def test_a_batch_of_a_bad_file_fails(content, code):
    with serve(echo) as endpoint:
        _, batch = polled(endpoint, start(endpoint, upload_raw(endpoint, content)))
    assert (batch["status"], batch["errors"]["data"][0]["code"]) == ("failed", code)


def test_cancelled_batches_keep_what_was_done():
    with serve(echo) as endpoint:
        name = start(endpoint, upload(endpoint, NAMES))
        assert call(endpoint, "POST", f"batches/{name}/cancel")[1]["status"] == "cancelling"
        states, batch = polled(endpoint, name)
        good = lines_of(endpoint, batch["output_file_id"])
        bad = lines_of(endpoint, batch["error_file_id"])
        assert call(endpoint, "POST", f"batches/{name}/cancel")[0] == 409
    assert states == ["cancelled"]
    assert len(good) + len(bad) == len(NAMES)
    assert {line["error"]["code"] for line in bad} == {"batch_cancelled"}


def test_batches_are_listed_in_pages():
    with serve(echo) as endpoint:
        file = upload(endpoint, NAMES[:1])
        names = [start(endpoint, file) for _ in range(5)]
        seen: list[str] = []
        more = True
        while more:
            after = f"&after={seen[-1]}" if seen else ""
            page = call(endpoint, "GET", f"batches?limit=2{after}")[1]
            seen += [batch["id"] for batch in page["data"]]
            more = page["has_more"]
    assert seen == names[::-1]


@pytest.mark.parametrize(("kind", "num_batches"), [("drop", 1), ("503", 0)])
def test_a_lost_answer_leaves_its_batch_behind(kind, num_batches):
    wanted = {"endpoint": "/v1/chat/completions", "completion_window": "24h"}
    with serve(echo) as endpoint:
        wanted["input_file_id"] = upload(endpoint, NAMES[:1])
        endpoint.api_faults = Faults(rates={kind: 1.0})
        with suppress(http.client.IncompleteRead):
            assert call(endpoint, "POST", "batches", wanted)[0] == 503
        endpoint.api_faults = Faults()
        assert len(call(endpoint, "GET", "batches")[1]["data"]) == num_batches


@pytest.mark.parametrize("how", ["stdin", "SIGTERM"])
def test_the_process_ends_with_its_owner(how):
    command = [
        sys.executable,
        "-m",
        "tests.servers.endpoint",
        "--content",
        "C",
        "--fault",
        "429=0.0",
    ]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin
        assert process.stdout
        port = re.fullmatch(r"http://127.0.0.1:(\d+)/v1\n", process.stdout.readline().decode())
        assert port
        connection = http.client.HTTPConnection("127.0.0.1", int(port[1]), timeout=5)
        connection.request("POST", "/v1/chat/completions", json.dumps(body()))
        with connection.getresponse() as response:
            assert json.load(response)["choices"][0]["message"]["content"] == "C"
        connection.request("GET", "/stats")
        with connection.getresponse() as response:
            assert json.load(response)["max_in_flight"] == 1
        if how == "stdin":
            process.stdin.close()
        else:
            process.send_signal(signal.SIGTERM)
        assert process.wait(5) == 0
        connection.close()
