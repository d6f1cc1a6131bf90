"""Redaction: what servers say, without the keys that they repeat, whole, in part or encoded."""

import os
import re
from base64 import b64decode
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence

LOOKS_LIKE_A_KEY = re.compile(r"\b(?:sk|key)[-_][\w*.\-]{6,}|(?:Bearer|Basic) \S{6,}")
"""Also a key that is not one of ours: one that a proxy before the server uses."""
ENCODED = re.compile(
    r"%(?:25)*([0-9A-Fa-f]{2})|\\[ux](?:00)?([0-9A-Fa-f]{2})|&#[xX]0*([0-9A-Fa-f]{2});"
    r"|&#0*(\d{2,3});"
)
"""A character in an address, encoded once or more often, in JSON, or in HTML."""
WORD = re.compile(r"[\w\-]+")
MASKED = re.compile(r"(?:(?<![\w\-])[\w\-]+)?(?:[*•·…]+|\.{2,}|[xX]{4,})[\w\-]*")
"""A word with a gap, as servers show a key by its ends; looked for from the starts of words only,
as long ones would take time by the square of their length."""
GAP = re.compile(r"[*•·…]+|\.{2,}|[xX]{4,}")
MIN_WHOLE = 5
"""Characters of a key that is looked for: shorter ones, such as "none", are no secret."""
PLACEHOLDERS = {"empty", "dummy", "ollama", "lm-studio", "token-abc123", "sk-no-key-required"}
"""What guides of local servers give for a key, where none is needed: no secrets, but words."""
MIN_PARTS = 12
"""Characters of a key of which parts are looked for: parts of shorter ones are words."""
MIN_PART = 6
"""Characters of a part of a key that is redacted wherever it stands: three of base64 say little."""
MIN_END = 4
"""Characters at the start or end of a key that are redacted where they are a whole word."""
MAX_LENGTH = 4_000
"""Characters of a message that are looked through; the rest is cut off. The search takes time in
proportion, and no line that people read is so long."""
VARIABLES = (
    "HF_TOKEN",
    "HUGGING_FACE_HUB_TOKEN",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "WANDB_API_KEY",
)
"""Of the environment, whose keys the libraries read that load models and data sets, and log
trainings."""
SHOWN = "[key]"
_known: set[str] = set()


def remember_key(key: str) -> None:
    """Have a key redacted in all that this process reports of its servers."""
    if len(key) >= MIN_WHOLE and key.lower() not in PLACEHOLDERS:
        _known.add(key)


def redacted(message: str) -> str:
    """What a server says, without any of the known keys, or what looks like one."""
    return without_known(LOOKS_LIKE_A_KEY.sub(SHOWN, message[:MAX_LENGTH]))


def without_known(message: str) -> str:
    """The message without any of the known keys."""
    told = (os.environ.get(name, "") for name in VARIABLES)
    keys = _known.union(key for key in told if len(key) >= MIN_PARTS)
    for key in sorted(keys, key=len, reverse=True):
        message = without(message[:MAX_LENGTH], key)
    return message


def without_keys(raw: bytes) -> bytes:
    """An answer as it is kept: some gateways repeat the request in it. Only whole keys are taken
    out, also as JSON may write them; short ones may be words of the reply."""
    for key in _known:
        if len(key) >= MIN_PARTS:
            for written in (key, key.replace("/", "\\/")):
                raw = raw.replace(written.encode(), SHOWN.encode())
    return raw


def without(message: str, key: str) -> str:
    """The message without a key: neither the whole, nor a part that could help to guess it, nor
    either of them with its characters encoded."""
    plain, starts = _decoded(message)
    decoded = [(starts[start], starts[stop]) for start, stop in _spans(plain, key)]
    parts, at = [], 0
    for begin, end in sorted([*decoded, *_spans(message, key)]):
        if begin >= at:
            parts += [message[at:begin], SHOWN]
        at = max(at, end)
    return "".join(parts) + message[at:]


def _decoded(message: str) -> tuple[str, list[int]]:
    """The message with its encoded characters decoded, and where each of them starts in it; one
    more at the end."""
    plain: list[str] = []
    starts: list[int] = []
    at = 0
    for found in ENCODED.finditer(message):
        plain.append(message[at : found.start()])
        starts += range(at, found.start())
        code = int(found[4]) if found[4] else int(found[1] or found[2] or found[3], 16)
        plain.append(chr(code))
        starts.append(found.start())
        at = found.end()
    return "".join(plain) + message[at:], [*starts, *range(at, len(message) + 1)]


def _of_base64(text: str) -> str:
    plain = text.rstrip("=").translate(str.maketrans("-_", "+/"))
    return b64decode(plain[: len(plain) - (len(plain) % 4 == 1)] + "==").decode("latin-1")


def _of_hexadecimal(text: str) -> str:
    return bytes.fromhex(text.replace(":", " ")).decode("latin-1")


def _without_spaces(text: str) -> str:
    return "".join(text.split())


HIDDEN: Sequence[tuple[re.Pattern[str], Callable[[str], str]]] = (
    (re.compile(r"[A-Za-z0-9+/_-]{8,}={0,2}"), _of_base64),
    (re.compile(r"(?:[0-9A-Fa-f]{2}[ :]?){6,}"), _of_hexadecimal),
    (re.compile(r"(?<!\S)(?:\S[ \t]){7,}\S(?!\S)"), _without_spaces),
)
"""What a text may be that hides others, and what it then says: base64, as for a user and password,
hexadecimal, and characters that stand apart."""


def _spans(text: str, key: str) -> Iterator[tuple[int, int]]:
    """Where a key or a part of it stands, whatever its case."""
    original, text, key = text, _lower(text), _lower(key)
    if len(key) < MIN_PARTS:
        yield from (found.span() for found in re.finditer(re.escape(key), text))
        return
    yield from _parts(text, key)
    for pattern, shown in HIDDEN:
        for found in pattern.finditer(original):
            if any(_parts(_lower(shown(found[0])), key)):
                yield found.span()
    for found in WORD.finditer(text):
        if len(found[0]) >= MIN_END and (key.startswith(found[0]) or key.endswith(found[0])):
            yield found.span()
    for found in MASKED.finditer(text):
        left, *_, right = GAP.split(found[0])
        if (len(left) > 1 and key.startswith(left)) or (len(right) > 1 and key.endswith(right)):
            yield found.span()


def _parts(text: str, key: str) -> Iterator[tuple[int, int]]:
    """Parts of at least MIN_PART characters, each as long as it goes."""
    at = 0
    while at + MIN_PART <= len(text):
        if text[at : at + MIN_PART] not in key:
            at += 1
            continue
        lengths = range(MIN_PART, min(len(text) - at, len(key)) + 1)
        longest = bisect_right(lengths, False, key=lambda size: text[at : at + size] not in key)
        stop = at + lengths[longest - 1]
        yield at, stop
        at = stop


def _lower(text: str) -> str:
    """In lower case and as long as before, which `lower` alone does not promise."""
    return "".join(one.lower() if one.isascii() else one for one in text)
