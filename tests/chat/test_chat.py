"""The chat module against a server on loopback that lags, refuses, breaks off and invents."""

import asyncio
import gzip
import json
import os
import pickle
import signal
import sqlite3
import subprocess
import sys
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from pydantic import Field, ValidationError

from schemas.chat import Account, Failure, Message, ReplyForm, Request, Role, Usage
from schemas.config.chat import ChatConfig, PriceConfig
from schemas.retry import Backoff
from tasks.chat import converse as chat_module
from tasks.chat.answers import Answer, Chat
from tasks.chat.converse import converse
from tasks.chat.errors import ChatRefusedError, ChatStoppedError
from tasks.chat.limits import Limits
from tasks.chat.run import Run, num_under_way
from tasks.chat.silence import FEW_SILENT, SILENT_REQUESTS
from tests.servers.endpoint import Endpoint, Record, serve
from tests.servers.faults import Answer as ServerAnswer
from tests.servers.faults import Completion, Faults, complete
from tests.servers.web import certificate_of, serving

KEY = "sk-test-0123456789abcdef"
PRICE = PriceConfig(input=10.0, output=1000.0)


class Sum(ReplyForm):
    """What the model of these tests replies with."""

    total: int = Field(description="of the numbers in the question")
    words: str


def asked(body: dict[str, Any], place: int = 1) -> str:
    content = body["messages"][place]["content"]
    return content if isinstance(content, str) else content[-1]["text"]


def adds(body: dict[str, Any]) -> str:
    """A model that adds numbers: its reply tells which question it was given."""
    numbers = [int(word) for word in asked(body).split() if word.isdigit()]
    return json.dumps({"total": sum(numbers), "words": asked(body)})


def after(event: Event) -> Callable[[dict[str, Any]], str]:
    """The same model, which replies once something has happened, however slow the machine is."""

    def held(body: dict[str, Any]) -> str:
        assert event.wait(60)
        return adds(body)

    return held


@pytest.fixture
def store(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/replies.sqlite"


FAST = Limits(backoff=Backoff(first=0.1))


def chat_config(endpoint: Endpoint, **settings: Any) -> ChatConfig:
    known: dict[str, Any] = {"model": "fake", "api_key_env": None, "max_tokens": 100}
    return ChatConfig(**{**known, "base_url": endpoint.url, **settings})


def messages(number: int) -> Sequence[Message]:
    return Message(Role.SYSTEM, "Add the numbers."), Message(Role.USER, f"question {number} 1")


async def add(chat: Chat, number: int) -> Answer[Sum]:
    return await chat.answer(messages(number), Sum)


def totals(
    config: ChatConfig,
    store: str,
    numbers: Sequence[int],
    budget: float | None = None,
    **more: Any,
) -> list[Answer[Sum]]:
    return converse(config, Account("test", store, budget), numbers, add, **{"limits": FAST} | more)


def right(answers: Sequence[Answer[Sum]], numbers: Sequence[int]) -> bool:
    return [answer.value and answer.value.words for answer in answers] == [
        f"question {number} 1" for number in numbers
    ]


def sound(endpoint: Endpoint) -> Counter[str]:
    """How often each request was answered as it should be."""
    return Counter(
        json.dumps(record.body, sort_keys=True)
        for record in endpoint.requests
        if record.status == 200 and record.fault is None
    )


def test_a_reply_is_asked_for_once_in_any_run(store: str) -> None:
    numbers = [*range(40), *range(20)]
    with serve(adds, latency=0.01) as endpoint:
        first = totals(chat_config(endpoint), store, numbers)
        second = totals(chat_config(endpoint, max_concurrent=3), store, numbers)
        assert right(first, numbers)
        assert first == second
        assert len(endpoint.requests) == 40
        assert first[0].usage == Usage(calls=1, input_tokens=7, cached_tokens=4, output_tokens=10)


@pytest.mark.parametrize(
    ("change", "is_same"),
    [
        ({"base_url": "http://elsewhere/v1"}, True),
        ({"max_concurrent": 1}, True),
        ({"price": PRICE}, True),
        ({"temperature": 0.5}, False),
        ({"top_p": 0.5}, False),
        ({"max_tokens": 7}, False),
        ({"model": "other"}, False),
        ({"extra_body": {"seed": 1}}, False),
        ({"draw": 1}, False),
    ],
)
def test_the_digest_covers_what_decides_the_reply(change: dict[str, Any], is_same: bool) -> None:
    config = ChatConfig(model="fake")
    changed = ChatConfig(**{"model": "fake", **change})
    one, other = (Request(each, tuple(messages(1)), Sum) for each in (config, changed))
    assert (one.digest == other.digest) is is_same


def test_the_digest_covers_messages_schema_and_draw() -> None:
    config = ChatConfig(model="fake")
    digests = {
        Request(config, tuple(messages(1)), Sum).digest,
        Request(config, tuple(messages(2)), Sum).digest,
        Request(config, tuple(messages(1)), None).digest,
        Request(config, tuple(messages(1)), Sum, draw=1).digest,
        Request(config, tuple(messages(1))[::-1], Sum).digest,
    }
    assert len(digests) == 5


@pytest.mark.parametrize(
    ("kind", "failure"),
    [
        ("invalid", Failure.INVALID),
        ("schema", Failure.INVALID),
        ("length", Failure.TRUNCATED),
        ("refusal", Failure.REFUSED),
        ("filter", Failure.FILTERED),
        ("filter-400", Failure.FILTERED),
        ("empty", Failure.EMPTY),
        ("null", Failure.EMPTY),
    ],
)
def test_what_a_model_has_to_say_is_a_reason(kind: str, failure: Failure, store: str) -> None:
    with serve(adds, faults=Faults(rates={kind: 1.0})) as endpoint:
        config = chat_config(endpoint, structured="json-schema")
        (answer,) = totals(config, store, [1])
        assert answer.value is None
        assert answer.detail
        assert answer.failure is failure
        asked_for = {Failure.INVALID: 3, Failure.TRUNCATED: 2, Failure.EMPTY: 2}.get(failure, 1)
        assert len(endpoint.requests) == asked_for
        totals(config, store, [1])
        again = 1 if kind == "filter-400" else 0
        assert len(endpoint.requests) == asked_for + again


@pytest.mark.parametrize(
    "kind",
    ["429", "429-after", "429-date", "429-ms", "500", "503", "drop", "drop-early",
     "truncated-json", "garbage", "error-200"],
)  # fmt: skip
def test_what_may_pass_is_asked_again(kind: str, store: str) -> None:
    faults = Faults(rates={kind: 1.0}, max_faults_per_body=1, retry_after=0.3)
    with serve(adds, faults=faults) as endpoint:
        started = time.monotonic()
        answers = totals(chat_config(endpoint), store, range(3))
        assert right(answers, range(3))
        assert sorted(sound(endpoint).values()) == [1, 1, 1]
        if kind in ("429-after", "429-date", "429-ms"):
            assert time.monotonic() - started >= 0.3


def test_while_a_server_asks_to_wait_it_is_said(store: str) -> None:
    run, told = Run(), list[str]()
    faults = Faults(rates={"429-after": 1.0}, max_faults_per_body=1, retry_after=3.0)

    def read() -> None:
        while run.num_under_way and not told:
            if "wait" in str(run.meter):
                told.append(str(run.meter))
            time.sleep(0.01)

    with serve(adds, faults=faults) as endpoint:
        reader = Thread(target=read)
        with run.under_way():
            reader.start()
            assert right(totals(chat_config(endpoint), store, [1], run=run), [1])
        reader.join()
    assert told == ["0 replies, 1 asked again, the server asks to wait 3 s"]
    assert str(run.meter) == "1 replies, 1 asked again"


def test_a_reply_delivered_twice_is_not_taken_for_another(store: str) -> None:
    faults = Faults(rates={"duplicate": 0.3}, max_faults_per_body=2)
    with serve(adds, faults=faults) as endpoint:
        config = chat_config(endpoint, max_concurrent=4, timeout_seconds=2.0, max_attempts=50)
        answers = totals(config, store, range(150))
        assert right(answers, range(150))


def test_a_reply_that_takes_too_long_is_given_up(store: str) -> None:
    with serve(adds, faults=Faults(rates={"timeout": 1.0}, max_faults_per_body=1)) as endpoint:
        answers = totals(chat_config(endpoint, timeout_seconds=0.2), store, range(3))
        assert right(answers, range(3))


@pytest.mark.parametrize(
    ("form", "at_once", "most"),
    [
        ("detect", 1, FEW_SILENT),
        ("detect", 64, FEW_SILENT),  # the first request is asked alone
        ("json-schema", 8, 3 * 8),
    ],
)
def test_a_server_that_takes_requests_and_answers_none_is_not_waited_for_long(
    form: str, at_once: int, most: int, store: str
) -> None:
    with serve(adds, latency=30.0) as endpoint:
        config = chat_config(endpoint, timeout_seconds=0.3, max_concurrent=at_once, structured=form)
        with pytest.raises(ChatStoppedError, match=r"no reply in 0\.3 s.* raise timeout_seconds"):
            totals(config, store, range(50))
        assert FEW_SILENT <= len(endpoint.requests) <= most


def test_a_server_that_is_late_to_all_at_first_is_waited_for(store: str) -> None:
    faults = Faults(rates={"timeout": 1.0}, max_faults_per_body=1)
    with serve(adds, faults=faults) as endpoint:
        config = chat_config(endpoint, timeout_seconds=0.5, max_concurrent=20)
        assert right(totals(config, store, range(20)), range(20))


def test_no_reply_passes_and_the_next_run_asks_again(store: str) -> None:
    with serve(adds, faults=Faults(rates={"500": 1.0})) as endpoint:
        answers = totals(chat_config(endpoint, max_attempts=2), store, range(3))
        assert [answer.failure for answer in answers] == [Failure.NO_REPLY] * 3
    with serve(adds) as endpoint:
        assert right(totals(chat_config(endpoint), store, range(3)), range(3))


def test_a_reply_that_does_not_validate_is_followed_up_and_then_drawn_afresh(store: str) -> None:
    def model(body: dict[str, Any]) -> str:
        told = asked(body, -1)
        if told.startswith("question"):
            return '{"total": "many", "words": "x"}'
        assert "total" in told
        assert body["messages"][-2]["content"] == '{"total": "many", "words": "x"}'
        return '{"total": 7, "words": "repaired"}'

    with serve(model) as endpoint:
        (answer,) = totals(chat_config(endpoint), store, [1])
        assert answer.value == Sum(total=7, words="repaired")
        assert answer.usage.calls == len(answer.replies) == len(endpoint.requests) == 2


def test_a_check_of_ones_own_is_repaired_like_the_schema(store: str) -> None:
    def check(reply: Sum) -> str | None:
        return None if reply.total % 2 else "total must be odd"

    async def conversation(chat: Chat, number: int) -> Answer[Sum]:
        return await chat.answer(messages(number), Sum, check=check)

    with serve(adds) as endpoint:
        account = Account("test", store)
        answers = converse(chat_config(endpoint), account, [2, 3], conversation)
        assert [answer.failure for answer in answers] == [None, Failure.INVALID]
        assert answers[1].detail == "total must be odd"


MIXED = {
    "429": 0.015, "429-ms": 0.01, "500": 0.01, "503": 0.01, "timeout": 0.005, "drop": 0.01,
    "drop-early": 0.01, "truncated-json": 0.005, "garbage": 0.005, "error-200": 0.005,
    "invalid": 0.005, "schema": 0.005, "length": 0.003, "refusal": 0.001, "empty": 0.001,
}  # fmt: skip


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.long)])
def test_under_mixed_faults_every_item_has_one_outcome(seed: int, store: str) -> None:
    numbers = range(400)
    faults = Faults(seed=seed, rates=MIXED, retry_after=0.1)
    with serve(adds, faults=faults, latency=0.01) as endpoint:
        config = chat_config(endpoint, timeout_seconds=2.0)
        answers = totals(config, store, numbers)
        assert max(sound(endpoint).values()) == 1
        num_requests = len(endpoint.requests)
        assert totals(config, store, numbers) == answers
        assert len(endpoint.requests) == num_requests
    assert len(answers) == 400
    assert all((answer.value is None) is bool(answer.failure) for answer in answers)
    answered = [number for number in numbers if answers[number].value]
    assert right([answers[number] for number in answered], answered)
    assert len(answered) > 390


@pytest.mark.parametrize(
    ("server", "settings", "told", "kind"),
    [
        ({"key": "sk-right-0123456789"}, {}, "does not accept the key in FAKE_KEY", ValueError),
        ({"models": ["other"]}, {}, "is not there", ValueError),
        ({"quota": 0}, {}, "wants to be paid first", ValueError),
        ({"supports": ()}, {"structured": "json-schema"}, "rejects every request", ValueError),
    ],
)
def test_what_cannot_pass_stops_the_run_in_one_line(
    server: dict[str, Any],
    settings: dict[str, Any],
    told: str,
    kind: type[Exception],
    store: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FAKE_KEY", KEY)
    with serve(adds, **server) as endpoint:
        config = chat_config(endpoint, api_key_env="FAKE_KEY", **settings)
        if "structured" in settings:
            endpoint.max_tokens_field = "nothing"
        with pytest.raises(kind, match=told) as raised:
            totals(config, store, range(200))
        text = str(raised.value)
        assert "\n" not in text
        assert KEY not in text and KEY[-6:] not in text
        assert len(endpoint.requests) < 100


def test_a_key_that_is_missing_is_named(store: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FAKE_KEY", raising=False)
    config = ChatConfig(model="m", base_url="https://example.invalid/v1", api_key_env="FAKE_KEY")
    with pytest.raises(ValueError, match="set the environment variable FAKE_KEY"):
        totals(config, store, [1])


def test_a_server_that_is_not_there_stops_the_run(store: str) -> None:
    config = ChatConfig(model="m", base_url="http://127.0.0.1:9/v1", api_key_env=None)
    with pytest.raises(ChatStoppedError, match="cannot be reached"):
        totals(config, store, range(5))


@pytest.mark.parametrize("is_batch", [False, True])
def test_a_certificate_that_nobody_here_knows_is_told_to_be_named(
    store: str, is_batch: bool, tmp_path: Path
) -> None:
    """Of a company's own authority, as its gateways have."""
    with serving({}, certificate_of("localhost", tmp_path / "host.pem")) as site:
        address = site.url.replace("127.0.0.1", "localhost")
        config = ChatConfig(model="m", base_url=f"{address}/v1", api_key_env=None, batch=is_batch)
        with pytest.raises(ChatStoppedError) as raised:
            totals(config, store, range(5))
    assert str(raised.value).endswith(
        "; name a file with the certificates of those who vouch for it in SSL_CERT_FILE, or "
        "correct base_url"
    )
    assert "certificate verify failed: self-signed certificate" in str(raised.value)


@pytest.mark.parametrize(
    ("address", "advice"),
    [
        ("{}", "correct model or base_url, which mostly ends with /v1"),
        ("{}/", "correct model or base_url, which mostly ends with /v1"),
        ("{}/v2", "correct model or base_url"),
    ],
)
def test_of_an_address_without_a_path_it_is_said_that_most_have_one(
    address: str, advice: str, store: str
) -> None:
    with serve(adds) as endpoint:
        root = endpoint.url.removesuffix("/v1")
        config = ChatConfig(model="m", base_url=address.format(root), api_key_env=None)
        with pytest.raises(ChatRefusedError, match=f"{advice}$"):
            totals(config, store, range(5))


@pytest.mark.parametrize(
    "end",
    ["/chat/completions", "/chat/completions//", "/Chat/Completions", "/messages", "/responses/"],
)
def test_the_address_of_one_call_is_refused(end: str) -> None:
    with pytest.raises(ValidationError, match=f"leave {end.lower().rstrip('/')} out"):
        ChatConfig(model="m", base_url=f"https://example.invalid/v1{end}")


def test_a_server_that_goes_away_stops_the_run_and_keeps_what_was_paid(store: str) -> None:
    served = iter(range(10**6))

    def model(body: dict[str, Any]) -> str | Completion:
        return adds(body) if next(served) < 20 else Completion(None, fault="500")

    with serve(model) as endpoint:
        config = chat_config(endpoint, max_attempts=1, max_concurrent=4)
        with pytest.raises(ChatStoppedError, match="no longer answers"):
            totals(config, store, range(500))
        assert len(endpoint.requests) <= 20 + SILENT_REQUESTS + 8
    with serve(adds) as endpoint:
        assert right(totals(chat_config(endpoint), store, range(100)), range(100))
        assert len(endpoint.requests) == 80


def begun(
    pool: ThreadPoolExecutor, endpoint: Endpoint, store: str, attempts: int, silent_seconds: float
) -> Future[list[Answer[Sum]]]:
    """A run of sixty questions whose server has answered ten."""
    limits = Limits(backoff=Backoff(first=0.01, most=0.05), silent_seconds=silent_seconds)
    config = chat_config(endpoint, max_concurrent=2, max_attempts=attempts)
    run = pool.submit(totals, config, store, range(60), limits=limits)
    while endpoint.num_replies < 10:
        time.sleep(0.01)
    return run


def port_of(endpoint: Endpoint) -> int:
    return int(endpoint.url.split(":")[2].split("/")[0])


def test_no_question_is_lost_while_a_server_starts_anew(store: str) -> None:
    with ThreadPoolExecutor() as pool:
        with serve(adds, latency=0.01) as first:
            run = begun(pool, first, store, 3, 20.0)
        time.sleep(1.0)
        with serve(adds, port=port_of(first)):
            assert right(run.result(20), range(60))


def test_how_long_a_server_was_busy_does_not_count_as_out_of_reach(store: str) -> None:
    def busy(body: dict[str, Any]) -> str | Completion:
        return adds(body) if first.num_replies < 10 else Completion(None, fault="500")

    with ThreadPoolExecutor() as pool:
        with serve(busy, latency=0.01) as first:
            run = begun(pool, first, store, 1000, 0.5)
            time.sleep(1.5)
        time.sleep(0.3)
        with serve(adds, port=port_of(first)):
            assert right(run.result(20), range(60))


def test_a_server_that_nobody_can_reach_any_more_ends_the_run(store: str) -> None:
    with ThreadPoolExecutor() as pool:
        with serve(adds, latency=0.01) as endpoint:
            run = begun(pool, endpoint, store, 1000, 0.3)
        with pytest.raises(ChatStoppedError, match="no longer answers"):
            run.result(20)


@pytest.mark.parametrize(
    ("at_once", "attempts", "seconds", "most"),
    [
        # The first request is tried eight times, or as often as two are that begin together.
        (1, 8, 0.0, 2 * 8 + FEW_SILENT),
        (1, 8, 60.0, 2 * 8 + SILENT_REQUESTS),
        (4, 8, 0.0, 8 * 8 + 2 * FEW_SILENT),
        (1, 1, 60.0, SILENT_REQUESTS + 1),
        (32, 2, 0.0, 2 * 64 + SILENT_REQUESTS),
    ],
)
def test_to_find_a_server_gone_takes_no_longer_with_few_requests_at_once(
    at_once: int, attempts: int, seconds: float, most: int, store: str
) -> None:
    limits = Limits(backoff=Backoff(first=0.001, most=0.002), silent_seconds=seconds)
    with serve(lambda body: Completion(None, fault="500")) as endpoint:
        config = chat_config(endpoint, max_concurrent=at_once, max_attempts=attempts)
        with pytest.raises(ChatStoppedError, match="no longer answers"):
            totals(config, store, range(500), limits=limits)
        assert len(endpoint.requests) <= most


def test_a_few_requests_that_fail_for_reasons_of_their_own_end_nothing(store: str) -> None:
    def model(body: dict[str, Any]) -> str | Completion:
        number = int(asked(body).split()[1])
        return Completion(None, fault="500") if number % 5 else adds(body)

    limits = Limits(backoff=Backoff(first=0.001, most=0.002), silent_seconds=60.0)
    with serve(model) as endpoint:
        config = chat_config(endpoint, max_concurrent=1, max_attempts=3)
        answers = totals(config, store, range(30), limits=limits)
    assert sum(answer.value is not None for answer in answers) == 6


def test_no_budget_no_request(store: str) -> None:
    with serve(adds) as endpoint:
        with pytest.raises(ChatStoppedError, match=r"budget of 0\.00 US dollars"):
            totals(chat_config(endpoint, price=PRICE), store, range(3), budget=0.0)
        told = r"budget of 0\.002 .* 0\.00 are spent, and the next reply may cost 0\.1"
        with pytest.raises(ChatStoppedError, match=told):
            totals(chat_config(endpoint, price=PRICE), store, range(3), budget=0.002)
        assert not endpoint.requests
        free = chat_config(endpoint, price=PriceConfig(input=0.0, output=0.0))
        assert right(totals(free, store, range(3), budget=0.0), range(3))


def test_a_budget_is_never_overdrawn_and_a_larger_one_goes_on(store: str) -> None:
    numbers = range(60)
    with serve(adds, latency=0.005) as endpoint:
        config = chat_config(endpoint, price=PRICE)
        each = 7 * 10e-6 + 10 * 1000e-6
        with pytest.raises(ChatStoppedError, match="raise budget and run the same command"):
            totals(config, store, numbers, budget=0.5)
        paid = len(endpoint.requests)
        assert 0.5 - 0.11 < paid * each <= 0.5
        with pytest.raises(ChatStoppedError):
            totals(config, store, numbers, budget=0.5)
        assert len(endpoint.requests) == paid
        assert right(totals(config, store, numbers, budget=2.0), numbers)
        assert len(endpoint.requests) == 60


@pytest.mark.parametrize(
    "usage",
    [
        {},
        {"prompt_tokens": 7},
        {"completion_tokens": 10},
        {"prompt_tokens": 2**31 - 1, "completion_tokens": 10, "cached_tokens": 2**30},
        {"prompt_tokens": 7, "completion_tokens": 5_000_000},
        {"prompt_tokens": 7, "completion_tokens": 10, "total_tokens": 10**9},
    ],
)
def test_tokens_that_are_not_reported_or_cannot_be_are_estimated(
    usage: dict[str, int], store: str
) -> None:
    with serve(lambda body: Completion(adds(body), usage=usage)) as endpoint:
        config = chat_config(endpoint, price=PRICE)
        answers = totals(config, store, range(20), budget=10.0)
        assert right(answers, range(20))
        for answer in answers:
            assert 7 <= answer.usage.input_tokens < 300
            assert 10 <= answer.usage.output_tokens < 30
        with pytest.raises(ChatStoppedError, match="budget of 1"):
            totals(config, store, range(20, 200), budget=1.0)


@pytest.mark.parametrize(
    ("supports", "form"),
    [
        (("json_schema", "json_object"), "json_schema"),
        (("json_object",), "json_object"),
        ((), None),
    ],
)
def test_the_form_that_a_server_understands_is_found_once(
    supports: Sequence[str], form: str | None, store: str
) -> None:
    with serve(adds, supports=supports) as endpoint:
        assert right(totals(chat_config(endpoint), store, range(30)), range(30))
        sent = [record.body.get("response_format", {}).get("type") for record in endpoint.requests]
        assert Counter(sent)[form] == 30
        assert len(sent) <= 32
        if form != "json_schema":
            assert '"total"' in endpoint.requests[-1].body["messages"][0]["content"]


def test_the_name_of_the_token_limit_is_found(store: str) -> None:
    with serve(adds, max_tokens_field="max_completion_tokens") as endpoint:
        assert right(totals(chat_config(endpoint), store, range(5)), range(5))


def test_a_server_is_given_no_more_than_it_takes(store: str) -> None:
    with serve(adds, latency=0.02, concurrent=8) as endpoint:
        config = chat_config(endpoint, max_attempts=40)
        assert right(totals(config, store, range(300)), range(300))
        late = endpoint.requests[-100:]
        assert sum(record.status == 429 for record in late) < 50


def test_requests_per_minute_are_kept(store: str) -> None:
    with serve(adds) as endpoint:
        started = time.monotonic()
        totals(chat_config(endpoint, requests_per_minute=600), store, range(75))
        # 60 go at once, the others at ten a second.
        assert time.monotonic() - started > 1.3


KILLED = """
import sys
from schemas.chat import Account
from tasks.chat.converse import converse
from tests.chat.test_chat import ChatConfig, add
config = ChatConfig(model="fake", base_url=sys.argv[1], api_key_env=None, max_concurrent=8)
answers = converse(config, Account("test", sys.argv[2]), range(200), add)
print(sum(answer.value is not None for answer in answers))
"""


def kept(store: str) -> int:
    """How many replies a store holds."""
    with sqlite3.connect(store.removeprefix("sqlite:///")) as connection:
        (number,) = connection.execute("SELECT count(*) FROM replies").fetchone()
    return int(number)


@pytest.mark.long
def test_kill_9_loses_only_what_was_in_flight(store: str) -> None:
    def run(url: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", KILLED, url, store]
        return subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]
        )

    with serve(adds, latency=0.05) as endpoint:
        with run(endpoint.url) as process:
            while len(endpoint.requests) < 60:
                assert process.poll() is None
                time.sleep(0.01)
            # Nothing can be committed for a while: what comes meanwhile is in flight until it is.
            with closing(sqlite3.connect(store.removeprefix("sqlite:///"))) as other:
                other.execute("BEGIN IMMEDIATE")
                time.sleep(0.5)
                process.send_signal(signal.SIGKILL)
                process.wait()
        num_sent, num_kept = len(endpoint.requests), kept(store)
        assert num_sent - num_kept <= 8
        with run(endpoint.url) as process:
            printed, _ = process.communicate()
        assert printed.split() == ["200"]
        asked_for = Counter(json.dumps(record.body) for record in endpoint.requests)
        assert len(asked_for) == 200
        repeated = sum(number - 1 for number in asked_for.values())
        assert repeated <= num_sent - num_kept


def test_items_are_taken_only_as_they_are_asked_about(store: str) -> None:
    taken: list[int] = []
    finished: list[int] = []

    def items() -> Iterator[int]:
        for number in range(500):
            taken.append(number)
            assert len(taken) - len(finished) <= 9
            yield number

    async def conversation(chat: Chat, number: int) -> None:
        await add(chat, number)
        finished.append(number)

    with serve(adds) as endpoint:
        config = chat_config(endpoint, max_concurrent=4)
        converse(config, Account("test", store), items(), conversation)
    assert len(finished) == 500


def test_an_error_of_ones_own_ends_the_run(store: str) -> None:
    async def conversation(chat: Chat, number: int) -> None:
        await add(chat, number)
        if number == 3:
            raise KeyError("three")

    with serve(adds) as endpoint, pytest.raises(KeyError, match="three"):
        account = Account("test", store)
        converse(chat_config(endpoint), account, range(1000), conversation)


def test_who_stops_a_run_waits_only_for_replies_under_way(store: str) -> None:
    run = Run()

    def model(body: dict[str, Any]) -> str | Completion:
        busy = len(endpoint.requests) > 8
        return Completion(None, fault="429-after") if busy else adds(body)

    def stop() -> None:
        while len(endpoint.requests) < 12:
            time.sleep(0.01)
        run.stop()

    with serve(model, latency=0.5, faults=Faults(retry_after=600.0)) as endpoint:
        Thread(target=stop).start()
        started = time.monotonic()
        with pytest.raises(ChatStoppedError, match="stopped; every reply is kept"):
            totals(chat_config(endpoint, structured="prompt"), store, range(100), run=run)
        assert time.monotonic() - started < 10.0
        assert kept(store) == endpoint.num_replies == 8


def test_a_reply_under_way_is_kept_though_its_asker_is_gone(store: str) -> None:
    with serve(adds, latency=0.3) as endpoint:
        home = chat_module._home()
        chat = home.chat(chat_config(endpoint), Account("test", store), Run())

        async def both() -> Answer[Sum]:
            first, second = (asyncio.create_task(add(chat, 1)) for _ in range(2))
            while not endpoint.requests:
                await asyncio.sleep(0.01)
            first.cancel()
            return await second

        assert right([home.run(both())], [1])
        assert len(endpoint.requests) == kept(store) == 1


def kept_when_nothing_is_under_way(store: str) -> int:
    """How many replies are kept when a process that is stopped ends."""
    while num_under_way():
        time.sleep(0.01)
    return kept(store)


def test_a_reply_under_way_is_awaited_though_its_conversation_has_ended(store: str) -> None:
    """It asked for two at once, of which the other was not sent yet."""
    run, stopped = Run(), Event()

    async def both(chat: Chat, number: int) -> list[Answer[Sum]]:
        return await asyncio.gather(add(chat, number), add(chat, number + 1))

    def stop() -> None:
        while not endpoint.requests:
            time.sleep(0.01)
        run.stop()
        stopped.set()

    with serve(after(stopped), latency=0.3) as endpoint:
        Thread(target=stop).start()
        config = chat_config(endpoint, max_concurrent=1)
        with pytest.raises(ChatStoppedError):
            converse(config, Account("test", store), [1], both, run=run)
        assert kept_when_nothing_is_under_way(store) == len(endpoint.requests) == 1


def test_a_reply_under_way_is_awaited_though_its_thread_is_interrupted(store: str) -> None:
    interrupted = Event()

    def interrupt() -> None:
        while not endpoint.requests:
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)
        interrupted.set()

    # A build that ran in this process may have left its own.
    usual = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with serve(after(interrupted), latency=0.3) as endpoint:
            Thread(target=interrupt).start()
            with pytest.raises(KeyboardInterrupt):
                totals(chat_config(endpoint), store, [1])
            assert kept_when_nothing_is_under_way(store) == len(endpoint.requests) == 1
    finally:
        signal.signal(signal.SIGINT, usual)


def test_a_store_that_takes_nothing_ends_the_run(store: str) -> None:
    with serve(adds, latency=0.02) as endpoint:
        config = chat_config(endpoint, max_concurrent=4)
        totals(config, store, [0])
        with sqlite3.connect(store.removeprefix("sqlite:///")) as connection:
            connection.execute(
                "CREATE TRIGGER t BEFORE INSERT ON replies BEGIN SELECT RAISE(ABORT, 'full'); END"
            )
        with pytest.raises(Exception, match="full"):
            totals(config, store, range(1, 300))
        assert len(endpoint.requests) <= 1 + 2 * 4


def test_models_of_one_payer_share_a_budget(store: str) -> None:
    each = 7 * 10e-6 + 10 * 1000e-6
    with serve(adds, latency=0.02) as endpoint:

        def run(temperature: float) -> None:
            config = chat_config(endpoint, price=PRICE, temperature=temperature)
            with pytest.raises(ChatStoppedError, match="raise budget"):
                totals(config, store, range(60), budget=0.5)

        with ThreadPoolExecutor() as threads:
            list(threads.map(run, [0.0, 0.5, 1.0]))
        assert 0.5 - 3 * 0.11 < endpoint.num_replies * each <= 0.5


def test_runs_that_share_a_model_are_counted_and_stopped_apart(store: str) -> None:
    one, other, late = runs = Run(), Run(), Run()
    late.stop()
    with serve(adds, latency=0.02) as endpoint:

        def ask(run: Run) -> bool:
            numbers = {one: range(10), other: range(10, 40), late: range(40, 50)}[run]
            try:
                return right(totals(chat_config(endpoint), store, numbers, run=run), numbers)
            except ChatStoppedError:
                return False

        with ThreadPoolExecutor() as threads:
            assert list(threads.map(ask, runs)) == [True, True, False]
    assert [run.meter.paid for run in runs] == [10, 30, 0]


def test_a_run_is_another_one_in_another_process() -> None:
    run = Run(renews=True)
    run.meter.pay(1.0)
    run.stop()
    there = pickle.loads(pickle.dumps(run))
    assert (there.meter.paid, there.is_stopped) == (0, False)
    assert (there.renews, there.started) == (True, run.started)


GZIP = "Content-Encoding: gzip\r\n"


@dataclass(kw_only=True, eq=False)
class Hostile(Endpoint):
    instead: ServerAnswer

    def answer(self, record: Record, raw: bytes) -> ServerAnswer:
        return self.instead


@pytest.mark.parametrize(
    ("instead", "told"),
    [
        (ServerAnswer(200, b" " * 5000), "the answer has more than"),
        (ServerAnswer(500, b" " * 5000), "the answer has more than"),
        (ServerAnswer(200, gzip.compress(bytes(5000)), None, GZIP), "the answer has more than"),
        (ServerAnswer(500, gzip.compress(bytes(5000)), None, GZIP), "the answer has more than"),
        (ServerAnswer(200, b"{}", None, "Content-Encoding: br\r\n"), "compressed (br)"),
    ],
)
def test_an_answer_that_cannot_be_held_is_a_reason(
    instead: ServerAnswer, told: str, store: str
) -> None:
    with Hostile(lambda _: "", instead=instead) as endpoint:
        limits = Limits(answer_bytes=4000)
        (answer,) = totals(chat_config(endpoint), store, [1], limits=limits)
        assert answer.failure is Failure.REJECTED
        assert told in answer.detail


SLOW = b'{"error": {"message": "slow down"}}'
UNKNOWN = b'{"error": {"message": "response_format is not supported"}}'


@pytest.mark.parametrize(
    ("refused", "num_asked"),
    [
        (ServerAnswer(429, gzip.compress(SLOW), None, GZIP), 3 + 3),
        (ServerAnswer(503, b"no gzip", None, GZIP), 3 + 3),
        (ServerAnswer(503, b"busy", None, "Content-Encoding: br\r\n"), 3 + 3),
        (ServerAnswer(400, zlib.compress(UNKNOWN), None, "Content-Encoding: deflate\r\n"), 2 + 3),
    ],
)
def test_a_compressed_error_means_what_it_means_otherwise(
    refused: ServerAnswer, num_asked: int, store: str
) -> None:
    known: set[str] = set()

    def refuse(body: dict[str, Any]) -> ServerAnswer | None:
        if refused.status == 400:
            return refused if "response_format" in body else None
        is_first = asked(body) not in known
        known.add(asked(body))
        return refused if is_first else None

    with serve(adds, refuse=refuse) as endpoint:
        assert right(totals(chat_config(endpoint), store, range(3)), range(3))
        assert len(endpoint.requests) == num_asked


def test_a_reply_that_is_compressed_is_read_and_one_without_its_end_asked_for_again(
    store: str,
) -> None:
    num_cut = iter(range(2))

    def refuse(body: dict[str, Any]) -> ServerAnswer:
        message = {"role": "assistant", "content": adds(body)}
        raw = json.dumps({"choices": [{"message": message, "finish_reason": "stop"}]}).encode()
        packed = gzip.compress(raw)
        cut = packed[:-20] if next(num_cut, None) is not None else packed
        return ServerAnswer(200, cut, None, GZIP)

    with serve(adds, refuse=refuse) as endpoint:
        assert right(totals(chat_config(endpoint), store, range(3)), range(3))
        assert len(endpoint.requests) == 2 + 3


def gzip_in_pieces(raw: bytes) -> bytes:
    return gzip.compress(raw[:40]) + gzip.compress(raw[40:]) + bytes(3)


def bare_deflate(raw: bytes) -> bytes:
    """Without the header of zlib, as some servers understand RFC 9110."""
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(raw) + packer.flush()


DEFLATE = "Content-Encoding: deflate\r\n"


@pytest.mark.parametrize(
    ("pack", "headers"),
    [
        (gzip_in_pieces, GZIP),
        (bare_deflate, DEFLATE),
        (zlib.compress, DEFLATE),
        (gzip_in_pieces, ""),
        (zlib.compress, ""),
        (bytes, GZIP),  # unpacked on its way
        (lambda raw: b"data: " + raw + b"\n\n", GZIP),
        (bytes, f"Content-Security-Policy: {'a' * 60_000}\r\n"),
    ],
)
def test_what_is_paid_for_is_read_whatever_its_way(
    pack: Callable[[bytes], bytes], headers: str, store: str
) -> None:
    def refuse(body: dict[str, Any]) -> ServerAnswer:
        message = {"role": "assistant", "content": adds(body)}
        raw = json.dumps({"choices": [{"message": message, "finish_reason": "stop"}]}).encode()
        return ServerAnswer(200, pack(raw), None, headers)

    with serve(adds, refuse=refuse) as endpoint:
        assert right(totals(chat_config(endpoint), store, range(3)), range(3))
        assert len(endpoint.requests) == 3


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_prompts_and_keys_are_sent_nowhere_else(
    status: int, store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_KEY", KEY)
    with serve(adds) as other:
        instead = ServerAnswer(status, b"", None, f"Location: {other.url}/chat/completions\r\n")
        with Hostile(lambda _: "", instead=instead) as endpoint:
            config = chat_config(endpoint, api_key_env="FAKE_KEY")
            with pytest.raises(ChatRefusedError, match="correct base_url"):
                totals(config, store, [1])
        assert not other.requests


def test_no_key_is_ever_written_down(
    store: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("FAKE_KEY", KEY)
    faults = Faults(rates={"429": 0.1, "500": 0.1, "drop": 0.1, "garbage": 0.1, "timeout": 0.1})
    with caplog.at_level("DEBUG"), serve(adds, key=KEY, faults=faults) as endpoint:
        config = chat_config(endpoint, api_key_env="FAKE_KEY", timeout_seconds=0.3)
        totals(config, store, range(20))
        endpoint.key = "another-key-0123456789"
        with pytest.raises(ChatRefusedError) as raised:
            totals(config, store, range(20, 40))
    files = [path.read_bytes() for path in Path(store.removeprefix("sqlite:///")).parent.iterdir()]
    error: BaseException | None = raised.value
    while error:
        assert KEY not in f"{error} {error!r}"
        error = error.__cause__ or error.__context__
    assert KEY not in caplog.text
    assert not any(KEY.encode() in data for data in files)


def test_a_key_that_a_gateway_repeats_in_a_reply_is_not_kept(
    store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = f"{KEY}/+"
    monkeypatch.setenv("FAKE_KEY", key)

    def told(body: dict[str, Any]) -> Completion:
        reply = json.loads(complete(body, Completion(adds(body)), None).body)
        reply["debug"] = [{"authorization": f"Bearer {key}"}]
        return Completion(None, body=json.dumps(reply).replace("/+", "\\/+").encode())

    with serve(told, key=key) as endpoint:
        config = chat_config(endpoint, api_key_env="FAKE_KEY")
        assert right(totals(config, store, range(5)), range(5))
    files = [path.read_bytes() for path in Path(store.removeprefix("sqlite:///")).parent.iterdir()]
    assert any(b"[key]" in data for data in files)
    assert not any(KEY.encode() in data for data in files)


@pytest.mark.parametrize(
    "key",
    [
        "sk-test-\u20260123",
        "sk-test-\x010123",
        "'sk-test-0123'",
        '"sk-test-0123"',
        "Bearer sk-test-0123",
    ],
)
def test_a_key_that_is_none_is_not_shown(
    key: str, store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_KEY", key)
    config = ChatConfig(model="m", base_url="https://example.invalid/v1", api_key_env="FAKE_KEY")
    with pytest.raises(ValueError, match="FAKE_KEY holds characters") as raised:
        totals(config, store, [1])
    assert "0123" not in repr(raised.value)


@pytest.mark.parametrize("address", ["https://example.invalid/v1", "http://127.0.0.1:9/v1"])
@pytest.mark.parametrize("key", [KEY, "gsk_7hYt5RfVbNmKlOpQwErTz"])
def test_a_key_in_place_of_its_variables_name_is_not_shown(
    key: str, address: str, store: str
) -> None:
    config = ChatConfig(model="m", base_url=address, api_key_env=key)
    with pytest.raises(ValueError, match="never the key itself") as raised:
        totals(config, store, [1])
    assert key[:6] not in repr(raised.value)


def test_a_variable_may_have_any_name_that_is_in_the_environment(
    store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("our_key.2", KEY)
    with serve(adds, key=KEY) as endpoint:
        config = chat_config(endpoint, api_key_env="our_key.2")
        assert totals(config, store, range(3))


@pytest.mark.parametrize(
    "extra",
    [
        {"api_key": KEY},
        {"metadata": {"headers": [{"Authorization": f"Bearer {KEY}"}]}},
        {"aws_secret_access_key": KEY},
        {"access-token": KEY},
    ],
)
def test_no_secret_may_be_in_what_is_published(extra: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="is published with the dataset"):
        ChatConfig(model="m", extra_body=extra)


def test_fields_about_tokens_and_caches_are_no_secrets() -> None:
    extra = {"prompt_cache_key": "a", "max_thinking_tokens": 5, "stop_token_ids": [2], "list": [1]}
    assert ChatConfig(model="m", extra_body=extra).extra_body == extra


def test_a_server_that_comes_to_reject_everything_ends_the_run(store: str) -> None:
    def model(body: dict[str, Any]) -> str:
        if len(endpoint.requests) > 10:
            endpoint.max_tokens_field = "nothing"
        return adds(body)

    with serve(model) as endpoint:
        config = chat_config(endpoint, max_concurrent=4)
        with pytest.raises(ChatRefusedError, match="rejects every request"):
            totals(config, store, range(300))
        assert len(endpoint.requests) < 60


def test_a_refused_run_is_no_runtime_error() -> None:
    assert issubclass(ChatRefusedError, ValueError)
    assert issubclass(ChatStoppedError, RuntimeError)
