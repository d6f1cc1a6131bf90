"""Streams: the chat completion in an answer that a server sends piece by piece, unasked."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from tasks.chat.errors import is_said

STREAM = re.compile(rb"\s*(?:\xef\xbb\xbf)?\s*(?::|(?:data|event|id|retry):)")
"""How a stream of events begins, and JSON never does."""
LINES = re.compile(rb"\s*\{[^\n]*\}\s*\n\s*\{[^\n]*\"choices\"")
"""How a stream begins that has an object on each line, and nothing else."""
COMMENT = re.compile(r"^:.*\n?", re.M)
END = "[DONE]"
FIRST = (None, 0, "0")
"""The index of the first choice, as servers write it."""
NOT_ENDED = ("null", "none")
"""What some servers write for the reason of an end that has not come yet."""
DETAILS = "reasoning_details"
"""The field of a message in which OpenRouter and MiniMax put reasoning in parts."""
TEXTS = ("content", "reasoning_content", "reasoning", "thinking", DETAILS, "refusal")
"""Fields of a message that grow from piece to piece."""
BORDER = re.compile(r"\n{2,}|(?<=\})[ \t]*\n(?=(?:event|id|retry):|data: ?\{|\{|data: ?\[DONE)")
"""Between two events: an empty line or, where a proxy has dropped these, what never follows the end
of an object within JSON."""


def is_stream(raw: bytes) -> bool:
    return bool(STREAM.match(raw) or LINES.match(raw))


def streamed(raw: bytes) -> dict[str, Any]:
    """The body that the server would have sent whole: the error that ended its stream, or its first
    choice. ValueError where an event is damaged, or the stream has no end. Events that are no
    objects, as some servers send to hold a connection or to tell a price, say nothing."""
    body: dict[str, Any] = {}
    choice: dict[str, Any] = {}
    told: list[Mapping[str, Any]] = []
    is_whole = False
    for name, data in _events(raw):
        event = _read(data)
        is_whole = is_whole or data == END
        if name == "error" and "error" not in event:
            event = {"error": event or data}
        body |= {key: value for key, value in event.items() if _says(key, value)}
        body |= _usage(event.get("x_groq"))
        for part in map(_object, _list(event.get("choices"))):
            if part.get("index") in FIRST:
                choice |= _end(part)
                body |= _usage(part)
                told.append(part)
    if not (told or "error" in body) or not (is_whole or choice or "error" in body):
        raise ValueError("the stream has no end")
    return body | {"choices": [choice | {"message": _message(told)}]}


def _events(raw: bytes) -> Iterator[tuple[str, str]]:
    """The name and the data of each event, by the rules of the web's event streams; of a stream
    without them, its lines."""
    text = re.sub(r"\r\n?", "\n", raw.decode("utf-8", "replace").lstrip("\ufeff \n\r\t"))
    for event in BORDER.split(COMMENT.sub("", text)):
        if event.startswith("{"):
            yield "", event
            continue
        lines = [line.partition(":") for line in event.split("\n")]
        fields = [(name.strip(), value.removeprefix(" ")) for name, _, value in lines]
        names = [value.strip() for name, value in fields if name == "event"]
        data = [value for name, value in fields if name == "data"]
        if data:
            yield "".join(names[:1]), "\n".join(data).strip()


def _read(data: str) -> dict[str, Any]:
    """The object of an event; empty where it is none. ValueError where it is cut."""
    return _object(json.loads(data)) if data.startswith("{") else {}


def _says(key: str, value: object) -> bool:
    """Whether a field of an event says anything: some servers send an empty error beside every
    piece, which ends nothing."""
    return is_said(value) if key == "error" else value is not None


def _end(part: Mapping[str, Any]) -> dict[str, Any]:
    """How a piece ends the reply; empty where more is to come."""
    reason, error = part.get("finish_reason"), part.get("error")
    is_ended = reason and str(reason).lower() not in NOT_ENDED
    ended = {"finish_reason": reason} if is_ended else {}
    return ended | ({"error": error} if is_said(error) else {})


def _message(parts: list[Mapping[str, Any]]) -> dict[str, Any]:
    """The message of which these are the pieces. A server that sends no pieces repeats all of it so
    far."""
    pieces = [_object(part.get("delta")) for part in parts]
    if not any(pieces):
        return _object(next((part["message"] for part in reversed(parts) if "message" in part), {}))
    message: dict[str, Any] = {
        name: _joined([value for piece in pieces if (value := piece.get(name))]) for name in TEXTS
    }
    calls: dict[int, list[Any]] = defaultdict(list)
    for piece in pieces:
        for call in map(_object, _list(piece.get("tool_calls"))):
            calls[_number(call.get("index"))].append(arguments_of(call))
        calls[-1].append(_object(piece.get("function_call")).get("arguments"))
    told = (_joined([one for one in calls[number] if one]) for number in sorted(calls))
    message["tool_calls"] = [{"function": {"arguments": arguments}} for arguments in told]
    return message


def arguments_of(call: Mapping[str, Any]) -> Any:
    """What a call hands to its tool: arguments or, to one without a schema, a text."""
    handed = _object(call.get("function")).get("arguments")
    return _object(call.get("custom")).get("input") if handed is None else handed


def _joined(values: list[Any]) -> Any:
    """One text, or where a server streams parts, all of them; the only one as it is."""
    if len(values) == 1:
        return values[0]
    if all(isinstance(value, str) for value in values):
        return "".join(values)
    return [part for value in values for part in (value if isinstance(value, list) else [value])]


def _usage(holder: object) -> dict[str, Any]:
    """The tokens that some servers tell with the last piece, and not beside it."""
    usage = _object(holder).get("usage")
    return {"usage": usage} if isinstance(usage, dict) else {}


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
