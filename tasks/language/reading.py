"""Reading: what the words of a question and of its options say, whoever wrote them.

`verify` compares this with the claims. Nothing here knows the writer's templates. Words certainly
say what the claims say (READ), say something else (DIFFERS), or cannot be read by these rules and
contradict nothing (UNREAD).
"""

import re
from collections.abc import Hashable, Mapping, Sequence

from schemas.claim import Claim, classes_of, objects_of
from schemas.vocabulary.classes import load_vocabulary
from tasks.language.form import AnyForm
from tasks.language.forms.table import form_of
from tasks.language.words.options import names_some
from tasks.language.words.phrases import NEGATIONS, PICTURE, Reading, Words
from tasks.language.words.sentences import is_noun

PICTURE_OF_PICTURE = re.compile(
    rf"\b({PICTURE}) (?:in|on) (?:the|this) \1\b|\b{PICTURE} (?:of|within) (?:the|this) {PICTURE}\b"
)
"""Not the picture that is asked about."""


def parts(claim: Claim, asks: str) -> tuple[Hashable, Hashable]:
    """What a question asks about, and the asked part, in which its options differ.

    ValueError where claims of this form have no such part.
    """
    form = form_of(claim)
    form.check_asks(asks)
    return form.parts(claim, asks)


def read_words(
    question: str,
    options: Sequence[str],
    claims: Sequence[Claim],
    asks: str,
    names: Mapping[int, str],
) -> tuple[Reading, str]:
    """What question and options say, compared with the claims of the options, and the words that
    decided it. `names` are those of the objects."""
    form = form_of(claims[0])
    asked = form.words(question, claims[0], names)
    answers = [
        form.words(option, claim, names) for option, claim in zip(options, claims, strict=True)
    ]
    if NEGATIONS & set(asked.plain) or re.search(r"\bother than\b", asked.text):
        reading = Reading.DIFFERS
    else:
        reading = form.read_question(asked, claims[0], asks, answers)
        if reading is Reading.READ and not _is_whole(asked, form, claims, asks, names):
            reading = Reading.UNREAD
    readings = [(reading, f"the question {question!r}")]
    for words, claim, option in zip(answers, claims, options, strict=True):
        readings.append((form.read_option(words, claim, asks), f"option {option!r}"))
    several = any(
        mention.is_plural and mention.name in words.names
        for words in (asked, *answers)
        for mention in words.mentions
    )
    if several:
        readings.append((Reading.UNREAD, "a name in the plural"))
    for worst in (Reading.DIFFERS, Reading.UNREAD):
        for reading, text in readings:
            if reading is worst:
                return reading, text
    return Reading.READ, ""


def _is_whole(
    asked: Words, form: AnyForm, claims: Sequence[Claim], asks: str, names: Mapping[int, str]
) -> bool:
    """Whether every word of a question has a place in a sentence that the form knows, and it names
    nothing but what its claims are about, or what is more general."""
    own = getattr(claims[0], "predicate", None) if asks != "predicate" else None
    text = " ".join(asked.shape(own)) if own else asked.without_asides
    if PICTURE_OF_PICTURE.search(asked.text) or not form.sentences(claims[0], asks).match(text):
        return False
    about = {names[key] for claim in claims for key in objects_of(claim)}
    about |= {name for claim in claims for name in classes_of(claim)}
    vocabulary = load_vocabulary()
    known = {name for name in about if name in vocabulary.classes}
    general = {above for name in known for above in vocabulary.lineage(name)}
    return all(
        mention.name in general | about or is_noun(asked.words[mention.start : mention.stop])
        for mention in asked.mentions
        if not mention.is_grammar
    )


def gives_away(
    question: str,
    options: Sequence[str],
    claims: Sequence[Claim],
    asks: str,
    names: Mapping[int, str],
) -> bool:
    """Whether the question names what some of its options say and others do not."""
    form = form_of(claims[0])
    if asks in form.asks_for_object:
        offered = form.named_objects(claims, asks)
        return names_some(question, {names[key] for key in offered if key is not None})
    return form.gives_away(question, options, claims, asks, names)
