"""lmms-eval: what its tasks without a parser of their own read of a reply."""

import re

LMMS_EVAL = "lmms_eval"
"""The name of this parser."""
FIRST_LETTER = re.compile(r"(?i)\s*[\(\s]*([A-Z])")


def lmms_eval_letter(reply: str) -> str | None:
    """As EvolvingLMMs-Lab/lmms-eval at 75571cfe (tasks/embspatial and tasks/blink, utils.py): the
    letter that the reply begins with, even that of a word."""
    found = FIRST_LETTER.match(reply)
    return found[1].upper() if found else None
