"""Requests as a server understands them: the body, in the dialect of the server."""

import json
from collections.abc import Mapping
from typing import Any

import msgspec
from pydantic import BaseModel

from schemas.chat import Message, Request, Role, schema_of
from schemas.printable import encodable
from tasks.chat.dialects import STREAM_OPTIONS, STRICT, Dialect, Form, parameters_of
from tasks.chat.sent_images import data_url

ASKED = (
    "Reply with one JSON object that validates against this JSON Schema, and with nothing else:\n"
)

STREAMED = {"stream": True, STREAM_OPTIONS: {"include_usage": True}}
"""Of a request to a server that sends replies in no other way; without the second field, which some
do not know, most do not tell the tokens."""


def request_body(request: Request, dialect: Dialect) -> bytes:
    """JSON for /chat/completions. Reads the photographs: where there are any, call it outside the
    event loop."""
    chat = request.chat
    messages = [_message(message) for message in request.messages]
    body: dict[str, Any] = {"model": chat.model, "messages": messages}
    body[dialect.tokens_field] = chat.max_tokens
    if request.schema:
        body |= _reply_form(request.schema, dialect)
        if dialect.form is not Form.JSON_SCHEMA:
            _tell_schema(messages, request.schema)
    if dialect.is_merged:
        body["messages"] = _merged(messages)
    if dialect.is_streamed:
        body |= _kept(STREAMED, dialect)
    return msgspec.json.encode(body | _kept(parameters_of(chat), dialect))


def _kept(fields: Mapping[str, Any], dialect: Dialect) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name not in dialect.without}


def _message(message: Message) -> dict[str, Any]:
    text = encodable(message.text)
    if message.photograph is None:
        return {"role": message.role.value, "content": text}
    picture = {"type": "image_url", "image_url": {"url": data_url(message.photograph)}}
    return {"role": message.role.value, "content": [picture, {"type": "text", "text": text}]}


def _merged(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same words, in turns of user and assistant."""
    merged: list[dict[str, Any]] = []
    for message in messages:
        is_user = message["role"] == Role.SYSTEM
        turn = message | {"role": Role.USER.value} if is_user else message
        if merged and merged[-1]["role"] == turn["role"]:
            merged[-1] = turn | {"content": _joined(merged[-1]["content"], turn["content"])}
        else:
            merged.append(turn)
    return merged


def _joined(first: Any, then: Any) -> Any:
    if isinstance(first, str) and isinstance(then, str):
        return f"{first}\n\n{then}"
    known = (content if isinstance(content, list) else None for content in (first, then))
    texts = ([{"type": "text", "text": content}] for content in (first, then))
    return [part for parts, text in zip(known, texts, strict=True) for part in parts or text]


def _reply_form(schema: type[BaseModel], dialect: Dialect) -> dict[str, Any]:
    if dialect.form is Form.JSON_SCHEMA:
        strict = {} if STRICT in dialect.without else {STRICT: True}
        wanted = {"name": schema.__name__, **strict, "schema": schema_of(schema)}
        return {"response_format": {"type": "json_schema", "json_schema": wanted}}
    if dialect.form is Form.JSON_OBJECT:
        return {"response_format": {"type": "json_object"}}
    return {}


def _untitled(part: Any, is_names: bool = False) -> Any:
    """A schema without titles, which repeat the names of fields; `is_names`: its keys are names."""
    if isinstance(part, list):
        return [_untitled(entry) for entry in part]
    if not isinstance(part, dict):
        return part
    return {
        key: _untitled(value, key in ("properties", "$defs") and not is_names)
        for key, value in part.items()
        if is_names or key != "title"
    }


def _tell_schema(messages: list[dict[str, Any]], schema: type[BaseModel]) -> None:
    """Put the schema at the end of the instructions, where it is part of the stable prefix."""
    # Not sorted: a model writes the fields in the order in which it reads them.
    told = ASKED + json.dumps(_untitled(schema_of(schema)))
    if messages[0]["role"] == Role.SYSTEM:
        messages[0]["content"] += f"\n\n{told}"
    else:
        messages.insert(0, {"role": Role.SYSTEM.value, "content": told})
