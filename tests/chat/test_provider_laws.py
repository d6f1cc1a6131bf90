"""A reply is the same in whichever of its providers' shapes it comes, whole or in pieces."""

import json
from contextlib import suppress
from typing import Any, NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.chat import Failure, Usage
from tasks.chat.completion import Completion, read_completion
from tasks.chat.errors import UpstreamError
from tasks.chat.model_text import without_thoughts

WORDS = (
    "left",
    "\u65e5",
    "\u201cso\u201d",
    "\n\n",
    "data: y",
    "[DONE]",
    ": z",
    "event: e",
    "\u2028",
)
ENDS = (
    ("stop", None), ("eos", None), ("end_turn", None), ("STOP", None),
    ("length", Failure.TRUNCATED), ("MAX_TOKENS", Failure.TRUNCATED),
    ("content_filter", Failure.FILTERED),
)  # fmt: skip
BESIDE: tuple[tuple[str, Any], ...] = (
    ("refusal", None), ("annotations", []), ("audio", None), ("tool_calls", None),
    ("tool_calls", []), ("function_call", None), ("reasoning_content", None), ("images", []),
)  # fmt: skip
ABOUT: tuple[tuple[str, Any], ...] = (
    ("model", "m"), ("service_tier", "default"), ("error", None), ("citations", []),
    ("error", {}), ("prompt_filter_results", [{"prompt_index": 0}]), ("x_groq", {"id": "r"}),
)  # fmt: skip


class Said(NamedTuple):
    text: str
    thought: str
    place: str
    """The field that holds the thought; empty where it stands in tags before the text."""
    reason: str
    failure: Failure | None
    usage: dict[str, Any]
    paid: Usage


@st.composite
def usages(draw: st.DrawFn) -> tuple[dict[str, Any], Usage]:
    """What a provider tells, and what of it is paid."""
    read, written, thought = (draw(st.integers(1, 900)) for _ in range(3))
    cached = draw(st.integers(0, read))
    openai: dict[str, Any] = {"prompt_tokens": read, "completion_tokens": written}
    details = {"prompt_tokens_details": {"cached_tokens": cached, "image_tokens": None}}
    shapes: list[tuple[dict[str, Any], Usage]] = [
        (openai | details, Usage(1, read, cached, written)),
        (openai | {"prompt_tokens_details": None}, Usage(1, read, 0, written)),
        (openai | {"prompt_cache_hit_tokens": cached}, Usage(1, read, cached, written)),
        (  # Google
            openai | {"total_tokens": read + written + thought},
            Usage(1, read, 0, written + thought),
        ),
        ({"input_tokens": read, "output_tokens": written}, Usage(1, read, 0, written)),
    ]
    shape: tuple[dict[str, Any], Usage] = draw(st.sampled_from(shapes))
    return shape


@st.composite
def replies(draw: st.DrawFn) -> Said:
    reason, failure = draw(st.sampled_from(ENDS))
    words = st.lists(st.sampled_from(WORDS), min_size=1, max_size=5)
    text = json.dumps({"why": " ".join(draw(words))}, ensure_ascii=draw(st.booleans()))
    text = text[:7] if failure is Failure.TRUNCATED else text
    thought = draw(st.sampled_from(["", 'First, {"why": "draft"}?', "Hm.\n\nOr B?"]))
    place = draw(st.sampled_from(["reasoning", "reasoning_content", ""]))
    usage, paid = draw(usages())
    return Said(text, thought, place, reason, failure, usage, paid)


def fields_of(said: Said) -> list[tuple[str, str]]:
    """The fields of its message in the order in which they are written."""
    if not said.thought:
        return [("content", said.text)]
    if not said.place:
        return [("content", f"<think>{said.thought}</think>\n{said.text}")]
    return [(said.place, said.thought), ("content", said.text)]


@st.composite
def whole(draw: st.DrawFn, said: Said) -> bytes:
    message: dict[str, Any] = dict(draw(st.lists(st.sampled_from(BESIDE), max_size=3)))
    message |= dict(fields_of(said))
    if draw(st.booleans()):
        message["content"] = [{"type": "text", "text": message["content"]}]
    choice = {"index": 0, "message": message, "finish_reason": said.reason, "logprobs": None}
    about = dict(draw(st.lists(st.sampled_from(ABOUT), max_size=3)))
    body = about | {"choices": [choice], "usage": said.usage}
    return json.dumps(body, ensure_ascii=draw(st.booleans())).encode()


@st.composite
def streamed(draw: st.DrawFn, said: Said) -> bytes:
    about = dict(draw(st.lists(st.sampled_from(ABOUT), max_size=3)))
    nulls: dict[str, Any] = draw(st.sampled_from([{}, {"content": None, "tool_calls": None}]))
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
    for name, value in fields_of(said):
        size = draw(st.integers(1, 40))
        deltas += [nulls | {name: value[at : at + size]} for at in range(0, len(value), size)]
    events: list[dict[str, Any]] = [{"choices": [{"index": 0, "delta": delta}]} for delta in deltas]
    if draw(st.booleans()):
        events.append({"choices": [{"index": 0, "delta": {}}]})
    events[-1]["choices"][0]["finish_reason"] = said.reason
    if draw(st.booleans()):
        events.append({"choices": []})
    is_ascii, line = draw(st.booleans()), draw(st.sampled_from(["\n", "\r\n"]))
    events = [about | event for event in events]
    events[-1]["usage"] = said.usage
    told = (json.dumps(event, ensure_ascii=is_ascii) for event in events)
    lines = [f"data: {one}{2 * line}" for one in told]
    if draw(st.booleans()):
        lines.insert(draw(st.integers(0, len(lines))), f": ping{2 * line}")
    return "".join((*lines, f"data: [DONE]{2 * line}")).encode()


def check(found: Completion, said: Said) -> None:
    assert without_thoughts(found.text).strip() == said.text
    assert (found.failure, found.finish_reason) == (said.failure, said.reason)
    assert found.usage == said.paid


@settings(max_examples=150, deadline=None)
@given(replies(), st.data())
def test_a_reply_is_the_same_in_every_shape(said: Said, data: st.DataObject) -> None:
    check(read_completion(data.draw(whole(said))), said)
    check(read_completion(data.draw(streamed(said))), said)


@settings(max_examples=300, deadline=None)
@given(replies(), st.data())
def test_of_a_body_that_is_cut_nothing_is_read_but_a_reply_that_had_ended(
    said: Said, data: st.DataObject
) -> None:
    raw = data.draw(st.one_of(whole(said), streamed(said)))
    with suppress(ValueError, UpstreamError):
        found = read_completion(raw[: data.draw(st.integers(0, len(raw) - 1))])
        assert (found.text, found.failure) == (read_completion(raw).text, said.failure)
