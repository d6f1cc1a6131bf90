"""Answers: which option a reply names.

One parser for every model and benchmark. Of the part of a reply that answers (reply_parts, all in
evaluation.reading), each line becomes a skeleton (skeletons), in which a sign says of every word
what it does. Sentences that ask or suppose say nothing (clauses), nor do clauses of something else
than what the question asks (asked_about). In the others every clause states options, denies them,
or says nothing (statements). Of all statements that are not taken back the most explicit ones
count, and must agree. Where nothing is stated, a clause may say the question itself again, with yes
or no (repeated) or with an option (filled), or how one of its things is to another (related). What
cannot be read is None, never a guess: it counts as wrong and is reported. A letter wins over a
text, and a text that only occurs states nothing: "the image above" does not say "above".
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from evaluation.reading.asides import without_asides
from evaluation.reading.asked import NOTHING, Asked, asked_by
from evaluation.reading.clauses import assents
from evaluation.reading.filled import filled, gaps_in
from evaluation.reading.lines import skeletons_of
from evaluation.reading.option_texts import Options, words_with_digits
from evaluation.reading.related import claims_of, related
from evaluation.reading.renamed import in_words_of
from evaluation.reading.repeated import confirmed, proposition_in
from evaluation.reading.reply_parts import (
    MAX_PART,
    answer_fields,
    last_answer,
    last_boxed,
    last_phrase,
    plain,
    spoken,
)
from evaluation.reading.statements import statements_in
from evaluation.reading.unseen import without_unseen
from evaluation.reading.viewpoint import Viewpoint, said_from

MAX_READ = 10_000
"""Characters of a part that are read for a letter, of a whole reply its last ones: bounds time."""
UNSAID = re.compile("[cdimtwz]")
"""In a skeleton without options: of a reply that does not simply say so."""


@dataclass(frozen=True, slots=True)
class ParsedAnswer:
    """`letter` is one of the options', None where none or several are named; `conflict` says that
    the text beside the letter names another option; `method` what was read: in an `<answer>` or a
    bare reply a `letter`, a `text`, or a letter called `correct`; what stood in a `boxed` or behind
    a `phrase`. Without a letter it says why: `tag`, `boxed`, `several`, `uncertain` where the reply
    does not decide, or `nothing`."""

    letter: str | None
    method: str
    conflict: bool = False


class _Item(NamedTuple):
    """What is answered: the question, its options, their words, and what it asks."""

    question: str
    options: Mapping[str, str]
    known: Options
    asked: Asked


def parse_answer(reply: str, options: Mapping[str, str], question: str = "") -> ParsedAnswer:
    """The option that a reply names; `options` are texts by upper-case letter. With its question,
    what the reply says of something else is left out."""
    text = spoken(reply)
    found = _parsed(text, options, question)
    if found.method != "nothing":
        return found
    more = spoken(reply, with_letters=True)
    return found if more == text else _parsed(more, options, question)


def _parsed(text: str, options: Mapping[str, str], question: str) -> ParsedAnswer:
    """The option that is named by what a model says."""
    asked, text = NOTHING, without_unseen(text, question)
    if question:
        text = in_words_of("\n".join((question, *options.values())), text)
        asked = asked_by(question, options.items())._replace(claims=claims_of(question, options))
    known = {letter: words_with_digits(option) for letter, option in options.items()}
    item = _Item(question, options, known, asked)
    for name, part in (("tag", last_answer(text)), ("boxed", last_boxed(text))):
        if part is not None:
            rest = text[text.rfind(part) + len(part) :][:MAX_READ]
            is_retracted = any(re.match("[don,]*z", line) for line in skeletons_of(rest, known))
            found = _read(rest if is_retracted else part[:MAX_READ], item, name)
            return replace(found, method=name) if found.letter and name == "boxed" else found
    return _read(answer_fields(text) or text[-MAX_READ:], item, "nothing")


def answer_text(reply: str) -> str:
    """What a reply without options finally says: its last `<answer>` or `\\boxed`, else what
    follows its last "answer is", else its last line; plain, in one line."""
    text = spoken(reply)
    found = last_answer(text)
    if found is None:
        found = last_boxed(text)
    if found is None:
        tail = plain(text[-MAX_PART:])
        lines = [line for line in tail.splitlines() if line.strip()]
        found = last_phrase(tail) or (lines[-1] if lines else "")
    return " ".join(plain(found[:MAX_PART]).split()).strip(" .")


def _read(part: str, item: _Item, unread: str) -> ParsedAnswer:
    """What a part of a reply names; the method `unread` where it states nothing."""
    if item.asked.viewpoint is not Viewpoint.ANOTHER:
        part = without_asides(part, lambda before: _is_answered(before, item))
    found = _stated(part, item.known, item.asked, unread)
    if found.method == unread and item.asked.ends:
        found = _stated(part, item.known, item.asked._replace(is_turned=True), unread)
    if found.method != unread or not item.question:
        return found
    letter = _said_again(part, item)
    return ParsedAnswer(letter, "text") if letter else found


def _is_answered(part: str, item: _Item) -> bool:
    """Whether a part states a letter, rather than a text."""
    found = _stated(part, item.known, item.asked, "nothing")
    return found.letter is not None and found.method != "text"


def _stated(part: str, known: Options, asked: Asked, unread: str) -> ParsedAnswer:
    """What the most explicit statements of a part agree on."""
    lines = skeletons_of(part, known, asked)
    said = statements_in(lines, known)
    most = max((one.weight for one in said), default=0)
    top = [one for one in said if one.weight == most]
    agreed = top and {*top[-1].letters}.intersection(*(one.letters for one in top))
    if agreed and len(top[-1].letters) == 1:
        return ParsedAnswer(top[-1].letters, top[-1].method, top[-1].conflict)
    several = top or sum(line.count("@") for line in lines) > 1
    is_uncertain = any("c" in line for line in lines)
    return ParsedAnswer(None, "uncertain" if is_uncertain else "several" if several else unread)


def _said_again(part: str, item: _Item) -> str | None:
    """The option by which a part of a reply simply says its question again."""
    if any(UNSAID.search(line) for line in skeletons_of(part, dict.fromkeys(item.options, ()))):
        return None
    if any(map(assents, skeletons_of(part, item.known))):
        return None
    text = plain(part)
    if item.asked.viewpoint and said_from(text, item.asked.things) not in (
        None,
        item.asked.viewpoint,
    ):
        return None
    proposition = proposition_in(item.question, item.options)
    letter = confirmed(text, proposition) if proposition else None
    letter = letter or filled(text, gaps_in(item.question), item.options)
    return letter or related(text, item.asked.claims)
