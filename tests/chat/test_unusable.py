"""Unusable replies: a few end a run, and are asked again after the server is mended."""

import asyncio
import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.chat import Account, Failure, Message, Reply, Role, Usage
from tasks.chat.answers import Answer, Chat
from tasks.chat.converse import converse
from tasks.chat.errors import ChatRefusedError
from tasks.chat.replies import open_replies
from tasks.chat.run import Run
from tasks.chat.usability import FEW, IN_SUCCESSION, MANY, Usability
from tests.chat.test_chat import FAST, Sum, add, adds, asked, chat_config, right, totals
from tests.chat.test_dialects import spent_and_kept
from tests.servers.endpoint import serve
from tests.servers.faults import Completion

MENDED = "correct the server, the model or its limit of tokens and run the same command"


@pytest.fixture
def store(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/replies.sqlite"


def number_in(body: dict[str, Any]) -> int:
    """The number of the question, whichever message holds it."""
    texts = " ".join(asked(body, place) for place in range(len(body["messages"])))
    found = re.search(r"question (\d+)", texts)
    assert found
    return int(found[1])


BROKEN: dict[str, Callable[[dict[str, Any]], str | Completion]] = {
    "reply-invalid": lambda body: "What a lovely picture!",
    "reply-truncated": lambda body: Completion("So far", finish_reason="length"),
    "reply-empty": lambda body: Completion(None),
    "reply-refused": lambda body: Completion(None, refusal="I do not talk about sums."),
    "reply-filtered": lambda body: Completion("", finish_reason="content_filter"),
}


@pytest.mark.parametrize("reason", BROKEN)
def test_a_server_without_usable_replies_ends_the_run_after_a_few(reason: str, store: str) -> None:
    with serve(BROKEN[reason], latency=0.01) as endpoint:
        with pytest.raises(ChatRefusedError, match=MENDED) as raised:
            totals(chat_config(endpoint, max_concurrent=64), store, range(200))
        told = str(raised.value)
        assert re.search(rf"([5-8]) of \1 answers cannot be used, the last one as {reason}: ", told)
        assert "\n" not in told and endpoint.url in told
        assert ("no text" in told) is (reason in ("reply-empty", "reply-filtered"))
        said = {"reply-invalid": "lovely", "reply-truncated": "So far", "reply-refused": "talk"}
        assert said.get(reason, "no text" if reason == "reply-empty" else "content_filter") in told
        assert len(endpoint.requests) <= 1 + 3 * FEW
        num_paid = endpoint.num_replies
    with serve(adds) as endpoint:
        assert right(totals(chat_config(endpoint), store, range(200)), range(200))
        assert len(endpoint.requests) == 200
    assert spent_and_kept(store)[1] == 200 + num_paid


@pytest.mark.parametrize("usable", [range(5), range(0, 24, 5)])
def test_what_is_usable_is_kept_and_the_rest_asked_again(usable: Sequence[int], store: str) -> None:
    def model(body: dict[str, Any]) -> str:
        return adds(body) if number_in(body) in usable else "I would rather not say."

    with serve(model) as endpoint:
        config = chat_config(endpoint, max_concurrent=2)
        with pytest.raises(ChatRefusedError, match="answers cannot be used"):
            totals(config, store, range(24))
        # How many are asked before the run ends depends on which answer comes first.
        kept = {number_in(record.body) for record in endpoint.requests} & set(usable)
    with serve(adds) as endpoint:
        # Another address, too.
        answers = totals(chat_config(endpoint), store, range(24))
        assert right(answers, range(24))
        asked_again = {number_in(record.body) for record in endpoint.requests}
        assert kept and asked_again == set(range(24)) - kept


def test_a_server_that_breaks_later_ends_the_run(store: str) -> None:
    def model(body: dict[str, Any]) -> str:
        return adds(body) if number_in(body) < 100 else '{"total": "?"}'

    with serve(model, latency=0.01) as endpoint:
        with pytest.raises(ChatRefusedError, match="answers cannot be used"):
            totals(chat_config(endpoint, max_concurrent=16), store, range(500))
        assert len(endpoint.requests) < 100 + 3 * (IN_SUCCESSION + 32)
    with serve(adds) as endpoint:
        answers = totals(chat_config(endpoint), store, range(500))
        assert right(answers, range(500)) and len(endpoint.requests) == 400
        # As if the server had never been broken.
        assert {answer.usage.calls for answer in answers} == {1}


def test_some_unusable_answers_end_nothing(store: str) -> None:
    def model(body: dict[str, Any]) -> str:
        return adds(body) if number_in(body) % 3 else "I would rather not say."

    with serve(model) as endpoint:
        answers = totals(chat_config(endpoint), store, range(60))
        assert [answer.failure is None for answer in answers] == [n % 3 > 0 for n in range(60)]
        num_requests = len(endpoint.requests)
        assert totals(chat_config(endpoint), store, range(60)) == answers
        assert len(endpoint.requests) == num_requests


def test_a_run_that_renews_asks_again_what_was_unusable_and_nothing_else(
    store: str, tmp_path: Path
) -> None:
    def model(body: dict[str, Any]) -> str:
        return adds(body) if number_in(body) % 4 else "I would rather not say."

    def renewed(config: Any, address: str = store) -> list[Answer[Sum]]:
        run = Run(renews=True)
        return converse(config, Account("test", address), range(20), add, run=run, limits=FAST)

    with serve(model) as endpoint:
        config = chat_config(endpoint, structured="json-object")
        first = totals(config, store, range(20))
        assert len(endpoint.requests) == 15 + 5 * 3
        assert renewed(config) == first  # as unusable as before
        assert len(endpoint.requests) == 15 + 2 * 5 * 3
        # What this run itself was replied is not asked again.
        assert renewed(config, f"sqlite:///{tmp_path}/empty.sqlite") == first
        assert len(endpoint.requests) == 2 * 15 + 3 * 5 * 3
    with serve(adds) as endpoint:
        config = chat_config(endpoint, structured="json-object")
        assert right(renewed(config), range(20))
        assert len(endpoint.requests) == 5
        assert right(renewed(config), range(20))
        assert len(endpoint.requests) == 5
    assert spent_and_kept(store)[1] == 15 + 2 * 5 * 3 + 5


@pytest.mark.parametrize(
    "raw",
    [b'{"choices": [], "error": {"code": 429}}',
     b'{"choices": [{"finish_reason": "error", "message": {"content": "{}"}}]}'],
)  # fmt: skip
def test_an_error_that_an_earlier_release_stored_is_asked_again(raw: bytes, store: str) -> None:
    with serve(adds) as endpoint:
        config = chat_config(endpoint)
        (answer,) = totals(config, store, [1])
        opened = open_replies(store)
        with opened.sql.engine.begin() as connection:
            connection.exec_driver_sql("UPDATE replies SET raw = ?", (raw,))
        assert totals(config, store, [1]) == [answer]
        assert len(endpoint.requests) == 2


def test_what_is_set_aside_is_kept_and_stays_paid(store: str) -> None:
    opened = open_replies(store)
    digests = ["aa" * 16, "bb" * 16]
    for number, digest in enumerate(digests):
        reply = Reply(digest, "m", b"{}", Usage(1, 5, 0, 5), None, 0.1, number + 0.5, 1.0)
        asyncio.run(opened.keep(reply, "us"))
    asyncio.run(opened.set_aside([digests[0], "missing"]))
    assert set(opened.read([*digests, f"{digests[0]}~0.5"])) == {digests[1], f"{digests[0]}~0.5"}
    assert asyncio.run(opened.spent("us")) == 2.0


def outcomes(text: str) -> bool:
    """Whether a run with these answers (`+` can be used) ends with its last one."""
    usability = Usability()
    ended = [
        usability.add(place, None if char == "+" else Failure.INVALID, (str(place),))
        for place, char in enumerate(text, start=1)
    ]
    assert not any(ended[:-1])
    return ended[-1]


@pytest.mark.parametrize(
    ("answers", "is_over"),
    [
        ("-" * FEW, True),
        ("-" * (FEW - 1), False),
        ("+" + "-" * (MANY - 1), False),
        ("+" + "-" * MANY, True),
        ("+" * 40 + "-" * (IN_SUCCESSION - 1), False),
        ("+" * 40 + "-" * IN_SUCCESSION, True),
        ("-+" * 500, False),
        ("---+" + "--+" * 500, False),
        ("+" * 60 + ("-" * 10 + "+") * 10, False),
        ("+" * 1000, False),
    ],
)
def test_when_a_run_is_hopeless(answers: str, is_over: bool) -> None:
    assert outcomes(answers) is is_over


@given(st.integers(0, 40), st.permutations(range(1, 61)))
def test_the_order_in_which_answers_end_is_not_that_in_which_they_started(
    num_unusable: int, order: list[int]
) -> None:
    """Of 60 answers under way at once, all usable ones end first: as many as a third of them may be
    unusable, wherever they started, but for the last."""
    usability, unusable = Usability(), set(order[: num_unusable // 2]) - {60}
    ended = [usability.add(n, None, ()) for n in range(1, 61) if n not in unusable]
    ended += [usability.add(n, Failure.INVALID, ()) for n in order if n in unusable]
    assert not any(ended)


@given(st.lists(st.sampled_from(Failure)))
def test_failures_to_get_a_reply_end_no_run(failures: list[Failure]) -> None:
    usability = Usability()
    passing = [one for one in failures if one in (Failure.NO_REPLY, Failure.REJECTED)]
    assert not any(usability.add(1, failure, ()) for failure in passing)
    assert json.dumps(sorted(usability.unusable)) == "[]"


async def say(chat: Chat, number: int) -> str:
    _, said = await chat.said([Message(Role.USER, f"question {number}")])
    return said.text


def said(config: Any, store: str, numbers: Sequence[int]) -> list[str]:
    return converse(config, Account("test", store), numbers, say, limits=FAST)


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        (lambda body: Completion(None), "reply-empty: .*no text"),
        (lambda body: Completion(" \n"), "reply-empty: .*no text"),
        # All that it may write went into its reasoning.
        (lambda body: Completion("", finish_reason="length"), "reply-truncated: .*length"),
        (lambda body: Completion(None, "length", more={"reasoning": "So"}), "reply-truncated: "),
        (lambda body: Completion("", finish_reason="content_filter"), "reply-filtered: "),
        (lambda body: Completion([{"type": "thinking", "thinking": "A"}]), "reply-empty: "),
    ],
)
def test_replies_that_say_nothing_end_a_run_without_a_form(
    model: Callable[[dict[str, Any]], Any], reason: str, store: str
) -> None:
    with serve(model, latency=0.01) as endpoint:
        match = rf"([5-8]) of \1 answers cannot be used, the last one as {reason}.*{MENDED}"
        with pytest.raises(ChatRefusedError, match=match):
            said(chat_config(endpoint, max_concurrent=64), store, range(200))
        assert len(endpoint.requests) <= 2 * FEW
    with serve(lambda body: "(A)") as endpoint:
        assert said(chat_config(endpoint), store, range(200)) == ["(A)"] * 200
        assert len(endpoint.requests) == 200


@pytest.mark.parametrize(
    "reply",
    [
        "I like turtles.",
        "{}",
        "?",
        Completion("<think>It goes on and on", finish_reason="length"),
        Completion(None, refusal="I do not look at pictures."),
        Completion("", finish_reason="refusal"),
        Completion("This is filtered", finish_reason="content_filter"),
        Completion([{"type": "text", "text": "B"}]),
    ],
)
def test_replies_that_are_merely_wrong_or_odd_are_the_model_s_result(
    reply: Any, store: str
) -> None:
    with serve(lambda body: reply) as endpoint:
        assert len(said(chat_config(endpoint), store, range(40))) == 40


def test_a_run_that_is_over_asks_nothing_more_and_leaves_others_alone(store: str) -> None:
    def model(body: dict[str, Any]) -> str | Completion:
        return "A" if number_in(body) < 100 else Completion(None)

    with serve(model) as endpoint:
        config, account = chat_config(endpoint), Account("test", store)
        run = Run()
        for _ in range(2):
            with pytest.raises(ChatRefusedError, match=f"{FEW} of {FEW} answers"):
                converse(config, account, range(100, 200), say, run=run, limits=FAST)
            assert len(endpoint.requests) == FEW
        assert said(config, store, range(100)) == ["A"] * 100
