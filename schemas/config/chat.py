"""The sections `chat`: where a language model is reached, how it is asked, and what it costs."""

import re
from collections.abc import Iterator
from functools import cached_property
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, JsonValue, field_validator, model_validator

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
