"""Streams: the chat completion in an answer that a server sends piece by piece, unasked."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

STREAM = re.compile(rb"\s*(?::|(?:data|event|id|retry):)")
"""How a stream of events begins, and JSON never does."""
END = "[DONE]"
TEXTS = ("content", "reasoning_content", "reasoning", "refusal")
"""Fields of a message that grow from piece to piece."""


def streamed(raw: bytes) -> dict[str, Any]:
    """The body that the server would have sent whole: the error that ended its stream, or its first
    choice. ValueError where an event is no object, or the stream has no end."""
    body: dict[str, Any] = {}
    choice: dict[str, Any] = {}
    texts: dict[str, list[str]] = defaultdict(list)
    calls: dict[int, list[str]] = defaultdict(list)
    is_whole = False
    for data in _events(raw):
        if data == END:
            is_whole = True
            continue
        event = _object(json.loads(data))
        if not event:
            raise ValueError("an event is no object")
        body |= {name: value for name, value in event.items() if value is not None}
        for part in map(_object, _list(event.get("choices"))):
            if part.get("index"):
                continue
            choice |= {name: part[name] for name in ("finish_reason", "error") if part.get(name)}
            delta = _object(part.get("delta"))
            for name in TEXTS:
                texts[name].append(_text(delta.get(name)))
            for call in map(_object, _list(delta.get("tool_calls"))):
                function = _object(call.get("function"))
                calls[_number(call.get("index"))].append(_text(function.get("arguments")))
    if not (is_whole or choice or "error" in body):
        raise ValueError("the stream has no end")
    message: dict[str, Any] = {name: "".join(pieces) for name, pieces in texts.items()}
    message["tool_calls"] = [{"function": {"arguments": "".join(calls[n])}} for n in sorted(calls)]
    return body | {"choices": [choice | {"message": message}]}


def _events(raw: bytes) -> Iterator[str]:
    """The data of each event."""
    for event in re.split(r"\r?\n\r?\n", raw.decode("utf-8", "replace")):
        lines = [line.partition(":") for line in event.splitlines()]
        if data := [value.removeprefix(" ") for name, _, value in lines if name.strip() == "data"]:
            yield "\n".join(data).strip()


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
