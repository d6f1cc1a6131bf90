"""Answers that a server streams though nobody asked it to."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.chat import Failure, Usage
from tasks.chat.completion import is_upstream_error, read_completion
from tasks.chat.errors import UpstreamError
from tests.chat.test_chat import KEY, adds, chat_config, kept, right, totals
from tests.chat.test_chat import store as store
from tests.servers.endpoint import serve
from tests.servers.faults import Answer

USAGE = {"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 4}}


def chunk(delta: dict[str, Any], **choice: Any) -> dict[str, Any]:
    return {
        "object": "chat.completion.chunk",
        "choices": [{"index": 0, "delta": delta, "finish_reason": None} | choice],
    }


def stream(*events: Any, end: bytes = b"data: [DONE]\n\n", line: bytes = b"\n") -> bytes:
    pieces = [b"data: " + json.dumps(event).encode() + 2 * line for event in events]
    return b"".join(pieces) + end


def pieces_of(text: str, size: int = 5) -> list[dict[str, Any]]:
    return [chunk({"content": text[start : start + size]}) for start in range(0, len(text), size)]


STOP = chunk({}, finish_reason="stop")


@given(st.text(), st.integers(1, 7), st.sampled_from([b"\n", b"\r\n"]), st.booleans())
def test_pieces_are_one_reply(text: str, size: int, line: bytes, has_end: bool) -> None:
    events = [chunk({"role": "assistant"}), *pieces_of(text, size), STOP, USAGE]
    raw = stream(*events, end=b"data: [DONE]" if has_end else b"", line=line)
    completion = read_completion(b": a comment\n\nevent: message\n" + raw)
    assert completion.text == text
    assert (completion.finish_reason, completion.usage) == ("stop", Usage(1, 9, 0, 4))


@pytest.mark.parametrize(
    ("events", "text", "failure"),
    [
        ([*pieces_of("yes"), chunk({}, finish_reason="length")], "yes", Failure.TRUNCATED),
        ([chunk({"content": None}), STOP], "", Failure.EMPTY),
        ([chunk({"refusal": "I "}), chunk({"refusal": "cannot"}), STOP], "", Failure.REFUSED),
        ([chunk({"reasoning_content": '{"a":'}), chunk({"reasoning_content": " 1}"}), STOP],
         '{"a": 1}', None),
        ([chunk({"thinking": '{"a":'}), chunk({"thinking": " 1}"}), STOP], '{"a": 1}', None),
        ([chunk({"reasoning_details": [{"type": "reasoning.text", "text": text}]})
          for text in ('{"a":', " 1}")] + [STOP], '{"a": 1}', None),
        ([chunk({"tool_calls": [{"index": 0, "custom": {"input": '{"a"'}}]}),
          chunk({"tool_calls": [{"index": 0, "custom": {"input": ": 1}"}}]}), STOP],
         '{"a": 1}', None),
        ([chunk({"tool_calls": [{"index": 0, "function": {"arguments": '{"a"'}}]}),
          chunk({"tool_calls": [{"index": 0, "function": {"arguments": ": 1}"}}]}), STOP],
         '{"a": 1}', None),
        ([*pieces_of("yes"), chunk({"content": "no"}, index=1), STOP], "yes", None),
        ([*pieces_of("yes"), {"choices": None}, {"choices": [None, 7]}, chunk({"content": 3}),
          chunk({"tool_calls": [None, {"index": 10**12, "function": 5}]}), STOP], "yes", None),
        ([chunk({"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "no"}]}]}),
          chunk({"content": [{"type": "text", "text": "y"}]}), chunk({"content": "es"}), STOP],
         "yes", None),
        ([{"choices": [], "prompt_filter_results": []}, *pieces_of("yes"), STOP], "yes", None),
        ([*pieces_of("yes"), "ping", STOP, 0.0012], "yes", None),
        ([chunk({"content": "yes"}, index="0"), STOP], "yes", None),
        ([{"choices": [{"index": 0, "message": {"content": so_far}}]} for so_far in ("y", "yes")]
         + [STOP], "yes", None),
        ([chunk({"content": "yes"}, message={"content": "no"}), STOP], "yes", None),
        ([chunk({"tool_calls": [{"function": {"arguments": {"a": 1}}}]}), STOP], '{"a": 1}', None),
        ([chunk({"function_call": {"arguments": '{"a"'}}),
          chunk({"function_call": {"arguments": ": 1}"}}), STOP], '{"a": 1}', None),
    ],
)  # fmt: skip
def test_what_a_stream_says(events: list[Any], text: str, failure: Failure | None) -> None:
    completion = read_completion(stream(*events))
    assert (completion.text, completion.failure) == (text, failure)


@pytest.mark.parametrize(
    "raw",
    [
        stream(*pieces_of("yes"), STOP).replace(b"\n\n", b"\n"),
        stream(*pieces_of("yes"), STOP).replace(b"\n\n", b"\r\n"),
        stream(*pieces_of("yes"), STOP).replace(b"\n\n", b"\n:\n"),
        stream(*pieces_of("yes"), STOP).replace(b"\n", b"\r"),
        b"\xef\xbb\xbf" + stream(*pieces_of("yes"), STOP),
        stream(*pieces_of("yes"), STOP, end=b"data: \n\ndata: DONE\n\n"),
        stream(*pieces_of("yes"), STOP, end=b"").replace(b"data: ", b"").replace(b"\n\n", b"\n"),
        json.dumps(chunk({"content": "yes"}), indent=1).replace("\n", "\ndata: ").join(
            ("data: ", "\n\ndata: [DONE]")).encode(),
    ],
)  # fmt: skip
def test_events_are_told_apart_however_their_lines_end(raw: bytes) -> None:
    completion = read_completion(raw)
    assert (completion.text, completion.failure) == ("yes", None)


@pytest.mark.parametrize("last", [chunk({}, finish_reason="stop", usage=USAGE["usage"]),
                                  STOP | {"x_groq": {"usage": USAGE["usage"]}}])  # fmt: skip
def test_tokens_are_read_where_the_last_piece_tells_them(last: dict[str, Any]) -> None:
    assert read_completion(stream(*pieces_of("yes"), last)).usage == Usage(1, 9, 0, 4)


@pytest.mark.parametrize(
    ("event", "choice"),
    [
        ({"error": ""}, {}),
        ({"error": {}}, {}),
        ({"error": {"code": 0, "message": ""}}, {}),
        ({}, {"error": {"code": 0, "message": "success"}}),
        ({}, {"finish_reason": "null"}),
        ({}, {"finish_reason": "None"}),
    ],
)
def test_what_stands_beside_every_piece_ends_no_stream(
    event: dict[str, Any], choice: dict[str, Any]
) -> None:
    pieces = [chunk({"content": part}, **choice) | event for part in ("ye", "s")]
    with pytest.raises(ValueError, match="no complete stream"):
        read_completion(stream(*pieces, end=b""))
    completion = read_completion(stream(*pieces, STOP, end=b""))
    assert (completion.text, completion.finish_reason) == ("yes", "stop")


@pytest.mark.parametrize(
    "raw",
    [
        stream(*pieces_of("half a reply"), end=b""),
        stream(*pieces_of("half"), end=b'data: {"choices": [{"index"'),
        stream(end=b"data: 7\n\ndata: [DONE]\n\n"),
        b": nothing else\n\n",
    ],
)
def test_a_stream_without_its_end_is_no_reply(raw: bytes) -> None:
    with pytest.raises(ValueError, match="no complete stream"):
        read_completion(raw)


@pytest.mark.parametrize("told", [b'{"message": "overloaded", "code": 503}', b"overloaded"])
def test_an_event_that_is_called_an_error_is_one(told: bytes) -> None:
    with pytest.raises(UpstreamError, match="overloaded"):
        read_completion(stream(*pieces_of("half"), end=b"event: error\ndata: " + told + b"\n\n"))


@pytest.mark.parametrize(
    "last",
    [{"error": {"code": 503, "message": "overloaded"}}, chunk({}, finish_reason="error"),
     chunk({}, error={"code": 503, "message": "overloaded"})],
)  # fmt: skip
def test_an_error_ends_a_stream(last: dict[str, Any]) -> None:
    raw = stream(*pieces_of("half a reply"), last, end=b"")
    assert is_upstream_error(raw)
    with pytest.raises(UpstreamError):
        read_completion(raw)


def test_a_server_that_streams_is_understood_and_asked_once(store: str) -> None:
    def refuse(body: dict[str, Any]) -> Answer:
        raw = stream(*pieces_of(adds(body)), STOP, USAGE)
        return Answer(200, raw, content_type="text/event-stream")

    with serve(adds, refuse=refuse) as endpoint:
        for _ in range(2):
            assert right(totals(chat_config(endpoint), store, range(3)), range(3))
        assert len(endpoint.requests) == kept(store) == 3


def test_a_key_that_is_cut_over_two_pieces_is_kept_nowhere(
    store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)

    def repeat(body: dict[str, Any]) -> Answer:
        said = json.dumps({"total": 1, "words": f"I was given {KEY}"})
        raw = stream(*pieces_of(said), STOP, USAGE)
        return Answer(200, raw, content_type="text/event-stream")

    with serve(adds, refuse=repeat) as endpoint:
        config = chat_config(endpoint, api_key_env="OPENAI_API_KEY")
        for _ in range(2):
            (answer,) = totals(config, store, [0])
            assert answer.value and answer.value.words == "I was given [key]"
        assert len(endpoint.requests) == 1
