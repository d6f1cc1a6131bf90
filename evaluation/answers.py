"""Answers: which option a reply names.

One parser for every model and benchmark. What cannot be read is None, never a guess: it counts as
wrong and is reported. A letter wins over a text, and "a" in front of a word is an article.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from evaluation.option_texts import (
    UNCERTAIN,
    Options,
    equal_option,
    named_option,
    words_with_digits,
)
from evaluation.reply_parts import (
    MAX_PART,
    after_thought,
    last_answer,
    last_boxed,
    last_phrases,
    plain,
)

OPENING, CLOSING = "([<【〔", ")]>】〕"  # brackets around a letter, as models write them
MARK = rf"(?:[{re.escape(CLOSING)}]+[.:,]?|[:.,;](?=\s|$)|\s[-–—](?=\s))"
"""What stands between a letter and a text."""
LONE = re.compile(r"[\W_]*([A-Za-z])[\W_]*")
"""A letter and nothing else but marks."""
LED = re.compile(rf"[\s\-•→>]*[{re.escape(OPENING)}]*\s*([A-Za-z])\s*{MARK}\s*(.*)", re.DOTALL)
"""A letter, a delimiter, and a text."""
SPACED = re.compile(r"([B-Z])\s+(\S.*)", re.DOTALL)
"""A letter and a text with only a space between. Not A, which may be an article."""
NAMED = re.compile(
    r"(?:the\s+)?(?:correct\s+|right\s+|best\s+)?(?:option|choice|answer|letter)\s*[:\-]?\s*"
    r"[(\[]?([A-Za-z])(?![A-Za-z'])(?!\s+(?:is|isn't|was|are|would|can|cannot|could|does)\b)"
    r"[)\]]?[.:,]?\s*(.*)",
    re.DOTALL | re.IGNORECASE,
)
""""Option B", "The correct answer: (B)", not in front of a verb: "Option B is wrong"."""
BEFORE_WORDS = re.compile(r"([A-Z])(?=[\s,;.]|$)[\s,;.]*([^\W\d_]*)")
"""A letter and the word behind it."""
ARTICLE_GOES_ON = set(
    """because since as is and which for due given by with in based where so therefore thus but
    or""".split()  # noqa: SIM905  (easier to read)
)
"""After "the answer is A": words before which A is the letter, and no article."""
CORRECT = re.compile(
    r"(?<![A-Za-z0-9'-])[(\[]?([A-Z])[)\].]?\s+(?:is|would be|must be|seems)\s+"
    r"(?:the\s+|most\s+|my\s+)*(?:correct|right|best|true|answer|accurate)"
)
""""B is correct", "(C) seems the best"."""
BRACKETED = re.compile(r"[(\[【]\s*([A-Za-z])\s*[)\]】]|\b[Oo]ption\s+([A-Z])(?![A-Za-z'])")
""""(B)", "[b]" and "Option B"."""
STANDING = re.compile(
    r"(?<![A-Za-z0-9'.-])([B-HJ-Z]|A(?=\s*(?:[.,;:!?)]|$)))(?![A-Za-z0-9'-]|\.[A-Za-z])"
)
"""A capital letter on its own; never I, and A only before a mark: both may be words."""
LISTED = re.compile(rf"(?<![A-Za-z'])[(\[]?([A-Z])\s*{MARK}\s*([^()\[\]\n]*)")
"""A letter in front of a text, up to the next bracket or line."""
DENIED = re.compile(
    r"(\b(?:[Nn]ot|never|[Nn]either|nor|isn't|(?:can't|cannot|can not|couldn't) be|rather than|"
    r"instead of)\s+(?:the\s+)?"
    r"(?:(?:option|choice|answer)\s+)?[(\[]?[A-Z](?![A-Za-z'])[)\]]?)"
    r"|(?:\b[Oo]ption\s+)?[(\[]?(?<![A-Za-z'])[A-Z][)\]]?\s+(?:is|was|are|can|would)\s*(?:not\b|n't\b)"
    r"|(?:\b[Oo]ption\s+)?[(\[]?(?<![A-Za-z'])[A-Z][)\]]?\s+(?:isn't|wasn't|can't|cannot|"
    r"(?:is|was)\s+(?:\w+\s+)?(?:wrong|incorrect|false|out|impossible|ruled|excluded))\b"
)
"""Letters that are said not to be the answer."""
JOINING = {"and", "or", "both", "either", "options", "option"}
"""Words that join letters in a list."""


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


def parse_answer(reply: str, options: Mapping[str, str]) -> ParsedAnswer:
    """The option that a reply names; `options` are texts by upper-case letter."""
    text = after_thought(reply)
    known = {letter: words_with_digits(option) for letter, option in options.items()}
    tagged = last_answer(text)
    if tagged is not None:
        return _read_part(plain(tagged[:MAX_PART]), known) or _unread(tagged, "tag")
    boxed = last_boxed(text)
    if boxed is not None:
        found = _read_part(plain(boxed), known)
        if found and found.letter:
            return ParsedAnswer(found.letter, "boxed", found.conflict)
        return found or _unread(boxed, "boxed")
    tail = text[-MAX_PART:]
    return _read_part(plain(tail), known, is_whole=True) or _unread(tail, "nothing")


def answer_text(reply: str) -> str:
    """What a reply without options finally says: its last `<answer>` or `\\boxed`, else what
    follows its last "answer is", else its last line; plain, in one line."""
    text = after_thought(reply)
    found = last_answer(text)
    if found is None:
        found = last_boxed(text)
    if found is None:
        tail = plain(text[-MAX_PART:])
        lines = [line for line in tail.splitlines() if line.strip()]
        found = next(last_phrases(tail), lines[-1] if lines else "")
    return " ".join(plain(found[:MAX_PART]).split()).strip(" .")


def _unread(text: str, method: str) -> ParsedAnswer:
    return ParsedAnswer(None, "uncertain" if UNCERTAIN.search(text[-MAX_PART:]) else method)


def _read_part(text: str, known: Options, *, is_whole: bool = False) -> ParsedAnswer | None:
    """What a plain text names: a short one as it stands, then by its phrases, then all of it."""
    short = None if is_whole else _read_short(text, known)
    return short or _read_phrases(text, known) or _read_whole(text, known)


def _read_short(text: str, known: Options, *, after_phrase: bool = False) -> ParsedAnswer | None:
    """What a short text names, a letter before a text; None where it names nothing."""
    text = " ".join(text.split())
    led = _led(text, known)
    if led:
        return led
    if _only_letters(text, known):
        return ParsedAnswer(None, "several")
    if after_phrase and (letter := _before_words(text, known)):
        return _with_letter(letter, text[1:], known)
    named = named_option(text, known)
    return ParsedAnswer(named, "text") if named else None


def _read_phrases(text: str, known: Options) -> ParsedAnswer | None:
    """What follows the last "answer is" that names anything."""
    for phrase in last_phrases(text):
        found = _read_short(_affirmed(phrase), known, after_phrase=True)
        if found and found.letter:
            return ParsedAnswer(found.letter, "phrase", found.conflict)
        if found:
            return found
    return None


def _read_whole(text: str, known: Options) -> ParsedAnswer | None:
    """What a text names, tried in this order: a letter alone on its last or first line; the only
    letter that leads a line, is called correct, or stands in brackets; an option's text; the only
    letter at all."""
    lines = [" ".join(line.split()) for line in _affirmed(text).splitlines() if line.strip()]
    lines = _without_options(lines, known)
    text = "\n".join(lines)
    for line in (*lines[-1:], *lines[:1]):
        if (lone := LONE.fullmatch(line)) and (letter := _known(lone[1], known)):
            return _with_letter(letter, "", known)
    led = [found for line in lines if (found := _led(line, known))]
    if len({found.letter for found in led}) == 1:
        return led[-1]
    correct = {letter for match in CORRECT.finditer(text) if (letter := _known(match[1], known))}
    if len(correct) == 1:
        return ParsedAnswer(correct.pop(), "correct")
    bracketed = {
        letter
        for match in BRACKETED.finditer(text)
        if (letter := _known(match[1] or match[2], known))
    }
    named = named_option(text, known)
    if len(bracketed) == 1:
        letter = bracketed.pop()
        return ParsedAnswer(letter, "letter", named is not None and named != letter)
    if named:
        return ParsedAnswer(named, "text")
    standing = {match[1] for match in STANDING.finditer(text)} & known.keys()
    if bracketed or led or len(standing) > 1 or any(_only_letters(line, known) for line in lines):
        return ParsedAnswer(None, "several")
    return ParsedAnswer(standing.pop(), "letter") if standing else None


def _without_options(lines: list[str], known: Options) -> list[str]:
    """Without the lines that repeat the question's options, where several do."""
    repeated = {}
    for place, line in enumerate(lines):
        found = LED.fullmatch(line)
        letter = _known(found[1], known) if found else None
        if found and letter and words_with_digits(found[2]) == known[letter]:
            repeated[place] = letter
    if len(set(repeated.values())) < 2:
        return lines
    return [line for place, line in enumerate(lines) if place not in repeated]


def _affirmed(text: str) -> str:
    """Without the letters that are said not to be the answer; "not" stays in front of the text
    behind "not (B)"."""
    return DENIED.sub(lambda match: " not " if match[1] else " ", text)


def _led(line: str, known: Options) -> ParsedAnswer | None:
    """A letter that stands alone, before a delimiter and a text, before exactly an option's text,
    or behind a word such as "option"."""
    if lone := LONE.fullmatch(line):
        letter = _known(lone[1], known)
        return _with_letter(letter, "", known) if letter else None
    found = LED.fullmatch(line) or NAMED.fullmatch(line) or SPACED.fullmatch(line)
    letter = _known(found[1], known) if found else None
    if not found or not letter:
        return None
    if found.re is SPACED and (
        equal_option(words_with_digits(line), known)
        or not equal_option(words_with_digits(found[2]), known)
    ):
        return None
    return _with_letter(letter, found[2], known)


def _known(letter: str, known: Options) -> str | None:
    return letter.upper() if letter.upper() in known else None


def _with_letter(letter: str, rest: str, known: Options) -> ParsedAnswer:
    """The letter, unless other letters follow, or other options with their letters."""
    own, words = known[letter], words_with_digits(rest)
    if words and words == own:
        return ParsedAnswer(letter, "letter")
    if _joined(rest, letter, known) or _lists(_affirmed(rest), letter, known):
        return ParsedAnswer(None, "several")
    if not words:
        is_other_text = any(own_text == (letter.lower(),) for own_text in known.values())
        return ParsedAnswer(letter, "letter", is_other_text and own != (letter.lower(),))
    named = named_option(rest, known)
    return ParsedAnswer(letter, "letter", named is not None and named != letter)


def _joined(rest: str, letter: str, known: Options) -> bool:
    """Whether the next words join another letter to this one: ", (B)" and "or B"."""
    words = re.findall(r"[^\W_]+", rest[:200])
    letters = [word.upper() for word in words if len(word) == 1]
    if len(letters) == len([word for word in words if word.lower() not in JOINING]):
        return bool(set(letters) & known.keys() - {letter})
    first, second = (*words, "", "")[:2]
    is_next = first.lower() in ("or", "and") and (second.isupper() or second.upper() == "OPTION")
    return is_next and second in known.keys() - {letter}


def _lists(rest: str, letter: str, known: Options) -> bool:
    """Whether another option follows with its letter in front of its own text."""
    return any(
        match[1] in known
        and match[1] != letter
        and words_with_digits(match[2])[: len(known[match[1]])] == known[match[1]]
        for match in LISTED.finditer(rest[:2_000])
    )


def _only_letters(text: str, known: Options) -> bool:
    """Whether a text is nothing but letters of several options and joining words."""
    words = [word for word in re.findall(r"[^\W_]+", text[:200]) if word.lower() not in JOINING]
    letters = {word.upper() for word in words if len(word) == 1}
    return (
        len(text) <= 200
        and len(letters & known.keys()) > 1
        and all(len(word) == 1 for word in words)
    )


def _before_words(text: str, known: Options) -> str | None:
    """The letter in front of "because ..." and the like. "A" in front of another word is an
    article."""
    match = BEFORE_WORDS.match(text)
    if not match or match[1] not in known:
        return None
    if match[1] in "AI" and match[2] and match[2].lower() not in ARTICLE_GOES_ON:
        return None
    return match[1]
