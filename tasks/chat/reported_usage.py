"""Reported usage: the tokens that a server says a reply took."""

from typing import Any

from schemas.chat import Usage

CACHED = ("cached_tokens", "cache_read_input_tokens", "prompt_cache_hit_tokens")
"""Names of the number of input tokens that a provider had in its cache."""
BESIDE = ("cache_read_input_tokens", "cache_creation_input_tokens")
"""Anthropic's names for input tokens that its `input_tokens` leave out. Among `prompt_tokens` they
are counted, but by gateways that only rename Anthropic's: more than all cannot be among them."""


def usage_in(usage: Any) -> Usage:
    """The tokens that are paid, by the names that providers give them."""
    found = usage if isinstance(usage, dict) else {}
    num_prompt = _number(found.get("prompt_tokens"))
    num_read = num_prompt or _number(found.get("input_tokens"))
    num_beside = sum(_number(found.get(name)) for name in BESIDE)
    if not num_prompt or num_beside > num_prompt:
        num_read += num_beside
    num_written = _first(found, ("completion_tokens", "output_tokens"))
    details = [found, found.get("prompt_tokens_details"), found.get("input_tokens_details")]
    cached = max(_first(part, CACHED) for part in details)
    details = [found.get("completion_tokens_details"), found.get("output_tokens_details")]
    num_thought = max(_first(part, ("reasoning_tokens",)) for part in details)
    # Google and xAI count the reasoning of a model, which is paid for, only in the total.
    num_rest = _number(found.get("total_tokens")) - num_read
    if num_thought > num_written:
        num_written += num_thought
    return Usage(
        calls=1,
        input_tokens=num_read,
        cached_tokens=min(cached, num_read),
        output_tokens=max(num_written, num_rest),
    )


def _first(found: object, names: tuple[str, ...]) -> int:
    """The first number above 0 under one of the names, else 0."""
    if isinstance(found, dict):
        for name in names:
            if number := _number(found.get(name)):
                return number
    return 0


def _number(value: object) -> int:
    """A number of tokens; some servers write it as 12.0."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0
    return int(value) if 0 <= value < 1 << 31 and value == int(value) else 0
