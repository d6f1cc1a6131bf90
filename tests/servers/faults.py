"""What goes wrong at a chat server: which request it happens to, and what the client gets."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from email.utils import formatdate
from hashlib import sha256
from math import ceil
from time import time
from typing import Any, NamedTuple

import msgspec

WIRE = {"timeout", "drop", "drop-early", "truncated-json", "duplicate"}
"""Faults of a good answer's delivery; what the request was to do is done. A duplicate may be taken
for the reply to the next request on its connection, whatever that request's own faults are."""
CONTENT = {"invalid", "schema", "length", "refusal", "filter", "empty", "null"}
"""Faults of the completion itself."""
REFUSED = {"429", "429-after", "429-date", "429-ms", "500", "503", "error-200", "filter-400"}
"""An error in place of the answer; what the request was to do is not done."""
KINDS = WIRE | CONTENT | REFUSED | {"garbage"}
RATE_LIMIT = "rate_limit_exceeded"


class Answer(NamedTuple):
    """A response. `fault` is the kind it was given; its delivery is up to the connection."""

    status: int
    body: bytes
    fault: str | None = None
    headers: str = ""
    content_type: str = "application/json"


@dataclass(frozen=True)
class Completion:
    """What a model says. `usage` takes the place of the counted one, {} leaves it out; `fault` is
    given to the request as if it had been drawn; `more` are further fields of the message, and
    `body` is sent in place of all else."""

    content: str | None
    finish_reason: str = "stop"
    refusal: str | None = None
    usage: dict[str, Any] | None = None
    fault: str | None = None
    more: Mapping[str, Any] = field(default_factory=dict)
    body: bytes | None = None


def draw(*what: object) -> float:
    """A number in [0, 1) that depends on the arguments alone."""
    return int.from_bytes(sha256(repr(what).encode()).digest()[:6]) / 2**48


@dataclass(frozen=True)
class Faults:
    """`rates` are shares of the attempts by kind; each attempt at a body has a draw of its own,
    whenever and in whatever order attempts arrive. A timeout is answered after `hold` seconds,
    never where None; `retry_after` is in seconds."""

    seed: int = 0
    rates: Mapping[str, float] = field(default_factory=dict)
    max_faults_per_body: int | None = None
    hold: float | None = None
    retry_after: float = 1.0

    def __post_init__(self) -> None:
        if unknown := self.rates.keys() - KINDS:
            raise ValueError(f"no such faults: {sorted(unknown)}; there are {sorted(KINDS)}")
        if sum(self.rates.values()) > 1 + 1e-9:
            raise ValueError(f"the rates of faults add up to {sum(self.rates.values())}, above 1")

    def kind(self, digest: bytes, attempt: int) -> str | None:
        """The fault of the attempt (from 0) at the body with the digest."""
        drawn = self._drawn(digest, attempt)
        if drawn is None or self.max_faults_per_body is None:
            return drawn
        earlier = sum(self._drawn(digest, number) is not None for number in range(attempt))
        return drawn if earlier < self.max_faults_per_body else None

    def _drawn(self, digest: bytes, attempt: int) -> str | None:
        position = draw(self.seed, digest, attempt)
        for kind, rate in self.rates.items():
            if position < rate:
                return kind
            position -= rate
        return None

    def failure(self, kind: str | None) -> Answer | None:
        """The answer that stands in for the right one; None where that is (spoiled and) sent."""
        if kind == "garbage":
            page = b"<html><body><h1>502 Bad Gateway</h1></body></html>"
            return Answer(200, page, kind, content_type="text/html")
        # A date has whole seconds: rounded up, so that it never asks for less.
        date = formatdate(ceil(time() + self.retry_after), usegmt=True)
        match kind:
            case "429" | "429-after" | "429-date" | "429-ms":
                answer = error(429, "Rate limit reached for requests", "requests", code=RATE_LIMIT)
                headers = {
                    "429-after": f"Retry-After: {ceil(self.retry_after)}\r\n",
                    "429-date": f"Retry-After: {date}\r\n",
                    "429-ms": f"retry-after-ms: {self.retry_after * 1000:.0f}\r\n",
                }
                return answer._replace(fault=kind, headers=headers.get(kind, ""))
            case "500":
                answer = error(500, "The server had an error while processing", "server_error")
            case "503":
                answer = error(503, "The model is overloaded, try again later", "server_error")
            case "error-200":
                answer = error(200, "Provider returned error", "upstream_error", code=502)
            case "filter-400":
                text = "The prompt triggered the content management policy: modify and retry"
                answer = error(400, text, None, "prompt", "content_filter")
            case _:
                return None
        return answer._replace(fault=kind)


def error(
    status: int,
    message: str,
    error_type: str | None = "invalid_request_error",
    param: str | None = None,
    code: str | int | None = None,
) -> Answer:
    """An error in OpenAI's form."""
    about = {"message": message, "type": error_type, "param": param, "code": code}
    return Answer(status, msgspec.json.encode({"error": about}))


def spoiled(completion: Completion, kind: str | None) -> Completion:
    """The completion with a fault of its content ("empty" is a matter of the choices)."""
    content = completion.content or ""
    match kind:
        case "invalid":
            return replace(completion, content=f"Sure! Here it is: {content[: len(content) // 2]}")
        case "schema":
            return replace(completion, content='{"unexpected": ["shape", 1]}')
        case "length":
            cut = content[: len(content) // 2]
            return replace(completion, content=cut, finish_reason="length")
        case "refusal":
            return replace(completion, content=None, refusal="I'm sorry, I can't help with that.")
        case "filter":
            return replace(completion, content="", finish_reason="content_filter")
        case "null":
            return replace(completion, content=None)
    return completion


def complete(body: Mapping[str, Any], completion: Completion, fault: str | None) -> Answer:
    """The completion in OpenAI's form; a fault of its content is put into it."""
    if completion.body is not None:
        return Answer(200, completion.body, fault)
    completion = spoiled(completion, fault)
    said = {"content": completion.content, "refusal": completion.refusal}
    message = {"role": "assistant", **said, **completion.more}
    choice: dict[str, Any] = {"index": 0, "message": message, "logprobs": None}
    choice["finish_reason"] = completion.finish_reason
    reply: dict[str, Any] = {
        "id": "chatcmpl-fake",
        "object": "chat.completion",
        "created": 1_700_000_000,
        "model": body.get("model"),
        "choices": [] if fault == "empty" else [choice],
        "usage": completion.usage if completion.usage is not None else usage(body, completion),
    }
    if not reply["usage"]:
        del reply["usage"]
    return Answer(200, msgspec.json.encode(reply), fault)


def usage(body: Mapping[str, Any], completion: Completion) -> dict[str, Any]:
    """Four characters make a token and a picture 85; what the system says counts as cached."""
    num_characters = num_images = num_cached = 0
    for message in body.get("messages", []):
        content = message.get("content") or ""
        parts = [{"text": content}] if isinstance(content, str) else content
        length = sum(len(part.get("text", "")) for part in parts)
        num_characters += length
        num_cached += length if message.get("role") == "system" else 0
        num_images += sum("image_url" in part for part in parts)
    num_prompt = num_characters // 4 + 85 * num_images
    num_completion = len(completion.content or "") // 4 + 1
    return {
        "prompt_tokens": num_prompt,
        "completion_tokens": num_completion,
        "total_tokens": num_prompt + num_completion,
        "prompt_tokens_details": {"cached_tokens": num_cached // 4},
        "completion_tokens_details": {"reasoning_tokens": 0},
    }
