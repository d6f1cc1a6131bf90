"""Python literals in texts from outside."""

import ast
from threading import Lock
from typing import Any

MAX_LENGTH = 100_000
"""Characters: far more than the longest list of options, few enough for ast.literal_eval."""

_ONE_AT_A_TIME = Lock()
"""Python before 3.11.8 and 3.12.2 counts the depth of trees once for all threads, and raises
SystemError where two of them parse and a callback of the garbage collector lets both run
(https://github.com/python/cpython/issues/106905)."""


def python_literal(text: str) -> Any:
    """What a Python literal says; ValueError where the text is none, or longer than MAX_LENGTH."""
    if len(text) > MAX_LENGTH:
        raise ValueError(f"{text[:60]!r} is longer than {MAX_LENGTH:,} characters")
    try:
        with _ONE_AT_A_TIME:
            return ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        raise ValueError(f"{text[:60]!r} is not a Python literal") from None
