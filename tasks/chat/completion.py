"""Completion: what a server's answer to a chat request says, and the object in a model's text."""

import json
import re
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from schemas.chat import Failure, Usage

THOUGHTS = "</think>"
"""Ends the reasoning that open models write before their reply."""
FENCE = re.compile(r"```(?:json)?(.*?)```", re.DOTALL)
"""A block of Markdown code, in which many models put their JSON."""
OBJECT = re.compile(r"\{\s*[\"}]")
"""Where a JSON object may start."""
MAX_FOUND, MAX_TRIED = 8, 400
"""Objects of a text that are read, and places where one may start that are tried. A reply has
one or two; a hostile one must not take longer to read than its request took."""
T = TypeVar("T", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Completion:
    """`failure` says why there is no text to use."""

    text: str
    failure: Failure | None
    finish_reason: str | None
    usage: Usage


def read_completion(raw: bytes) -> Completion:
    """What the body of an answer says; ValueError where it is not a chat completion."""
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        raise ValueError(f"the answer is not JSON: {_shown(raw)}") from None
    if not isinstance(body, dict) or not isinstance(body.get("choices"), list):
        raise ValueError(f"the answer is not a chat completion: {_shown(raw)}")
    usage = _usage(body.get("usage"))
    first = body["choices"][0] if body["choices"] else None
    if not isinstance(first, dict):
        return Completion("", Failure.EMPTY, None, usage)
    message = first.get("message")
    message = message if isinstance(message, dict) else {}
    reason = first.get("finish_reason")
    reason = reason if isinstance(reason, str) else None
    text = _text(message.get("content"))
    return Completion(text, _failure(text, message.get("refusal"), reason), reason, usage)


def _failure(text: str, refusal: object, finish_reason: str | None) -> Failure | None:
    if finish_reason == "content_filter":
        return Failure.FILTERED
    if refusal:
        return Failure.REFUSED
    if finish_reason == "length":
        return Failure.TRUNCATED
    return None if text.strip() else Failure.EMPTY


def _text(content: object) -> str:
    """Text as it is, or the text parts of a list."""
    if isinstance(content, list):
        texts = [part.get("text") for part in content if isinstance(part, dict)]
        content = "".join(text for text in texts if isinstance(text, str))
    return content.encode("utf-8", "replace").decode() if isinstance(content, str) else ""


def _usage(usage: Any) -> Usage:
    found = usage if isinstance(usage, dict) else {}
    details = found.get("prompt_tokens_details")
    cached = details.get("cached_tokens") if isinstance(details, dict) else 0
    num_read = _number(found.get("prompt_tokens"))
    # Google and xAI count the reasoning of a model, which is paid for, only in the total.
    num_rest = _number(found.get("total_tokens")) - num_read
    return Usage(
        calls=1,
        input_tokens=num_read,
        cached_tokens=min(_number(cached), num_read),
        output_tokens=max(_number(found.get("completion_tokens")), num_rest),
    )


def _number(value: object) -> int:
    return value if isinstance(value, int) and 0 <= value < 1 << 31 else 0


def _shown(raw: bytes) -> str:
    return repr(raw[:120].decode("utf-8", "replace"))


def read_object(text: str, schema: type[T]) -> T:
    """The object in a model's text that validates as `schema`: the whole text, what is fenced, or
    the last one in it. Nothing is guessed: a cut object is not completed.

    Raises ValueError with the problem in words.
    """
    text = text.rpartition(THOUGHTS)[2].strip()
    try:
        return schema.model_validate_json(text)
    except ValidationError as error:
        problem = error
    for candidate in (*reversed(FENCE.findall(text)), *_objects(text)):
        try:
            return schema.model_validate_json(candidate)
        except ValidationError as error:
            problem = error
    raise ValueError(_told(problem))


def _objects(text: str) -> list[str]:
    """The outermost JSON objects in a text, the last first."""
    decoder = json.JSONDecoder()
    found: deque[str] = deque(maxlen=MAX_FOUND)
    stop = num_tried = 0
    for place in OBJECT.finditer(text):
        if place.start() < stop:
            continue
        num_tried += 1
        if num_tried > MAX_TRIED:
            break
        with suppress(ValueError, RecursionError):
            _, stop = decoder.raw_decode(text, place.start())
            found.append(text[place.start() : stop])
    return list(reversed(found))


def _told(error: ValidationError) -> str:
    problems = error.errors(include_url=False, include_input=False, include_context=False)[:3]
    return "; ".join(
        f"{'.'.join(map(str, problem['loc'])) or 'the reply'}: {problem['msg']}"
        for problem in problems
    )
