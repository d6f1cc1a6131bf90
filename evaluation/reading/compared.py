"""Compared: a sentence that compares some of the things which a question offers."""

import re

from evaluation.reading.asked import VERB, Asked, things_in

SENTENCE_ENDS = re.compile(r"[.!?\n]")
THAN = re.compile(r"(?i)\bthan\b")
COMPARING = re.compile(r"(?i)\b(?:than|in front of)\b")
OUTDONE = re.compile(r"(?i)\b(?:(?:even|still) \w+er\b(?! than\b)|\w+er still\b)")
"""Of what goes beyond the things that are compared before it."""
ENDMOST = re.compile(r"(?i)(?<!\bit )\b(?:is|are) the \w{2,}est\b")
"""The same, unless it may be one of them."""


def compares(clause: str, asked: Asked) -> bool:
    """Whether a clause compares two things: "in front of" does so where it is not asked for."""
    words = THAN if "front" in asked.things else COMPARING
    return words.search(clause) is not None


def is_of_some(text: str, asked: Asked) -> bool:
    """Whether the first sentence of a text compares some of three or more options: "the bus is
    taller than the tree" does not say which is the tallest, nor what is taller where "the pole is
    taller still" follows."""
    if not asked.ends:
        return False
    sentence = SENTENCE_ENDS.split(text, maxsplit=1)[0]
    things = things_in(sentence)
    named = sum(kind <= things for kind in asked.kinds)
    return 1 < named < len(asked.kinds) or (named > 2 and _is_outdone(sentence, asked))


def _is_outdone(sentence: str, asked: Asked) -> bool:
    """Whether a sentence that compares says behind this that another thing goes beyond."""
    rest = COMPARING.split(sentence, maxsplit=1)[-1]
    verb = VERB.search(rest)
    again = rest[verb.end() :] if verb else ""
    is_again = THAN.search(again) is not None and any(end.search(again) for end, _ in asked.ends)
    most = ENDMOST.search(rest)
    is_endmost = most is not None and any(end.search(most[0]) for end, _ in asked.ends)
    return is_again or is_endmost or OUTDONE.search(rest) is not None
