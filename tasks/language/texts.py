"""Texts: what a question or an option must look like, whatever it says.

`verify` drops what is unfit; the writer tells the model first, so that it may mend it.
"""

import re

from tasks.language.words.names import bare_words

MAX_QUESTION = 300
MAX_OPTION = 100
MARKUP = re.compile(r"</?[a-z!][^<>]*>|&(?:[a-z]+|#\d+);", re.IGNORECASE)
LETTER = re.compile(
    r"\s*(?:[(\[]?[A-Z]\s*[).:\]]|[A-Z]\s+[-\u2013\u2014]\s|[A-Z]\s*$)", re.IGNORECASE
)
LETTER_INSIDE = re.compile(r"[(\[][A-D][)\]]|(?<!\w)[A-D][):]\s")


def is_empty(text: str) -> bool:
    return not bare_words(text)


def has_markup(text: str) -> bool:
    """Whether it holds tags, entities or control characters."""
    return not text.isprintable() or MARKUP.search(text) is not None


def has_letter(text: str) -> bool:
    """Whether it starts with the letter of an option ("B) left") or holds such letters inside."""
    return LETTER.match(text) is not None or LETTER_INSIDE.search(text) is not None
