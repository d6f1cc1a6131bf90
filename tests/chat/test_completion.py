"""Bodies of servers: where the reply stands in them, and which are no replies at all."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.chat import Failure, ReplyForm, Usage
from tasks.chat.completion import is_upstream_error, read_completion
from tasks.chat.errors import (
    PassingError,
    RejectedError,
    UpstreamError,
    error_of,
    error_words,
    is_unpaid,
)
from tasks.chat.model_text import lacks_form, read_object, without_thoughts
from tests.chat.test_chat import PRICE, adds, asked, chat_config, kept, right, totals
from tests.servers.endpoint import serve
from tests.servers.faults import Answer as ServerAnswer
from tests.servers.faults import Completion

CASES = Path(__file__).parents[3] / "shared" / "cases" / "chat_bodies.jsonl"


class Vote(ReplyForm):
    why: str
    answer: str


OURS = '{"why": "near", "answer": "B"}'
CLOUDFLARE = json.dumps(
    {"success": False, "result": [], "messages": [],
     "error": [{"code": 2005, "message": "Failed to get response from provider"}]}
)  # fmt: skip
DRAFT = '{"why": "draft", "answer": "C"}'


@pytest.fixture
def store(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/replies.sqlite"


def body(message: dict[str, Any], **choice: Any) -> bytes:
    first = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", **message}}
    return json.dumps({"id": "x", "choices": [first | choice]}).encode()


def call(arguments: Any) -> dict[str, Any]:
    return {"type": "function", "function": {"name": "Vote", "arguments": arguments}}


def details(text: str) -> dict[str, Any]:
    return {"type": "reasoning.text", "text": text, "format": "unknown", "index": 0}


@pytest.mark.parametrize(
    "message",
    [
        {"content": OURS},
        {"content": f"{OURS}\n</think>"},
        {"content": f"```json\n{OURS}\n```</think>\n"},
        {"content": f"{OURS}</think><|im_end|>"},
        {"content": f"{OURS}\n</think>\n\nI hope this helps!"},
        {"content": f"&lt;think&gt;{DRAFT}&lt;/think&gt;\n{OURS}"},
        {"content": f"<|channel>thought\n{DRAFT}<channel|>{OURS}<turn|>"},
        {"content": f'<tool_call>\n{{"name": "Vote", "arguments": {OURS}}}\n</tool_call>'},
        {"content": f'<|python_tag|>{{"name": "Vote", "parameters": {OURS}}}'},
        {"content": json.dumps({"name": "Vote", "id": "c1", "arguments": OURS})},
        {"content": json.dumps(call(OURS))},
        {"content": json.dumps([call(json.loads(OURS)) | {"id": "c1", "index": 0}])},
        {"content": json.dumps({"tool_calls": [{"name": "Vote", "arguments": json.loads(OURS)}]})},
        {"content": json.dumps({"tool_calls": [call(OURS)]})},
        {"content": None, "tool_calls": [call(json.dumps({"name": "V", "input": {"why": "near",
                                                          "answer": "B"}}))]},
        {"content": f"{OURS.replace('near', '<|user|>')}\n</think>\n</s>\n<|endoftext|>"},
        {"content": f"<think>{DRAFT}</think>{OURS}"},
        {"content": f"{DRAFT} is what I think first.</think>{OURS}"},
        {"content": f"<thinking>{DRAFT}</thinking>\n{OURS}"},
        {"content": f'<think duration="3 s">{DRAFT}</think>\n{OURS}'},
        {"content": f'<thinking data-by="a/b" sign="{"x" * 300}">{DRAFT}</thinking>\n{OURS}'},
        {"content": f'<think phase="final">{DRAFT}</think>{OURS}'},
        {"content": f'<think duration="3"/>{OURS}'},
        {"content": f"[THINK]{DRAFT}[/THINK]{OURS}"},
        {"content": f"<think>one</think><think>{DRAFT}</think>{OURS}</think>"},
        {"content": f"<THINK>\n{DRAFT}\n</ THINK >\n\nHere: {OURS}"},
        {"content": OURS.replace("near", "it <think>s</think>")},
        {"content": f"<|channel|>analysis<|message|>{DRAFT}<|end|><|start|>assistant"
                    f"<|channel|>final<|message|>{OURS}"},
        {"content": f"<|START_THINKING|>{DRAFT}<|END_THINKING|>{OURS}"},
        {"content": f"<seed:think>{DRAFT}</seed:think>{OURS}"},
        {"content": f"<|begin_of_thought|>{DRAFT}<|end_of_thought|>\n<|begin_of_solution|>{OURS}"},
        {"content": f"<analysis>{DRAFT}</analysis>{OURS}"},
        {"content": f"\ufeff{OURS}"},
        {"content": json.dumps(OURS)},
        {"content": f"{OURS}<|im_end|>\n<|im_start|>user\nAnd now?<|im_end|>{DRAFT}"},
        {"content": f"```json\n{OURS}\n```\n\nUser: the next one\nAssistant: {DRAFT}"},
        {"content": f"{DRAFT}\nWait, a correction:\n{OURS}"},
        {"content": json.loads(OURS)},
        {"content": [{"type": "text", "text": OURS}]},
        {"content": [OURS[:9], OURS[9:]]},
        {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": DRAFT}]},
                     {"type": "text", "text": OURS}]},
        {"content": [{"type": "output_text", "text": OURS}, {"type": "reasoning", "text": DRAFT}]},
        {"content": [{"type": "text", "text": {"value": OURS, "annotations": []}}]},
        {"content": [{"type": "json", "json": json.loads(OURS)}]},
        {"content": [{"type": "text", "content": OURS}]},
        {"content": {"type": "text", "text": OURS}},
        {"content": None, "reasoning_content": OURS},
        {"content": "", "reasoning_content": f"\n{OURS}\n"},
        {"content": None, "reasoning": OURS, "reasoning_content": OURS},
        {"content": "\n", "reasoning": f"```json\n{OURS}\n```"},
        {"content": OURS, "reasoning_content": DRAFT},
        {"content": "</think>", "reasoning_content": OURS},
        {"content": "<think>\n\n</think>\n<|im_end|>", "reasoning": OURS},
        {"content": "", "reasoning_content": f"<think>{DRAFT}</think>{OURS}"},
        {"content": "", "reasoning_content": f"{OURS}\n</think>"},
        {"content": None, "tool_calls": [call(f"{OURS}<|tool_call_end|>")]},
        {"content": None, "thinking": OURS},
        {"content": "", "reasoning_details": [details(OURS[:9]), details(OURS[9:])]},
        {"content": "", "reasoning_details": [{"type": "reasoning.encrypted", "data": "x"}],
         "reasoning": OURS},
        {"content": "", "reasoning": OURS, "reasoning_details": [details(OURS)]},
        {"content": OURS, "reasoning_details": [details(DRAFT)]},
        {"content": None, "tool_calls": [call(OURS)]},
        {"content": None, "tool_calls": [{"type": "custom", "custom": {"name": "Vote",
                                                                       "input": OURS}}]},
        {"content": "", "tool_calls": [call(json.loads(OURS))]},
        {"content": None, "tool_calls": [call(json.dumps(OURS))]},
        {"content": None, "function_call": {"name": "Vote", "arguments": OURS}},
        {"content": None, "tool_calls": [call(OURS)], "reasoning_content": DRAFT},
        {"content": "I'll submit my result now.", "tool_calls": [call(OURS)]},
        {"content": "<think>It is near.</think>", "tool_calls": [call(OURS)]},
        {"content": OURS, "tool_calls": [call(DRAFT)]},
        {"content": f"Here it is:\n{OURS}", "tool_calls": [call(DRAFT)]},
    ],
)  # fmt: skip
def test_the_object_is_read_wherever_it_stands(message: dict[str, Any]) -> None:
    completion = read_completion(body(message))
    assert completion.failure is None
    assert read_object(completion.text, Vote).answer == "B"
    assert not lacks_form(completion.text, Vote)


def test_half_a_character_in_arguments_written_a_second_time_is_read() -> None:
    completion = read_completion(body({"tool_calls": [call('"{\\"why\\": \\"\\ud83d\\"}"')]}))
    assert completion.text == '{"why": "?"}'


@pytest.mark.parametrize(
    "message",
    [{"refusal": "\ud83d no"}, {"content": [{"type": "refusal", "refusal": "\ud83d no"}]}],
)
def test_half_a_character_in_a_refusal_is_told(message: dict[str, Any]) -> None:
    completion = read_completion(body(message, finish_reason="\ud83d"))
    assert (completion.failure, completion.detail) == (Failure.REFUSED, "? no")
    assert completion.finish_reason == "?"


def test_half_a_character_in_an_error_is_told() -> None:
    said = {"error": {"message": "\ud83d no", "code": "\ud83d"}}
    assert error_words(json.dumps(said).encode()) == ("?", "? no")
    with pytest.raises(UpstreamError, match=r"^\? no$"):
        read_completion(json.dumps(said).encode())


@pytest.mark.parametrize("said", [OURS, f"```json\n{OURS}\n```", f"<think>{DRAFT}</think>{OURS}"])
def test_an_object_with_white_space_up_to_the_limit_is_whole(said: str) -> None:
    completion = read_completion(body({"content": said + " \n" * 500}, finish_reason="length"))
    assert completion.failure is None
    assert read_object(completion.text, Vote).answer == "B"
    for cut in (said[:-5], f"{said} It", f"<think>{OURS}"):
        cut_off = read_completion(body({"content": cut}, finish_reason="length"))
        assert cut_off.failure is Failure.TRUNCATED


@pytest.mark.parametrize(
    "end", ["<|im_end|>\n<|im_start|>user\nAnd", "<|end|><|user|> And", "</s>"]
)
def test_an_object_with_made_up_turns_up_to_the_limit_is_whole(end: str) -> None:
    completion = read_completion(body({"content": f'{OURS}{end} {{"why'}, finish_reason="length"))
    assert completion.failure is None
    assert read_object(completion.text, Vote).answer == "B"


@pytest.mark.parametrize(
    "before", [b": PROCESSING\n\n: PROCESSING\n\n", b":\r\n\r\n", b"\n\n  \n: data\n"]
)
def test_comments_that_hold_a_connection_are_no_stream(before: bytes) -> None:
    assert read_completion(before + body({"content": OURS})).text == OURS


def test_the_choice_with_the_first_index_counts() -> None:
    first, second = (
        {"index": index, "message": {"content": text}} for index, text in enumerate((OURS, DRAFT))
    )
    raw = json.dumps({"choices": [None, second, first]}).encode()
    assert read_completion(raw).text == OURS
    assert read_completion(json.dumps({"choices": [second]}).encode()).text == DRAFT
    written = [choice | {"index": str(choice["index"])} for choice in (second, first)]
    assert read_completion(json.dumps({"choices": written}).encode()).text == OURS


def test_a_stream_in_one_piece_is_read() -> None:
    choice = {"index": 0, "delta": {"content": OURS}, "finish_reason": "stop"}
    assert read_completion(json.dumps({"choices": [choice]}).encode()).text == OURS


@pytest.mark.parametrize(
    "message",
    [
        {"content": f"<think>{OURS}"},
        {"content": f"<think>it is near, so {OURS}"},
        {"content": f"{OURS}<think>or is it {DRAFT}"},
        {"content": f"<think>{OURS}</think>"},
        {"content": f"I think it may be {OURS} or not.</think>"},
        {"content": f"<think>a</think><think>{OURS}"},
        {"content": f"[THINK]{OURS}"},
        {"content": f"&lt;think&gt;{OURS}"},
        {"content": f"<|channel>thought\n{OURS}"},
        {"content": f"{OURS}\n</think>\n<think>{DRAFT}"},
        {"content": f"<|channel|>analysis<|message|>It may be {OURS}, let me see"},
        {"content": f"<|START_THINKING|>{OURS}"},
        {"content": f"<seed:think>{OURS}"},
        {"content": f"<|begin_of_thought|>{OURS}"},
        {"content": None, "reasoning_content": f"It may be {OURS}, let me see"},
        {"content": None, "reasoning_content": OURS[:-1]},
        {"content": None, "reasoning_details": [details(f"It may be {OURS}, let me see")]},
        {"content": None, "reasoning_details": [7, {"type": "reasoning.text", "text": None}]},
        {"content": None, "reasoning_content": f"<think>{OURS}"},
        {"content": "<think>It is", "reasoning_content": OURS},
        {"content": None, "tool_calls": [call(OURS), call(DRAFT)]},
        {"content": "Either of these.", "tool_calls": [call(OURS), call(DRAFT)]},
        {"content": "My draft follows.", "reasoning_content": OURS},
        {"content": None, "tool_calls": [call(OURS[:-2])]},
        {"content": None, "tool_calls": "odd"},
        {"content": None, "tool_calls": [{"function": {"arguments": 7}}]},
    ],
)
def test_a_draft_is_no_reply(message: dict[str, Any]) -> None:
    completion = read_completion(body(message))
    assert completion.failure in (None, Failure.EMPTY)
    with pytest.raises(ValueError, match="Invalid JSON"):
        read_object(completion.text, Vote)


@given(st.lists(st.sampled_from(["<think>", "</think>", OURS, "so ", "[THINK]", "\n"])))
def test_an_object_after_thoughts_that_do_not_end_is_never_read(parts: list[str]) -> None:
    tags = ("<think>", '<think duration="3 s">', '<think mode="final" end_of="a/b">')
    for begins in tags:
        assert without_thoughts("".join(parts) + begins + OURS) == ""
    assert OURS in without_thoughts("".join(parts) + "</think>" + OURS)


@pytest.mark.parametrize("tag", ["<think>", "</think>", "<think></think>", "<" + " " * 9])
def test_many_tags_are_read_in_no_time(tag: str) -> None:
    assert without_thoughts(tag * 100_000).strip("< ") == ""


@pytest.mark.parametrize(
    ("reason", "failure"),
    [
        ("length", Failure.TRUNCATED),
        ("MAX_TOKENS", Failure.TRUNCATED),
        ("max_output_tokens", Failure.TRUNCATED),
        ("PROHIBITED_CONTENT", Failure.FILTERED),
        ("IMAGE_SAFETY", Failure.FILTERED),
        ("IMAGE_PROHIBITED_CONTENT", Failure.FILTERED),
        ("content_filter: RECITATION", Failure.FILTERED),
        ("function_call_filter: MALFORMED_FUNCTION_CALL", None),
        ("model_context_window_exceeded", Failure.TRUNCATED),
        ("content_filter", Failure.FILTERED),
        ("SAFETY", Failure.FILTERED),
        ("refusal", Failure.REFUSED),
        ("tool_calls", None),
        ("eos", None),
        (None, None),
    ],
)
def test_reasons_to_end_are_known_by_the_names_of_providers(
    reason: str | None, failure: Failure | None
) -> None:
    completion = read_completion(body({"content": "It is near"}, finish_reason=reason))
    assert completion.failure is failure
    assert bool(completion.detail) == bool(failure)


@pytest.mark.parametrize(
    ("kinds", "failure"),
    [
        ({"hate": {"filtered": False}, "violence": {"filtered": True}}, Failure.FILTERED),
        ({"hate": {"filtered": False}}, Failure.EMPTY),
        ({"error": {"code": "content_filter_error"}}, Failure.EMPTY),
        (None, Failure.EMPTY),
    ],
)
def test_a_prompt_that_a_filter_holds_back_is_told(kinds: object, failure: Failure) -> None:
    told = [{"prompt_index": 0, "content_filter_results": kinds}]
    raw = json.dumps({"choices": [], "prompt_filter_results": told}).encode()
    assert read_completion(raw).failure is failure


@pytest.mark.parametrize("is_filtered", [True, False])
def test_a_filter_that_leaves_nothing_of_a_reply_is_told(is_filtered: bool) -> None:
    kinds = {"sexual": {"filtered": is_filtered, "severity": "high"}}
    empty = read_completion(body({"content": ""}, content_filter_results=kinds))
    assert empty.failure is (Failure.FILTERED if is_filtered else Failure.EMPTY)
    assert read_completion(body({"content": OURS}, content_filter_results=kinds)).text == OURS


def test_a_reply_without_anything_has_a_reason() -> None:
    completion = read_completion(body({"content": None}))
    assert (completion.failure, completion.usage) == (Failure.EMPTY, Usage(calls=1))
    assert completion.detail == "the reply has no text; finish_reason is stop"
    thought = read_completion(body({"content": None, "reasoning_content": "The man\nis left. "}))
    assert thought.detail == (
        "the reply has no text, but reasoning that begins 'The man is left.'; finish_reason is stop"
    )
    calls = [{"function": {"name": "f", "arguments": told}} for told in ("[1]", '{"a": 2}')]
    handed = read_completion(body({"content": None, "tool_calls": calls}, finish_reason="stop"))
    assert handed.detail == (
        "the reply has no text, but arguments of a tool that begin '[1] {\"a\": 2}'; "
        "finish_reason is stop"
    )
    said = "I cannot see people."
    for message in (
        {"content": None, "refusal": said},
        {"content": [{"type": "refusal", "refusal": said}]},
    ):
        refused = read_completion(body(message))
        assert (refused.failure, refused.detail) == (Failure.REFUSED, said)


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        ({"prompt_tokens": 9, "prompt_tokens_details": {"cached_tokens": 4}}, Usage(1, 9, 4, 0)),
        ({"prompt_tokens": 9, "prompt_cache_hit_tokens": 4}, Usage(1, 9, 4, 0)),
        ({"prompt_tokens": 9, "cache_read_input_tokens": 4}, Usage(1, 9, 4, 0)),
        ({"prompt_tokens": 9, "cached_tokens": 4, "prompt_tokens_details": None}, Usage(1, 9, 4)),
        ({"input_tokens": 9, "output_tokens": 3}, Usage(1, 9, 0, 3)),
        ({"input_tokens": 9, "input_tokens_details": {"cached_tokens": 4}}, Usage(1, 9, 4)),
        ({"input_tokens": 9, "cache_read_input_tokens": 40, "output_tokens": 3},
         Usage(1, 49, 40, 3)),
        ({"input_tokens": 9, "cache_creation_input_tokens": 7, "cache_read_input_tokens": 0},
         Usage(1, 16)),
        ({"prompt_tokens": 56, "input_tokens": 9, "cache_creation_input_tokens": 7,
          "cache_read_input_tokens": 40, "completion_tokens": 3}, Usage(1, 56, 40, 3)),
        ({"prompt_tokens": 9, "cache_creation_input_tokens": 7, "cache_read_input_tokens": 40,
          "completion_tokens": 3, "total_tokens": 12}, Usage(1, 56, 40, 3)),
        ({"prompt_tokens": 9, "completion_tokens": 60,
          "completion_tokens_details": {"reasoning_tokens": 50}}, Usage(1, 9, 0, 60)),
        ({"prompt_tokens": 9, "completion_tokens": 10,
          "completion_tokens_details": {"reasoning_tokens": 50}}, Usage(1, 9, 0, 60)),
        ({"prompt_tokens": 9, "completion_tokens": 10, "total_tokens": 69,
          "completion_tokens_details": {"reasoning_tokens": 50}}, Usage(1, 9, 0, 60)),
        ({"prompt_tokens": None, "completion_tokens": None, "total_tokens": 0}, Usage(1)),
        ({"prompt_tokens": 9.0, "completion_tokens": 3.0}, Usage(1, 9, 0, 3)),
        ({"prompt_tokens": -9, "completion_tokens": 3.5}, Usage(1)),
        ({"prompt_tokens": True, "completion_tokens": "3"}, Usage(1)),
        ({"prompt_tokens": float("nan"), "completion_tokens": float("inf")}, Usage(1)),
        ({"prompt_tokens": 10**40, "completion_tokens": [3]}, Usage(1)),
        ([9, 3], Usage(1)),
    ],
)  # fmt: skip
def test_cached_and_reasoning_tokens_are_found(usage: dict[str, Any], expected: Usage) -> None:
    raw = json.dumps({"choices": [], "usage": usage}).encode()
    assert read_completion(raw).usage == expected


UPSTREAM = [
    (b'{"error": {"code": 429, "message": "slow down"}, "choices": []}', 429, "slow down"),
    (b'{"error": {"code": "503", "message": "down"}}', 503, "down"),
    (b'{"error": {"message": "odd", "code": "upstream_error"}}', 502, "odd"),
    (b'{"error": "no more workers", "choices": null}', 502, "no more workers"),
    (b'{"object": "error", "message": "m", "code": 400}', 400, "m"),
    (body({"content": OURS}, finish_reason="error"), 502, "finish_reason is error"),
    (body({"content": OURS}, error={"code": 500, "message": "crash"}), 500, "crash"),
    (body({"content": OURS}, finish_reason="abort"), 502, "finish_reason is abort"),
    (body({"content": OURS}, finish_reason="insufficient_system_resource"), 502, "finish_reason"),
    (body({"content": OURS}, finish_reason=" ERROR "), 502, "finish_reason"),
    (body({"content": OURS}, finish_reason="network_error"), 502, "finish_reason is network_error"),
]


@pytest.mark.parametrize(("raw", "status", "told"), UPSTREAM)
def test_the_error_of_a_provider_within_a_good_answer(raw: bytes, status: int, told: str) -> None:
    with pytest.raises(UpstreamError, match=told) as raised:
        read_completion(raw)
    assert raised.value.status == status
    assert is_upstream_error(raw)


@pytest.mark.parametrize(
    "raw",
    [body({"content": '"error"'}), body({"content": OURS}, error=None), b'{"choices": []}', b"",
     json.dumps({"error": None, "choices": [{"message": {"content": "x"}}]}).encode()],
)  # fmt: skip
def test_what_is_no_error_of_a_provider(raw: bytes) -> None:
    assert not is_upstream_error(raw)


@pytest.mark.parametrize(
    "more",
    [
        {"error": {"message": "", "type": "", "param": "", "code": None}},
        {"error": {"code": 0, "message": "success"}},
        {"error": ""},
        {"error": {}},
        {"base_resp": {"status_code": 0, "status_msg": "success"}},
        {"choices": [{"message": {"content": OURS}, "error": {"code": None, "message": ""}}]},
    ],
)
def test_an_error_that_says_nothing_beside_a_reply_is_none(more: dict[str, Any]) -> None:
    raw = json.dumps(json.loads(body({"content": OURS})) | more).encode()
    assert read_completion(raw).text == OURS


@pytest.mark.parametrize(
    ("told", "body"),
    [
        ("rate limit", {"base_resp": {"status_code": 1002, "status_msg": "rate limit exceeded"}}),
        (
            "rate limit",
            {"choices": [], "base_resp": {"status_code": 1002, "status_msg": "rate limit"}},
        ),
        ("daily limit", {"error_code": 17, "error_msg": "Open api daily limit reached"}),
        ("gone", {"choices": [], "error": {"code": 0, "message": "gone"}}),
        ("account", {"code": "Arrearage", "message": "See that your account is paid."}),
    ],
)
def test_what_a_server_says_in_place_of_a_reply_is_told(told: str, body: dict[str, Any]) -> None:
    with pytest.raises(UpstreamError, match=told):
        read_completion(json.dumps({"id": "1", "choices": None, "usage": {}} | body).encode())


@pytest.mark.parametrize("raw", [raw for raw, status, _ in UPSTREAM if status != 400])
def test_errors_of_providers_pass_and_are_never_stored(raw: bytes, store: str) -> None:
    failed: set[str] = set()

    def model(wanted: dict[str, Any]) -> str | Completion:
        is_first = asked(wanted) not in failed
        failed.add(asked(wanted))
        return Completion(None, body=raw) if is_first else adds(wanted)

    with serve(model) as endpoint:
        config = chat_config(endpoint, price=PRICE)
        assert right(totals(config, store, range(3), budget=10.0), range(3))
        assert len(endpoint.requests) == 6 and kept(store) == 3


def test_a_good_answer_may_reject_a_request(store: str) -> None:
    told = {"error": {"code": 400, "message": "response_format is not supported"}, "choices": []}

    def model(wanted: dict[str, Any]) -> str | Completion:
        is_formal = "response_format" in wanted
        return Completion(None, body=json.dumps(told).encode()) if is_formal else adds(wanted)

    with serve(model) as endpoint:
        assert right(totals(chat_config(endpoint), store, range(5)), range(5))
        assert len(endpoint.requests) == 2 + 5


@pytest.mark.skipif(not CASES.exists(), reason="the cases are not beside the checkout")
def test_bodies_that_servers_sent(store: str) -> None:
    upstream, broken, silent, reasoned, closed = CASES.read_bytes().splitlines()
    for raw in (upstream, broken):
        assert is_upstream_error(raw)
    assert read_completion(silent).failure is Failure.EMPTY
    for raw in (reasoned, closed):
        assert read_object(read_completion(raw).text, Vote).answer == "A"
    with serve(lambda _: Completion(None, body=silent)) as endpoint:
        config = chat_config(endpoint, price=PRICE)
        (answer,) = totals(config, store, [1], budget=10.0)
        assert (answer.failure, answer.usage.calls) == (Failure.EMPTY, 2)
        assert "no text" in answer.detail and kept(store) == 2


@pytest.mark.parametrize(
    ("status", "text", "kind"),
    [
        (500, "image input is not supported - hint: provide the mmproj", RejectedError),
        (500, "failed to load model vocabulary required for format", RejectedError),
        (500, '{"error": "Failed to parse grammar"}', RejectedError),
        (501, "response_format is not implemented", RejectedError),
        (500, "JSON mode is not enabled for models/gemma-3-27b-it", RejectedError),
        (500, "Structured generation is not available on this backend", RejectedError),
        (500, "no backend for constrained decoding", RejectedError),
        (500, "this is a text-only model", RejectedError),
        (500, "The model only supports text", RejectedError),
        (500, "Only text is supported by this endpoint", RejectedError),
        (500, "this deployment accepts only text", RejectedError),
        (500, "context only partially loaded, try again", PassingError),
        (500, "This model is text-only.", RejectedError),
        (500, 'a "text-only" model', RejectedError),
        (500, "llama-3.2-1b (text only)", RejectedError),
        (500, "no photo, please", RejectedError),
        (500, "the photon worker died", PassingError),
        (500, "content partially generated before the connection was lost", PassingError),
        (500, "internal error: contact support with the JSON below", PassingError),
        (500, "internal error; support id in JSON: 3", PassingError),
        (503, "Image inputs are temporarily unavailable for this model", PassingError),
        (503, "Image model overloaded; no support for queues", PassingError),
        (503, "image service down; if we cannot contact support", PassingError),
        (503, "Image input is unavailable for this model", RejectedError),
        (503, "This model doesn't support images", RejectedError),
        (500, "forward() got an unexpected keyword argument 'pixel_values'", RejectedError),
        (500, "json schema conversion failed: Unrecognized schema", RejectedError),
        (500, '{"detail": "unexpected keyword argument \'temperature\'"}', RejectedError),
        (500, "The server had an error while processing your request", PassingError),
        (500, "CUDA out of memory", PassingError),
        (500, "CUDA out of memory (max_new_tokens=1024, temperature=0.2)", PassingError),
        (503, "Image inputs are not supported under this load, try again in 20s", PassingError),
        (503, "No image support for you. Retry after: 5", PassingError),
        (503, "Images are not supported in this region, try again in a minute", PassingError),
        (503, "This model does not support images. Remove them and try again.", RejectedError),
        (500, "The image could not be processed. Please try again.", PassingError),
        (503, "response_format is not supported; try again without it", RejectedError),
        (500, "provisioned revision is not ready", PassingError),
        (502, '<html><img src="image.png">Bad Gateway</html>', PassingError),
        (500, '<html><img src="image.png">schema</html>', PassingError),
        (503, "The image model is overloaded", PassingError),
        (503, "Structured output is not available for this model", RejectedError),
        (503, '{"error": "This model does not support image input"}', RejectedError),
        (502, "response_format is not implemented by the provider", RejectedError),
        (504, "unsupported value: temperature", RejectedError),
        (500, "lm-format-enforcer is not installed", RejectedError),
        (500, "ModuleNotFoundError: No module named 'outlines'", RejectedError),
        (500, "llguidance failed to start", RejectedError),
        (500, "Too many states in FSM for this regex", RejectedError),
        (500, "JSON output is not supported", RejectedError),
        (500, "This model doesn't support JSON", RejectedError),
        (500, "response_mime_type application/json unsupported", RejectedError),
        (500, "Constrained generation unavailable", RejectedError),
        (500, "Structured response is not enabled", RejectedError),
        (500, "Unexpected token < in JSON at position 0", PassingError),
        (500, "the backend sent JSON that is cut off: support@example.org", PassingError),
        (500, "this model cannot handle pictures", RejectedError),
        (500, "Unsupported content part type", RejectedError),
        (500, "Only string content is supported", RejectedError),
        (500, 'can only concatenate str (not "list") to str', RejectedError),
        (500, "'list' object has no attribute 'strip'", RejectedError),
        (500, "photo is larger than 5 MB", RejectedError),
        (502, "<html><title>image/webp is not supported</title></html>", PassingError),
        (503, "The vision model is not available at the moment", PassingError),
        (500, "upstream image service temporarily unavailable, try again later", PassingError),
        (500, "Image is too large. Try again with a smaller one", RejectedError),
        (400, CLOUDFLARE, PassingError),
        (400, "Error from provider: Upstream request failed", PassingError),
        (400, "Upstream request failed: temperature is not supported", RejectedError),
        (400, "the tool gets no response", RejectedError),
        (
            503,
            "image service unavailable: connection to the multimodal worker failed",
            PassingError,
        ),
        (503, "The model is not supported in this region", PassingError),
        (529, "Overloaded. Try again later, or with smaller images", PassingError),
        (529, "Overloaded", PassingError),
        (429, "too many images in a minute", PassingError),
    ],
)
def test_a_crash_at_what_was_asked_is_a_rejection(
    status: int, text: str, kind: type[Exception]
) -> None:
    assert type(error_of(status, *error_words(text.encode()))) is kind


def test_of_errors_in_a_list_the_first_is_told() -> None:
    told = "2005", "Failed to get response from provider"
    assert error_words(CLOUDFLARE.encode()) == told
    assert error_words(CLOUDFLARE.replace('"error"', '"errors"').encode()) == told
    assert error_words(b'{"error": []}')[0] == error_words(b'{"errors": ["x"]}')[0] == ""


AZURE = {
    "error": {
        "message": "The response was filtered due to the prompt triggering the policy",
        "type": None, "param": "prompt", "code": None, "status": 400,
        "innererror": {"code": "ResponsibleAIPolicyViolation", "content_filter_result": {}},
    }
}  # fmt: skip


@pytest.mark.parametrize(
    "told",
    [
        AZURE,
        {"error": {"code": "content_filter", "message": "no"}},
        {"error": {"message": "Output blocked by content filtering policy"}},
        {"error": {"message": "It violates our content management policy"}},
        {"error": {"message": "This was flagged by moderation"}},
        {"error": {"message": "Provider returned error", "metadata": {"raw": json.dumps(AZURE)}}},
    ],
)
def test_filters_are_known_by_their_words(told: dict[str, Any]) -> None:
    error = error_of(400, *error_words(json.dumps(told).encode()))
    assert isinstance(error, RejectedError) and error.code == Failure.FILTERED


def test_a_filter_behind_a_gateway_that_answers_500_is_none_that_failed() -> None:
    told = (
        "AzureException - The response was filtered due to Azure OpenAI's content management policy"
    )
    error = error_of(500, "", told)
    assert isinstance(error, RejectedError) and error.code == Failure.FILTERED
    for passing in (
        error_of(502, "", told),
        error_of(500, "content_filter_error", "The contents are not filtered"),
        error_of(500, "", "The moderation server is down"),
        error_of(500, "", "<html>Our <a>content policy</a></html>"),
        error_of(500, "", "content policy service busy, try again later"),
    ):
        assert isinstance(passing, PassingError)


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        ("ERROR", "Provider returned error: ERROR"),
        ("<html><title>502 Bad Gateway</title></html>", "Provider returned error: 502 Bad Gateway"),
        ([{"error": {"message": "half \ud800"}}], "Provider returned error: half ?"),
        ("", "Provider returned error"),
        (None, "Provider returned error"),
    ],
)
def test_what_a_gateway_hands_on_is_told(raw: object, told: str) -> None:
    about = {"message": "Provider returned error", "code": 502, "metadata": {"raw": raw}}
    assert error_words(json.dumps({"error": about}).encode()) == ("502", told)


def test_who_wants_to_be_paid_says_so_in_a_code() -> None:
    told = {"error": {"code": "insufficient_quota", "innererror": {"code": "more"}}}
    assert is_unpaid(429, *error_words(json.dumps(told).encode()))


@pytest.mark.parametrize("status", [529, 503])
def test_who_is_too_busy_is_waited_for(status: int, store: str) -> None:
    busy = iter([True, True])

    def refuse(_: dict[str, Any]) -> ServerAnswer | None:
        return (
            ServerAnswer(status, b'{"error": {"type": "overloaded_error"}}')
            if next(busy, False)
            else None
        )

    with serve(adds, refuse=refuse) as endpoint:
        assert right(totals(chat_config(endpoint), store, range(3)), range(3))
        assert len(endpoint.requests) == 5
