"""Letters: the option that the answer field of a reply names, as models write it there."""

import re
import unicodedata

STATED = re.compile(
    r"(?:(?:the )?(?:(?:correct|right|best) )?"  # the answer is B
    r"(?:option|choice|answer|letter)\b(?: is\b)?[\s:=]*){0,2}"  # Option B, answer is option B
    r"(?:\(([A-D])\)|\[([A-D])\]|([A-D]))"
    r"(?:\s*[).:;,=\n\u3001\u3002]\s*|\s+[-/|]\s*|\s*[\u2013\u2014]\s*|(?<=[)\]])\s*|$|"
    r"\s+is (?:correct|(?:the )?(?:correct|right|best) (?:answer|option|choice|one))$|"
    r"\s*(?=\((?!not\b|wrong|incorrect|false)[^()]+\)$))"  # B (left)
    r"(.*)",
    re.IGNORECASE | re.DOTALL,
)
"""A letter, alone or set off from the words of its option."""
OTHER = re.compile(r"\b[B-D]\b|\bA\b(?!\s+(?!(?:or|and|nor|is)\b)[a-z]{2})")
"""A further letter in these words, unless it is the article that they begin with."""
MARKUP = " \t\r\n_\"'\u201c\u201d\u2018\u2019"
EMPHASIS = re.compile(
    r"[*`]+|__+|<\|[^<>|]{1,40}\|>|\\(?:boxed|text(?:bf)?|math(?:rm|bf))(?=\{)|"
    r"\\[()\[\]]|[{}$]"
)
"""Of Markdown, of LaTeX, and the signs of a template around a final answer."""


def stated_letter(text: str) -> str | None:
    """The capital letter, A to D, that a text for an answer states: "b", "(B)", "B) left",
    "B (left)", "Option B", "The answer is B", "B is correct". None where it states no letter,
    or may state several."""
    plain = EMPHASIS.sub("", unicodedata.normalize("NFKC", text))  # full-width marks become ours
    found = STATED.fullmatch(plain.strip(MARKUP).rstrip(".\u3002!").strip(MARKUP))
    if not found:
        return None
    letter = next(filter(None, found.groups()[:3])).upper()
    return None if set(OTHER.findall(found[4])) - {letter} else letter
