"""Texts: what a question or an option must look like, whatever it says.

`verify` drops unfit texts; the writer first reports the problem to the model, which may correct it.
"""

import re

from tasks.language.words.names import bare_words

MAX_QUESTION = 300
"""Characters: twice the longest question of the templates on real samples (133). Prompts state
it."""
MAX_OPTION = 100
"""Characters: twice the longest option there (49). Prompts state it."""
MARKUP = re.compile(r"</?[a-z!][^<>]*>|&(?:[a-z]+|#\d+);", re.IGNORECASE)
"""Tags and entities; a single "<" is not a tag."""
LETTER = re.compile(
    r"\s*(?:[(\[]?[A-Z]\s*[).:\]]|[A-Z]\s+[-\u2013\u2014]\s|[A-Z]\s*$)", re.IGNORECASE
)
"""The letter of an option at the start: "B) left", "(b. left", "B - left", "B"."""
LETTER_INSIDE = re.compile(r"[(\[][A-D][)\]]|(?<!\w)[A-D][):]\s")
"""The letter of an option anywhere: "(B)", "[B]", "B: "; only capitals, because "a" is a word."""


def is_empty(text: str) -> bool:
    return not bare_words(text)


def has_markup(text: str) -> bool:
    """Whether it holds tags, entities or control characters."""
    return not text.isprintable() or MARKUP.search(text) is not None


def has_letter(text: str) -> bool:
    """Whether it starts with the letter of an option ("B) left") or holds such letters inside."""
    return LETTER.match(text) is not None or LETTER_INSIDE.search(text) is not None
