"""Completion: what a server's answer to a chat request says."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import msgspec

from schemas.chat import Failure, Usage
from schemas.printable import encodable
from tasks.chat.errors import UpstreamError, is_error, is_said
from tasks.chat.model_text import holds_object, is_blank, is_complete, sole_object, unquoted
from tasks.chat.reported_usage import usage_in
from tasks.chat.streams import DETAILS, FIRST, arguments_of, is_stream, streamed

REASONING = ("reasoning_content", "reasoning", "thinking")
"""Fields of a message in which servers put what they take for reasoning."""
MAX_TOLD = 200
"""Characters of a text that a reason quotes."""
MAX_BEGUN = 60
"""Characters of its reasoning, or of what it hands to a tool, that are quoted of a reply that says
nothing else."""
TEXT_PARTS = (None, "text", "output_text", "json", "output_json")
"""Types of the parts of a content that hold the reply; others hold reasoning."""
PLACES = ("text", "value", "json", "content")
"""Where such a part has it."""
WAITING = re.compile(rb"(?:\s*:[^\n]*\n)+(?=\s*\{)")
"""Comments of a stream before an answer that is none: sent so that the connection stays open."""
BROKEN_OFF = (
    "error",
    "network_error",
    "abort",
    "aborted",
    "cancelled",
    "insufficient_system_resource",
)
"""Reasons for which a server ended a reply that has not failed for what it says."""
MAY_BE_BROKEN = re.compile(rf'"\s*({"|".join(BROKEN_OFF)})\s*"'.encode(), re.I)
ENDINGS = {
    Failure.FILTERED: (
        "content_filter",
        "safety",
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
"""Reasons, as providers name them, for which a reply cannot be used. Google puts image_ before
them, or ours and a colon: "content_filter: RECITATION"."""


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
    if isinstance(body, dict) and is_error(body):
        raise UpstreamError(body)
    if not isinstance(body, dict) or not isinstance(body.get("choices"), list):
        raise ValueError(f"the answer is not a chat completion: {_shown(raw)}")
    first = _first_choice(body["choices"])
    reason = first.get("finish_reason")
    reason = encodable(reason) if isinstance(reason, str) else None
    if is_said(first.get("error")) or (reason or "").strip().lower() in BROKEN_OFF:
        raise UpstreamError({"error": first.get("error") or f"finish_reason is {reason}"})
    message = first.get("message") or first.get("delta")  # of a stream in one piece
    message = message if isinstance(message, dict) else {}
    content = _text(message.get("content"))
    calls = list(_call_arguments(message))
    thoughts = _thoughts(message)
    text = _spoken(content, calls, thoughts) or content
    refusal = message.get("refusal") or _refusal(message.get("content"))
    failure = _failure(text, refusal, reason)
    detail = _detail(text, refusal, reason, calls, thoughts) if failure else ""
    if failure is Failure.EMPTY and (what := _held_back(body, first)):
        failure, detail = Failure.FILTERED, f"a filter of the provider holds back the {what}"
    return Completion(
        text=text,
        failure=failure,
        finish_reason=reason,
        usage=usage_in(body.get("usage")),
        detail=detail,
        num_bytes=sum(len(part.encode()) for part in (content, *calls, *thoughts)),
    )


def _held_back(body: dict[str, Any], choice: dict[str, Any]) -> str:
    """What a filter held back where a reply says nothing, as Azure tells in a good answer; nothing
    where it did not."""
    told = body.get("prompt_filter_results")
    prompts = told if isinstance(told, list) else []
    parts = {"prompt": prompts, "reply": [choice]}
    return next((what for what, found in parts.items() if any(map(_is_filtered, found))), "")


def _is_filtered(part: Any) -> bool:
    """Whether one of the kinds that a filter knows was found in a prompt or a choice."""
    found = part.get("content_filter_results") if isinstance(part, dict) else None
    kinds = found.values() if isinstance(found, dict) else ()
    return any(kind.get("filtered") is True for kind in kinds if isinstance(kind, dict))


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
    if is_stream(raw):
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


def whole_body(raw: bytes) -> bytes:
    """The body as it would have been sent at once: what is cut over two pieces of a stream stands
    together in it."""
    return json.dumps(_decoded(raw)).encode() if is_stream(raw) else raw


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
    told = {
        part.strip().removeprefix("image_") for part in (finish_reason or "").lower().split(":")
    }
    ended = next((failure for failure, reasons in ENDINGS.items() if told & {*reasons}), None)
    # Held to a form, models go on with white space behind their object until the limit.
    if ended is Failure.TRUNCATED and is_complete(text):
        ended = None
    if refusal and ended is not Failure.FILTERED:
        return Failure.REFUSED
    return ended or (None if text.strip() else Failure.EMPTY)


def _detail(
    text: str,
    refusal: object,
    finish_reason: str | None,
    calls: Sequence[str],
    thoughts: Sequence[str],
) -> str:
    """Why there is no text to use, in the reply's own words where it refuses."""
    if isinstance(refusal, str) and (said := refusal[-MAX_TOLD:].strip()):
        return encodable(said)
    ended = f"finish_reason is {finish_reason}"
    if text.strip():
        return ended
    others = (("arguments of a tool that begin", calls), ("reasoning that begins", thoughts))
    begun = ((what, " ".join(" ".join(said)[:MAX_BEGUN].split())) for what, said in others)
    told = "".join(f", but {what} {words!r}" for what, words in begun if words)
    return f"the reply has no text{told}; {ended}"


def _text(content: object) -> str:
    """Text as it is, the text parts of a list, or the JSON that a server has read already."""
    if isinstance(content, dict):
        place = next((name for name in PLACES if name in content), "")
        is_part = isinstance(content.get("type"), str) and content["type"] in TEXT_PARTS and place
        return _text(content[place]) if is_part else json.dumps(content)
    if isinstance(content, list):
        content = "".join(map(_part, content))
    return encodable(content) if isinstance(content, str) else ""


def _part(part: object) -> str:
    """What a part of a list says of the reply."""
    if not isinstance(part, dict):
        return part if isinstance(part, str) else ""
    if part.get("type") not in TEXT_PARTS:
        return ""
    told = next((part[name] for name in PLACES if name in part), None)
    if isinstance(told, dict) and isinstance(told.get("value"), str):
        return str(told["value"])
    return _text(told)


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
    told = [arguments_of(call) for call in calls if isinstance(call, dict)]
    for said in (*told, arguments_of({"function": message.get("function_call")})):
        arguments = _text(said)
        yield _text(unquoted(arguments)) or arguments


def _thoughts(message: Mapping[str, Any]) -> list[str]:
    """What a server takes for reasoning, by every name; its parts only where they stand alone."""
    told = [_text(message[name]) for name in REASONING if name in message]
    parts = message.get(DETAILS)
    if any(told) or not isinstance(parts, list):
        return told
    texts = [part.get("text") for part in parts if isinstance(part, dict)]
    return [*told, _text(texts)]


def _spoken(content: str, calls: list[str], thoughts: list[str]) -> str:
    """What counts as the reply in place of the content: of one that holds no object the arguments
    of the only tool call, else of an empty one what a server takes for reasoning. Either counts
    only where it is one JSON object and nothing else: a draft within a thought is no reply."""
    texts = [call for call in calls if call and not holds_object(content)]
    if not texts and is_blank(content):
        texts = [text for text in thoughts if text.strip()]
    return sole_object(texts[0]) if len(set(texts)) == 1 else ""


def _shown(raw: bytes) -> str:
    return repr(raw[:120].decode("utf-8", "replace"))
