"""Requests as a server understands them: the body, and the fields about which servers disagree."""

import json
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

import msgspec
from pydantic import BaseModel

from schemas.chat import ChatConfig, Message, Request, Role, schema_of
from tasks.chat.errors import RejectedError
from tasks.chat.pictures import data_url


class Form(StrEnum):
    """How a server learns which form a reply must have: by a schema that it enforces; as JSON, with
    the schema in the prompt; or by the prompt alone."""

    JSON_SCHEMA = "json-schema"
    JSON_OBJECT = "json-object"
    PROMPT = "prompt"


ASKED = (
    "Reply with one JSON object that validates against this JSON Schema, and with nothing else:\n"
)
NAMES_OF_FORM = (
    "response_format",
    "schema",
    "json_object",
    "structured output",
    "guided",
    "grammar",
    "additionalproperties",
    "additional_properties",
)
"""Words of a rejection whose cause is the required form of the reply."""
TOKENS, COMPLETION_TOKENS = "max_tokens", "max_completion_tokens"
"""The two names of the field that limits a reply."""
OPENAI_HOSTS = ("api.openai.com", ".openai.azure.com", ".services.ai.azure.com")
"""Their reasoning models take no max_tokens, and all of their models the other name."""
ANTHROPIC_HOST = "api.anthropic.com"
"""It ignores response_format: the form has to be in the prompt."""


@dataclass(frozen=True, slots=True)
class Dialect:
    form: Form
    tokens_field: str = TOKENS

    def after(self, error: RejectedError, may_change_form: bool) -> "Dialect | None":
        """The dialect to try next after a rejection, None where the dialect is not the cause."""
        message = str(error).lower()
        if COMPLETION_TOKENS in message and self.tokens_field == TOKENS:
            return replace(self, tokens_field=COMPLETION_TOKENS)
        if may_change_form and any(name in message for name in NAMES_OF_FORM):
            forms = list(Form)
            place = forms.index(self.form) + 1
            return replace(self, form=forms[place]) if place < len(forms) else None
        return None


def dialect_of(chat: ChatConfig) -> Dialect:
    """What to try first. Known servers that ignore a wrong dialect, instead of rejecting it, get
    their own."""
    host = urlsplit(chat.base_url).hostname or ""
    first = Form.PROMPT if host == ANTHROPIC_HOST else Form.JSON_SCHEMA
    form = first if chat.structured == "detect" else Form(chat.structured)
    return Dialect(form, COMPLETION_TOKENS if host.endswith(OPENAI_HOSTS) else TOKENS)


def request_body(request: Request, dialect: Dialect) -> bytes:
    """JSON for /chat/completions. Reads the photographs: where there are any, call it outside the
    event loop."""
    chat = request.chat
    messages = [_message(message) for message in request.messages]
    body: dict[str, Any] = {"model": chat.model, "messages": messages}
    body[dialect.tokens_field] = chat.max_tokens
    if chat.temperature is not None:
        body["temperature"] = chat.temperature
    if chat.top_p is not None:
        body["top_p"] = chat.top_p
    if request.schema:
        body |= _reply_form(request.schema, dialect.form)
        if dialect.form is not Form.JSON_SCHEMA:
            _tell_schema(messages, request.schema)
    return msgspec.json.encode(body | chat.extra_body)


def _message(message: Message) -> dict[str, Any]:
    text = message.text.encode("utf-8", "replace").decode()
    if message.photograph is None:
        return {"role": message.role.value, "content": text}
    picture = {"type": "image_url", "image_url": {"url": data_url(message.photograph)}}
    return {"role": message.role.value, "content": [picture, {"type": "text", "text": text}]}


def _reply_form(schema: type[BaseModel], form: Form) -> dict[str, Any]:
    if form is Form.JSON_SCHEMA:
        wanted = {"name": schema.__name__, "strict": True, "schema": schema_of(schema)}
        return {"response_format": {"type": "json_schema", "json_schema": wanted}}
    if form is Form.JSON_OBJECT:
        return {"response_format": {"type": "json_object"}}
    return {}


def _tell_schema(messages: list[dict[str, Any]], schema: type[BaseModel]) -> None:
    """Put the schema at the end of the instructions, where it is part of the stable prefix."""
    told = ASKED + json.dumps(schema_of(schema), sort_keys=True)
    if messages[0]["role"] == Role.SYSTEM:
        messages[0]["content"] += f"\n\n{told}"
    else:
        messages.insert(0, {"role": Role.SYSTEM.value, "content": told})
