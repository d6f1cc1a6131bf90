"""Chat: what is asked of a language model, and what it replies.

A request's digest covers all that decides the reply: the model, the messages with the digests of
their photographs, the schema of the reply, the sampling parameters and the number of the draw. It
never covers where the model is served.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache, cached_property
from hashlib import sha256
from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator

from schemas.config.chat import ChatConfig, PriceConfig


class ReplyForm(BaseModel):
    """What a model must reply. Every field is required and no other is allowed, as servers ask of
    a schema that they enforce; further fields that a model adds are ignored."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", json_schema_extra={"additionalProperties": False}
    )


class ReasonedForm(ReplyForm):
    """A reply with the model's reason, which comes first: models look before they decide. A reply
    that can be used but for its reason is used."""

    why: str

    @model_validator(mode="before")
    @classmethod
    def _without_why(cls, reply: Any) -> Any:
        has_why = isinstance(reply, dict) and reply.get("why") is not None
        return reply | {"why": ""} if isinstance(reply, dict) and not has_why else reply


@cache
def schema_of(form: type[BaseModel]) -> dict[str, Any]:
    """The JSON Schema of a reply."""
    return form.model_json_schema()


class Role(StrEnum):
    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"


@dataclass(frozen=True, slots=True)
class Photograph:
    """The photograph of a message: the digest of its stored bytes, the longest side (pixels) of
    the image that is sent, and how to get the bytes, which are read when the request is sent."""

    sha256: str
    max_side: int
    load: Callable[[], bytes] = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Message:
    role: Role
    text: str
    photograph: Photograph | None = None

    @property
    def identity(self) -> dict[str, Any]:
        picture = self.photograph
        return {
            "role": self.role.value,
            "text": self.text,
            "photograph": [picture.sha256, picture.max_side] if picture else None,
        }


@dataclass(frozen=True)
class Request:
    """`schema` is what the reply must validate as, None for free text; `draw` is the number of
    the draw where one reply is drawn several times."""

    chat: ChatConfig
    messages: tuple[Message, ...]
    schema: type[BaseModel] | None = None
    draw: int = 0

    @cached_property
    def digest(self) -> str:
        """32 hexadecimal digits."""
        identity = {
            "chat": self.chat.identity,
            "messages": [message.identity for message in self.messages],
            "schema": schema_of(self.schema) if self.schema else None,
            "draw": self.draw,
        }
        text = json.dumps(identity, sort_keys=True)
        return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Account:
    """Who pays for replies and where they are kept: `store` is the address of the reply store,
    `budget` what all runs of the payer together may spend in US dollars, None without limit."""

    payer: str
    store: str
    budget: float | None = None


class Failure(StrEnum):
    """Why a request ended without a usable reply. Only NO_REPLY may pass: the next run asks
    again. All others are final answers of the model or its server."""

    INVALID = "reply-invalid"
    TRUNCATED = "reply-truncated"
    REFUSED = "reply-refused"
    FILTERED = "reply-filtered"
    EMPTY = "reply-empty"
    REJECTED = "request-rejected"
    NO_REPLY = "no-reply"


@dataclass(frozen=True, slots=True)
class Usage:
    """What requests took; `calls` is their number, 0 included. `cost` is in US dollars, None where
    the price is not known."""

    calls: int = 0
    input_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            self.calls + other.calls,
            self.input_tokens + other.input_tokens,
            self.cached_tokens + other.cached_tokens,
            self.output_tokens + other.output_tokens,
        )

    def cost(self, price: PriceConfig | None, is_batch: bool = False) -> float | None:
        """In US dollars, None where the price is not known."""
        if price is None:
            return None
        fresh = max(self.input_tokens - self.cached_tokens, 0)
        total: float = price.dollars(
            fresh, self.cached_tokens, self.output_tokens, is_batch=is_batch
        )
        return total


@dataclass(frozen=True, slots=True)
class Reply:
    """A stored reply. `raw` is the body of the server's answer as it came; `seconds` is how long
    it took, `created` when it was stored (seconds since 1970)."""

    digest: str
    model: str
    raw: bytes
    usage: Usage
    finish_reason: str | None
    seconds: float
    created: float
    cost: float | None
    is_batch: bool = False
