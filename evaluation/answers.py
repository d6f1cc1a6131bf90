"""Answers: which option a reply names.

One parser for every model and benchmark. A reply is cut into its parts (evaluation.reply_parts),
and each line becomes a skeleton (evaluation.skeletons), in which a sign says of every word what it
does. Sentences that ask or suppose say nothing. In the others every clause states options, denies
them, or says nothing, as it does with one word too much. Of all statements that are not taken back
the most explicit ones count, and must agree. What cannot be read is None, never a guess: it counts
as wrong and is reported. A letter wins over a text, and a text that only occurs states nothing:
"the image above" does not say "above".
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from evaluation.asked import NOTHING, Asked, asked_by
from evaluation.asked_about import about_asked
from evaluation.asked_signs import stated_of_asked, words_asked
from evaluation.clauses import CLAUSES, RETRACTS, SAY, asserted, meant_clauses
from evaluation.filled import filled, gaps_in
from evaluation.option_texts import WORD, Options, words_with_digits
from evaluation.repeated import confirmed, proposition_in
from evaluation.reply_parts import (
    MAX_PART,
    answer_fields,
    last_answer,
    last_boxed,
    last_phrase,
    plain,
    spoken,
)
from evaluation.skeletons import skeleton
from evaluation.stated_texts import ANSWER, read_texts

MAX_READ = 10_000
"""Characters of a part that are read for a letter, of a whole reply its last ones: bounds time."""
# Of a text, then of a skeleton; a sign stands for a word: see data/vocabulary/replies.toml.
ITEM = re.compile(r"(?m)^(?:[^\w\n]*\d+[.)]|[^\S\n]*[-*\u2022])[^\S\n]+(?=\S)")
"""The start of an item of a list, before its words."""
REMOVED = re.compile(r"(?m)^[^\S\n]*-(?!\d)[^\n]*\n[^\S\n]*\+(?!\d)")
"""A line of a diff, and the plus of the line below that takes its place."""
BRACKETED = re.compile(
    r"(?<=\w) *\([^()\n]{2,80}\)(?= +(?:is|are|was|were|has|have|does|do|appears?|seems?|looks?)\b)"
    r"|(?<=\w) *\([^()\n]{2,80}\)(?= +\w+n't\b)"
)
"""In brackets between what a sentence speaks of and its verb."""
CALLED = re.compile(r"\A\s*Q\s*:[^\n]*\n+\s*A\s*:")
"""A question and its answer, by letters that are no option's."""
NEXT_TASK = re.compile(
    r"(?i)\W*(?:next\b|question\b|q\d*\s*[:.]|(?:user|human|instruction|example|problem)\b[^a-z]*:|"
    r"(?:what|where|which|how|who|is|are|does|do)\b.*\?\s*$)"
)
"""A line behind which something else is answered."""
BARE = re.compile(rf"[{SAY}]*")
"""A clause of nothing else."""
CORRECT = re.compile(rf"@[A-Z]+;?m?b[{SAY}]{{0,3}}r")
ANSWER_IS = re.compile(rf"a[^@]{{0,30}}b[{SAY}]{{0,4}}@")
FITS = re.compile(r"@[A-Z]+(?:r|[^@]{0,2}f)|[fg][^@]{0,2}@|b[la]*@[A-Z]+[#A-Z]*$|b[jl]*#([A-Z])@\1")
"""What speaks for a letter without saying that it is the answer."""
LED = re.compile(r"[,.:]*a?@([A-Z])(?:;|#[A-Z]+:)(?=.*[^,.:;])(.*)")
"""A letter that leads a line, and what the line says of it."""
VERDICT = re.compile(
    r"(@[A-Z]+)[:;]+(?=-|[absle&]*[nw]+a?(?![^,.@]))|(?<=w)(a?):(?=a?@[A-Z]+(?![^,.]))"
)
"""A colon between a letter and what is said of it: "A, C: wrong" and "Wrong: A, C"."""
REFUTES = re.compile(r"[,.;:]d+s*b[ljs]*(?:[tw]|n[ljs]*(?:r|#[A-Z]+))")
"""What takes back the answer of its own sentence: "but it is wrong", "but that's not right"."""
COMPARED = re.compile("y(?:l)?@[A-Z]+[^@,.:;]*")
"""The other letter: "than B", "whereas B is farther"."""
PAUSE = re.compile(r"(?:\.{2,}|\u2026)\s+(?=[a-z])")
"""Within a sentence that goes on."""
ADDS = re.compile("d#[A-Z]+,")
""""But yes, there is a plate": of something else than what was said, or not decided."""
RIGHT = ("right",)
"""Alone before other sentences of a line, it is as often "yes" as a place."""
EXCEPTED = re.compile(r"ua?@([A-Z])(?![A-Z])")
"""The only letter that is not meant, in a sentence that denies."""


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


@dataclass(frozen=True, slots=True)
class Statement:
    """Letters that a clause says to be the answer, and how explicitly: 8 by nothing but letters, 7
    perhaps, 6 by a text behind "answer is", 5 by letters that something speaks for, 4 by nothing
    but a text, 3 by a text; 10 more behind a doubt."""

    letters: str
    weight: int
    method: str
    conflict: bool = False


def parse_answer(reply: str, options: Mapping[str, str], question: str = "") -> ParsedAnswer:
    """The option that a reply names; `options` are texts by upper-case letter. With its question,
    what the reply says of something else is left out."""
    text = spoken(reply)
    asked = asked_by(question, options.items()) if question else NOTHING
    known = {letter: words_with_digits(option) for letter, option in options.items()}
    for name, part in (("tag", last_answer(text)), ("boxed", last_boxed(text))):
        if part is not None:
            rest = text[text.rfind(part) + len(part) :][:MAX_READ]
            is_retracted = any(re.match("[don,]*z", line) for line in _lines(rest, known))
            shown = rest if is_retracted else part[:MAX_READ]
            found = _read(shown, known, name, asked)
            found = _said_again(shown, found, name, question, options)
            return replace(found, method=name) if found.letter and name == "boxed" else found
    shown = answer_fields(text) or text[-MAX_READ:]
    found = _read(shown, known, "nothing", asked)
    return _said_again(shown, found, "nothing", question, options)


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


def _read(part: str, known: Options, unread: str, asked: Asked) -> ParsedAnswer:
    """What a part of a reply names; the method `unread` where it states nothing."""
    found = _read_as(part, known, unread, asked)
    is_left = found.method == unread and asked.ends
    return _read_as(part, known, unread, asked._replace(is_turned=True)) if is_left else found


def _said_again(
    part: str, found: ParsedAnswer, unread: str, question: str, options: Mapping[str, str]
) -> ParsedAnswer:
    """What a part says that was found to state nothing, if it says its question again."""
    if found.method != unread or not question:
        return found
    if any(re.search("[zitc]", line) for line in _lines(part, dict.fromkeys(options, ()))):
        return found
    text, proposition = plain(part), proposition_in(question, options)
    letter = confirmed(text, proposition) if proposition else None
    letter = letter or filled(text, gaps_in(question), options)
    return ParsedAnswer(letter, "text") if letter else found


def _read_as(part: str, known: Options, unread: str, asked: Asked) -> ParsedAnswer:
    lines = _lines(part, known, asked)
    said = _statements(*_without_options(lines, known), known)
    most = max((one.weight for one in said), default=0)
    top = [one for one in said if one.weight == most]
    agreed = top and {*top[-1].letters}.intersection(*(one.letters for one in top))
    if agreed and len(top[-1].letters) == 1:
        return ParsedAnswer(top[-1].letters, top[-1].method, top[-1].conflict)
    several = top or sum(line.count("@") for line in lines) > 1
    is_uncertain = any("c" in line for line in lines)
    return ParsedAnswer(None, "uncertain" if is_uncertain else "several" if several else unread)


def _lines(part: str, known: Options, asked: Asked = NOTHING) -> list[str]:
    """The skeletons of a part's lines, with `!` where another task begins; texts of options count
    neither in items of a list, which are what is counted or compared, nor in broken text."""
    text = ITEM.sub("\u2022 ", REMOVED.sub("", PAUSE.sub(", ", part)))
    text = about_asked(BRACKETED.sub("", CALLED.sub("", plain(text))), asked)
    if re.fullmatch(r"[\W_]*\w[\W_]*", text):
        text = text.replace("?", " ")  # "B?"
    nothing: Options = dict.fromkeys(known, ())
    is_list = text.count("\u2022") > 1
    lines: list[str] = []
    for line in text.splitlines():
        if NEXT_TASK.match(line):
            lines.append("!")
        if WORD.search(line):
            is_item = is_list and line.startswith("\u2022")
            texts = nothing if is_item or "\ufffd" in text else known
            lines.append(stated_of_asked(skeleton(line, texts, words_asked(line, asked)), asked))
    return lines


def _without_options(lines: list[str], known: Options) -> tuple[list[str], list[Statement]]:
    """Without the lines that go through the options one by one, each behind its letter, and what
    these lines say: the only letter that is approved, or the only one that is not refused."""
    led = {place: found for place, line in enumerate(lines) if (found := LED.match(line))}
    order = [found[1] for found in led.values()]
    if len({*order}) < 2:
        return lines, []
    if re.fullmatch(f"@{chr(ord(order[-1]) + 1)};?[.:]*", "\n".join(lines[max(led) + 1 :])):
        lines = lines[:-1]  # a list that was cut off
    if order.count(order[-1]) > 1:
        led.popitem()
        return [line for place, line in enumerate(lines) if place not in led], []
    refused = {found[1] for found in led.values() if _is_refused(found[2])}
    approved = {found[1] for found in led.values() if re.search("[rf+]", found[2])} - refused
    if not approved and len({*order}) == len(known):
        approved = {*order} - refused
    lines = [line for place, line in enumerate(lines) if place not in led]
    return lines, [Statement(letter, 7, "letter") for letter in approved if len(approved) == 1]


def _is_refused(said: str) -> bool:
    return "-" in said or ("n" in said) != ("w" in said)


def _statements(lines: list[str], said: list[Statement], known: Options) -> list[Statement]:
    """What the lines state, behind what was said, without what is denied or taken back later."""
    raised = 0
    for line in lines:
        if line == "!" and said:
            break
        for sentence in asserted(line):
            if any(RETRACTS.match(clause) for clause in CLAUSES.split(sentence) if clause):
                said = []
            elif sentence[0] == "d" and not ADDS.match(sentence):
                raised += 10
            found, denied = _read_sentence(sentence, line, known)
            if REFUTES.search(sentence):
                denied |= {*"".join(one.letters for one in found)}
                found = []
            if sentence != line and line.startswith(sentence) and RIGHT in map(known.get, sentence):
                found = [replace(one, weight=min(one.weight, 3)) for one in found]
            said = [one for one in said if not denied or not {*one.letters} <= denied]
            said += [replace(one, weight=one.weight + raised) for one in found]
    return said


def _read_sentence(sentence: str, line: str, known: Options) -> tuple[list[Statement], set[str]]:
    """What a sentence states, and the letters that it denies."""
    if excepted := EXCEPTED.search(sentence):
        is_answer = re.search("[nw]", sentence.replace(excepted[0], ""))
        return [Statement(excepted[1], 8, "letter")] if is_answer else [], set()
    alone = COMPARED.sub("", sentence)
    if "@" not in alone:
        letters, weight = read_texts(alone, known)
        method = "phrase" if weight == 6 else "text"
        return [Statement(letters, weight, method)] if letters else [], set()
    listed = [*re.finditer(r"@(\w);?#\1", sentence)]
    if len({one[1] for one in listed}) > 1 and "n" not in sentence:
        sentence = sentence[listed[-1].end() :]  # behind the options
    found: list[Statement] = []
    denied: set[str] = set()
    for _, clause in meant_clauses(VERDICT.sub(r"\1\2", sentence)):
        named = re.findall(r"@([A-Z]+)", clause)
        if named and re.search("[nw-]", clause):
            denied |= {*"".join(named)} if _is_refused(clause) else set()
        elif len(named) == 1 and clause[0] != "y":
            found += _read_clause(clause, line, named[0], known)
    letters = "".join(sorted({letter for one in found for letter in one.letters}))
    return [replace(one, letters=letters) for one in found[-1:]], denied


def _read_clause(clause: str, line: str, letters: str, known: Options) -> list[Statement]:
    """What a clause with one letter, or letters that are named together, says of it."""
    is_called = CORRECT.search(clause) is not None
    weight = 0
    if is_called or ANSWER_IS.search(clause) or BARE.fullmatch(clause):
        weight = 7 if "m" in clause else 8
    elif len(letters) == 1 and FITS.search(clause):
        weight = 5
    if not weight:
        return []
    method = "correct" if is_called else "phrase" if ANSWER.search(line) else "letter"
    beside = re.search(rf"@{letters};?#(\w+)", line)
    is_text = any(text == (letters.lower(),) for text in known.values())
    conflict = letters not in beside[1] if beside else is_text
    return [Statement(letters, weight, method, conflict)]
