"""Reading: what the words of a question and of its options say, whoever wrote them.

`verify` compares this with the claims. Nothing here knows the writer's templates. Words certainly
say what the claims say (READ), say something else (DIFFERS), or cannot be read by these rules and
contradict nothing (UNREAD).
"""

import re
from collections.abc import Hashable, Mapping, Sequence

from schemas.claim import Claim, classes_of, objects_of
from tasks.language.form import AnyForm
from tasks.language.forms.table import form_of
from tasks.language.words.accounting import is_accounted_for
from tasks.language.words.options import names_some
from tasks.language.words.phrases import NEGATIONS, Reading, Words


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
        if reading is Reading.READ and not _is_accounted_for(asked, form, claims, asks, names):
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


def _is_accounted_for(
    asked: Words, form: AnyForm, claims: Sequence[Claim], asks: str, names: Mapping[int, str]
) -> bool:
    """Whether no word of a question may turn its meaning."""
    about = {names[key] for claim in claims for key in objects_of(claim)}
    about |= {name for claim in claims for name in classes_of(claim)}
    own = getattr(claims[0], "predicate", None)
    states = own if asks != "predicate" else None
    return is_accounted_for(asked, about, form.asks_with(claims[0]), states)


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
