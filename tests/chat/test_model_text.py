"""What is read out of a model's text and a server's answer, and what is made of a picture."""

import io
import json
from base64 import b64decode
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from schemas.chat import Failure, Photograph, ReplyForm, Request, Usage
from schemas.config.chat import ChatConfig
from tasks.chat.batch_files import line_error
from tasks.chat.completion import read_completion
from tasks.chat.dialects import Dialect, Form, dialect_of
from tasks.chat.errors import (
    ChatRefusedError,
    PassingError,
    RejectedError,
    error_of,
    is_unpaid,
)
from tasks.chat.model_text import read_object
from tasks.chat.sent_images import data_url, sent_size


class Sum(ReplyForm):
    total: int
    words: str


ONE = '{"total": 1, "words": "a"}'
TWO = '{"total": 2, "words": "{b}"}'


@pytest.mark.parametrize(
    ("text", "total"),
    [
        (ONE, 1),
        (f"  \n{ONE}\n", 1),
        ('{"total": 1, "words": "a", "more": [1]}', 1),
        (f"<think>{TWO} or so</think>{ONE}", 1),
        (f"Here it is:\n```json\n{ONE}\n```\nBye", 1),
        (f"```\n{ONE}\n```\n```json\n{TWO}```", 2),
        (f"First {ONE}, no: {TWO}.", 2),
        (f"\\frac{{a}}{{b}} {{ {ONE}", 1),
        (f"{{'total': 3}} {ONE} {{}}", 1),
        (f"{ONE} " * 20 + TWO, 2),
        ('{"total": 1,\n"words": "a\nb\tc"}', 1),
        (f'{{"response": {ONE}}}', 1),
        (f'Here: {{"answer":\n{TWO}}}', 2),
        (f'{{"answer": {TWO}}} or rather {ONE}', 1),
        (
            f"{ONE}<\uff5cend\u2581of\u2581sentence\uff5c><\uff5cUser\uff5c>Next<\uff5cAssistant\uff5c>{TWO}",
            1,
        ),
        (f"Here: {ONE}\n<|end|><|user|>\nNext<|end|><|assistant|>{TWO}", 1),
        (f"{ONE}<eoa>\n<|User|>:Next<|Bot|>:{TWO}", 1),
        (f"<|start|>assistant<|message|>{ONE}<|return|>", 1),
        ('{"total": 1, "words": "it says <|user|>"}', 1),
    ],
)
def test_the_object_in_a_text(text: str, total: int) -> None:
    assert read_object(text, Sum).total == total


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (f'{{"first": {ONE}, "second": {TWO}}}', "total: Field required"),
        (f'{{"a": {{"b": {ONE}}}}}', "total: Field required"),
        ("", "Invalid JSON"),
        ("I cannot say.", "Invalid JSON"),
        (ONE[:-1], "Invalid JSON"),
        (ONE.replace("1", "NaN"), "total"),
        ('{"total": "many", "words": "a"}', "total: Input should be a valid integer"),
        ('{"total": 1}', "words: Field required"),
        ("[1, 2]", "the reply"),
        (f"<think>{ONE}</think>", "Invalid JSON"),
    ],
)
def test_what_is_wrong_with_a_text_is_told(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        read_object(text, Sum)


@pytest.mark.parametrize(
    "text",
    ['{"a":' * 100_000, "[" * 100_000, "```" + " " * 200_000, '{"' * 200_000, "```" * 100_000],
)
def test_a_hostile_text_is_read_in_no_time(text: str) -> None:
    with pytest.raises(ValueError):
        read_object(text, Sum)


@given(st.text() | st.builds(str.join, st.sampled_from([ONE, "```", '{"']), st.lists(st.text())))
def test_reading_an_object_raises_nothing_but_value_errors(text: str) -> None:
    try:
        assert isinstance(read_object(text, Sum), Sum)
    except ValueError as error:
        assert "\n" not in str(error)


def answered(content: object, reason: str | None = "stop", **more: Any) -> bytes:
    message = {"role": "assistant", "content": content, **more}
    return json.dumps({"choices": [{"message": message, "finish_reason": reason}]}).encode()


@pytest.mark.parametrize(
    ("raw", "text", "failure"),
    [
        (answered("hello"), "hello", None),
        (answered([{"type": "text", "text": "he"}, {"text": "llo"}, 7]), "hello", None),
        (answered("hello", None), "hello", None),
        (answered(" \n"), " \n", Failure.EMPTY),
        (answered(None), "", Failure.EMPTY),
        (answered({"odd": 1}), '{"odd": 1}', None),
        (answered("he", "length"), "he", Failure.TRUNCATED),
        (answered("", "content_filter"), "", Failure.FILTERED),
        (answered(None, refusal="no"), "", Failure.REFUSED),
        (answered("\ud800"), "?", None),
        (b'{"choices": []}', "", Failure.EMPTY),
        (b'{"choices": [null]}', "", Failure.EMPTY),
        (b'{"choices": [{"message": 1, "finish_reason": 2}]}', "", Failure.EMPTY),
    ],
)
def test_what_a_completion_says(raw: bytes, text: str, failure: Failure | None) -> None:
    completion = read_completion(raw)
    assert (completion.text, completion.failure) == (text, failure)


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        ({"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}, Usage(1, 7, 0, 3)),
        ({"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 90}, Usage(1, 7, 0, 83)),
        (
            {"prompt_tokens": 7, "prompt_tokens_details": {"cached_tokens": 9}},
            Usage(1, 7, 7, 0),
        ),
        ({"prompt_tokens": -7, "completion_tokens": 10**12}, Usage(1, 0, 0, 0)),
        ({"prompt_tokens": float("inf"), "completion_tokens": float("nan")}, Usage(1, 0, 0, 0)),
        ({"prompt_tokens": "7", "completion_tokens": [3]}, Usage(1, 0, 0, 0)),
        (None, Usage(1, 0, 0, 0)),
        ([1], Usage(1, 0, 0, 0)),
    ],
)
def test_tokens_are_counted_as_they_are_paid(usage: object, expected: Usage) -> None:
    raw = json.dumps({"choices": [], "usage": usage}).encode()
    assert read_completion(raw).usage == expected


@pytest.mark.parametrize(
    "raw",
    [b"", b"<html>", b"[]", b"7", b"{}", b'{"choices": 1}', b'{"choices": [', b"\xff\xfe\x00",
     b"[" * 100_000, b"9" * 10_000],
)  # fmt: skip
def test_what_is_no_completion_is_a_value_error(raw: bytes) -> None:
    with pytest.raises(ValueError):
        read_completion(raw)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["choices", "message", "content", "usage", "prompt_tokens", "refusal"]),
            inner,
        )
    ),
    max_leaves=20,
)


@given(st.binary() | JSON.map(lambda value: json.dumps(value).encode()))
def test_reading_a_completion_raises_nothing_but_value_errors(raw: bytes) -> None:
    try:
        completion = read_completion(raw)
    except ValueError:
        return
    completion.text.encode()
    assert completion.usage.calls == 1


@pytest.mark.parametrize(
    ("status", "code", "message", "expected"),
    [
        (429, "rate_limit_exceeded", "slow down", PassingError),
        (500, "", "", PassingError),
        (302, "", "elsewhere", PassingError),
        (400, "json_validate_failed", "Failed to generate JSON", RejectedError),
        (400, "", "too long", RejectedError),
        (400, "content_filter", "The response was filtered", Failure.FILTERED),
        (403, "403", "Your input was flagged", Failure.FILTERED),
    ],
)
def test_what_becomes_of_a_request_that_got_an_error(
    status: int, code: str, message: str, expected: type[Exception] | Failure
) -> None:
    error = error_of(status, code, message)
    if isinstance(expected, Failure):
        assert isinstance(error, RejectedError) and error.code == expected
    else:
        assert type(error) is expected


def test_who_wants_to_be_paid_first_ends_the_run() -> None:
    told = "Your credit balance is too low to access the Anthropic API."
    assert is_unpaid(400, "", told)
    raw = json.dumps({"error": {"message": told}}).encode()
    assert isinstance(line_error(400, raw, "there"), ChatRefusedError)


@pytest.mark.parametrize(
    ("base_url", "dialect"),
    [
        ("https://api.openai.com/v1", Dialect(Form.JSON_SCHEMA, "max_completion_tokens")),
        (
            "https://me.openai.azure.com/openai/v1",
            Dialect(Form.JSON_SCHEMA, "max_completion_tokens"),
        ),
        ("https://api.anthropic.com/v1", Dialect(Form.PROMPT, "max_tokens")),
        ("http://localhost:8000/v1", Dialect(Form.JSON_SCHEMA, "max_tokens")),
    ],
)
def test_known_servers_are_asked_in_their_own_way(base_url: str, dialect: Dialect) -> None:
    assert dialect_of(ChatConfig(model="m", base_url=base_url)) == dialect


@pytest.mark.parametrize(
    ("told", "form"),
    [
        ('Unknown name "additionalProperties" at \'generation_config.response_schema\'',
         Form.JSON_OBJECT),
        ("This response_format type is unavailable now", Form.JSON_OBJECT),
        ("failed to parse grammar", Form.JSON_OBJECT),
        ("JSON mode is not supported for this model", Form.JSON_OBJECT),
        ("the context is too long", None),
    ],
)  # fmt: skip
def test_a_server_that_takes_no_schema_is_known_by_its_words(told: str, form: Form | None) -> None:
    request = Request(ChatConfig(model="m"), (), Sum)
    following = next(Dialect(Form.JSON_SCHEMA).after(RejectedError(told), request), None)
    assert (following.form if following else None) == form


def photograph(data: bytes, max_side: int) -> Photograph:
    return Photograph(sha256(data).hexdigest(), max_side, lambda: data)


def sent(data: bytes, max_side: int) -> tuple[str, bytes, Image.Image]:
    """The media type, the bytes and the picture that a server is sent."""
    kind, _, coded = data_url(photograph(data, max_side)).partition(";base64,")
    raw = b64decode(coded)
    return kind.removeprefix("data:"), raw, Image.open(io.BytesIO(raw))


def picture(kind: str, size: tuple[int, int], mode: str = "RGB", **options: Any) -> bytes:
    file = io.BytesIO()
    Image.new(mode, size, "red" if mode != "L" else 90).save(file, kind, **options)
    return file.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_small_picture_is_sent_as_it_is(kind: str) -> None:
    data = picture(kind, (40, 30))
    assert sent(data, 40)[:2] == (f"image/{kind.lower()}", data)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
@pytest.mark.parametrize(
    ("size", "expected"), [((400, 300), (40, 30)), ((300, 400), (30, 40)), ((4000, 2), (40, 1))]
)
def test_a_large_picture_is_made_smaller(
    kind: str, size: tuple[int, int], expected: tuple[int, int]
) -> None:
    media, _, image = sent(picture(kind, size), 40)
    assert (media, image.size) == ("image/jpeg", expected)
    assert sent_size(*size, 40) == expected


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "L", "1", "I;16"])
def test_a_picture_of_any_mode_can_be_made_smaller(mode: str) -> None:
    data = io.BytesIO()
    Image.new(mode, (100, 50)).save(data, "PNG")
    _, _, image = sent(data.getvalue(), 10)
    assert (image.mode, image.size) == ("RGB", (10, 5))


def test_a_picture_is_not_turned_so_that_boxes_stay_right() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # a viewer turns it by a quarter
    data = picture("JPEG", (100, 50), exif=exif)
    _, _, image = sent(data, 10)
    assert image.size == (10, 5)
    assert not image.getexif()


@pytest.mark.parametrize("data", [b"", b"GIF89a", b"\xff\xd8\xff garbage"])
def test_what_is_no_picture_cannot_be_sent(data: bytes) -> None:
    with pytest.raises(OSError):
        data_url(photograph(data, 10))
