"""What servers take, and what they ignore: found out once, for all questions alike."""

import json
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest

from schemas.chat import Account, Failure, Message, Photograph, Request, Role
from schemas.config.chat import ChatConfig
from tasks.chat.answers import Answer, Chat
from tasks.chat.converse import converse
from tasks.chat.dialects import Dialect, Form, Negotiation
from tasks.chat.errors import ChatRefusedError, PassingError, RejectedError, error_of
from tasks.chat.replies import open_replies
from tests.chat.test_chat import FAST, Sum, adds, asked, chat_config, right, totals
from tests.chat.test_model_text import picture
from tests.chat.test_streams import STOP, pieces_of, stream
from tests.servers.endpoint import serve
from tests.servers.faults import Answer as ServerAnswer
from tests.servers.faults import Completion, error


@pytest.fixture
def store(tmp_path: Any) -> str:
    return f"sqlite:///{tmp_path}/replies.sqlite"


def is_told(body: dict[str, Any]) -> bool:
    """Whether the schema is in the prompt."""
    return '"total"' in body["messages"][0]["content"]


def careless(body: dict[str, Any]) -> str:
    """A model that is asked for nothing but prose unless the prompt says more, behind a server
    that ignores response_format."""
    return adds(body) if is_told(body) else f"The total of {asked(body)} is easy to find."


def rows(answers: Sequence[Answer[Sum]]) -> list[Any]:
    return [(answer.value, answer.usage.calls, answer.replies) for answer in answers]


def spent_and_kept(store: str) -> tuple[float, int]:
    with open_replies(store).sql.engine.begin() as connection:
        dollars = connection.exec_driver_sql("SELECT sum(dollars) FROM spending").scalar()
        kept = connection.exec_driver_sql("SELECT count(*) FROM replies").scalar()
    return float(dollars or 0.0), int(kept or 0)


def test_a_server_that_ignores_the_form_is_noticed_by_its_first_reply(
    store: str, tmp_path: Any
) -> None:
    price = {"price": {"input": 10.0, "output": 1000.0}}
    with serve(careless, latency=0.01) as endpoint:
        answers = totals(chat_config(endpoint, **price), store, range(30))
        assert right(answers, range(30))
        assert {answer.usage.calls for answer in answers} == {1}
        assert [is_told(record.body) for record in endpoint.requests] == [False] + [True] * 30
        dollars, kept = spent_and_kept(store)
        assert kept == 31
        assert dollars > sum(answer.usage.output_tokens for answer in answers) / 1000
        # Another run of the same store knows; whichever question is the first, all come alike.
        more = totals(chat_config(endpoint, **price, max_concurrent=3), store, range(40))
        assert len(endpoint.requests) == 41 and rows(more[:30]) == rows(answers)
        other = f"sqlite:///{tmp_path}/other.sqlite"
        backwards = totals(chat_config(endpoint), other, range(39, -1, -1))
        assert rows(backwards[::-1]) == rows(more)


@pytest.mark.parametrize(
    ("said", "is_noticed"),
    [
        ("The total of the numbers in the question, which are", True),
        ("  \n[1, 2", True),
        ("<think>It is easy.</think>The total", True),
        ('{"total": 1, "words": "one, and', False),
        ('```json\n{"total": 1', False),
        ("<think>The total of the numbers", False),
        ("", False),
    ],
)
def test_prose_that_is_cut_off_shows_that_the_form_is_ignored(
    said: str, is_noticed: bool, store: str
) -> None:
    def model(body: dict[str, Any]) -> str | Completion:
        return adds(body) if is_told(body) else Completion(said, finish_reason="length")

    with serve(model) as endpoint:
        config = chat_config(endpoint, max_concurrent=1)
        if is_noticed:
            assert right(totals(config, store, range(5)), range(5))
            assert [is_told(record.body) for record in endpoint.requests] == [False] + [True] * 5
        else:
            with pytest.raises(ChatRefusedError, match="5 of 5 answers cannot be used"):
                totals(config, store, range(5))
            assert not any(is_told(record.body) for record in endpoint.requests)


def test_a_form_that_is_set_is_not_changed(store: str) -> None:
    with serve(careless) as endpoint:
        (answer,) = totals(chat_config(endpoint, structured="json-schema"), store, [1])
        assert answer.failure is Failure.INVALID
        forms = [record.body["response_format"]["type"] for record in endpoint.requests]
        assert forms == ["json_schema"] * 3
    with serve(adds, supports=()) as endpoint:
        config = chat_config(endpoint, structured="json-schema", max_concurrent=1)
        with pytest.raises(ChatRefusedError, match=r"rejects every request.*response_format"):
            totals(config, store, range(2, 20))
        forms = {record.body["response_format"]["type"] for record in endpoint.requests}
        assert forms == {"json_schema"} and len(endpoint.requests) <= 5


UNSUPPORTED = "Unsupported parameter: '{0}' is not supported with this model."


def refusing(status: int, text: str, *names: str) -> Any:
    """A server that answers so where a request holds one of these parameters."""

    def refuse(body: dict[str, Any]) -> ServerAnswer | None:
        wanted = body.get("response_format", {}).get("json_schema", {})
        found = [name for name in names if name in body or name in wanted]
        param = found[0] if found and "{0}" in text else None
        return error(status, text.format(*found), param=param) if found else None

    return refuse


def behind(refuse: Any) -> Any:
    """The same through a gateway that says nothing itself and hands on what it was told."""

    def handed_on(body: dict[str, Any]) -> ServerAnswer | None:
        if (answer := refuse(body)) is None:
            return None
        about = {
            "message": "Provider returned error",
            "code": answer.status,
            "metadata": {"raw": answer.body.decode(), "provider_name": "OpenAI"},
        }
        return ServerAnswer(answer.status, json.dumps({"error": about}).encode())

    return handed_on


@pytest.mark.parametrize(
    ("refuse", "left_out"),
    [
        (refusing(400, UNSUPPORTED, "temperature"), "temperature"),
        (behind(refusing(400, UNSUPPORTED, "temperature")), "temperature"),
        (behind(refusing(400, UNSUPPORTED, "max_tokens")), "max_tokens"),
        (behind(refusing(400, "response_format.json_schema.strict: unknown field", "strict")),
         "strict"),
        (refusing(400, "Only the default (1) value is supported for temperature", "temperature"),
         "temperature"),
        (refusing(400, UNSUPPORTED, "top_p"), "top_p"),
        (refusing(422, "[{{'loc': ['body', 'top_p'], 'msg': 'Extra inputs are not permitted'}}]",
                  "top_p"), "top_p"),
        (refusing(400, UNSUPPORTED, "reasoning_effort"), "reasoning_effort"),
        (refusing(400, "Model grok-4 does not support parameter reasoningEffort.",
                  "reasoning_effort"), "reasoning_effort"),
        (refusing(400, 'Unknown name "topP": Cannot find field.', "top_p"), "top_p"),
        (refusing(400, "maxTokens is not supported", "max_tokens"), "max_tokens"),
        (refusing(400, "Unrecognized request argument supplied: seed", "seed"), "seed"),
        (refusing(500, "unexpected keyword argument 'top_p' (top_p)", "top_p"), "top_p"),
        (refusing(400, "Top p is not supported by this model", "top_p"), "top_p"),
        (refusing(500, "reasoning_effort is not supported", "reasoning_effort"),
         "reasoning_effort"),
        (refusing(400, "reasoning.effort is not supported with this model", "reasoning_effort"),
         "reasoning_effort"),
        (refusing(400, '"llama3.2:latest" does not support thinking', "reasoning_effort"),
         "reasoning_effort"),
        (refusing(400, "Reasoning is mandatory for this endpoint", "reasoning_effort"),
         "reasoning_effort"),
        (refusing(400, "nucleus sampling is not supported", "top_p"), "top_p"),
        (refusing(400, "response_format.json_schema.strict: unknown field", "strict"), "strict"),
        (refusing(500, "__init__() got an unexpected keyword argument 'strict'", "strict"),
         "strict"),
        (refusing(400, UNSUPPORTED, "max_tokens"), "max_tokens"),
        (refusing(500, "max_tokens is not a parameter here", "max_tokens"), "max_tokens"),
    ],
)  # fmt: skip
def test_a_refused_parameter_is_left_out_and_nothing_else(
    refuse: Any, left_out: str, store: str
) -> None:
    settings = {
        "temperature": 0.2,
        "top_p": 0.9,
        "extra_body": {"reasoning_effort": "low", "seed": 3},
    }
    with serve(adds, refuse=refuse) as endpoint:
        assert right(totals(chat_config(endpoint, **settings), store, range(20)), range(20))
        assert [record.status == 200 for record in endpoint.requests] == [False] + [True] * 20
        body = endpoint.requests[-1].body
        sent = body.keys() | body["response_format"]["json_schema"].keys()
        known = {*settings, *settings["extra_body"], "strict", "max_tokens", "response_format"}
        known.discard("extra_body")
        assert known - sent == {left_out}
        assert ("max_completion_tokens" in sent) == (left_out == "max_tokens")


@pytest.mark.parametrize("status", [400, 500])
def test_parameters_that_are_refused_by_their_kind_are_left_out_together(
    status: int, store: str
) -> None:
    told = "Sampling parameters are not supported for reasoning models"
    refuse = refusing(status, told, "temperature", "top_p")
    settings = {"temperature": 0.2, "top_p": 0.9, "extra_body": {"reasoning_effort": "low"}}
    with serve(adds, refuse=refuse) as endpoint:
        config = chat_config(endpoint, **settings, max_concurrent=1)
        assert right(totals(config, store, range(5)), range(5))
        body = endpoint.requests[-1].body
        assert {*body} & {"temperature", "top_p", "reasoning_effort"} == {"reasoning_effort"}


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (400, "System role not supported"),
        (500, "Conversation roles must alternate user/assistant/user/assistant/..."),
        (400, "invalid request: system messages are not allowed by this template"),
        (400, "Unsupported value: 'messages[0].role' does not support 'system' with this model."),
        (400, 'messages: Unexpected role "system"'),
        (500, "Only user and assistant roles are supported!"),
        (400, "Developer instruction is not enabled for models/gemma-3-27b-it"),
    ],
)
def test_messages_are_merged_for_a_template_of_two_sides(
    status: int, text: str, store: str
) -> None:
    def refuse(body: dict[str, Any]) -> ServerAnswer | None:
        roles = [message["role"] for message in body["messages"]]
        sides = ["user", "assistant"] * len(roles)
        return None if roles == sides[: len(roles)] else error(status, text)

    def model(body: dict[str, Any]) -> str:
        # The first replies are followed up: what is merged stays in order.
        if len(body["messages"]) == 1:
            return "{}"
        told = "".join(map(str, (part.get("text", "") for part in body["messages"][0]["content"])))
        assert re.fullmatch(r"Add up\.Picture 1:question \d+ 1", told), told
        return json.dumps({"total": int(re.findall(r"\d+", told)[1]) + 1, "words": "so"})

    data = picture("PNG", (4, 4))

    async def ask(chat: Chat, number: int) -> Answer[Sum]:
        shown = [Photograph(f"p{number}-{place}", 4, lambda: data) for place in (1, 2)]
        messages = [
            Message(Role.SYSTEM, "Add up."),
            Message(Role.USER, "Picture 1:", shown[0]),
            Message(Role.USER, f"question {number} 1", shown[1]),
        ]
        return await chat.answer(messages, Sum)

    with serve(model, refuse=refuse) as endpoint:
        config = chat_config(endpoint, structured="json-schema")
        answers = converse(config, Account("test", store), range(20), ask, limits=FAST)
        assert [answer.value and answer.value.total for answer in answers] == [
            number + 1 for number in range(20)
        ]
        refused = [record for record in endpoint.requests if record.status != 200]
        assert len(endpoint.requests) - len(refused) == 40
        assert 1 <= len(refused) <= 5  # those that were under way at once
        kinds = [part["type"] for part in endpoint.requests[-1].body["messages"][0]["content"]]
        assert kinds == ["text", "image_url", "text", "image_url", "text"]


def test_two_parameters_of_which_one_may_be_sent(store: str) -> None:
    def refuse(body: dict[str, Any]) -> ServerAnswer | None:
        both = {"temperature", "top_p"} <= body.keys()
        told = "`temperature` and `top_p` cannot both be specified for this model"
        return error(400, told) if both else None

    with serve(adds, refuse=refuse) as endpoint:
        config = chat_config(endpoint, temperature=0.0, top_p=0.5)
        assert right(totals(config, store, range(5)), range(5))
        assert endpoint.requests[-1].body["temperature"] == 0.0


def test_several_differences_are_found_one_after_the_other(store: str) -> None:
    def refuse(body: dict[str, Any]) -> ServerAnswer | None:
        for name in ("temperature", "max_tokens"):
            if name in body:
                return error(400, UNSUPPORTED.format(name), param=name)
        form = body.get("response_format", {}).get("type")
        return error(500, "failed to parse grammar") if form else None

    with serve(adds, refuse=refuse) as endpoint:
        answers = totals(chat_config(endpoint, temperature=0.0), store, range(20))
        assert right(answers, range(20))
        assert Counter(record.status for record in endpoint.requests) == {200: 20, 400: 2, 500: 2}
        assert is_told(endpoint.requests[-1].body)


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (404, "No endpoints found that can handle the requested parameters."),
        (400, "Failed to generate JSON. Please adjust your prompt."),
        (400, "Request contains an invalid argument."),
        (400, "responseFormat is not supported by grok-4"),
    ],
)
def test_who_cannot_keep_the_form_is_asked_without_it(status: int, told: str, store: str) -> None:
    def refuse(body: dict[str, Any]) -> ServerAnswer | None:
        return error(status, told) if "response_format" in body else None

    with serve(adds, refuse=refuse) as endpoint:
        assert right(totals(chat_config(endpoint), store, range(20)), range(20))
        assert Counter(record.status for record in endpoint.requests) == {200: 20, status: 2}


@pytest.mark.parametrize(
    "told",
    [
        "This model only support stream mode, please enable the stream parameter.",
        "parameter.enable_thinking must be set to false for non-streaming calls",
        "Replies of this length need streaming: set stream to true.",
        '{"detail": "Stream must be set to true"}',
        'This model only takes "stream": true',
        "Non-stream requests are not supported",
        "stream=false is not supported",
    ],
)
def test_a_model_that_only_streams_is_asked_to_stream(told: str, store: str) -> None:
    def refuse(body: dict[str, Any]) -> ServerAnswer | None:
        if not body.get("stream"):
            return error(400, told)
        assert body["stream_options"] == {"include_usage": True}
        usage = {"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 4}}
        return ServerAnswer(200, stream(*pieces_of(adds(body)), STOP, usage))

    with serve(adds, refuse=refuse) as endpoint:
        answers = totals(chat_config(endpoint), store, range(20))
        assert right(answers, range(20)) and answers[0].usage.output_tokens == 4
        assert Counter(record.status for record in endpoint.requests) == {200: 20, 400: 1}


@pytest.mark.parametrize("status", [422, 500])
def test_who_streams_and_knows_no_options_of_it_is_asked_without_them(
    status: int, store: str
) -> None:
    def refuse(body: dict[str, Any]) -> ServerAnswer | None:
        if not body.get("stream"):
            return error(400, "This model only supports streaming.")
        if "stream_options" in body:
            return error(status, "Extra inputs are not permitted: stream_options")
        return ServerAnswer(200, stream(*pieces_of(adds(body)), STOP))

    with serve(adds, refuse=refuse) as endpoint:
        answers = totals(chat_config(endpoint), store, range(20))
        assert right(answers, range(20)) and all(one.usage.output_tokens for one in answers)
        statuses = Counter(record.status for record in endpoint.requests)
        assert statuses == {200: 20, 400: 1, status: 1}


@pytest.mark.parametrize(
    "told",
    [
        "Error occurred while streaming",
        "litellm.APIError: streaming error: connection reset by peer",
        "stream disconnected before its end",
        "error in upstream: retry; mode: proxy",
    ],
)
def test_a_stream_that_fails_asks_for_nothing_else(told: str) -> None:
    assert isinstance(error_of(500, "", told), PassingError)


def test_a_rejection_that_says_nothing_is_of_one_request_where_another_was_answered(
    store: str,
) -> None:
    def refuse(body: dict[str, Any]) -> ServerAnswer | None:
        is_odd = "question 7" in asked(body, -1)
        return error(400, "Request contains an invalid argument.") if is_odd else None

    with serve(adds, refuse=refuse) as endpoint:
        answers = totals(chat_config(endpoint, max_concurrent=1), store, range(10))
        assert [answer.failure for answer in answers].count(Failure.REJECTED) == 1
        assert len(endpoint.requests) == 10 and not is_told(endpoint.requests[-1].body)


@pytest.mark.parametrize("words", ["the model 'm-image' is not found", "<html>no image</html>"])
def test_a_model_that_is_not_there_ends_the_run_at_once(words: str, store: str) -> None:
    with serve(adds, refuse=lambda _: error(404, words)) as endpoint:
        config = chat_config(endpoint, model="m-image", max_concurrent=1)
        with pytest.raises(ChatRefusedError, match="correct model or base_url"):
            totals(config, store, range(5))
        assert len(endpoint.requests) == 1


def test_a_rejection_of_one_request_changes_nothing_for_the_others(store: str) -> None:
    """Its words name a parameter, but it is rejected without it, too."""

    def refuse(body: dict[str, Any]) -> ServerAnswer | None:
        is_long = "question 7" in asked(body, -1)
        return error(400, "max_tokens and prompt exceed the context") if is_long else None

    with serve(adds, refuse=refuse) as endpoint:
        answers = totals(chat_config(endpoint, max_concurrent=1), store, range(20))
        assert [answer.failure for answer in answers] == [
            Failure.REJECTED if number == 7 else None for number in range(20)
        ]
        assert "max_tokens" in endpoint.requests[-1].body
        assert len(endpoint.requests) == 19 + 2


def test_dialects_end_where_a_server_rejects_whatever_it_is_told() -> None:
    config = ChatConfig(
        model="m", temperature=0.0, top_p=0.5, extra_body={f"x{n}": n for n in "abcdefgh"}
    )
    request, negotiation = Request(config, (), Sum), Negotiation(config)
    rejected: dict[Dialect, RejectedError] = {}
    told = f"I take none of {json.dumps(config.model_dump())} response_format max_tokens strict"
    for number in range(100):
        rejected[negotiation.dialect] = RejectedError(f"{told} {number}")
        if not negotiation.after_rejection(request, rejected):
            break
    assert 5 < number < 30
    assert negotiation.dialect == Dialect(Form.JSON_SCHEMA, "max_completion_tokens")


IMAGES = [
    (500, "image input is not supported - hint: you may need to provide the mmproj"),
    (400, "This model does not support image_url content"),
    (500, "Failed to load image or audio file"),
    (422, "messages[0].content: invalid type: sequence, expected a string"),
    (500, "pydantic: content: Input should be a valid string"),
    (404, "No endpoints found that support image input"),
    (400, "json: cannot unmarshal array into Go struct field .messages.content of type string"),
    (400, "Only text content is supported by this model."),
    (400, "Invalid content type. This model only supports text inputs."),
]


PAGE = b"<html>\r\n<head><title>413 Request Entity Too Large</title></head>\r\n<body>nginx</body>"


@pytest.mark.parametrize(
    ("refusal", "told"),
    [
        (
            ServerAnswer(413, PAGE, content_type="text/html"),
            "413: 413 Request Entity Too Large; lower max_image_side, or let the server",
        ),
        (
            error(413, "Request body too large for gpt-4.1 model. Max size: 8000 tokens."),
            "8000 tokens.; lower max_tokens, or let the server take longer prompts",
        ),
        (
            error(400, "This model's maximum context length is 1024 tokens."),
            "1024 tokens.; lower max_tokens, or let the server",
        ),
        (
            error(400, "image: the request exceeds the available context size"),
            "context size; lower max_tokens, or let the server",
        ),
        (
            error(400, "prompt is too long: 215000 tokens > 200000 maximum"),
            "maximum; lower max_tokens, or let the server",
        ),
        (
            error(400, "The input exceeds the maximum number of tokens allowed (1048576)."),
            "(1048576).; lower max_tokens, or let the server",
        ),
        (error(400, "max_tokens: 9000 > 8192, the maximum of this model"), "model; lower max_tok"),
        (error(422, "`max_new_tokens` must be <= 512. Given: 2000"), "2000; lower max_tokens"),
        (error(400, "maxOutputTokens is 70000, allowed are 65536"), "65536; lower max_tokens"),
        (error(400, "maximum output tokens is 4096 for this model"), "model; lower max_tokens"),
        (error(400, "The output length exceeds the limit"), "limit; lower max_tokens"),
        (error(500, "num_predict exceeds the limit of 4096"), "4096; lower max_tokens"),
        (
            error(400, "The maximum tokens you requested exceeds the model limit of 4096."),
            "4096.; lower max_tokens",
        ),
        (error(400, "max_tokens (9000) is greater than 4096"), "4096; lower max_tokens"),
        (
            error(400, "max_tokens must be at least 1, got -3."),
            "-3.; let the server take longer prompts",
        ),
        (
            error(400, "Invalid 'max_tokens': below minimum value. Expected >= 16, but got 10."),
            "10.; raise max_tokens",
        ),
        (error(422, "max_tokens: Input should be greater than 512"), "512; raise max_tokens"),
        (
            error(400, "image exceeds 5 MB maximum: 5318232 bytes > 5242880 bytes"),
            "bytes; lower max_image_side",
        ),
        (
            error(400, "One of the image dimensions exceeds the maximum: 8000 pixels"),
            "pixels; lower max_image_side",
        ),
        (error(400, "images must be smaller than 4096 pixels"), "pixels; lower max_image_side"),
        (error(500, "the photo is larger than 5 MB"), "MB; lower max_image_side"),
        (error(400, "Image resolution is over the limit"), "limit; lower max_image_side"),
        (error(400, "the image cannot be larger than 5 MB"), "MB; lower max_image_side"),
        (
            error(400, "The image's height:9 and width:9 must be larger than 10."),
            "10.; raise max_image_side",
        ),
        (error(400, "image width must be less than 8192 px"), "px; lower max_image_side"),
        (error(400, "image: no more than 36000000 pixels"), "pixels; lower max_image_side"),
        (error(400, "The image must be at most 8000 px"), "px; lower max_image_side"),
        (error(400, "The image must not be greater than 10 MB"), "MB; lower max_image_side"),
        (error(400, "At most 0 image(s) may be provided"), "; choose a model that takes images"),
        (error(400, "image sides must not be less than 28"), "28; raise max_image_side"),
        (error(400, "image is smaller than 28 pixels"), "pixels; raise max_image_side"),
    ],
)
def test_what_is_too_large_for_a_server_is_told_with_what_helps(
    refusal: ServerAnswer, told: str, store: str
) -> None:
    async def ask(chat: Chat, number: int) -> Answer[Sum]:
        return await chat.answer([Message(Role.USER, f"question {number} 1")], Sum)

    with serve(adds, refuse=lambda _: refusal) as endpoint:
        with pytest.raises(ChatRefusedError) as raised:
            converse(chat_config(endpoint), Account("test", store), range(50), ask, limits=FAST)
        assert told in str(raised.value)


@pytest.mark.parametrize(("status", "text"), IMAGES)
def test_a_server_without_images_ends_the_run_after_a_few_requests(
    status: int, text: str, store: str
) -> None:
    async def ask(chat: Chat, number: int) -> Answer[Sum]:
        data = picture("PNG", (4, 4))
        shown = Photograph(f"p{number}", 4, lambda: data)
        return await chat.answer([Message(Role.USER, f"question {number} 1", shown)], Sum)

    with serve(adds, refuse=lambda _: error(status, text, "server_error")) as endpoint:
        config = chat_config(endpoint, max_concurrent=2)
        with pytest.raises(ChatRefusedError, match="choose a model that takes images") as raised:
            converse(config, Account("test", store), range(50), ask, limits=FAST)
        assert text in str(raised.value)
        assert len(endpoint.requests) <= 6
