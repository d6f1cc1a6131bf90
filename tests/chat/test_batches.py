import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from schemas.chat import Account, Failure, Message, Photograph, ReplyForm, Request, Role
from schemas.config.chat import ChatConfig, PriceConfig
from schemas.retry import Backoff
from tasks.chat import converse as chat_module
from tasks.chat.answers import Answer, Chat
from tasks.chat.batch_files import read_line, write_requests
from tasks.chat.converse import converse
from tasks.chat.dialects import Dialect, Form
from tasks.chat.errors import (
    ChatRefusedError,
    ChatStoppedError,
    PassingError,
    RejectedError,
    UnreadableError,
)
from tasks.chat.limits import Limits
from tasks.chat.replies import open_replies
from tasks.chat.run import Run
from tasks.chat.usability import PROBE
from tests.servers.endpoint import Batches, Endpoint, Record
from tests.servers.faults import Answer as ServerAnswer
from tests.servers.faults import Completion, Faults, error

ROOT = Path(__file__).parents[2]
NAMES = [f"line {number}" for number in range(PROBE)]
FAST = Limits(backoff=Backoff(first=0.01), batch_window=500, batch_idle_seconds=0.05)
PRICE = PriceConfig(input=100.0, output=200.0)
RUN = """
import sys
from tests.chat.test_batches import NAMES, configured, run
from schemas.chat import Account
run(configured(sys.argv[1]), Account("payer", sys.argv[2]), NAMES)
"""


class Word(ReplyForm):
    word: str


def says(body: dict[str, Any]) -> str:
    return json.dumps({"word": f"said {body['messages'][0]['content']}"})


@dataclass(kw_only=True, eq=False)
class Served(Endpoint):
    """An endpoint whose answers may be tampered with: `around` is given the request, and a call
    that makes the right answer."""

    around: Callable[[Record, Callable[[], ServerAnswer]], ServerAnswer] | None = None

    def answer(self, record: Record, raw: bytes) -> ServerAnswer:
        def right() -> ServerAnswer:
            return Endpoint.answer(self, record, raw)

        return self.around(record, right) if self.around else right()

    def uploads(self) -> list[list[str]]:
        """The ids of the requests in each input file."""
        return [
            [line["custom_id"] for line in record.body]
            for record in self.requests
            if record.method == "POST" and record.path == "/v1/files"
        ]

    def created(self) -> list[list[str]]:
        """The ids of the requests in each batch."""
        return [[line["custom_id"] for line in one.lines] for one in self.storage.batches.values()]


@pytest.fixture
def account(tmp_path: Path) -> Account:
    return Account("payer", f"sqlite:///{tmp_path / 'replies.db'}")


def configured(url: str, **changes: Any) -> ChatConfig:
    settings: dict[str, Any] = {"batch": True, "batch_poll_seconds": 0.02, "price": PRICE}
    return ChatConfig(model="fake", base_url=url, **settings | changes)


async def ask(chat: Chat, text: str) -> Answer[Word]:
    return await chat.answer([Message(Role.USER, text)], Word)


def run(
    config: ChatConfig, account: Account, texts: list[str], limits: Limits = FAST
) -> list[Answer[Word]]:
    return converse(config, account, texts, ask, limits=limits)


def words(answers: list[Answer[Word]]) -> list[str | None]:
    return [answer.value and answer.value.word for answer in answers]


SAID = [f"said {name}" for name in NAMES]


def test_replies_equal_the_direct_mode_s_at_half_the_price(account, tmp_path):
    direct = Account("payer", f"sqlite:///{tmp_path / 'direct.db'}")
    with Served(says) as endpoint:
        batched = run(configured(endpoint.url), account, NAMES)
        asked_in_batches = endpoint.num_replies
        sent = run(configured(endpoint.url, batch=False), direct, NAMES)
        assert [len(ids) for ids in endpoint.created()] == [16]
    assert words(batched) == SAID
    assert asked_in_batches == 16
    assert batched == sent
    digests = [digest for answer in batched for digest in answer.replies]
    in_batches = open_replies(account.store).read(digests)
    in_direct = open_replies(direct.store).read(digests)
    for digest in digests:
        one, other = in_batches[digest], in_direct[digest]
        assert (one.raw, one.usage) == (other.raw, other.usage)
        assert one.cost == pytest.approx(other.cost / 2)
        assert (one.is_batch, other.is_batch) == (True, False)


def test_a_second_run_asks_nothing(account):
    with Served(says) as endpoint:
        first = run(configured(endpoint.url), account, NAMES)
        num_requests = endpoint.num_requests
        assert run(configured(endpoint.url), account, NAMES) == first
        assert endpoint.num_requests == num_requests


def killed_run(endpoint: Served, account: Account, is_time: Callable[[], bool]) -> None:
    arguments = [sys.executable, "-c", RUN, endpoint.url, account.store]
    with subprocess.Popen(arguments, cwd=ROOT) as process:
        deadline = time.monotonic() + 30
        while not is_time() and time.monotonic() < deadline and process.poll() is None:
            time.sleep(0.005)
        assert process.poll() is None
        os.kill(process.pid, signal.SIGKILL)


@pytest.mark.long
def test_a_killed_run_is_taken_up_where_it_was(account):
    with Served(says, batches=Batches(seconds=1.0)) as endpoint:
        store = open_replies(account.store)

        def is_committed() -> bool:
            with store.sql.engine.begin() as connection:
                rows = connection.exec_driver_sql("SELECT batch_id FROM batches").fetchall()
            return any(name.startswith("batch_") for (name,) in rows)

        killed_run(endpoint, account, is_committed)
        more = [*NAMES, "another line"]
        assert words(run(configured(endpoint.url), account, more)) == [*SAID, "said another line"]
        assert [len(ids) for ids in endpoint.created()] == [16, 1]
        assert set(Counter(chain(*endpoint.uploads())).values()) == {1}


def silent(is_created: bool) -> Callable[[Record, Callable[[], ServerAnswer]], ServerAnswer]:
    def around(record: Record, right: Callable[[], ServerAnswer]) -> ServerAnswer:
        if (record.method, record.path) != ("POST", "/v1/batches"):
            return right()
        answer = right() if is_created else ServerAnswer(200, b"")
        return answer._replace(fault="timeout")

    return around


def num_creations(endpoint: Served) -> int:
    return sum((one.method, one.path) == ("POST", "/v1/batches") for one in endpoint.requests)


def test_a_batch_whose_creation_was_not_seen_is_found_by_its_name(account):
    with Served(says, around=silent(is_created=True)) as endpoint:
        killed_run(endpoint, account, lambda: num_creations(endpoint) == 1)
        endpoint.around = None
        assert words(run(configured(endpoint.url), account, NAMES)) == SAID
        assert [len(ids) for ids in endpoint.created()] == [16]
        assert len(endpoint.uploads()) == 1


@pytest.mark.long
def test_a_batch_that_was_not_created_is_created_after_a_while(account):
    with Served(says, around=silent(is_created=False)) as endpoint:
        killed_run(endpoint, account, lambda: num_creations(endpoint) == 1)
        killed = time.time()
        endpoint.around = None
        limits = replace(FAST, batch_settling_seconds=2.0)
        assert words(run(configured(endpoint.url), account, NAMES, limits)) == SAID
        assert time.time() - killed > 0.9
        assert [len(ids) for ids in endpoint.created()] == [16]


def test_a_creation_whose_answer_is_lost_is_not_repeated(account):
    lost: list[Record] = []

    def around(record: Record, right: Callable[[], ServerAnswer]) -> ServerAnswer:
        if (record.method, record.path) == ("POST", "/v1/batches") and not lost:
            lost.append(record)
            return right()._replace(fault="drop-early")
        return right()

    with Served(says, around=around) as endpoint:
        assert words(run(configured(endpoint.url), account, NAMES)) == SAID
        assert [len(ids) for ids in endpoint.created()] == [16]


def interrupted(chat: Chat, endpoint: Served) -> Any:
    """A run that ends, as by Ctrl-C, while its batch is under way."""

    async def start() -> None:
        tasks = [asyncio.create_task(ask(chat, name)) for name in NAMES]
        while not endpoint.storage.batches:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)
        for task in tasks:
            task.cancel()
        await chat._asker.close()

    return start()


def test_an_interrupted_run_is_taken_up_by_the_next(account):
    with Served(says, batches=Batches(seconds=0.3)) as endpoint:
        home = chat_module._home()
        home.run(interrupted(home.chat(configured(endpoint.url), account, Run(), FAST), endpoint))
        other = configured(endpoint.url, max_concurrent=3)
        assert words(run(other, account, NAMES[:5])) == SAID[:5]
        third = configured(endpoint.url, max_concurrent=2)
        assert words(run(third, account, NAMES)) == SAID
        assert [len(ids) for ids in endpoint.created()] == [16]


def test_replies_that_nobody_waits_for_any_more_are_stored(account):
    with Served(says, batches=Batches(seconds=0.3)) as endpoint:
        home = chat_module._home()
        home.run(interrupted(home.chat(configured(endpoint.url), account, Run(), FAST), endpoint))
        other = configured(endpoint.url, max_concurrent=3)
        assert words(run(other, account, ["something else"])) == ["said something else"]
        paid, _ = endpoint.created()
        deadline = time.monotonic() + 5
        store = open_replies(account.store)
        while len(store.read(paid)) < 16 and time.monotonic() < deadline:
            time.sleep(0.02)
        assert len(store.read(paid)) == 16


@pytest.mark.parametrize("kind", ["429", "500", "error-200"])
def test_lines_that_failed_in_passing_are_asked_again(account, kind):
    faults = Faults(seed=3, rates={kind: 0.5})
    with Served(says, faults=faults) as endpoint:
        assert words(run(configured(endpoint.url, max_attempts=50), account, NAMES)) == SAID
        sizes = [len(ids) for ids in endpoint.created()]
        assert sizes[0] == 16
        assert sizes[1:] == sorted(sizes[1:], reverse=True)
        assert len(sizes) > 2
        assert sum(Counter(chain(*endpoint.uploads())).values()) == sum(sizes)
        assert endpoint.num_replies == 16


def test_lines_that_always_fail_end_without_a_reply(account):
    def model(body: dict[str, Any]) -> Completion:
        text = body["messages"][0]["content"]
        return Completion(says(body), fault="503" if text == NAMES[3] else None)

    with Served(model) as endpoint:
        answers = run(configured(endpoint.url, max_attempts=3), account, NAMES)
        assert [len(ids) for ids in endpoint.created()] == [16, 1, 1]
    assert [answer.failure for answer in answers].count(None) == 15
    assert answers[3].failure is Failure.NO_REPLY
    assert "503" in answers[3].detail


def test_rejected_lines_are_told_apart(account):
    faults = {NAMES[1]: "filter-400", NAMES[2]: "filter", NAMES[4]: "refusal"}

    def model(body: dict[str, Any]) -> Completion:
        return Completion(says(body), fault=faults.get(body["messages"][0]["content"]))

    with Served(model) as endpoint:
        answers = run(configured(endpoint.url), account, NAMES)
        assert [len(ids) for ids in endpoint.created()] == [16]
    assert [answer.failure for answer in answers[:5]] == [
        None, Failure.FILTERED, Failure.FILTERED, None, Failure.REFUSED]  # fmt: skip
    assert words(answers[5:]) == SAID[5:]


def test_every_question_ends_in_one_outcome_whatever_befalls_it(account):
    rates = {"429": 0.2, "500": 0.1, "filter-400": 0.1, "error-200": 0.1, "invalid": 0.2}
    texts = [f"text {number}" for number in range(100)]
    plan = Batches(expired=0.1, missing=0.1)
    with Served(says, faults=Faults(seed=1, rates=rates), batches=plan) as endpoint:
        answers = run(configured(endpoint.url, max_attempts=20), account, texts)
        num_paid = endpoint.num_replies
    assert len(answers) == 100
    for text, answer in zip(texts, answers, strict=True):
        assert (answer.value is None) != (answer.failure is None)
        assert answer.value is None or answer.value.word == f"said {text}"
    stored = open_replies(account.store)
    with stored.sql.engine.begin() as connection:
        num_stored = connection.exec_driver_sql("SELECT count(*) FROM replies").scalar()
    assert num_stored == num_paid


@pytest.mark.parametrize("plan", [Batches(expired=0.5), Batches(missing=0.5)])
def test_undone_lines_are_asked_again(account, plan):
    with Served(says, batches=plan) as endpoint:
        assert words(run(configured(endpoint.url, max_attempts=50), account, NAMES)) == SAID
        assert len(endpoint.created()) > 1
        assert endpoint.num_replies == 16


def test_a_cancelled_batch_keeps_what_was_done(account):
    def around(record: Record, right: Callable[[], ServerAnswer]) -> ServerAnswer:
        if record.path == "/v1/batches/batch_1" and record.method == "GET":
            batch = endpoint.storage.batches["batch_1"]
            if batch.about["status"] == "in_progress":
                batch.about["status"] = "cancelling"
        return right()

    with Served(says, around=around) as endpoint:
        assert words(run(configured(endpoint.url), account, NAMES)) == SAID
        assert 1 < len(endpoint.created()) < 5
        assert endpoint.storage.batches["batch_1"].about["status"] == "cancelled"
        assert endpoint.num_replies == 16


def test_batches_without_room_are_submitted_in_halves(account):
    with Served(says, batches=Batches(max_enqueued_tokens=3)) as endpoint:
        answers = run(configured(endpoint.url, structured="json-schema"), account, NAMES[:12])
        assert words(answers) == SAID[:12]
        assert [len(ids) for ids in endpoint.created()][:4] == [12, 6, 3, 6]
        assert endpoint.num_replies == 12


def test_a_request_that_never_has_room_ends_without_a_reply(account):
    with Served(says, batches=Batches(max_enqueued_tokens=0)) as endpoint:
        config = configured(endpoint.url, max_attempts=2, batch_poll_seconds=0.005)
        answers = run(config, account, NAMES[:3])
    assert {answer.failure for answer in answers} == {Failure.NO_REPLY}
    assert "token_limit_exceeded" in answers[0].detail


def test_another_dialect_is_tried(account):
    limits: dict[str, Any] = {
        "supports": ("json_object",),
        "max_tokens_field": "max_completion_tokens",
    }
    with Served(says, **limits) as endpoint:
        answers = run(configured(endpoint.url), account, NAMES)
        assert [len(ids) for ids in endpoint.created()] == [16, 16, 16]
    assert {answer.failure for answer in answers} == {None}


def test_a_form_that_is_ignored_is_told_in_the_next_batch(account):
    def model(body: dict[str, Any]) -> str:
        is_told = "JSON Schema" in body["messages"][0]["content"]
        place = 1 if is_told else 0
        said = json.dumps({"word": f"said {body['messages'][place]['content']}"})
        return said if is_told else "It is a fine word."

    with Served(model) as endpoint:
        answers = run(configured(endpoint.url), account, MANY)
        assert words(answers) == [f"said {name}" for name in MANY]
        assert [len(ids) for ids in endpoint.created()] == [16, 16, 184]
        # As if the form had been known: which ones were the first decides nothing.
        assert {(len(answer.replies), answer.usage.calls) for answer in answers} == {(1, 1)}
        assert endpoint.num_replies == 216
        # The next run knows it from the store.
        config = configured(endpoint.url, max_concurrent=5)  # by an asker of its own
        run(config, account, [f"further {name}" for name in NAMES])
        assert [len(ids) for ids in endpoint.created()][3:] == [16]
    with open_replies(account.store).sql.engine.begin() as connection:
        costs = connection.exec_driver_sql("SELECT sum(cost) FROM replies").scalar()
    assert spent(account) == pytest.approx(costs)


def test_some_replies_in_prose_do_not_change_the_form_of_a_batch(account):
    def model(body: dict[str, Any]) -> str:
        return "I see." if body["messages"][-1]["content"] in NAMES[:10] else says(body)

    with Served(model) as endpoint:
        assert words(run(configured(endpoint.url), account, NAMES)) == SAID
        forms = {line["body"]["response_format"]["type"] for record in endpoint.requests
                 if record.path == "/v1/files" for line in record.body}  # fmt: skip
        assert forms == {"json_schema"}


MANY = [f"line {number}" for number in range(200)]


def prose(body: dict[str, Any]) -> str:
    return "I see."


def wrong(body: dict[str, Any]) -> str:
    return json.dumps({"word": None})


def empty(body: dict[str, Any]) -> Completion:
    return Completion(None)


@pytest.mark.parametrize(
    ("model", "sizes", "told"),
    [
        # The form is ignored: the schema goes into the prompt, and then nothing is left to try.
        (prose, [16, 16], "reply-invalid: .*'I see.'"),
        (wrong, [16], "reply-invalid: word: .*"),
        (empty, [16], "reply-empty: the reply has no text"),
    ],
)
def test_a_server_without_usable_replies_is_noticed_by_the_first_batch(account, model, sizes, told):
    with Served(model) as endpoint:
        match = f"16 of the first 16 replies cannot be used, the last one as {told}"
        with pytest.raises(ChatRefusedError, match=match):
            run(configured(endpoint.url), account, MANY)
        assert [len(ids) for ids in endpoint.created()] == sizes
        num_paid = endpoint.num_replies
        endpoint.model = says
        assert words(run(configured(endpoint.url), account, MANY)) == [f"said {n}" for n in MANY]
        assert [len(ids) for ids in endpoint.created()][len(sizes) :] == [16, 184]
        assert endpoint.num_replies == num_paid + 200


def test_a_later_batch_without_usable_replies_is_not_followed_up(account):
    def model(body: dict[str, Any]) -> str:
        return says(body) if body["messages"][0]["content"] in MANY[:16] else "I see."

    with Served(model) as endpoint:
        match = (
            r"\d+ replies in succession cannot be used, the last one as reply-invalid: .*'I see.'"
        )
        with pytest.raises(ChatRefusedError, match=match):
            run(configured(endpoint.url, structured="json-schema"), account, MANY)
        assert [len(ids) for ids in endpoint.created()] == [16, 184]
        endpoint.model = says
        config = configured(endpoint.url, structured="json-schema")
        assert words(run(config, account, MANY)) == [f"said {n}" for n in MANY]
        assert [len(ids) for ids in endpoint.created()][2:] == [184]


def test_few_first_replies_that_can_be_used_are_enough_to_go_on(account):
    def model(body: dict[str, Any]) -> str:
        is_first = len(body["messages"]) == 1 and body["messages"][0]["content"] in MANY[2:]
        return "{}" if is_first else says(body)

    with Served(model) as endpoint:
        config = configured(endpoint.url, structured="json-schema")
        assert words(run(config, account, MANY[:30])) == [f"said {n}" for n in MANY[:30]]
        assert [len(ids) for ids in endpoint.created()] == [16, 28, 14]


def test_a_server_that_rejects_everything_ends_the_run(account):
    config_of = {"structured": "json-schema"}
    with Served(says, supports=()) as endpoint:
        with pytest.raises(ChatRefusedError, match="rejects every request"):
            run(configured(endpoint.url, **config_of), account, NAMES)
        assert len(endpoint.created()) == 1


def test_a_missing_model_ends_the_run(account):
    with (
        Served(says, models=["other"]) as endpoint,
        pytest.raises(ChatRefusedError, match=r"does not exist"),
    ):
        run(configured(endpoint.url), account, NAMES)


def test_a_server_without_the_batch_api_ends_the_run(account):
    def around(record: Record, right: Callable[[], ServerAnswer]) -> ServerAnswer:
        return ServerAnswer(404, b'{"detail": "Not Found"}')

    with (
        Served(says, around=around) as endpoint,
        pytest.raises(ChatRefusedError, match="has no Batch API: leave batch out"),
    ):
        run(configured(endpoint.url), account, NAMES)


def test_a_wrong_key_is_told_in_one_line_without_it(account, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-wrong-0123456789abcdef")
    with Served(says, key="sk-right-0123456789") as endpoint:
        with pytest.raises(ChatRefusedError) as raised:
            run(configured(endpoint.url), account, NAMES)
        assert endpoint.num_requests == 1
    told = str(raised.value)
    assert "OPENAI_API_KEY" in told
    assert "\n" not in told
    assert "0123" not in told
    assert "cdef" not in told


def test_a_server_that_is_not_there_ends_the_run(account):
    with Served(says) as endpoint:
        url = endpoint.url
    with pytest.raises(ChatStoppedError, match="cannot be reached"):
        run(configured(url), account, NAMES)


def test_calls_of_the_api_are_made_again(account):
    rates = {"500": 0.1, "429-ms": 0.1, "drop": 0.1, "garbage": 0.1, "truncated-json": 0.1}
    faults = Faults(seed=5, rates=rates, retry_after=0.01)
    with Served(says, api_faults=faults) as endpoint:
        config = configured(endpoint.url, max_attempts=30, structured="json-schema")
        assert words(run(config, account, NAMES)) == SAID
        assert words(run(config, account, ["one more"])) == ["said one more"]
        assert sorted(len(ids) for ids in endpoint.created()) == [1, 16]
        assert endpoint.num_replies == 17


def test_polling_outlasts_an_outage(account):
    num_polls = 0

    def around(record: Record, right: Callable[[], ServerAnswer]) -> ServerAnswer:
        nonlocal num_polls
        num_polls += "/batches/" in record.path
        return ServerAnswer(500, b"down") if 1 < num_polls < 8 else right()

    with Served(says, around=around) as endpoint:
        assert words(run(configured(endpoint.url, max_attempts=2), account, NAMES)) == SAID
        assert len(endpoint.created()) == 1


def test_an_output_that_is_cut_off_is_fetched_again(account):
    cut: list[str] = []

    def around(record: Record, right: Callable[[], ServerAnswer]) -> ServerAnswer:
        answer = right()
        if record.path.endswith("/content") and len(cut) < 2:
            cut.append(record.path)
            return answer._replace(body=answer.body[:-100])
        return answer

    with Served(says, around=around) as endpoint:
        assert words(run(configured(endpoint.url), account, NAMES)) == SAID
        assert len(endpoint.created()) == 1


def test_a_batch_that_is_gone_is_asked_anew(account):
    def around(record: Record, right: Callable[[], ServerAnswer]) -> ServerAnswer:
        if record.path == "/v1/batches/batch_1":
            return ServerAnswer(404, b'{"error": {"message": "No such batch"}}')
        return right()

    with Served(says, around=around) as endpoint:
        assert words(run(configured(endpoint.url), account, NAMES)) == SAID
        assert [len(ids) for ids in endpoint.created()] == [16, 16]


def test_repairs_go_into_a_second_batch(account):
    def model(body: dict[str, Any]) -> str:
        is_first = len(body["messages"]) == 1
        return (
            "no object" if is_first and body["messages"][0]["content"] in NAMES[:4] else says(body)
        )

    with Served(model) as endpoint:
        assert words(run(configured(endpoint.url), account, NAMES)) == SAID
        assert [len(ids) for ids in endpoint.created()] == [16, 4]


def spent(account: Account) -> float:
    store = open_replies(account.store)
    with store.sql.engine.begin() as connection:
        return float(connection.exec_driver_sql("SELECT sum(dollars) FROM spending").scalar() or 0)


def test_no_more_is_spent_than_the_budget(account):
    config = {"max_tokens": 100, "price": PriceConfig(input=100.0, output=1000.0)}
    limited = Account(account.payer, account.store, budget=0.30)
    with Served(says) as endpoint:
        with pytest.raises(ChatStoppedError, match=r"budget of 0\.3 US dollars"):
            run(configured(endpoint.url, **config), limited, [f"text {n}" for n in range(200)])
        sizes = [len(ids) for ids in endpoint.created()]
        # 100 tokens at half of 0.001 dollars each are set aside for each request.
        assert sizes[0] == 5
        assert 5 < sum(sizes) < 200
        num_stored = len(set(chain(*endpoint.created())))
        assert num_stored == sum(sizes) == endpoint.num_replies
        assert 0.2 < spent(limited) <= 0.30
        richer = Account(account.payer, account.store, budget=10.0)
        answers = run(configured(endpoint.url, **config), richer, [f"text {n}" for n in range(200)])
        assert {answer.failure for answer in answers} == {None}
        assert endpoint.num_replies == 200


def test_what_is_under_way_is_waited_for_though_the_budget_is_spent(account):
    config = {"max_tokens": 100, "price": PriceConfig(input=100.0, output=1000.0)}
    poor = Account(account.payer, account.store, budget=0.01)
    with Served(says, batches=Batches(seconds=0.3)) as endpoint:
        home = chat_module._home()
        chat = home.chat(configured(endpoint.url, **config), account, Run(), FAST)
        home.run(interrupted(chat, endpoint))
        assert words(run(configured(endpoint.url, **config), poor, NAMES)) == SAID
        assert len(endpoint.created()) == 1


def test_files_are_limited(account):
    with Served(says) as endpoint:
        limits = replace(FAST, batch_requests=6)
        assert words(run(configured(endpoint.url), account, NAMES, limits)) == SAID
        assert [len(ids) for ids in endpoint.created()] == [6, 6, 4]


def test_two_chats_of_one_store_share_what_is_under_way(account):
    with Served(says, batches=Batches(seconds=0.2)) as endpoint:
        home = chat_module._home()
        first = home.chat(configured(endpoint.url), account, Run(), FAST)
        second = home.chat(configured(endpoint.url, max_concurrent=5), account, Run(), FAST)

        async def both() -> list[Answer[Word]]:
            tasks = [asyncio.create_task(ask(first, name)) for name in NAMES]
            while not endpoint.storage.batches:
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.1)
            tasks += [asyncio.create_task(ask(second, name)) for name in NAMES]
            return list(await asyncio.gather(*tasks))

        assert words(home.run(both())) == SAID * 2
        assert len(endpoint.created()) == 1
    assert spent(account) == pytest.approx(
        sum(one.cost for one in open_replies(account.store).read(endpoint.created()[0]).values())
    )


def test_the_meter_counts(account):
    counted = Run()
    meter = counted.meter
    with Served(says) as endpoint:
        converse(configured(endpoint.url), account, NAMES, ask, run=counted, limits=FAST)
    assert (meter.asked, meter.served, meter.paid, meter.again) == (16, 0, 16, 0)
    assert meter.cost == pytest.approx(spent(account))


def request(text: str, load: Callable[[], bytes] | None = None) -> Request:
    photograph = Photograph(text, 64, load) if load else None
    return Request(configured("http://x"), (Message(Role.USER, text, photograph),))


def test_lines_are_written_until_the_file_is_full(tmp_path):
    large, small = request("x" * 2000), [request(f"small {number}") for number in range(10)]
    dialect = Dialect(Form.PROMPT)
    with (tmp_path / "lines").open("w+b") as file:
        assert write_requests([large, *small], dialect, file, 1000) == ([large.digest], {})
    with (tmp_path / "lines").open("w+b") as file:
        written, _ = write_requests([*small, large], dialect, file, 1000)
        assert 1 < len(written) < 10
        file.seek(0)
        lines = [json.loads(line) for line in file]
    assert [line["custom_id"] for line in lines] == written
    assert (tmp_path / "lines").stat().st_size <= 1000
    assert {(line["method"], line["url"]) for line in lines} == {("POST", "/v1/chat/completions")}


def test_a_request_that_cannot_be_written_does_not_stop_the_others(tmp_path):
    def missing() -> bytes:
        raise FileNotFoundError("no such photograph")

    bad, good = request("bad", missing), request("good")
    with (tmp_path / "lines").open("w+b") as file:
        written, unreadable = write_requests([bad, good], Dialect(Form.PROMPT), file, 1000)
    assert written == [good.digest]
    assert isinstance(unreadable[bad.digest], FileNotFoundError)


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ({"response": None, "error": {"code": "batch_expired", "message": "late"}}, PassingError),
        ({"response": None, "error": None}, UnreadableError),
        ({"body": {"choices": []}}, UnreadableError),  # where nobody looks for it
        ({"response": {"status_code": 200, "body": {}}}, PassingError),
        ({"response": {"status_code": 0, "body": None}}, PassingError),
        ({"response": {"status_code": 503, "body": "busy"}}, PassingError),
        ({"response": {"status_code": 400, "body": {"error": "bad"}}}, RejectedError),
        ({"response": {"status_code": 400, "body": {"error": {"message": "m"}}}}, RejectedError),
        ({"response": {"status_code": 404, "body": {"error": {"code": 7}}}}, ChatRefusedError),
    ],
)
def test_lines_without_a_completion(line, kind):
    digest, error = read_line(json.dumps({"custom_id": "a"} | line).encode(), "there")
    assert digest == "a"
    assert isinstance(error, kind)


@pytest.mark.parametrize("status", [400, 500])
def test_a_field_of_one_s_own_that_lines_are_refused_for_is_left_out(account, status):
    @dataclass(kw_only=True, eq=False)
    class Refusing(Served):
        def chat(self, raw: bytes, body: Any) -> ServerAnswer:
            if "seed" in body:
                return error(status, "seed is not supported")
            return super().chat(raw, body)

    with Refusing(says) as endpoint:
        config = configured(endpoint.url, extra_body={"seed": 3}, max_attempts=2)
        assert words(run(config, account, NAMES)) == SAID
        assert [len(ids) for ids in endpoint.created()] == [16, 16]


@pytest.mark.parametrize("status", [0, 200, None])
@pytest.mark.parametrize("said", ["batch_expired", {"code": "batch_expired", "message": "late"}])
def test_an_error_beside_an_empty_response_is_read(status, said):
    line = {"custom_id": "a", "response": {"status_code": status, "body": None}, "error": said}
    _, error = read_line(json.dumps(line).encode(), "there")
    assert isinstance(error, PassingError) and not isinstance(error, UnreadableError)
    assert "batch_expired" in str(error)


def test_a_reply_is_stored_as_it_came():
    raw = b'{"choices" : [], "x":  1.50}'
    line = b'{"custom_id": "a", "response": {"status_code": 200, "body": ' + raw + b"}}\n"
    assert read_line(line, "there")[1].raw == raw


Told = dict[str, Any]


def each(about: Told, change: Callable[[Told], Told]) -> Told:
    """A batch, or all of a page, as another provider tells of it."""
    if "data" in about:
        return about | {"data": [change(one) for one in about["data"]]}
    return change(about)


def called(state: str) -> Callable[[Told], Told]:
    return lambda batch: batch | {"status": state} if batch["status"] == "completed" else batch


@pytest.mark.parametrize(
    "change",
    [
        lambda batch: batch | {"status": batch["status"].upper()},
        called("BATCH_STATE_SUCCEEDED"),
        called("ended"),
        called("done"),
        lambda batch: batch | {"errors": [], "metadata": batch["metadata"] or []},
        lambda batch: batch | {"errors": {"data": [{"code": 3}]}, "request_counts": {"total": "1"}},
        lambda batch: batch | {"error_file_id": batch.get("error_file_id") or ""},
    ],
)
def test_batches_are_understood_as_other_providers_tell_of_them(change, account):
    def around(record: Record, right: Callable[[], ServerAnswer]) -> ServerAnswer:
        answer = right()
        if not record.path.startswith("/v1/batches"):
            return answer
        return answer._replace(body=json.dumps(each(json.loads(answer.body), change)).encode())

    with Served(says, around=around) as endpoint:
        assert words(run(configured(endpoint.url), account, NAMES)) == SAID
        assert len(endpoint.created()) == 1


def in_response(change: Callable[[Told], Any]) -> Callable[[bytes], bytes]:
    """A change of the response in each line of an output."""

    def changed(raw: bytes) -> bytes:
        lines = [json.loads(line) for line in raw.splitlines()]
        told = [line | {"response": change(line["response"])} for line in lines]
        return b"\n".join(json.dumps(line).encode() for line in told)

    return changed


@pytest.mark.parametrize(
    "change",
    [
        in_response(lambda said: said | {"status_code": str(said["status_code"])}),
        in_response(lambda said: {"body": said["body"]}),
        in_response(lambda said: said | {"status_code": None, "body": json.dumps(said["body"])}),
        in_response(lambda said: said["body"]),
        lambda raw: raw.replace(b'"error":null', b'"error":""'),
        lambda raw: raw.replace(b'"error":null', b'"error":{"code":0,"message":""}'),
        lambda raw: b"\xef\xbb\xbf" + raw.replace(b"\n", b"\r\n\r\n"),
    ],
)
def test_the_output_of_a_batch_is_read_as_other_providers_write_it(change, account):
    with Served(says, around=outputs(change)) as endpoint:
        assert words(run(configured(endpoint.url), account, NAMES)) == SAID
        assert len(endpoint.created()) == 1


def outputs(
    change: Callable[[bytes], bytes],
) -> Callable[[Record, Callable[[], ServerAnswer]], ServerAnswer]:
    """The output of a batch, changed."""

    def around(record: Record, right: Callable[[], ServerAnswer]) -> ServerAnswer:
        answer = right()
        is_output = record.path.endswith("/content")
        return answer._replace(body=change(answer.body)) if is_output else answer

    return around


@pytest.mark.parametrize(
    "change",
    [
        lambda raw: b"[" + raw.strip().replace(b"\n", b",") + b"]",
        lambda raw: raw.replace(b'"custom_id"', b'"key"'),
        in_response(lambda said: {"status_code": 200, "body": {"output": said["body"]}}),
        in_response(lambda said: "done"),
    ],
)
def test_an_output_that_nobody_can_read_is_not_paid_for_again(change, account):
    with Served(says, around=outputs(change)) as endpoint:
        for _ in range(2):
            with pytest.raises(ChatStoppedError, match="nothing that can be read in batch batch_1"):
                run(configured(endpoint.url), account, NAMES)
        assert len(endpoint.created()) == 1
        endpoint.around = None
        assert words(run(configured(endpoint.url), account, NAMES)) == SAID
        assert endpoint.num_replies == len(NAMES)


def test_a_list_of_batches_that_does_not_go_on_is_read_once(account):
    """A server that knows no `after` sends its first page again, and says that there are more."""
    num_calls = 0

    def around(record: Record, right: Callable[[], ServerAnswer]) -> ServerAnswer:
        nonlocal num_calls
        if record.method == "POST" and record.path == "/v1/batches":
            num_calls += 1
            return right() if num_calls > 2 else ServerAnswer(500, b"{}")
        if not record.path.startswith("/v1/batches?"):
            return right()
        page = {"data": [{"id": "another", "status": "completed"}], "has_more": True}
        return ServerAnswer(200, json.dumps(page).encode())

    with Served(says, around=around) as endpoint:
        assert words(run(configured(endpoint.url), account, NAMES)) == SAID
        assert num_calls == 3
