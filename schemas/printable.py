"""Printable text: what terminals and pages show of words that anybody may have written, and of
errors."""

import re
from collections.abc import Sequence
from shlex import quote

from schemas.redaction import without_known

HIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164\ufeff\uffa0\ufff9-\ufffb"
    "\U000e0000-\U000e0fff]"
)
"""Characters that show nothing: controls, fillers, and what turns the direction of the text around
it. Those that join letters and emoji are part of words."""

SPACES = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
"""Those that are no part of one word in one line."""

HEADING = re.compile(r":$|\berrors? for \S+(?: [\w.]+)?$")
"""A line below which an error says what is wrong; pydantic gives the field a line of its own."""
MAX_BELOW = 4
"""Lines that are looked at: of more errors than one, the first."""


def visible(text: str) -> str:
    """With hidden characters as escapes, such as \\u202e: who reads it sees all of it, in its
    order."""
    return HIDDEN.sub(lambda found: _escape(found[0]), text)


def encodable(text: str) -> str:
    """With a question mark in place of each half of a character, which JSON may hold and no file
    takes."""
    return text.encode("utf-8", "replace").decode()


def shell_word(text: str) -> str:
    """The text as one word that a shell reads back, and that can be seen."""
    if not HIDDEN.search(text) and not any(space in text for space in SPACES):
        return quote(text)
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    for space, escape in SPACES.items():
        escaped = escaped.replace(space, escape)
    return f"$'{visible(escaped)}'"


def _escape(char: str) -> str:
    return f"\\u{ord(char):04x}" if ord(char) < 0x10000 else f"\\U{ord(char):08x}"


def printable(text: str) -> str:
    """On one line, without what a terminal would obey, and what nobody would see."""
    return "".join(
        " " if char.isspace() else char if _is_seen(char) else "\N{REPLACEMENT CHARACTER}"
        for char in text
    )


def _is_seen(char: str) -> bool:
    return char.isprintable() and not HIDDEN.match(char)


def first_line(error: BaseException) -> str:
    """What an error says first, without the keys that it may repeat; its kind where it says
    nothing."""
    return without_known(leading(str(error).strip().splitlines())) or type(error).__name__


def leading(lines: Sequence[str]) -> str:
    """The first line, and where that is only a heading, what stands below it; of both one line."""
    told = lines[0].strip() if lines else ""
    for line in lines[1:MAX_BELOW]:
        if not HEADING.search(told):
            break
        told = f"{told} {line.strip()}".strip()
    return told
