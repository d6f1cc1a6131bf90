"""Texts: whether question and options, as a model wrote them, say what they stand for.

The problems found here go back to the model, once, before `verify` sees the question.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence, Set
from typing import Annotated, Any

from pydantic import BeforeValidator

from schemas.claim import Claim, objects_of
from schemas.completion.publish import LETTERS
from tasks.language.forms.table import form_of
from tasks.language.reading import gives_away, read_words
from tasks.language.texts import MAX_OPTION, MAX_QUESTION, has_letter, has_markup, is_empty
from tasks.language.words.names import bare_words, casefolded_words
from tasks.language.words.phrases import NEGATIONS, Reading, plainly
from tasks.language.words.references import all_named_in

PLANE = {"picture", "image", "photograph", "photo", "viewer", "seen", "sees", "appears"}
"""A question on the picture plane has one of these words, so that nobody thinks of space."""
LIKE_MARKUP = re.compile(r"[<>*`\\]|&\w+;|(?<![^\W_])_+(?=[^\W_])|(?<=[^\W_])_+(?!\w)")
"""Stricter than `has_markup`: a plain question needs none of these, nor an underscore at a word. A
gap stands alone."""
PUBLISHED_ID = re.compile(r"(?<!\w)[a-z_]+\.\d+(?!\w)")
"""How claims name a thing ("fire_hydrant.2")."""
STATED_SIZE = re.compile(r"image size\s*:", re.I)
"""How `problem` states the size, once: readers of published rows look for these words."""

MAX_PROBLEMS = 4
"""Problems that are sent to a model at once. A text with more is better written again."""


def plainly_set(text: Any) -> Any:
    """The text as a keyboard writes it: models that set type use spaces and hyphens at which no
    line breaks, and characters that nobody sees."""
    if not isinstance(text, str):
        return text
    seen = (letter for letter in text if unicodedata.category(letter) != "Cf")
    spaced = (" " if unicodedata.category(letter) == "Zs" else letter for letter in seen)
    return "".join(spaced).replace("\u2011", "-")


Plain = Annotated[str, BeforeValidator(plainly_set)]
"""The words of a question or of an option in a reply."""


def without_letters(options: Sequence[str]) -> list[str]:
    """The options, stripped, and without leading letters where each has its own ("B) left")."""
    stripped = [option.strip() for option in options]
    bare = [
        re.sub(rf"^\(?{letter}[).:]\s*", "", option)
        for letter, option in zip(LETTERS, stripped, strict=False)
    ]
    is_lettered = len(bare) == len(stripped) and all(
        text and text != option for text, option in zip(bare, stripped, strict=True)
    )
    return bare if is_lettered else stripped


def _negations(question: str) -> Set[str]:
    """The words that turn a question around; not those of "yes or no"."""
    return NEGATIONS.intersection(plainly(" ".join(casefolded_words(question))).split())


def form_problems(question: str, options: Sequence[str]) -> Iterator[str]:
    """What is wrong with the form of the texts, in words for the model."""
    if not question.strip().endswith("?"):
        yield "the question must end with a question mark"
    if is_empty(question):
        yield "the question says nothing"
    if len(question) > MAX_QUESTION:
        yield f"the question has {len(question)} characters: at most {MAX_QUESTION}"
    if has_letter(question):
        yield "the question has letters of options: leave them out"
    said = sorted(_negations(question))
    if said:
        yield f"the question must not use {', '.join(map(repr, said))}: ask without a negation"
    for option in options:
        if is_empty(option):
            yield "an option is empty" if not option else f"option {option!r} says nothing"
        if len(option) > MAX_OPTION:
            yield f"an option has {len(option)} characters: at most {MAX_OPTION}"
        if has_letter(option):
            yield f"option {option!r} has a letter of its own: leave it out"
    if len({bare_words(option) for option in options}) < len(options):
        yield "two options read the same: all must differ"
    for text in (question, *options):
        if not text.isprintable():
            yield "question and options are one line each, without control characters"
        elif has_markup(text) or LIKE_MARKUP.search(text):
            yield f"{text!r} has markup: plain text only"
        if PUBLISHED_ID.search(text):
            yield f"{text!r} shows an id: use the name of the thing"
        if STATED_SIZE.search(text):
            yield f"{text!r} states the size of the picture: leave it out"


def meaning_problems(
    question: str,
    options: Sequence[str],
    claims: Sequence[Claim],
    asks: str,
    names: Mapping[int, str],
    *,
    is_judged: bool,
) -> Iterator[str]:
    """Where the words do not say what the claims say; `names` are those of the objects. The claims
    differ only in the asked part. Without a judge, what cannot be read is lost, so it is told."""
    form = form_of(claims[0])
    offered = form.named_objects(claims, asks)
    every = set(names.values())
    in_question = all_named_in(question, every)
    for claim, offers, option in zip(claims, offered, options, strict=True):
        in_option = all_named_in(option, every)
        if offers is not None and in_option != [names[offers]]:
            yield f"option {option!r} must name {names[offers]!r} once and nothing else"
        for key in objects_of(claim):
            if key not in offered and names[key] not in [*in_question, *in_option]:
                yield f"the question must name {names[key]!r} word for word"
    reading, text = read_words(question, options, claims, asks, names)
    hint = form.hint(claims[0])
    if reading is Reading.DIFFERS and not _negations(question):
        yield f"{text} says something else than it should: use the words of the rules{hint}"
    if reading is Reading.UNREAD and not is_judged:
        yield f"{text} does not surely say what it should: use the words of the rules{hint}"
    if form.is_of_plane(claims[0]) and not PLANE.intersection(casefolded_words(question)):
        yield "the question must say that it is about the picture or what the viewer sees"
    if gives_away(question, options, claims, asks, names):
        yield "the question says what some options say and others do not: that gives it away"


def told(problems: Iterator[str]) -> str | None:
    """The first distinct problems as one line; None where there are none."""
    found = list(dict.fromkeys(problems))[:MAX_PROBLEMS]
    return "; ".join(found) or None
