"""A server that refuses some of what a request asks for, in whatever words, is asked without these
things soon, and with everything else."""

import json
from collections.abc import Callable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from schemas.chat import Message, Request, Role
from schemas.config.chat import ChatConfig
from tasks.chat.dialects import Dialect, Form, Negotiation, parameters_of
from tasks.chat.errors import RejectedError, error_of, error_words
from tasks.chat.requests import request_body


class Answered(BaseModel):
    answer: str


CHAT = ChatConfig(
    base_url="http://127.0.0.1:1/v1",
    model="acme-1",
    temperature=0.5,
    top_p=0.9,
    max_tokens=500,
    extra_body={"seed": 3, "reasoning_effort": "low", "repetition_penalty": 1.05},
)
REQUEST = Request(CHAT, (Message(Role.SYSTEM, "Do."), Message(Role.USER, "Ask.")), Answered)
UNEXPECTED = "Extra inputs are not permitted"
OF_FIELD = (
    (400, {"error": {"message": "Unsupported parameter: '{name}'", "param": "{name}"}}),
    (400, {"error": {"message": "Unsupported value: '{name}' does not support this value."}}),
    (400, {"error": {"message": "Unrecognized request argument supplied: {name}"}}),
    (422, {"detail": [{"type": "extra_forbidden", "loc": ["body", "{name}"], "msg": UNEXPECTED}]}),
    (422, {"error": {"message": "{name}: " + UNEXPECTED}}),
    (400, [{"error": {"code": 400, "message": 'Unknown name "{name}": Cannot find field.'}}]),
    (400, {"code": 400, "message": "`{name}` is deprecated for this model."}),
    (400, {"error": "unknown parameter {camel}"}),
    (500, {"error": {"message": "ValueError: {name} is not supported", "code": 500}}),
    (400, {"error": {"message": "Invalid request", "param": "{name}"}}),
    (400, {"error": {"message": "Additional properties are not allowed ('{name}')"}}),
)  # fmt: skip
"""Status and body, in the words of several providers."""
OF_SCHEMA = (
    (400, {"error": {"message": "Invalid parameter: 'response_format' of type 'json_schema'"}}),
    (422, {"detail": [{"loc": ["body", "response_format", "type"], "msg": "not 'text'"}]}),
    (400, {"error": {"message": "Structured outputs are not supported by acme-1"}}),
    (500, {"error": {"message": "failed to parse grammar"}}),
)  # fmt: skip
OF_FORM = (
    (400, {"error": {"message": "response_format is not supported"}}),
    (422, {"detail": [{"loc": ["body", "response_format"], "msg": UNEXPECTED}]}),
    (400, {"error": {"message": "JSON mode is not enabled for this model"}}),
)
OF_SYSTEM = (
    (400, {"error": {"message": "System role not supported"}}),
    (400, {"error": {"message": "messages[0].role: 'system' is not one of user, assistant"}}),
)
OF_STRICT = (
    (400, {"error": {"message": "Unknown parameter: 'response_format.json_schema.strict'."}}),
)
Body = dict[str, Any]
FIELDS = (*parameters_of(CHAT), "max_tokens")
REFUSED: dict[str, tuple[tuple[Any, ...], Callable[[Body], bool]]] = {
    **{name: (OF_FIELD, lambda body, name=name: name in body) for name in FIELDS},
    "schema": (OF_SCHEMA, lambda body: _form(body).get("type") == "json_schema"),
    "form": (OF_FORM, lambda body: bool(_form(body))),
    "strict": (OF_STRICT, lambda body: "strict" in _form(body).get("json_schema", {})),
    "system": (OF_SYSTEM, lambda body: any(m["role"] == "system" for m in body["messages"])),
}
"""What a server may refuse: the words for it, and whether a request has it."""


def _form(body: Body) -> Body:
    return body.get("response_format", {})


@st.composite
def servers(draw: st.DrawFn) -> list[tuple[str, int, str]]:
    """What a server refuses, in the order in which it looks, with its status and words."""
    names = draw(st.lists(st.sampled_from(sorted(REFUSED)), min_size=1, max_size=3, unique=True))
    refused = []
    for name in names:
        status, body = draw(st.sampled_from(REFUSED[name][0]))
        first, *others = name.split("_")
        camel = first + "".join(map(str.title, others))
        said = json.dumps(body).replace("{name}", name).replace("{camel}", camel)
        refused.append((name, status, said))
    return refused


def _settled(refused: list[tuple[str, int, str]]) -> tuple[Dialect, int]:
    """The dialect in which the server takes the request, and how often it was asked."""
    negotiation, rejected = Negotiation(CHAT), {}
    while True:
        dialect = negotiation.dialect
        body = json.loads(request_body(REQUEST, dialect))
        found = next((one for one in refused if REFUSED[one[0]][1](body)), None)
        if found is None:
            return dialect, len(rejected) + 1
        code, words = error_words(found[2].encode())
        error = error_of(found[1], code, words, fields=parameters_of(CHAT))
        assert isinstance(error, RejectedError), words
        rejected[dialect] = error
        assert negotiation.after_rejection(REQUEST, rejected), words


@settings(max_examples=200, deadline=None)
@given(servers())
def test_what_a_server_refuses_is_left_out_and_nothing_else(refused):
    names = {name for name, _, _ in refused}
    dialect, num_asked = _settled(refused)
    assert num_asked <= 2 * len(names) + 3
    assert dialect.without - {"strict"} == names & {*parameters_of(CHAT)}
    assert dialect.tokens_field == (
        "max_completion_tokens" if "max_tokens" in names else "max_tokens"
    )
    assert dialect.is_merged == ("system" in names)
    if names.isdisjoint({"schema", "form"}):
        assert dialect.form is Form.JSON_SCHEMA


OUTAGES = (
    ("provider", "The provider failed"),
    ("provider", "upstream provider is overloaded"),
    ("provider", "Provider returned an unexpected response"),
    ("provider", "Unknown provider error"),
    ("provider", "Unexpected error from provider: timeout"),
    ("user", "Invalid state: user request failed"),
    ("metadata", "unknown failure while metadata were read"),
    ("store", "Unexpected: store is down"),
)
REFUSALS = (
    ("seed", "ValueError: seed is not supported"),
    ("seed", "TypeError: generate() got an unexpected keyword argument 'seed'"),
    ("seed", "Unknown field: seed"),
    ("seed", "Invalid value for seed"),
    ("seed", "The parameter `seed` is currently not supported by this model."),
    ("topK", "unsupported: 'top_k'"),
    ("seed", "[{'loc': ('body', 'seed'), 'msg': 'Extra inputs are not permitted'}]"),
    (
        "reasoning_effort",
        "UnsupportedParamsError: does not support parameters: ['reasoning_effort']",
    ),
    ("seed", "This backend doesn't support the parameter 'seed'"),
    ("repetition_penalty", "invalid: generation with a repetition penalty"),
)


def test_a_field_that_is_a_word_of_an_outage_is_none_that_is_refused():
    for field, words in OUTAGES:
        assert not isinstance(error_of(500, "", words, fields=[field]), RejectedError), words


def test_a_field_that_a_crash_refuses_is_known_by_what_stands_beside_it():
    for field, words in REFUSALS:
        assert isinstance(error_of(500, "", words, fields=[field]), RejectedError), words
