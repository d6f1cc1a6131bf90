"""Published answers: what the published evaluation reads, so that its numbers can be compared.

It follows hunarbatra/SpatialThinker at 4ac41cf, evaluation/evals.py, faults included; do not use it
for anything else. An algebraic comparison of two formulas, which it tries last, is left
out: no benchmark here asks for a formula.
"""

import re
from collections.abc import Mapping

LETTER = re.compile(r"^\([A-Za-z]\)\s*")
"""A leading `(B)`, as the published code removes it."""


def published_segment(reply: str) -> str | None:
    """What it reads as the answer: what follows the last "Answer:", in the last `<answer>`, or the
    whole reply; None where that is empty."""
    if "Answer:" in reply:
        reply = reply.rsplit("Answer:", 1)[1].strip()
    if not reply:
        return None
    inside = reply.rsplit("<answer>", 1)[-1]
    return inside.split("</answer>", 1)[0].strip()


def parse_answer_paper_compatible(reply: str, options: Mapping[str, str]) -> str | None:
    """The letter of the option whose text the answer is, without a leading `(B)`. A for any other
    answer, even `B`, `(B)` and "The answer is D", since the condition of the published fallback is
    always true. None only for an empty reply."""
    said = published_segment(reply)
    if said is None:
        return None
    text = LETTER.sub("", said).replace("{", "").replace("}", "").lower()
    for letter, option in options.items():
        if text == option.lower():
            return letter
    return next(iter(options), None)


def is_same_paper_compatible(reply: str, gold: str) -> bool:
    """Whether the answer is the gold one where no options are passed. Compared in lower case: the
    whole answer, and what is in its first brackets (or all) without a last full stop."""
    said = published_segment(reply)
    if said is None:
        return False
    wanted = gold.strip().lower()
    _, opening, rest = said.partition("(")
    inside = rest.split(")", 1)[0] if opening and ")" in said else said
    short = inside.removesuffix(".").strip().lower()
    return wanted in (said.lower(), short)
