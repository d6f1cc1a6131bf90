"""Chat: what is asked of a language model, what it replies, and where it is reached.

A request's digest covers all that decides the reply: the model, the messages with the digests of
their photographs, the schema of the reply, the sampling parameters and the number of the draw. It
never covers where the model is served.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache, cached_property
from hashlib import sha256
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, JsonValue, field_validator, model_validator

from schemas.config.section import Section

OPENAI = "https://api.openai.com/v1"
ANTHROPIC_HOST = "api.anthropic.com"
CALL = re.compile(r"(?:(?:/chat)?/completions|/responses|/messages)(?=/*$)", re.I)
"""What clients put behind a server's address, as the pages of providers show it."""
ADDRESS = re.compile(r"https?://[^\s@?#\\]+")
VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]*")
"""How names of environment variables are written; hardly any key is."""
SECRET = re.compile(
    r"(?:api|access|secret|private)[-_]?key|(?:api|access|auth|bearer)[-_]?token|authorization"
    r"|password|secret",
    re.I,
)
"""In the name of a field that holds a secret; "max_tokens" and "prompt_cache_key" hold none."""
LEAST_PRICE = 1e-3
"""US dollars per million tokens. No provider asks less, but for nothing; a price per token is
always below it."""


class PriceConfig(Section):
    """US dollars per million tokens. Cached input tokens cost as much as others where `cached` is
    not given; `batch` is the share of these prices that the Batch API charges."""

    input: float = Field(ge=0.0)
    output: float = Field(ge=0.0)
    cached: float | None = Field(default=None, ge=0.0)
    batch: float = Field(default=0.5, ge=0.0, le=1.0)

    @field_validator("input", "output", "cached")
    @classmethod
    def _is_per_million(cls, price: float | None) -> float | None:
        """Prices of another unit would let a budget pay anything."""
        if price and price < LEAST_PRICE:
            raise ValueError(
                f"prices are US dollars per million tokens, and {price:g} is that of one token"
            )
        return price

    def dollars(self, fresh: Any, cached: Any, output: Any, *, is_batch: bool) -> Any:
        """What tokens cost, for numbers or for columns; `fresh` input tokens were not cached."""
        cached_price = self.input if self.cached is None else self.cached
        total = (fresh * self.input + cached * cached_price + output * self.output) / 1e6
        return total * self.batch if is_batch else total


def is_address(address: str) -> bool:
    """Whether it is that of a server, and holds nothing that may be a secret."""
    if not ADDRESS.fullmatch(address):
        return False
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
        host.encode("idna")  # empty or too long names within it
        return bool(host) and parts.port != 0 and ("%" not in host or ":" in host)
    except ValueError:
        return False


class ChatConfig(Section):
    """A model behind an OpenAI-compatible endpoint. Its key is in the environment, never here."""

    model: str = Field(min_length=1)
    base_url: str = Field(default=OPENAI, exclude=True)
    api_key_env: str | None = Field(
        default="OPENAI_API_KEY",
        exclude=True,
        description="the environment variable that holds the key; empty: the server takes none",
    )
    temperature: float | None = Field(default=None, ge=0.0, le=2.0)
    top_p: float | None = Field(default=None, gt=0.0, le=1.0)
    max_tokens: int = Field(default=2048, gt=0, description="of a reply, reasoning included")
    extra_body: dict[str, JsonValue] = Field(
        default={}, description="further fields of the request, for example reasoning_effort"
    )
    draw: int = Field(
        default=0, ge=0, description="which draw of every reply is used; another number asks anew"
    )
    structured: Literal["detect", "json-schema", "json-object", "prompt"] = Field(
        default="detect", exclude=True, description="how a request states the reply's form"
    )
    max_concurrent: int = Field(default=64, gt=0, le=4096, exclude=True)
    requests_per_minute: int | None = Field(default=None, gt=0, exclude=True)
    tokens_per_minute: int | None = Field(default=None, gt=0, exclude=True)
    timeout_seconds: float = Field(default=180.0, gt=0.0, exclude=True)
    max_attempts: int = Field(default=8, gt=0, exclude=True)
    batch: bool = Field(
        default=False, exclude=True, description="ask through the provider's Batch API"
    )
    batch_poll_seconds: float = Field(default=30.0, gt=0.0, exclude=True)
    price: PriceConfig | None = Field(default=None, exclude=True)

    @field_validator("base_url")
    @classmethod
    def _is_address(cls, address: str) -> str:
        if not is_address(address):
            raise ValueError(
                "write it as https://HOST/v1 or http://HOST:PORT/v1, without user, password, query "
                "or fragment"
            )
        if call := CALL.search(address):
            raise ValueError(
                f"leave {call[0].lower()} out: it is the address of one call, not of the server"
            )
        return address

    @cached_property
    def identity(self) -> dict[str, Any]:
        """The fields that decide a reply. Draw 0 is left out: that there are draws
        renames no reply that is stored."""
        return self.model_dump(mode="json", exclude=None if self.draw else {"draw"})

    def with_draw(self, draw: int) -> "ChatConfig":
        return self._with(draw=draw)

    def with_temperature(self, temperature: float) -> "ChatConfig":
        return self._with(temperature=temperature)

    def _with(self, **changes: Any) -> "ChatConfig":
        # Not a copy, which would keep the identity that is cached.
        known = {name: getattr(self, name) for name in ChatConfig.model_fields}
        return ChatConfig(**known | changes)

    @model_validator(mode="after")
    def _has_batches(self) -> "ChatConfig":
        if self.batch and urlsplit(self.base_url).hostname == ANTHROPIC_HOST:
            raise ValueError(f"{ANTHROPIC_HOST} has no Batch API in OpenAI's form: leave batch out")
        return self

    @model_validator(mode="after")
    def _own_fields(self) -> "ChatConfig":
        taken = {"model", "messages", "response_format", "n", "stream"} & self.extra_body.keys()
        if taken:
            raise ValueError(f"extra_body cannot set {', '.join(sorted(taken))}")
        secret = next((name for name in _names_in(self.extra_body) if SECRET.search(name)), None)
        if secret:
            raise ValueError(
                f"extra_body cannot set {secret}: extra_body is published with the dataset, and a "
                "key is read from the environment (api_key_env)"
            )
        return self


def _names_in(value: JsonValue) -> Iterator[str]:
    """The names of all fields, however deep."""
    if isinstance(value, dict):
        yield from value
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            yield from _names_in(part)


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
