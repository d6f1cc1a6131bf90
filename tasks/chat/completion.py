"""Completion: what a server's answer to a chat request says, and the object in a model's text."""

import json
import re
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec
from pydantic import BaseModel, ValidationError

from schemas.chat import Failure, Usage
from tasks.chat.errors import UpstreamError
from tasks.chat.streams import STREAM, streamed

THOUGHT = re.compile(
    r"<\|?\s?/?\s?(?i:(?:seed:|(?:start|end|begin)_(?:of_)?)?"
    r"(?:think|thinking|thoughts?|reasoning|reflection|scratchpad|analysis))\s?\|?>|"
    r"\[/?THINK\]|\u25c1/?think\u25b7|<\|channel\|>\w+"
)
"""Begins or ends the reasoning that open models write before their reply."""
ENDS_THOUGHT = re.compile(r"/|end_|final", re.I)
"""In a tag that ends it. OpenAI's open models go on to another channel, of which the last is
"final"."""
REASONING = ("reasoning_content", "reasoning")
"""Fields of a message in which servers put what they take for reasoning."""
FENCE = re.compile(r"```(?:json)?(.*?)```", re.DOTALL)
"""A block of Markdown code, in which many models put their JSON."""
OBJECT = re.compile(r"\{\s*[\"}]")
"""Where a JSON object may start."""
MAX_FOUND, MAX_TRIED = 8, 400
"""Objects of a text that are read, and places where one may start that are tried. A reply has
one or two; a hostile one must not take longer to read than its request took."""
MAX_TOLD = 200
"""Characters of a text that a reason quotes."""
FIRST = (None, 0, "0")
"""The index of the first choice, as servers write it."""
TEXT_PARTS = (None, "text", "output_text")
"""Types of the parts of a content that hold the reply; others hold reasoning."""
CACHED = ("cached_tokens", "cache_read_input_tokens", "prompt_cache_hit_tokens")
"""Names of the number of input tokens that a provider had in its cache."""
WAITING = re.compile(rb"(?:\s*:[^\n]*\n)+(?=\s*\{)")
"""Comments of a stream before an answer that is none: sent so that the connection stays open."""
TURN_ENDS = re.compile(
    r"<\|?(?:im_end|end_?of_?text|eot_id|eom_id|end_of_turn|/s|eos)\|?>"
    r"|(?<=[}`])\s*\n\s*(?i:user|human|question|q)\s*:"
)
"""Behind a reply, where the model goes on with the turn of another speaker."""
BROKEN_OFF = (
    "error",
    "network_error",
    "abort",
    "aborted",
    "cancelled",
    "insufficient_system_resource",
)
"""Reasons for which a server ended a reply that has not failed for what it says."""
MAY_BE_BROKEN = re.compile(f'"({"|".join(BROKEN_OFF)})"'.encode(), re.I)
ENDINGS = {
    Failure.FILTERED: (
        "content_filter",
        "safety",
        "image_safety",
        "prohibited_content",
        "spii",
        "recitation",
        "blocklist",
        "sensitive",
    ),
    Failure.REFUSED: ("refusal",),
    Failure.TRUNCATED: (
        "length",
        "max_tokens",
        "max_output_tokens",
        "model_length",
        "model_context_window_exceeded",
    ),
}
"""Reasons, as providers name them, for which a reply cannot be used."""
T = TypeVar("T", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Completion:
    """`failure` says why there is no text to use, `detail` in words. `usage` counts 0 where the
    server reports no number; `num_bytes` is the size of all that the model wrote."""

    text: str
    failure: Failure | None
    finish_reason: str | None
    usage: Usage
    detail: str = ""
    num_bytes: int = 0


def read_completion(raw: bytes) -> Completion:
    """What the body of an answer says. Raises ValueError where it is not a chat completion, and
    UpstreamError where it carries the error of a provider behind the server."""
    body = _decoded(raw)
    if isinstance(body, dict) and (body.get("error") or body.get("object") == "error"):
        raise UpstreamError(body)
    if not isinstance(body, dict) or not isinstance(body.get("choices"), list):
        raise ValueError(f"the answer is not a chat completion: {_shown(raw)}")
    first = _first_choice(body["choices"])
    reason = first.get("finish_reason")
    reason = reason if isinstance(reason, str) else None
    if first.get("error") or (reason or "").lower() in BROKEN_OFF:
        raise UpstreamError({"error": first.get("error") or f"finish_reason is {reason}"})
    message = first.get("message") or first.get("delta")  # of a stream in one piece
    message = message if isinstance(message, dict) else {}
    content = _text(message.get("content"))
    calls = list(_call_arguments(message))
    thoughts = [_text(message[name]) for name in REASONING if name in message]
    text = content if content.strip() else _spoken(calls, thoughts) or content
    refusal = message.get("refusal") or _refusal(message.get("content"))
    failure = _failure(text, refusal, reason)
    return Completion(
        text=text,
        failure=failure,
        finish_reason=reason,
        usage=_usage(body.get("usage")),
        detail=_detail(text, refusal, reason) if failure else "",
        num_bytes=sum(len(part.encode()) for part in (content, *calls, *thoughts)),
    )


def _first_choice(choices: Sequence[Any]) -> dict[str, Any]:
    """The choice with the index 0 or without one, wherever it stands; else the first of all."""
    known = [choice for choice in choices if isinstance(choice, dict)]
    first = (choice for choice in known if choice.get("index") in FIRST)
    return next(first, known[0] if known else {})


def _decoded(raw: bytes) -> Any:
    """The JSON of an answer, or of what it streams. What msgspec is too strict for (NaN, half a
    surrogate pair) takes six times as long."""
    if waiting := WAITING.match(raw):
        raw = raw[waiting.end() :]
    if STREAM.match(raw):
        try:
            return streamed(raw)
        except (ValueError, RecursionError) as error:
            raise ValueError(f"the answer is no complete stream ({error}): {_shown(raw)}") from None
    with suppress(ValueError, RecursionError):
        return msgspec.json.decode(raw)
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        raise ValueError(f"the answer is not JSON: {_shown(raw)}") from None


def is_upstream_error(raw: bytes) -> bool:
    """Whether the body of an answer carries the error of a provider behind the server. Few bodies
    have to be read for it."""
    if not MAY_BE_BROKEN.search(raw):
        return False
    try:
        read_completion(raw)
    except UpstreamError:
        return True
    except ValueError:
        return False
    return False


def _failure(text: str, refusal: object, finish_reason: str | None) -> Failure | None:
    told = (finish_reason or "").lower()
    ended = next((failure for failure, reasons in ENDINGS.items() if told in reasons), None)
    if refusal and ended is not Failure.FILTERED:
        return Failure.REFUSED
    return ended or (None if text.strip() else Failure.EMPTY)


def _detail(text: str, refusal: object, finish_reason: str | None) -> str:
    """What is known of a reply without a text to use."""
    said = refusal if isinstance(refusal, str) else text
    return said[-MAX_TOLD:].strip() or f"the reply has no text; finish_reason is {finish_reason}"


def _text(content: object) -> str:
    """Text as it is, the text parts of a list, or the JSON that a server has read already."""
    if isinstance(content, dict):
        content = json.dumps(content)
    if isinstance(content, list):
        parts = (part if isinstance(part, dict) else {"text": part} for part in content)
        texts = [part.get("text") for part in parts if part.get("type") in TEXT_PARTS]
        content = "".join(text for text in texts if isinstance(text, str))
    return content.encode("utf-8", "replace").decode() if isinstance(content, str) else ""


def _refusal(content: object) -> str:
    """What a model says, in parts of a list, of why it does not reply."""
    parts = (
        [part for part in content if isinstance(part, dict)] if isinstance(content, list) else []
    )
    said = [part.get("refusal") for part in parts if part.get("type") == "refusal"]
    return " ".join(text for text in said if isinstance(text, str))


def _call_arguments(message: Mapping[str, Any]) -> Iterator[str]:
    """The arguments of every tool that the model calls, as JSON."""
    calls = message.get("tool_calls")
    calls = calls if isinstance(calls, list) else []
    functions = [call.get("function") for call in calls if isinstance(call, dict)]
    for function in (*functions, message.get("function_call")):
        arguments = function.get("arguments") if isinstance(function, dict) else None
        yield _text(arguments)


def _spoken(calls: list[str], thoughts: list[str]) -> str:
    """The reply of a message without content: the arguments of its only tool call, or what a server
    takes for reasoning. Either counts only where it is one JSON object and nothing else: a draft
    within a thought is no reply."""
    calls = [call for call in calls if call]
    texts = calls if calls else [text for text in thoughts if text.strip()]
    return _only_object(texts[0]) if len(set(texts)) == 1 else ""


def _only_object(text: str) -> str:
    """A text that is one JSON object and nothing else, without its fence; else nothing."""
    fenced = FENCE.fullmatch(text.strip())
    text = fenced[1] if fenced else text
    with suppress(ValueError, RecursionError):
        return text if isinstance(json.loads(text), dict) else ""
    return ""


def _usage(usage: Any) -> Usage:
    """The tokens that are paid, by the names that providers give them."""
    found = usage if isinstance(usage, dict) else {}
    num_read = _first(found, ("prompt_tokens", "input_tokens"))
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


def _shown(raw: bytes) -> str:
    return repr(raw[:120].decode("utf-8", "replace"))


def read_object(text: str, schema: type[T]) -> T:
    """The object in a model's text that validates as `schema`: the whole text, what is fenced, or
    the last one in it. Nothing is guessed: a cut object is not completed, and what is within
    thoughts is not read.

    Raises ValueError with the problem in words.
    """
    problem: ValidationError | None = None
    for candidate in _candidates(text):
        try:
            return schema.model_validate_json(candidate)
        except ValidationError as error:
            problem = error
    assert problem
    raise ValueError(_told(problem))


def lacks_form(text: str, schema: type[BaseModel]) -> bool:
    """Whether no object in a model's text has the fields that `schema` requires, whatever they
    hold: a server that enforces a schema lets no such text pass."""
    required = {name for name, field in schema.model_fields.items() if field.is_required()}
    for candidate in _candidates(text):
        with suppress(ValueError, RecursionError):
            found = json.loads(candidate)
            if isinstance(found, dict) and required <= found.keys():
                return False
    return True


def begins_as_prose(text: str) -> bool:
    """Whether a reply that was cut off begins as no JSON object does, nor Markdown around one."""
    return re.match(r"[\s\ufeff]*[^\s\ufeff{`]", without_thoughts(text)) is not None


def _candidates(text: str) -> Iterator[str]:
    """The texts that may be the object of a reply, in the order in which they are tried."""
    yield text.strip()
    if quoted := _quoted(text):
        yield quoted
    reply = TURN_ENDS.split(without_thoughts(text), maxsplit=1)[0]
    yield reply
    yield from reversed(FENCE.findall(reply))
    yield from _objects(reply)


def _quoted(text: str) -> str:
    """The text in a text that is one JSON string and nothing else, as some models write an object a
    second time as JSON; else nothing."""
    if not text.lstrip().startswith('"'):
        return ""
    with suppress(ValueError):
        told = json.loads(text)
        return told if isinstance(told, str) else ""
    return ""


def without_thoughts(text: str) -> str:
    """What a model says after its thoughts; empty where they do not end. Where nothing follows
    them, an object that is all that precedes a stray end is the reply."""
    kept: list[str] = []
    before, start, is_open = "", 0, False
    for tag in THOUGHT.finditer(text):
        is_end = ENDS_THOUGHT.search(tag[0]) is not None
        if not is_open:
            kept.append(text[start : tag.start()])
            if is_end:  # it began before the reply, in the prompt
                before, kept = "".join(kept).strip() or before, []
        is_open, start = not is_end, tag.end()
    if is_open:
        return ""
    reply = ("".join(kept) + text[start:]).strip()
    return reply or _only_object(before)


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
