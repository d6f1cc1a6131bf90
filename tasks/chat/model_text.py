"""Model text: the object in what a model says, apart from its thoughts."""

import json
import re
from bisect import bisect
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

THOUGHT = re.compile(
    r"(?:<|&lt;)\|?\s?/?\s?(?i:(?:seed:|(?:start|end|begin)_(?:of_)?)?"
    r"(?:think|thinking|thoughts?|reasoning|reflection|scratchpad|analysis))"
    r"(?:\s{1,9}[\w-]{1,30}=[^<>]{0,500}+(?<!/))?\s?\|?(?:>|&gt;)|"
    r"\[/?THINK\]|\u25c1/?think\u25b7|<\|channel\|?>\w+|<channel\|>"
)
"""Begins or ends the reasoning that open models write before their reply; some servers escape the
brackets of a tag."""
ENDS_THOUGHT = re.compile(r"(?:&lt;)?\W*(?:/|(?:seed:)?end_|channel\|?>final)|<channel\|>", re.I)
"""How a tag begins that ends it. OpenAI's open models go on to another channel, of which the last
is "final"; Google's close theirs."""
FENCE = re.compile(r"```(?:json)?(.*?)```", re.DOTALL)
"""A block of Markdown code, in which many models put their JSON."""
OBJECT = re.compile(r"\{\s*[\"}]")
"""Where a JSON object may start."""
MAX_FOUND, MAX_TRIED = 8, 400
"""Objects of a text that are read, and places where one may start that are tried. A reply has
one or two; a hostile one must not take longer to read than its request took."""
TURN_ENDS = re.compile(r"<\|?(?:im_end|end_?of_?text|eot_id|eom_id|end_of_turn|/s|eos)\|?>")
"""Behind a reply, where the model goes on with the turn of another speaker."""
NEXT_TURN = re.compile(r"\n\s*(?i:user|human|question|q)\s*:")
"""The same behind an object, in plain words."""
TEMPLATE_TOKEN = re.compile(r"<[|\uff5c][^<>|\uff5c]{1,40}[|\uff5c]>")
"""What a chat template puts between turns, by whatever name: behind an object it ends the reply."""
SIGNS = re.compile(rf"{TURN_ENDS.pattern}|{TEMPLATE_TOKEN.pattern}")
"""Either of them, of which a text says nothing."""
ABOUT_CALL = ("type", "id", "index")
"""What stands beside a call of a tool."""
OF_CALL = ("name", *ABOUT_CALL)
"""What else stands in it, beside its arguments."""
AROUND_CALL = ("function", "function_call", "tool_call", "tool_calls")
"""What servers put a call into, one into the other."""
T = TypeVar("T", bound=BaseModel)


def read_object(text: str, schema: type[T]) -> T:
    """The object in a model's text that validates as `schema`: the whole text, what is fenced, the
    last one in it, or what is all that such an object holds. Nothing is guessed: a cut object is
    not completed, and what is within thoughts is not read.

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
    if quoted := unquoted(text):
        yield quoted
    reply = _first_turn(text)
    yield reply
    yield from reversed(FENCE.findall(reply))
    yield from _objects(reply)


def unquoted(text: str) -> str:
    """The text in a text that is one JSON string and nothing else, as some models write an object a
    second time as JSON; else nothing."""
    if not text.lstrip().startswith('"'):
        return ""
    with suppress(ValueError):
        told = json.loads(text)
        return told if isinstance(told, str) else ""
    return ""


def without_thoughts(text: str) -> str:
    """What a model says after its thoughts; empty where they do not end. Where no object follows
    them, one that is all that precedes a stray end is the reply."""
    kept: list[str] = []
    before, start, is_open = "", 0, False
    for tag in _outside(THOUGHT, text):
        is_end = ENDS_THOUGHT.match(tag[0]) is not None
        if not is_open:
            kept.append(text[start : tag.start()])
            if is_end:  # it began before the reply, in the prompt
                before, kept = "".join(kept).strip() or before, []
        is_open, start = not is_end, tag.end()
    if is_open:
        return ""
    reply = ("".join(kept) + text[start:]).strip()
    if any(_places(reply)):
        return reply
    return only_object(before) or (reply if SIGNS.sub("", reply).strip() else "")


def _outside(pattern: re.Pattern[str], text: str, start: int = 0) -> Iterator[re.Match[str]]:
    """Where a pattern is found from `start` on, but for what an object says."""
    if not pattern.search(text, start):
        return
    objects = [(first, stop) for first, stop, _ in _places(text)]
    firsts = [first for first, _ in objects]
    for found in pattern.finditer(text, start):
        place = bisect(firsts, found.start()) - 1
        if place < 0 or found.start() >= objects[place][1]:
            yield found


def _first_turn(text: str) -> str:
    """What a model says after its thoughts, up to the turns that it makes up: behind its object, or
    behind the sign that it has ended."""
    reply = without_thoughts(text)
    _, stop, _ = next(_places(reply), (0, len(reply), None))
    ends = (
        next(_outside(TURN_ENDS, reply), None),
        next(_outside(TEMPLATE_TOKEN, reply, stop), None),
        next(_outside(NEXT_TURN, reply, stop), None),
    )
    return reply[: min((end.start() for end in ends if end), default=len(reply))]


def _objects(text: str) -> list[str]:
    """The outermost JSON objects in a text, the last first, each before the one that is all that it
    holds."""
    found: deque[list[str]] = deque(maxlen=MAX_FOUND)
    for start, stop, value in _places(text):
        known = [value, *_held(value)]
        found.append([text[start:stop], *map(json.dumps, known)])
    return [one for known in reversed(found) for one in known]


def _held(value: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The object that is all that an object holds; of a call of a tool that a server did not read,
    its arguments."""
    value = _unwrapped(value)
    is_call = isinstance(value.get("name"), str)
    called = OF_CALL if is_call else ()
    inner = [said for name, said in value.items() if name not in called]
    if len(inner) != 1:
        return
    held = inner[0]
    if is_call and isinstance(held, str):
        with suppress(ValueError, RecursionError):
            held = json.loads(held)
    if isinstance(held, dict):
        yield held


def _unwrapped(value: dict[str, Any]) -> dict[str, Any]:
    """The only call of a tool in what a server puts around it; else the value itself."""
    inner: Any = value
    for _ in AROUND_CALL:
        names = inner.keys() - ABOUT_CALL
        held = inner[names.pop()] if len(names) == 1 and names <= {*AROUND_CALL} else None
        held = held[0] if isinstance(held, list) and len(held) == 1 else held
        if not isinstance(held, dict):
            break
        inner = held
    return inner if isinstance(inner.get("name"), str) else value


def _places(text: str) -> Iterator[tuple[int, int, Any]]:
    """Start, stop and value of the outermost JSON objects in a text. Line breaks within their
    texts, which JSON does not know, are taken."""
    decoder = json.JSONDecoder(strict=False)
    stop = num_tried = 0
    for place in OBJECT.finditer(text):
        if place.start() < stop:
            continue
        num_tried += 1
        if num_tried > MAX_TRIED:
            break
        with suppress(ValueError, RecursionError):
            value, stop = decoder.raw_decode(text, place.start())
            yield place.start(), stop, value


def holds_object(text: str) -> bool:
    """Whether there is a JSON object in what a model says, whatever its fields."""
    return any(only_object(candidate) for candidate in _candidates(text))


def is_complete(text: str) -> bool:
    """Whether a reply that was cut off is one JSON object: the limit fell behind it, into white
    space or a turn that was made up."""
    return bool(sole_object(text))


def is_blank(text: str) -> bool:
    """Whether a text says nothing but that thoughts, a reply or a turn begin and end."""
    return not SIGNS.sub("", THOUGHT.sub("", text)).strip()


def sole_object(text: str) -> str:
    """What a model says after its thoughts, where it is one JSON object and nothing else."""
    return only_object(_first_turn(text))


def only_object(text: str) -> str:
    """A text that is one JSON object and nothing else, without its fence; else nothing."""
    fenced = FENCE.fullmatch(text.strip())
    text = fenced[1] if fenced else text
    with suppress(ValueError, RecursionError):
        return text if isinstance(json.loads(text), dict) else ""
    return ""


def _told(error: ValidationError) -> str:
    problems = error.errors(include_url=False, include_input=False, include_context=False)[:3]
    return "; ".join(
        f"{'.'.join(map(str, problem['loc'])) or 'the reply'}: {problem['msg']}"
        for problem in problems
    )
